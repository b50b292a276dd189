"""The reader: composes the stages and holds no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from recognizer.binarize import USUAL, WIDE, Binarized, Prepared, Threshold, find_ink, prepare
from recognizer.borders import leave_out_borders
from recognizer.cells import without_cells
from recognizer.checkpoint import SECOND_STRINGS, STRINGS, load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.combine import (
    LineEvidence,
    Look,
    gains_by_light,
    gives_way,
    has_few_lines,
    is_doubtful,
    is_more_than_lines,
    read_lines,
    see_characters,
    spell,
)
from recognizer.decode import Choice, choose, decode, digits_of, text_of
from recognizer.enclosures import without_enclosures
from recognizer.errors import CheckpointError
from recognizer.image_io import load_image
from recognizer.lines import LinePicture, closer_looks, cut_line, further_looks, look_at_band
from recognizer.normalize import normalize, normalize_all
from recognizer.orientation import WORTHWHILE, is_rather, other_ways_up
from recognizer.paper import without_table
from recognizer.rulings import remove_rulings
from recognizer.segment import (
    dilate,
    find_components,
    leave_out_edges,
    marks_beside,
    select_digits,
    sort_left_to_right,
    text_height,
)
from recognizer.sequence import SequenceReader
from recognizer.shade import has_edges, in_even_light
from recognizer.split import are_whole, split
from recognizer.squares import meets_edges, without_squares
from recognizer.tables import measure_table, part_columns
from recognizer.tilt import Tilt, measure_tilt
from recognizer.types import CLASS_NAMES, Component, InkMask, Method, Piece, Reading, RgbImage, Trace
from recognizer.view import View, come_closer, turn, view_of
from recognizer.words import leave_out_words, leave_out_words_of_cells, look_like_words, part_at_gaps


class DigitReader:
    """Reads handwritten numbers from pictures. One reader may serve several threads.

    >>> reader = DigitReader.from_checkpoint()
    >>> reader.read("picture.png").text
    '2023'
    """

    def __init__(
        self,
        classifier: DigitClassifier,
        sequence: SequenceReader | None = None,
        method: Method = "auto",
        second: SequenceReader | None = None,
    ) -> None:
        """Compose a reader.

        Args:
            classifier: the digit network.
            sequence: the line network; None to read by segmentation alone.
            method: "segmentation" cuts a line into digits and reads each; "sequence" reads the line as a whole; "auto" takes
                the text that both together find most probable. Boxes come from the pieces in each case.
            second: another line network, which reads a picture once more where the reading is in doubt; None for no second
                opinion.

        Raises:
            ValueError: the method is none of the three, or needs a line network and there is none.
        """
        if method not in get_args(Method):
            raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
        if method == "sequence" and sequence is None:
            raise ValueError("method 'sequence' needs a line network")
        self._classifier = classifier
        self._sequence = None if method == "segmentation" else sequence
        self._second = None if self._sequence is None or second is None else DigitReader(classifier, second, method)
        self.method = method

    @classmethod
    def from_checkpoint(cls, folder: str | Path | None = None, method: Method = "auto") -> DigitReader:
        """Load the networks; no network access, no TensorFlow.

        Args:
            folder: a folder that `python -m train export` wrote; None for the weights that come with the package. Where it
                holds a digit network alone, "auto" reads by segmentation; a second line network is used where there is one.
            method: see `DigitReader`.

        Raises:
            CheckpointError: the folder is incomplete, damaged, or of another format; or it holds no line network, and the
                method is "sequence".
            ValueError: the method is none of the three.
        """
        checkpoint = load_checkpoint(folder)
        first = second = None
        if method != "segmentation":
            first = _load_if_there(folder, STRINGS)
            second = _load_if_there(folder, SECOND_STRINGS) if first else None
        if method == "sequence" and first is None:
            raise CheckpointError(
                f"The method 'sequence' needs a line network, and {checkpoint.folder} holds none: choose 'auto' or "
                "'segmentation', or name a folder to which a run of `python -m train strings` was exported."
            )
        return cls(DigitClassifier(checkpoint), first, method, second)

    def read(self, picture: Any) -> Reading:
        """Read the number in a picture.

        Args:
            picture: path, bytes, Pillow image or array; see `recognizer.image_io.load_image`.

        Returns:
            The reading; its text is "" where the picture holds no digit.

        Raises:
            RecognizerError: the picture cannot be read; the message says why.
        """
        return replace(self.trace(picture).reading, source=picture)

    def trace(self, picture: Any) -> Trace:
        """Read the number in a picture and keep every intermediate picture. Arguments and errors as for `read`.

        A picture that may lie on its side or upside down is read the other ways up as well. One whose lines climb or sink
        steeply is turned level, the cells of a table are read one by one, and pale squares are taken out of the paper. Where
        shadows with an edge may hide digits, light is evened out more strictly. Where the text is in doubt, a picture that may
        be turned is read level as well, the ink is found once more by another threshold, and words beside the number are left
        out; where it still is, all of this is done with the second line network. What is kept is of the best reading.
        """
        rgb = load_image(picture)
        found = _look_near(rgb)
        first = self._read_found(rgb, found)
        first, found = self._read_other_ways_up(rgb, first, found)
        if self._second is None or not is_doubtful(first.reading) or not has_few_lines(first.reading):
            return first
        second = self._second._read_found(rgb, found)
        return second if gives_way(first.reading, second.reading, by_second=True) else first

    def _read_other_ways_up(self, rgb: RgbImage, first: Trace, found: _Found) -> tuple[Trace, _Found]:
        """The better reading of a picture that may lie on its side or upside down, and the strokes that were found for it."""
        # One network alone is too often surer of a number upside down, where it doubts it as it stands.
        by_both = self.method == "auto" and self._sequence is not None
        strokes = (found.with_level_table or found).strokes
        looks = [
            (quarters, *self._read_level(rgb, _look_near(np.rot90(rgb, quarters), quarters)))
            for quarters in other_ways_up(first.reading, strokes, upside_down=by_both)
        ]
        if found.tilt.is_steep:
            looks.append((0, *self._read_level(rgb, found.level)))
        if not looks:
            return first, found

        def rank(look: tuple[int, Trace, _Found]) -> tuple[bool, float]:
            quarters, trace, _ = look
            return is_rather(first.reading, trace.reading, quarters), trace.reading.confidence

        quarters, turned, turned_found = best = max(looks, key=rank)
        is_better, confidence = rank(best)
        if is_doubtful(turned.reading) and (is_better or confidence > WORTHWHILE):
            turned = self._read_found(rgb, turned_found)
        return (turned, turned_found) if is_rather(first.reading, turned.reading, quarters) else (first, found)

    def _read_found(self, rgb: RgbImage, found: _Found) -> Trace:
        """The best reading of a picture, of the strokes that were found in it at first."""
        plain = found.without_squares if meets_edges(found.ink) else None
        best, read = self._read_level(rgb, plain or found)
        if plain is not None and not is_more_than_lines(best.reading):
            best, read = self._read_level(rgb, found)
        # The pale lines of a table are no squares.
        elif is_doubtful(best.reading) and not read.has_columns and plain is None and (plain := read.without_squares):
            second, its_strokes = self._read_level(rgb, plain)
            if is_more_than_lines(second.reading):
                best, read = _better(best, second), its_strokes
        if self._sequence is None or read.prepared.ink is None:
            return best
        if read.lost_edges or (is_doubtful(best.reading) and has_edges(read.prepared.grey)):
            second, its_strokes = self._read_level(rgb, read.in_even_light)
            if gains_by_light(best.reading, second.reading, read.lost_edges):
                best, read = second, its_strokes
        if is_doubtful(best.reading) and not read.view.degrees and read.tilt.is_possible:
            best = _better(best, self._read(rgb, read.level))
        if is_doubtful(best.reading) and has_few_lines(best.reading):
            best = _better(best, self._read(rgb, read.by_wider_surroundings))
        if is_doubtful(best.reading) and (plain_number := self._without_words(rgb, read)):
            best = _better(best, plain_number)
        return best

    def _read_level(self, rgb: RgbImage, found: _Found) -> tuple[Trace, _Found]:
        """One reading of a picture, turned level where it is clear that it is tilted, and the strokes that were read."""
        # Most pictures are level: the line network may as well begin.
        looking = self._look_at_lines(found.binarized, found.lines)
        level = found.with_level_table or (found.level if found.tilt.is_clear else None)
        return (self._read(rgb, level), level) if level else (self._read(rgb, found, looking=looking), found)

    def _read(
        self,
        rgb: RgbImage,
        found: _Found,
        words: Sequence[Component] = (),
        by_columns: bool = True,
        looking: _Looking | None = None,
    ) -> Trace:
        """One reading of a picture, of the strokes that were found in a view of it.

        Args:
            rgb: the picture.
            found: the strokes.
            words: what is known for no digits.
            by_columns: whether each cell of a table is a line.
            looking: the lines, if the line network is looking at them already.
        """
        view, binarized, cleaned = found.view, found.binarized, found.cleaned
        rows = found.lines if by_columns else found.rows
        looking = looking or self._look_at_lines(binarized, rows)
        marks = [mark.box for mark in [*marks_beside(rows, found.components, binarized.stroke_width), *words]]
        lines = self._ask(binarized, rows, looking)
        chosen, line_probabilities = lines.chosen, None
        if self._sequence is not None:
            texts = self._texts_of(lines)
            if by_columns and found.has_columns:
                numbers = leave_out_words_of_cells(rows, lines.evidence, texts)
                if numbers is None:
                    return self._read(rgb, found, words, by_columns=False)
                texts = numbers
            chosen = [
                spell(evidence, text, choices, picture, cleaned, row)
                for evidence, (text, _), choices, picture, row in zip(
                    lines.evidence, texts, chosen, lines.pictures, rows, strict=True
                )
            ]
            line_probabilities = [probability for text, probability in texts if text]
        names, place = self._classifier.class_names, partial(view.place, mask=cleaned)
        reading = decode(chosen, lines.probabilities, names, place, view.size, line_probabilities, marks)
        digits = [choice for line in digits_of(chosen) for choice in line]
        return Trace(
            reading=reading,
            picture=rgb,
            grey=binarized.grey,
            binary=found.ink,
            cleaned=cleaned,
            dilated=found.dilated,
            boxes=tuple(choice.box for choice in digits),
            crops=_crops_of(digits, lines.crops, cleaned),
            probabilities=_probabilities_of(digits, lines.probabilities),
            scale=view.scale,
            tilt=90.0 * view.quarters + view.degrees,
            line_pictures=tuple(picture.image for picture in lines.pictures),
            line_log_probs=tuple(evidence.look.answer for evidence in lines.evidence),
        )

    def _without_words(self, rgb: RgbImage, found: _Found) -> Trace | None:
        """A reading without the words beside a number; None where there are none."""
        parted = part_at_gaps(found.rows)
        if not parted:
            return None
        groups = [group for groups in parted for group in groups]
        lines = self._ask(found.binarized, groups, self._look_at_lines(found.binarized, groups))
        shapes = look_like_words(parted, lines.evidence)
        if not any(shapes):
            return None
        numbers = leave_out_words(parted, lines.evidence, shapes, self._texts_of(lines))
        return numbers and self._read(rgb, replace(found, strokes=numbers.digits), numbers.words)

    def _ask(self, binarized: Binarized, rows: Sequence[Sequence[Component]], looking: _Looking) -> _Lines:
        """What both networks say of some lines, at which the line network is looking."""
        # The digit network is busy while the lines are cut, and with one line while the next is: whole components are among the
        # pieces in any case.
        of_wholes = normalize_all([component.ink for row in rows for component in row])
        said_of_wholes = self._classifier.start(of_wholes)
        pictures, answers = looking.pictures, looking.answers()
        lines, whole, of_parts, said_of_parts = [], [], [of_wholes[:0]], []
        for line in self._cut(rows, binarized.stroke_width, pictures, answers):
            own = list(chain(*map(are_whole, line)))
            inks = [piece.component.ink for piece, is_whole in zip(chain(*line), own, strict=True) if not is_whole]
            lines.append(line)
            whole += own
            of_parts.append(normalize_all(inks))
            said_of_parts.append(self._classifier.start(of_parts[-1]))
        looks = [Look(answer) for answer in answers]
        crops = _in_turn(whole, of_wholes, np.concatenate(of_parts))
        said = said_of_wholes()
        probabilities = _in_turn(whole, said, np.concatenate([said[:0], *(finish() for finish in said_of_parts)]))
        chosen = choose(lines, probabilities)
        if self._sequence is None:
            return _Lines(pictures, crops, probabilities, chosen, [])
        evidence, first = [], 0
        for row, pieces, look, picture in zip(rows, lines, looks, pictures, strict=True):
            last = first + sum(map(len, pieces))
            look_again = partial(self._look_again, binarized, row, picture)
            look_closer = partial(self._look_closer, binarized, row)
            band = partial(self._look_at_band, binarized, row)
            evidence.append(LineEvidence(pieces, first, probabilities[first:last], look, look_again, look_closer, band))
            first = last
        return _Lines(pictures, crops, probabilities, chosen, evidence)

    def _texts_of(self, lines: _Lines) -> list[tuple[str, float]]:
        """What both networks together read in each line, and how probably it is right."""
        segmented = [text_of(choices, lines.probabilities) for choices in lines.chosen]
        return read_lines(lines.evidence, segmented, self.method == "sequence")

    def _look_at_lines(self, binarized: Binarized, rows: Sequence[Sequence[Component]]) -> _Looking:
        """Have the line network look at each line, while something else is done; at none where it is not asked."""
        if self._sequence is None:
            return _Looking([], list)
        pictures = [cut_line(binarized.flat, binarized.mask, row) for row in rows]
        return _Looking(pictures, self._sequence.start([picture.image for picture in pictures]))

    def _cut(
        self,
        rows: Sequence[Sequence[Component]],
        stroke_width: float,
        pictures: Sequence[LinePicture],
        answers: Sequence[npt.NDArray[np.float32]],
    ) -> Iterator[list[list[Piece]]]:
        """Line by line the pieces of each component, cut where the line network leaves it open how many characters it is."""
        if self._sequence is None:
            yield from ([split(component, stroke_width) for component in row] for row in rows)
            return
        for row, picture, answer in zip(rows, pictures, answers, strict=True):
            yield [
                split(component, stroke_width, seen.middles, seen.sure)
                for component, seen in zip(row, see_characters(picture, answer, row), strict=True)
            ]

    def _look_again(
        self, binarized: Binarized, row: Sequence[Component], picture: LinePicture
    ) -> list[npt.NDArray[np.float32]]:
        """What the line network answers to further pictures of a line."""
        assert self._sequence is not None
        return self._sequence.predict(further_looks(binarized.flat, binarized.mask, row, picture))

    def _look_closer(self, binarized: Binarized, row: Sequence[Component]) -> list[list[npt.NDArray[np.float32]]]:
        """The same of pictures from nearer, framing by framing."""
        assert self._sequence is not None
        framings = closer_looks(binarized.flat, binarized.mask, row)
        answers = iter(self._sequence.predict([look for looks in framings for look in looks]))
        return [[next(answers) for _ in looks] for looks in framings]

    def _look_at_band(
        self, binarized: Binarized, row: Sequence[Component]
    ) -> tuple[LinePicture, list[npt.NDArray[np.float32]]] | None:
        """The same of pictures in which the digits are as high as the rows that they stand in, and the first of them."""
        assert self._sequence is not None
        found = look_at_band(binarized.flat, binarized.mask, row)
        return found and (found[0], self._sequence.predict([found[0].image, *found[1]]))


def _load_if_there(folder: str | Path | None, name: str) -> SequenceReader | None:
    """A line network; None where the folder has none of that name."""
    try:
        return SequenceReader(load_checkpoint(folder, name))
    except CheckpointError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


class _Looking(NamedTuple):
    """What the line network is looking at."""

    pictures: list[LinePicture]
    """Of each line; none where it is not asked."""
    answers: Callable[[], list[npt.NDArray[np.float32]]]
    """Waits for what it says of each."""


class _Lines(NamedTuple):
    """Lines of strokes, and what both networks say of them."""

    pictures: list[LinePicture]
    crops: npt.NDArray[np.uint8]
    """(N, 28, 28) of the pieces of all lines."""
    probabilities: npt.NDArray[np.float32]
    """(N, 10 or 11) what the digit network says of them."""
    chosen: list[list[Choice]]
    """By segmentation."""
    evidence: list[LineEvidence]
    """Of each line; none where there is no line network."""


@dataclass(frozen=True, eq=False)
class _Found:
    """A view and its ink, up to the strokes that may be digits.

    What else may be found in it is sought when it is first asked for, and kept for the second line network.
    """

    view: View
    prepared: Prepared
    ink: InkMask
    """All ink, what is drawn around digits included."""
    binarized: Binarized
    cleaned: InkMask
    dilated: InkMask
    components: list[Component]
    strokes: list[Component]
    lost_edges: bool
    """Whether strokes were left out for being dark on one side only, as the edge of a shadow is, or what lies beside one."""

    @cached_property
    def rows(self) -> list[list[Component]]:
        """The strokes of each row, from left to right."""
        return sort_left_to_right(self.strokes)

    @cached_property
    def lines(self) -> list[list[Component]]:
        """The rows, or of a table its cells."""
        return part_columns(self.rows, self.ink, self.cleaned)

    @property
    def has_columns(self) -> bool:
        return len(self.lines) > len(self.rows)

    @cached_property
    def tilt(self) -> Tilt:
        return measure_tilt(self.strokes)

    @cached_property
    def level(self) -> _Found:
        """The view turned level."""
        height = text_height(self.strokes)
        return _look_at(turn(self.view, self.prepared.flat, self.strokes, self.tilt.degrees, height))

    @cached_property
    def with_level_table(self) -> _Found | None:
        """The view turned so that the lines of its table are level; None where they are, or there are none."""
        if self.view.degrees or not (degrees := measure_table(self.ink, self.cleaned, self.components, len(self.rows))):
            return None
        height = float(np.median([component.box.height for component in self.components]))
        return _look_at(turn(self.view, self.prepared.flat, self.components, degrees, height))

    @cached_property
    def without_squares(self) -> _Found | None:
        """The same view without the squares of its paper; None where there are none."""
        prepared = without_squares(self.prepared)
        return None if prepared is None else _find_strokes(self.view, prepared, USUAL)

    @cached_property
    def in_even_light(self) -> _Found:
        return _find_strokes(self.view, in_even_light(self.prepared), USUAL)

    @cached_property
    def by_wider_surroundings(self) -> _Found:
        return _find_strokes(self.view, self.prepared, WIDE)


def _look_near(rgb: RgbImage, quarters: int = 0) -> _Found:
    """What is found in an upright picture, from as near as its digits ask for."""
    found = _look_at(view_of(rgb, quarters))
    nearer = come_closer(found.view, rgb, found.strokes, found.binarized.stroke_width)
    return _look_at(nearer) if nearer else found


def _look_at(view: View) -> _Found:
    return _find_strokes(view, prepare(without_table(view.grey)), USUAL)


def _find_strokes(view: View, prepared: Prepared, threshold: Threshold) -> _Found:
    inked = find_ink(prepared, threshold)
    binarized = without_enclosures(inked._replace(mask=without_cells(inked.mask, inked.stroke_width)))
    cleaned = remove_rulings(binarized.mask, binarized.stroke_width)
    dilated = dilate(cleaned, binarized.stroke_width)
    components = find_components(cleaned, dilated)
    selected = select_digits(components, binarized.stroke_width, cleaned.shape[::-1])
    two_sided = leave_out_edges(selected, binarized.grey, binarized.stroke_width)
    strokes = leave_out_borders(two_sided, binarized.grey, binarized.stroke_width)
    lost_edges = len(two_sided) < len(selected)
    return _Found(view, prepared, inked.mask, binarized, cleaned, dilated, components, strokes, lost_edges)


def _in_turn(
    are_first: Sequence[bool], first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]
) -> npt.NDArray[Any]:
    """(N, ...) rows of `first` and of `second`, each in its order, as (N,) says which comes next."""
    rows, chosen = np.empty((len(are_first), *first.shape[1:]), first.dtype), np.array(are_first, bool)
    rows[chosen], rows[~chosen] = first, second
    return rows


def _better(first: Trace, second: Trace) -> Trace:
    return second if gives_way(first.reading, second.reading) else first


def _crops_of(digits: Sequence[Choice], crops: npt.NDArray[np.uint8], mask: InkMask) -> npt.NDArray[np.uint8]:
    """(N, 28, 28) what the digit network saw, or would have seen, of each digit."""
    return (
        np.stack(
            [
                crops[d.index] if d.index >= 0 else normalize(mask[d.box.y : d.box.bottom, d.box.x : d.box.right])
                for d in digits
            ]
        )
        if digits
        else crops[:0]
    )


def _probabilities_of(digits: Sequence[Choice], probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(N, 10 or 11) what the digit network answered; of a digit that it was not asked about, the line network's word."""
    rows = np.zeros((len(digits), probabilities.shape[1]), np.float32)
    for row, digit in zip(rows, digits, strict=True):
        if digit.index >= 0:
            row[:] = probabilities[digit.index]
        elif digit.in_line is not None:
            row[: len(CLASS_NAMES)] = digit.in_line
    return rows
