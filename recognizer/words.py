"""Words beside a number: "Total:" before it, "kg" behind it, a heading above it.

The networks know handwritten letters and hardly printed ones, and in a line of digits they take many for digits. A word
alone is read with little confidence, though, and it shows in its shape: printed letters stand on one level.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice, pairwise
from statistics import fmean
from typing import NamedTuple

import numpy as np

from recognizer.combine import LineEvidence
from recognizer.ctc import BLANK, MARK, greedy_runs
from recognizer.segment import text_height
from recognizer.types import CLASS_NAMES, Component

_GAP = 0.5
"""Widest gap within a word or a number, in the text heights of what stands before it or behind it, whichever is lower."""
_FEW_LINES = 2
"""A number with its label and unit, and a heading; what has more lines is a page, and takes too long."""
_MOST = 80
"""Nor has it more components: a texture has."""
_NUMBER = 0.75
"""Least probability of what a number reads as by itself: printed words are below, and nearly all numbers above."""
_NUMBER_LIKE_A_WORD = 0.9
"""The same of what has a word's shape."""
_NUMBER_IN_A_CELL = 0.6
"""The same of what has a word's shape and a cell of a table for itself: there are numbers in most."""
_LEAST_CELLS, _NO_CELLS = 0.5, 0.1
"""Of the cells of a table, this share has a number in it; what has fewer is no table, and what has next to none a texture."""
_BROAD = 1.2
"""Least width of a word, in its text heights."""
_MIN_DOUBT = 0.2
"""Least mean probability of a word's components to be no digits, by the digit network: of some, as of an o, it is 0."""
_LEVEL, _MIN_LEVEL, _LEVEL_SHARE = 0.03, 3, 0.6
"""Letters are printed where this many of a word, and this share, end at one level, give or take so many text heights or a
pixel. (Others hang down, as a g does.) Handwritten digits mostly deviate by a tenth."""
_STEEPEST, _MIN_SLOPING = 0.15, 4
"""... or on a line that climbs or sinks by at most this slope, where so many do."""
_MARK, _MIN_MARKS = 0.6, 2
"""Or where the line network sees so many marks, each with this probability, and fewer digits."""


class Numbers(NamedTuple):
    """The components of some lines, parted."""

    digits: list[Component]
    words: list[Component]


def part_at_gaps(lines: Sequence[Sequence[Component]]) -> list[list[list[Component]]]:
    """What may be words and numbers of some lines: what wide gaps part.

    Args:
        lines: as from `recognizer.segment.sort_left_to_right`.

    Returns:
        Of each line its groups of components, from left to right; nothing at all where there is nothing to choose from, or too
        much.
    """
    if len(lines) > _FEW_LINES or sum(map(len, lines)) > _MOST:
        return []
    parted = []
    for line in lines:
        groups: list[list[Component]] = []
        right = -np.inf
        for index, component in enumerate(line):
            if not groups or component.box.x - right > _GAP * min(text_height(groups[-1]), text_height(line[index:])):
                groups.append([])
            groups[-1].append(component)
            right = max(right, component.box.right)
        parted.append(groups)
    return parted if sum(map(len, parted)) > 1 else []


def look_like_words(lines: Sequence[Sequence[Sequence[Component]]], evidence: Sequence[LineEvidence]) -> list[bool]:
    """Whether each group has a word's shape: where none has, the time of reading each by itself is saved.

    Arguments as for `leave_out_words`.
    """
    groups = [group for groups in lines for group in groups]
    return [_is_word(group, [its_evidence]) for group, its_evidence in zip(groups, evidence, strict=True)]


def leave_out_words(
    lines: Sequence[Sequence[Sequence[Component]]],
    evidence: Sequence[LineEvidence],
    shapes: Sequence[bool],
    texts: Sequence[tuple[str, float]],
) -> Numbers | None:
    """Tell the numbers of some lines from words.

    Args:
        lines: of each line its groups, as from `part_at_gaps`.
        evidence: of each group, line by line.
        shapes: likewise whether it looks like a word, as from `look_like_words`.
        texts: likewise what it reads as by itself, as from `recognizer.combine.read_lines`.

    Returns:
        The numbers and the words; None unless there are both. What is neither belongs to what stands nearest.
    """
    numbers = Numbers([], [])
    told = zip(evidence, shapes, texts, strict=True)
    for line in lines:
        groups = [
            _Group(group, its_evidence, _is_number(looks_like_a_word, *text), looks_like_a_word)
            for group, (its_evidence, looks_like_a_word, text) in zip(line, islice(told, len(line)), strict=True)
        ]
        for is_number, run in groupby(_tell_others(groups), lambda group: group.is_number):
            members = list(run)
            components = [component for group in members for component in group.components]
            if not is_number and not _is_word(components, [group.evidence for group in members]):
                return None
            (numbers.digits if is_number else numbers.words).extend(components)
    return numbers if all(numbers) else None


