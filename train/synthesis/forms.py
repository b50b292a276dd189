"""The forms that the characters of one line take: one hand writes its digits alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from train.pen import Stroke
from train.synthesis.schooled import barred, tailed
from train.synthesis.sources import Sources

_CANDIDATES, _NEAREST = 32, 3
"""Images that are compared with the first of their label in the line, and how many of them may stand beside it."""
_ONE_WRITER = 0.7
"""Share of the lines that one of UNIPEN's writers writes."""


class Forms:
    """Chooses characters for one line."""

    def __init__(self, alike: bool, sources: Sources, rng: np.random.Generator) -> None:
        """Begin a line.

        Args:
            alike: whether the same digit is written alike each time; or each is anybody's.
            sources: what to choose from.
            rng: chooses.
        """
        self.sources = sources
        self._alike, self._rng = alike, rng
        self._strokes: dict[str, list[Stroke]] = {}
        self._images: dict[int, int] = {}
        self._writer = None
        if alike and sources.writers and rng.random() < _ONE_WRITER:
            self._writer = sources.writers[rng.integers(len(sources.writers))]

    def made(self, character: str, make: Callable[[np.random.Generator], list[Stroke]]) -> list[Stroke]:
        """Strokes that `make` makes up: in a hand that writes alike the same ones each time."""
        if not self._alike:
            return make(self._rng)
        if character not in self._strokes:
            self._strokes[character] = make(self._rng)
        return self._strokes[character]

    def pen_digit(self, label: int) -> list[Stroke] | None:
        """A pen digit of one of the writers, or of anybody; None where there is none."""
        if not len(self.sources.strokes_by_label[label]):
            return None
        if self._writer is not None and len(own := self._writer[label]):
            return list(self.sources.strokes[own[self._rng.integers(len(own))]])
        return self.made(str(label), lambda rng: self._anybodys(label, rng))

    def _anybodys(self, label: int, rng: np.random.Generator) -> list[Stroke]:
        """Any pen digit, with what other schools add: the bar of a 7, the tail of a 0."""
        digits = self.sources.strokes_by_label[label]
        strokes = list(self.sources.strokes[digits[rng.integers(len(digits))]])
        if label == 7 and rng.random() < 0.25:
            return barred(strokes, rng)
        if label == 0 and rng.random() < 0.15:
            return tailed(strokes, rng)
        return strokes

    def image(self, label: int) -> int:
        """An image of a digit: in a hand that writes alike, one that is near the first of its label."""
        all_of_it = self.sources.by_label[label]
        if not self._alike or label not in self._images:
            chosen = int(all_of_it[self._rng.integers(len(all_of_it))])
            self._images.setdefault(label, chosen)
            return chosen
        some = all_of_it[self._rng.integers(len(all_of_it), size=_CANDIDATES)]
        difference = self.sources.forms[some] - self.sources.forms[self._images[label]]
        nearest = np.argpartition(np.einsum("ij,ij->i", difference, difference), _NEAREST)[:_NEAREST]
        return int(some[nearest[self._rng.integers(_NEAREST)]])

    def letter(self, any_letter: bool) -> int | None:
        """An image of a letter that looks like no digit, or of any letter; None where there is none."""
        letters = self.sources.by_label[11 if any_letter else 10]
        return int(letters[self._rng.integers(len(letters))]) if len(letters) else None
