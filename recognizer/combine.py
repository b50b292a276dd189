"""One answer from two readers: the text of a line that both together find most probable, and the ink that spells it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.components import fit_line
from recognizer.ctc import (
    BLANK,
    LogProbs,
    align,
    best_texts,
    greedy_runs,
    merge_idle,
    merge_marks,
    text_log_probabilities,
)
from recognizer.decode import Choice, line_height, piece_scores
from recognizer.lattice import Step, fit_texts, total_score
from recognizer.lines import LinePicture, place_frames
from recognizer.sequence import FRAME
from recognizer.split import are_whole
from recognizer.types import CLASS_NAMES, Box, Component, InkMask, Piece, Reading

_CANDIDATES = 4
"""Texts of the line network that are weighed, of each of its looks."""
_AROUND, _MOST_DOUBT = 2, 0.1
"""The line network is sure of the characters in a component where its own path through the component's frames, and so many
before and behind it, leaves less doubt than this for each of them: the negative logarithm of the path's probability."""
_ASTRAY = 0.75
"""How far beside its ink the line network may see a character, in frames."""
_SURE = 0.88
"""A text that is less probable is weighed again, after further looks at the line."""
_SURE_OF_FRAMING, _BETTER = 0.75, 0.12
"""A text that even then is less probable gives way to one that is more probable, by so much, in the line seen from nearer."""
_HOPELESS, _MAJORITY = 0.3, 2
"""A text that is less probable even then gives way to one that the line network alone finds in so many of the three nearer
framings: where a thick pen has joined a whole line, no pieces spell what it says."""
_SLASH, _TALL_SLASH = 0.05, 0.9
"""Probability of a slash where the digit network, which cannot tell them apart, sees a 1 within a line: of one no taller than
the digits, and of one that is."""
_END = -3.0
"""The first and the last ink of a line, where it is no taller than the digits, is so much less probably a mark, in nats: no
number begins or ends with a slash, and many with a 1; the border of a cell is taller."""
_TALL = 1.2
"""Taller than the digits is what is taller than this, in their heights."""
_LONG, _WITHIN, _LOWEST, _NO_ONE = 1.3, 0.05, 0.6, 3.0
"""A bar within a line that is so long, in the height of its neighbours, and ends hardly above their foot or below their top, is
so much less probably a 1, in nats: of 324 bars in real lines that were 1s four were so long, and of 137 slashes 82. Lower than
so much of the line's height, a neighbour tells nothing."""
_FLAG = 5.0
"""Two 1s that are spelled by the flag of one 1 and the stem behind it are so much less probable, in nats ..."""
_FLAG_HEIGHT, _FLAG_TOP, _FLAG_FOOT, _FLAG_GAP = 0.9, 0.1, 0.15, 0.3
"""... where that flag is no higher, in heights of the stem, begins so much lower, ends hardly lower, and is so near ..."""
_FLAG_WIDTH, _FLAG_SLOPE, _FLAG_DEVIATION = 0.6, 0.4, 0.16
"""... and a stroke that climbs: so broad, in its own height, so steep, and with its ink so near to its axis."""
_TALL_MARK, _LEAST_PARTED, _PARTED = 0.9, 2, 6.0
"""Where half of a picture's lines, and at least so many, have a mark within that is no lower than this, in heights of the
digits, as a column of dates has, another line's text is so much more probable, in nats, if it takes a 1 within for one."""
_SEGMENTATION_WEIGHT = 0.2
"""Weight of the pieces' log-probability against the line network's: their scores promise too much."""
_WORST_FIT = -15.0
"""Below this, in nats, it no longer matters how badly a text fits the pieces: a digit may be hidden in one of them."""
_WORST_LINE, _WORST_CANDIDATE = -12.0, -60.0
"""The same of the line network's log-probability: where a text is believed or not, and where it is chosen."""
_FEW_LINES = 2
"""Of more lines the ink is not sought again: of a page one doubtful line is a small part, and it takes the longest."""
_RATHER_THAN_NONE, _FEW = 0.7, 2
"""A text of so few digits, or of nothing but 1s, takes the place of none at all if it is more probable than this: so of 1,000
pictures without a number 19 give a text, where 18 do at the first reading ..."""
_LONG_RATHER_THAN_NONE = 0.3
"""... and one of more digits if it is more probable than this: chance hardly makes one."""
_SECOND_OF_ONE, _SECOND_OF_TWO = 0.8, 0.5
"""The same of a lone digit or nothing but 1s, and of two digits, that the second line network reads: to ask again makes chance
likelier, but of 2,000 pictures without a number none then gave two digits that were more probable than this."""
_TOGETHER = np.array([1.045, 0.526, -0.016, -0.594, 0.939, 0.187, -2.296, -2.055, -2.777])
"""How the signs that a text is right add up to the log-odds that it is, by logistic regression on real lines of thirteen kinds
and on pictures without any digit. The signs: always 1; the log-odds among the candidates; the line network's log-probability;
whether both readers agree; the line network's again where they do not; the logarithm of the number of components; the doubt
that the pieces are digits; the share of ink that is left over; the doubt again where the text is one digit, for which no other
speaks."""
_ALONE = np.array([1.242, 0.569, 1.681])
"""The same for the line network alone: always, the log-odds, the log-probability."""
_LEAST_BELIEVED = 0.21
"""A text of less probability is no text: one in six is right of real pictures, and most that pictures without a number give are
among them."""
_MANY, _LEAST_OF_MANY = 5, 0.1
"""The same of a text of so many digits: of 2,000 pictures without a number four give one that is more probable."""
_LEAST_OF_ONE = 0.6
"""The same of a text of one digit, which a crease, a heart or the corner of a box may look like: of 83 lone digits that are
read right in real pictures three are less probable, and of 1,981 of EMNIST's test part 20; and of 2,000 pictures without a
number 33 gave a text instead of 49 (with 0.4), when each picture was read once."""