def leave_out_words_of_cells(
    cells: Sequence[Sequence[Component]], evidence: Sequence[LineEvidence], texts: Sequence[tuple[str, float]]
) -> list[tuple[str, float]] | None:
    """The texts of a table's cells without those of words: the headings of its columns and rows.

    Args:
        cells: the components of each.
        evidence: of each.
        texts: of each, and how probable it is, as from `recognizer.combine.read_lines`.

    Returns:
        The same, and "" for words, and for all of a texture; None where too few are left for a table.
    """

    def is_word(cell: Sequence[Component], own: LineEvidence, text: str, probability: float) -> bool:
        return bool(text) and probability < _NUMBER_IN_A_CELL and _is_word(cell, [own])

    numbers = [
        ("", 1 - probability) if is_word(cell, own, text, probability) else (text, probability)
        for cell, own, (text, probability) in zip(cells, evidence, texts, strict=True)
    ]
    share = fmean(bool(text) for text, _ in numbers)
    if share < _LEAST_CELLS:
        return None if share > _NO_CELLS else [("", 1.0)] * len(numbers)
    return numbers


class _Group(NamedTuple):
    components: Sequence[Component]
    evidence: LineEvidence
    is_number: bool
    """Whether it is read as one."""
    looks_like_a_word: bool


def _tell_others(groups: Sequence[_Group]) -> list[_Group]:
    """Groups of a line of which those that are neither number nor word belong to what stands nearest: a bracket, a letter by
    itself or the first 1 of a number. Where none is either, none is a number."""
    told = list(groups)
    open_ones = {index for index, group in enumerate(groups) if not (group.is_number or group.looks_like_a_word)}
    gaps = [
        (min(c.box.x for c in right.components) - max(c.box.right for c in left.components), index)
        for index, (left, right) in enumerate(pairwise(groups))
    ]
    while True:
        beside = [(gap, index) for gap, index in gaps if (index in open_ones) != (index + 1 in open_ones)]
        if not beside:
            return told
        _, left = min(beside)
        own, other = (left, left + 1) if left in open_ones else (left + 1, left)
        told[own] = told[own]._replace(is_number=told[other].is_number)
        open_ones.remove(own)


def _is_number(looks_like_a_word: bool, text: str, probability: float) -> bool:
    return bool(text) and probability >= (_NUMBER_LIKE_A_WORD if looks_like_a_word else _NUMBER)


def _is_word(components: Sequence[Component], evidence: Sequence[LineEvidence]) -> bool:
    """Whether some ink that stands together, in one group or several, is a word."""
    height = text_height(components)
    width = max(c.box.right for c in components) - min(c.box.x for c in components)
    if width < _BROAD * height or any(e.probabilities.shape[1] == len(CLASS_NAMES) for e in evidence):
        return False
    if float(np.concatenate([e.probabilities[e.wholes, -1] for e in evidence]).mean()) < _MIN_DOUBT:
        return False
    return _stand_on_a_line(components, height) or _are_marks(evidence)


def _stand_on_a_line(components: Sequence[Component], height: float) -> bool:
    """Whether most components end on one straight line, level or nearly so."""
    ends = np.array([component.box.bottom for component in components], dtype=float)
    middles = np.array([component.box.centre[0] for component in components])
    leeway, most = max(1.0, _LEVEL * height), _LEVEL_SHARE * len(ends)
    if (np.abs(ends - np.median(ends)) <= leeway).sum() >= max(_MIN_LEVEL, most):
        return True
    # Two always stand on a line, and a third may by chance.
    first, second = np.triu_indices(len(ends), 1)
    run = middles[second] - middles[first]
    slopes = (ends[second] - ends[first])[run > height] / run[run > height]
    slopes = slopes[np.abs(slopes) <= _STEEPEST]
    sunk = ends - slopes[:, None] * middles
    away = np.abs(sunk - np.median(sunk, axis=1, keepdims=True))
    return bool(((away <= leeway).sum(axis=1) >= max(_MIN_SLOPING, most)).any())


def _are_marks(evidence: Sequence[LineEvidence]) -> bool:
    """Whether the line network takes ink for marks rather than for digits."""
    marks = digits = 0
    for log_probs in (e.look.answer for e in evidence):
        for label, start, end in zip(*greedy_runs(log_probs), strict=True):
            if label == MARK:
                marks += float(np.exp(log_probs[start:end, MARK].max())) >= _MARK
            elif label != BLANK:
                digits += 1
    return marks >= _MIN_MARKS and marks > digits
