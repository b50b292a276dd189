"""How a text fits a line's pieces, compared with all ways to read them, one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.lattice import fit_texts, total_score
from recognizer.types import Box, Component, Piece

COMPONENT = Component(Box(0, 0, 1, 1), np.full((1, 1), 255, np.uint8))
TEXTS = ["", *(a + b for a, b in product(["", "5", "7"], ["5", "7", "0"])), "577", "757", "5775"]


def pieces(*spans):
    return [Piece(COMPONENT, start, end) for start, end in spans]


WHOLE = pieces((0, 1))
HALVES = pieces((0, 1), (0, 2), (1, 2))
THIRDS = pieces((2, 3), (0, 1), (1, 3), (0, 3), (1, 2), (0, 2))


@st.composite
def lines(draw):
    """Up to three components with up to three cuts, of which some pieces are missing, and a score for everything."""
    line = []
    for _ in range(draw(st.integers(0, 3))):
        last = draw(st.integers(1, 3))
        spans = [
            (start, end) for start in range(last) for end in range(start + 1, last + 1) if (start, end) != (0, last)
        ]
        kept = draw(st.lists(st.sampled_from(spans), unique=True)) if spans else []
        line.append(pieces(*draw(st.permutations([*kept, (0, last)]))))
    return line, *scores_of(line, draw(st.integers(0, 2**16)), draw(st.booleans()))


def scores_of(line, seed=0, marks=True):
    rng = np.random.default_rng(seed)
    count = sum(map(len, line))
    return rng.normal(-3, 2, (count, 10)), rng.normal(-4, 2, count) if marks else np.full(count, -np.inf)


def all_ways(line):
    """Every choice of pieces that covers each component from its first cut to its last: indices into all pieces."""

    def cover(ways, first, at, last):
        if at == last:
            return [()]
        return [
            (first + i, *rest)
            for i, piece in enumerate(ways)
            if piece.start == at
            for rest in cover(ways, first, piece.end, last)
        ]

    firsts = np.cumsum([0, *map(len, line)])
    each = [cover(p, int(f), 0, max(piece.end for piece in p)) for p, f in zip(line, firsts, strict=False)]
    return [sum(way, ()) for way in product(*each)]


def all_readings(line, digit_scores, mark_scores):
    """(steps, text, score) of every way to read the line."""
    for way in all_ways(line):
        for classes in product(range(11), repeat=len(way)):
            score = sum(mark_scores[i] if c == 10 else digit_scores[i, c] for i, c in zip(way, classes, strict=True))
            steps = [(i, c == 10) for i, c in zip(way, classes, strict=True)]
            yield steps, "".join(str(c) for c in classes if c != 10), float(score)


def best_way(line, digit_scores, mark_scores, text):
    """The best of all ways to read the text, its digits put into each choice of pieces wherever they fit."""
    best = None
    for way in all_ways(line):
        for marks in product([False, True], repeat=len(way)):
            if marks.count(False) != len(text):
                continue
            digits = iter(text)
            score = sum(
                mark_scores[i] if is_mark else digit_scores[i, int(next(digits))]
                for i, is_mark in zip(way, marks, strict=True)
            )
            if np.isfinite(score) and (best is None or score > best[1]):
                best = list(zip(way, marks, strict=True)), float(score)
    return best


def fit_text(line, digit_scores, mark_scores, text):
    return fit_texts(line, digit_scores, mark_scores, [text])[0]


# --- the best way ----------------------------------------------------------------------------------------------------


@given(lines())
def test_the_best_of_all_ways_is_found(made):
    for text in TEXTS:
        found, expected = fit_text(*made, text), best_way(*made, text)
        if expected is None:
            assert found is None
        else:
            assert found is not None
            assert found[1] == pytest.approx(expected[1])
            assert found[0] == expected[0]


@given(lines())
def test_texts_of_any_length_are_fitted_together_as_alone(made):
    assert fit_texts(*made, TEXTS) == [fit_text(*made, text) for text in TEXTS]
    assert fit_texts(*made, []) == []


def test_equal_neighbours_take_a_piece_each():
    line = [HALVES, WHOLE]
    digit_scores, mark_scores = scores_of(line, marks=False)
    path, _ = fit_text(line, digit_scores, mark_scores, "577")
    assert path == [(0, False), (2, False), (3, False)]
    path, _ = fit_text(line, digit_scores, mark_scores, "77")
    assert path == [(1, False), (3, False)]
    assert fit_text(line, digit_scores, mark_scores, "7") is None
    assert fit_text(line, digit_scores, mark_scores, "5777") is None


def test_marks_may_stand_anywhere():
    line = [WHOLE, HALVES, WHOLE]
    digit_scores, mark_scores = np.full((5, 10), -1.0), np.array([-0.1, -9.0, -0.2, -9.0, -9.0])
    digit_scores[4, 7] = 0.0
    assert fit_text(line, digit_scores, mark_scores, "7") == ([(0, True), (2, True), (4, False)], pytest.approx(-0.3))
    assert fit_text(line, digit_scores, mark_scores, "")[0] == [(0, True), (2, True), (4, True)]


def test_no_line_spells_the_empty_text_alone():
    nothing = [], np.zeros((0, 10)), np.zeros(0)
    assert fit_text(*nothing, "") == ([], 0.0)
    assert fit_text(*nothing, "5") is None
    assert total_score(*nothing) == 0.0


def test_a_score_of_a_digit_counts_for_that_digit_only():
    digit_scores = np.full((1, 10), -np.inf)
    digit_scores[0, 5] = -2.0
    assert fit_text([WHOLE], digit_scores, np.array([-np.inf]), "5") == ([(0, False)], -2.0)
    assert fit_text([WHOLE], digit_scores, np.array([-np.inf]), "7") is None


def test_scores_are_not_changed():
    line = [HALVES, THIRDS]
    digit_scores, mark_scores = scores_of(line)
    before = digit_scores.copy(), mark_scores.copy()
    fit_text(line, digit_scores, mark_scores, "577")
    total_score(line, digit_scores, mark_scores)
    assert np.array_equal(digit_scores, before[0])
    assert np.array_equal(mark_scores, before[1])


# --- all ways together -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("line", [[WHOLE], [HALVES], [WHOLE, HALVES], [WHOLE, WHOLE], [THIRDS]], ids=len)
def test_the_total_is_the_sum_over_all_readings(line, marks):
    scores = scores_of(line, 5, marks)
    readings = [score for _, _, score in all_readings(line, *scores)]
    assert total_score(line, *scores) == pytest.approx(np.logaddexp.reduce(readings))


@given(lines())
def test_a_text_is_a_part_of_the_total(made):
    """The shares of all the texts of a line, each by its best way alone, do not exceed one."""
    total = total_score(*made)
    found = [fit_text(*made, text) for text in TEXTS]
    shares = [np.exp(fit[1] - total) for fit in found if fit is not None]
    assert sum(shares) <= 1 + 1e-9


def test_best_ways_agree_with_all_readings():
    line = [HALVES, WHOLE]
    scores = scores_of(line, 8)
    best = {}
    for steps, text, score in all_readings(line, *scores):
        if score > best.get(text, (None, -np.inf))[1]:
            best[text] = steps, score
    for text in TEXTS:
        found = fit_text(line, *scores, text)
        if text in best:
            assert found is not None
            assert found[0] == best[text][0]
            assert found[1] == pytest.approx(best[text][1])
        else:
            assert found is None