class Look:
    """What the line network says of one picture of a line, and what follows from that alone."""

    def __init__(self, answer: LogProbs) -> None:
        """Take the line network's answer: (T, 12)."""
        self.answer = answer
        self.log_probs = merge_marks(answer)
        """(T, 11), marks taken for blanks."""
        self.texts = [text for text, _ in best_texts(self.log_probs, count=_CANDIDATES)]
        """The texts that it proposes."""
        self.busy = merge_idle(self.log_probs)
        """`log_probs` with frames that hardly can be a digit taken together."""


class Band(NamedTuple):
    """What the line network says of pictures in which the digits' height is told by the rows in which they stand."""

    picture: LinePicture
    looks: list[Look]
    """Of `picture`, and of others of the same framing."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class LineEvidence:
    """All that both networks say of one line."""

    pieces: Sequence[Sequence[Piece]]
    """Component by component, the pieces that each can be cut into."""
    first: int
    """Place of the line's first piece among all pieces of the picture."""
    probabilities: npt.NDArray[np.float32]
    """(number of the line's pieces, 10 or 11) from the digit network."""
    look: Look
    """What the line network says of the line."""
    look_again: Callable[[], Sequence[LogProbs]] = tuple
    """Asks the line network what it says of other pictures of the same line: (T', 12) each."""

    look_closer: Callable[[], Sequence[Sequence[LogProbs]]] = tuple
    """The same of pictures from nearer: a list for each framing."""
    look_at_band: Callable[[], tuple[LinePicture, Sequence[LogProbs]] | None] = _nothing
    """The same of pictures in which the digits are as high as the rows say in which they stand side by side, and the first of
    these; None where the rows say nothing else than the components."""

    @cached_property
    def all_pieces(self) -> list[Piece]:
        """Of all components, in their order: what `recognizer.lattice.Step` counts through."""
        return [piece for component in self.pieces for piece in component]

    @cached_property
    def height(self) -> float:
        """Of the line's digits, in pixels at working size."""
        return line_height(self.pieces)

    @cached_property
    def further_looks(self) -> list[Look]:
        """What it says of other pictures of the line."""
        return [Look(answer) for answer in self.look_again()]

    @cached_property
    def closer_looks(self) -> list[list[Look]]:
        """What it says of pictures from nearer."""
        return [[Look(answer) for answer in answers] for answers in self.look_closer()]

    @cached_property
    def band(self) -> Band | None:
        """What it says where the digits' height is told by the rows in which they stand; None where these tell nothing."""
        seen = self.look_at_band()
        return seen and Band(seen[0], [Look(answer) for answer in seen[1]])

    @property
    def band_looks(self) -> list[list[Look]]:
        """The looks of `band`, one more framing; or none."""
        return [self.band.looks] if self.band else []

    def fits(self, texts: Sequence[str]) -> list[tuple[list[Step], float] | None]:
        """How each of some texts fits the pieces, as `recognizer.lattice.fit_texts` says."""
        if new := [text for text in texts if text not in self._fits]:
            self._fits.update(zip(new, fit_texts(self.pieces, *self.scores, new), strict=True))
        return [self._fits[text] for text in texts]

    @cached_property
    def total(self) -> float:
        """How well all texts together fit the pieces, as `recognizer.lattice.total_score` says."""
        return total_score(self.pieces, *self.scores)

    @cached_property
    def _fits(self) -> dict[str, tuple[list[Step], float] | None]:
        return {}

    @cached_property
    def wholes(self) -> list[int]:
        """Of each component the place of the piece that is all of it, among `all_pieces`."""
        return [index for index, is_whole in enumerate(chain(*map(are_whole, self.pieces))) if is_whole]

    @cached_property
    def slashes(self) -> set[int]:
        """Components within the line that are much longer than both of their neighbours, as `wholes` counts them."""
        wholes = [(index, self.all_pieces[index].component.box) for index in self.wholes]
        found = set()
        for (_, before), (index, box), (_, behind) in zip(wholes, wholes[1:], wholes[2:], strict=False):
            height = (before.height + behind.height) / 2
            above = min(before.y, behind.y) - box.y
            below = box.bottom - max(before.bottom, behind.bottom)
            digits = min(before.height, behind.height) >= _LOWEST * self.height
            if digits and min(above, below) >= -_WITHIN * height and box.height >= _LONG * height:
                found.add(index)
        return found

    @cached_property
    def flags(self) -> set[int]:
        """Components that may be the flag of the 1 whose stem is the next, where it does not touch, as `wholes` counts them."""
        components = [(index, self.all_pieces[index].component) for index in self.wholes]
        return {index for (index, flag), (_, stem) in pairwise(components) if _is_flag(flag, stem.box)}

    @cached_property
    def scores(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Of the pieces as digits and as marks, as `recognizer.decode.piece_scores` gives them, and what slashes are."""
        pieces = self.all_pieces
        digits, marks = piece_scores(pieces, self.probabilities, self.height)
        ends = np.zeros(len(pieces), bool)
        ends[: len(self.pieces[0])] = ends[len(pieces) - len(self.pieces[-1]) :] = True
        tall = np.array([piece.component.box.height > _TALL * self.height for piece in pieces])
        slashes = digits[:, CLASS_NAMES.index("1")] + np.log(np.where(tall, _TALL_SLASH, _SLASH))
        return digits, np.where(ends, marks + np.where(tall, 0.0, _END), np.logaddexp(marks, slashes))


def _is_flag(component: Component, stem: Box) -> bool:
    box = component.box
    low = box.height <= _FLAG_HEIGHT * stem.height and box.y - stem.y >= _FLAG_TOP * stem.height
    beside = box.bottom - stem.bottom <= _FLAG_FOOT * stem.height and stem.x - box.right <= _FLAG_GAP * stem.height
    if not (low and beside and box.width >= _FLAG_WIDTH * box.height):
        return False
    rows, columns = np.nonzero(component.ink)
    slope, _, deviation = fit_line(columns, rows)
    return -slope >= _FLAG_SLOPE and deviation <= _FLAG_DEVIATION * box.height


class Seen(NamedTuple):
    """The characters that the line network sees in one component."""

    middles: tuple[float, ...]
    """Of each whose frames have their middle within the component's width, or hardly beside it, that middle, in pixels from the
    component's left edge. It may lie as much as half a digit left of the ink."""
    sure: bool
    """Whether its frames leave no room for more or fewer."""


def see_characters(picture: LinePicture, log_probs: LogProbs, line: Sequence[Component]) -> list[Seen]:
    """What the line network sees in each component of a line.

    Args:
        picture: the line.
        log_probs: (T, 12) what the line network says of it.
        line: its components.
    """
    classes, starts, ends = greedy_runs(log_probs)
    middles = ((starts + ends) / 2)[classes != BLANK].tolist()
    doubt = np.concatenate([[0.0], np.cumsum(-log_probs.max(axis=1))]).tolist()
    frames = len(log_probs)
    seen = []
    for component in line:
        left, right = ((x - picture.x) * picture.scale / FRAME for x in (component.box.x, component.box.right))
        inside = middles[bisect_left(middles, left - _ASTRAY) : bisect_right(middles, right + _ASTRAY)]
        first, last = (min(max(frame, 0), frames) for frame in (math.floor(left - _AROUND), math.ceil(right + _AROUND)))
        sure = doubt[last] - doubt[first] < _MOST_DOUBT * max(1, len(inside))
        seen.append(Seen(tuple((middle - left) * FRAME / picture.scale for middle in inside), sure))
    return seen


def read_lines(lines: Sequence[LineEvidence], segmented: Sequence[str], alone: bool) -> list[tuple[str, float]]:
    """Choose the texts of a picture's lines, each as `read_line` does, and then once more where others tell what a bar is.

    Args:
        lines: the evidence of each.
        segmented: the text of each by segmentation.
        alone: whether only the line network is asked.

    Returns:
        Of each line what `read_line` returns.
    """
    read = [read_line(line, text, alone) for line, text in zip(lines, segmented, strict=True)]
    if alone:
        return read
    parted = [_is_parted(line, text) for line, (text, _) in zip(lines, read, strict=True)]
    if sum(parted) < max(_LEAST_PARTED, len(lines) / 2):
        return read
    return [
        answer if already else read_line(line, text, alone, parted=True)
        for line, text, answer, already in zip(lines, segmented, read, parted, strict=True)
    ]


def _is_parted(evidence: LineEvidence, text: str) -> bool:
    """Whether a tall mark stands between two digits of a line's text."""
    (way,) = evidence.fits([text]) if text else [None]
    if way is None:
        return False
    digits = [place for place, (_, is_mark) in enumerate(way[0]) if not is_mark]
    return any(
        is_mark and evidence.all_pieces[index].component.box.height >= _TALL_MARK * evidence.height
        for index, is_mark in way[0][digits[0] : digits[-1]]
    )


def read_line(evidence: LineEvidence, segmented: str, alone: bool, parted: bool = False) -> tuple[str, float]:
    """Choose a line's text.

    Both readers' log-probabilities are weighted and added: a product of experts (Hinton 2002, "Training products of experts by
    minimizing contrastive divergence").

    Args:
        evidence: of the line.
        segmented: the text by segmentation, one of the candidates.
        alone: whether only the line network is asked.
        parted: whether other lines of the picture have a tall mark within.

    Returns:
        The text, "" for none, and the probability that it is right, 0 to 1, as it was on real lines.
    """
    weigh = partial(_weigh, evidence, segmented=segmented, alone=alone, parted=parted)
    text, probability = weigh([evidence.look])
    if probability < _SURE and evidence.further_looks:
        text, probability = weigh([evidence.look, *evidence.further_looks])
    if probability < _SURE_OF_FRAMING:
        usual, least = text, probability + _BETTER
        framings = [[evidence.look, *looks] for looks in evidence.closer_looks]
        # Where its digits are joined to what is much higher, the first look saw them too small to count.
        for looks in [*framings, *evidence.band_looks]:
            nearer, believed = weigh(looks)
            if believed > least and not _loses_an_end(evidence, usual, nearer):
                text, probability, least = nearer, believed, believed
        if probability < _HOPELESS:
            text, probability = _by_majority(evidence, text, probability)
    return _believed(text, probability)


def _by_majority(evidence: LineEvidence, text: str, probability: float) -> tuple[str, float]:
    """What the line network alone reads in most of the nearer framings, if that is more probable than a text.

    Its own probability, the geometric mean over its looks, is what it was on real lines. Equal digits alone, as drawings and
    bars give them, take more than its word.
    """
    framings: dict[str, list[float]] = {}
    for looks in [*evidence.closer_looks, *evidence.band_looks]:
        texts, log_probs = _propose(looks)
        line = log_probs.mean(axis=0)
        framings.setdefault(texts[int(line.argmax())], []).append(float(line.max()))
    nearer, found = max(framings.items(), key=lambda item: (len(item[1]), sum(item[1])), default=("", []))
    believed = math.exp(sum(found) / len(found)) if len(found) >= _MAJORITY and len(set(nearer)) > 1 else 0.0
    better = believed > probability and not _loses_an_end(evidence, text, nearer)
    return (nearer, believed) if better else (text, probability)


def _loses_an_end(evidence: LineEvidence, text: str, nearer: str) -> bool:
    """Whether a text from nearer lacks nothing but a 1 at an end of the line, no taller than the digits: from there any bar
    reaches as far as a slash does."""
    tall = _TALL * evidence.height
    ends = [("1" + nearer, evidence.pieces[0]), (nearer + "1", evidence.pieces[-1])]
    return any(
        text == longer and max(piece.component.box.height for piece in pieces) <= tall for longer, pieces in ends
    )


def _weigh(
    evidence: LineEvidence, looks: Sequence[Look], segmented: str, alone: bool, parted: bool
) -> tuple[str, float]:
    """The best of the texts that either reader proposes, and how probably it is right."""
    texts, log_probs = _propose(looks, [] if alone else [segmented])
    line = np.maximum(log_probs, _WORST_CANDIDATE).mean(axis=0)
    if alone:
        best = int(line.argmax())
        text = texts[best]
        signs = [1.0, _log_odds(line, best), max(_WORST_LINE, float(line[best]))]
        return text, _probability(float(_ALONE @ signs))
    ways = evidence.fits(texts)
    fit = np.array([-np.inf if way is None else way[1] - evidence.total for way in ways])
    amiss = np.array([_amiss(evidence, text, way) for text, way in zip(texts, ways, strict=True)])
    scores = line + _SEGMENTATION_WEIGHT * np.maximum(fit, _WORST_FIT) - amiss
    if parted:
        otherwise = texts[int(scores.argmax())]
        scores += _PARTED * np.array([_lacks_a_one(text, otherwise) for text in texts])
    best = int(scores.argmax())
    text, way = texts[best], ways[best]
    agreed = float(text == segmented == texts[int(line.argmax())])
    fluency = max(_WORST_LINE, float(line[best]))
    signs = [1.0, _log_odds(scores, best), fluency, agreed, fluency * (1 - agreed)]
    doubt, left_over = (1.0, 1.0) if way is None else (_doubt(evidence, way[0]), _left_over(evidence, way[0]))
    signs += [math.log(len(evidence.pieces)), doubt, left_over, doubt * (len(text) == 1)]
    return text, _probability(float(_TOGETHER @ signs))


def _propose(looks: Sequence[Look], more: Sequence[str] = ()) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The texts that some looks propose, and `more`; and their log-probabilities, (number of looks, number of texts)."""
    texts = list(dict.fromkeys([*(text for look in looks for text in look.texts), *more]))
    return texts, text_log_probabilities([look.busy for look in looks], texts)


def _log_odds(scores: npt.NDArray[np.float64], best: int) -> float:
    """Logarithm of the best candidate's share of the probability over that of all others, within reason."""
    share = 1 / np.exp(scores - scores[best]).sum()
    return float(np.log(max(share, 1e-6) / max(1 - share, 1e-5)))


def _amiss(evidence: LineEvidence, text: str, way: tuple[Sequence[Step], float] | None) -> float:
    """What speaks against a text, in nats: 1s that are spelled by bars that are none, or by the flag of the next."""
    if way is None or not (evidence.slashes or evidence.flags):
        return 0.0
    spelled = list(zip(text, (index for index, is_mark in way[0] if not is_mark), strict=True))
    slashes = sum(digit == "1" and index in evidence.slashes for digit, index in spelled)
    flags = sum(digit == next_ == "1" and index in evidence.flags for (digit, index), (next_, _) in pairwise(spelled))
    return _NO_ONE * slashes + _FLAG * flags


def _lacks_a_one(text: str, longer: str) -> bool:
    """Whether nothing but a 1 within a text makes it longer."""
    return any(longer == f"{text[:place]}1{text[place:]}" for place in range(1, len(text)))


def _doubt(evidence: LineEvidence, way: Sequence[Step]) -> float:
    """Mean probability of a text's digits to be none; 1 where the text has no digits."""
    digits = [index for index, is_mark in way if not is_mark]
    if evidence.probabilities.shape[1] == len(CLASS_NAMES):
        return 0.0
    return float(evidence.probabilities[digits, -1].mean()) if digits else 1.0


def _left_over(evidence: LineEvidence, way: Sequence[Step]) -> float:
    """Share of the line's ink that is taken for marks beside its digits: large in words and drawings."""
    if all(is_mark for _, is_mark in way):
        return 0.0
    areas = [evidence.all_pieces[index].component.area for index, _ in way]
    return sum(area for area, (_, is_mark) in zip(areas, way, strict=True) if is_mark) / max(1, sum(areas))


def is_doubtful(reading: Reading) -> bool:
    """Whether a reading is worth another, of the picture turned level or of ink that is found otherwise."""
    return reading.confidence < _SURE


def has_few_lines(reading: Reading) -> bool:
    """Whether a doubtful reading is worth the time of finding the ink otherwise."""
    return len(reading.lines) <= _FEW_LINES


def gives_way(first: Reading, second: Reading, by_second: bool = False) -> bool:
    """Whether a doubtful reading gives way to another of the same picture.

    Args:
        first: the doubtful one.
        second: the other.
        by_second: whether the other is that of the second line network.
    """
    if first.text:
        return second.confidence > first.confidence + _BETTER
    digits = len(second.text) if is_more_than_lines(second) else 1
    if digits > _FEW:
        return second.confidence > _LONG_RATHER_THAN_NONE
    least = _SECOND_OF_ONE if digits == 1 else _SECOND_OF_TWO
    return second.confidence > (least if by_second else _RATHER_THAN_NONE)


def is_more_than_lines(reading: Reading) -> bool:
    """Whether a text has other digits than 1s: these may be what is left of the lines of an empty table."""
    return bool(set(reading.text) - {"1", "\n"})


def gains_by_light(first: Reading, second: Reading, is_more_ink: bool) -> bool:
    """Whether a reading gives way to another of the same picture in more even light.

    What lies in a shadow is missing without a doubt: a sure text gives way to a longer one that is as sure.

    Args:
        first: as the picture was.
        second: in even light.
        is_more_ink: whether ink was left out of the first for being dark on one side only.
    """
    if not first.text and not is_more_than_lines(second):
        return False  # a crease, the grain of wood
    if not is_doubtful(second):
        return gives_way(first, second) if is_doubtful(first) else len(second.text) > len(first.text)
    # Where nothing was left out, it may be the borders of a cell that are seen now.
    return gives_way(first, second) and len(second.text) > 1 and (is_more_ink or not first.text)


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _believed(text: str, probability: float) -> tuple[str, float]:
    """A text with its probability; one that is hardly believed is none at all: a drawing, a texture, the border of a cell."""
    least = _LEAST_OF_MANY if len(text) >= _MANY else _LEAST_OF_ONE if len(text) == 1 else _LEAST_BELIEVED
    return (text, probability) if probability >= least else ("", 1 - probability)


def _band_that_sees(evidence: LineEvidence, text: str) -> Band | None:
    """The looks at the rows of the digits, where these alone see a text."""
    if not text or text in evidence.look.texts or evidence.band is None:
        return None
    return evidence.band if any(text in look.texts for look in evidence.band.looks) else None


def spell(
    evidence: LineEvidence,
    text: str,
    segmented: Sequence[Choice],
    picture: LinePicture,
    mask: InkMask,
    line: Sequence[Component],
) -> list[Choice]:
    """Find the ink of each digit of a text.

    Args:
        evidence: of the line.
        text: digits.
        segmented: the line's choices by segmentation, which stand where the line network has fewer frames than digits.
        picture: the line as the line network saw it.
        mask: (height, width) uint8 at working size, 255 where there is ink.
        line: the line's components.

    Returns:
        The pieces that spell the text, digits and marks, from left to right; or, where none do, a place for each digit by the
        line network's frames. Of the text "", marks alone.
    """
    band = _band_that_sees(evidence, text)
    look, picture = (band.looks[0], band.picture) if band else (evidence.look, picture)
    merged = look.log_probs
    labels = [CLASS_NAMES.index(digit) for digit in text]
    try:
        spans = align(merged, text)
    except ValueError:  # more digits than the line network has frames for: no word of its own
        return list(segmented)
    in_line = [
        np.exp(merged[start + int(merged[start:end, label + 1].argmax()), 1:])
        for (start, end), label in zip(spans, labels, strict=True)
    ]
    # Pieces are cut by what the usual look sees.
    found = None if band else evidence.fits([text])[0]
    if found is None and text:
        boxes = place_frames(picture, spans, FRAME, mask, line, text_alone=band is not None)
        return [
            Choice(-1, box, 1.0, label=label, in_line=row)
            for box, label, row in zip(boxes, labels, in_line, strict=True)
        ]
    pieces = evidence.all_pieces
    digits = iter(zip(labels, in_line, strict=True))
    choices = []
    # A digit network that knows no marks has no way for "": then every component is one, whole.
    for index, is_mark in found[0] if found is not None else [(whole, True) for whole in evidence.wholes]:
        label, row = (None, None) if is_mark else next(digits)
        choices.append(Choice(evidence.first + index, pieces[index].component.box, 1.0, is_mark, label, row))
    return choices
