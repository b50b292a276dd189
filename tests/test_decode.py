"""The best way to cut is chosen by score, and the labels are joined with their probabilities."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer import decode as decoding
from recognizer.decode import Choice, best_path, calibrate, choose, decode, digits_of, piece_scores
from recognizer.types import CLASS_NAMES, Box, Component, Mark, Piece


def piece(width, height=20, start=0, end=1, cut=0.0, x=0):
    return Piece(Component(Box(x, 0, width, height), np.full((height, width), 255, np.uint8)), start, end, cut)


def row(label, probability):
    """Probabilities with `label` at `probability` and the rest shared alike."""
    probabilities = np.full(10, (1 - probability) / 9, np.float32)
    probabilities[label] = probability
    return probabilities


def none_row(probability, label=1):
    """Probabilities with `probability` for no digit, and the rest for `label`."""
    probabilities = np.zeros(11, np.float32)
    probabilities[label], probabilities[10] = 1 - probability, probability
    return probabilities


def digits(*indices):
    """A path of nothing but digits."""
    return [(index, False) for index in indices]


def pair(whole_width, cut):
    """The whole, and its left and right half."""
    half = whole_width // 2
    return [piece(half, end=1, cut=cut), piece(whole_width, end=2), piece(half, start=1, end=2, x=half)]


def as_it_is(box):
    return box


def halve(box):
    """As in a picture of half the working size."""
    return Box(*(value // 2 for value in box))


def path_through(pieces, probabilities, height):
    """The best path by what the digit network says."""
    return best_path(pieces, *piece_scores(pieces, probabilities, height))


@pytest.fixture
def round_prices(monkeypatch):
    """Prices to work cases out by hand with: those in use are tuned now and then."""
    prices = {
        "_READING_WEIGHT": 1.0,
        "_SHAPE_WEIGHT": 1.0,
        "_DIGIT_PENALTY": 0.7,
        "_CUT_PENALTY": 0.6,
        "_HEIGHT_PENALTY": 3.0,
        "_MARK_PENALTY": 2.0,
        "_MARK_WIDTH_PENALTY": 1.0,
        "_LEAST_PROBABILITY": 1e-9,
    }
    for name, price in prices.items():
        monkeypatch.setattr(decoding, name, price)


@pytest.mark.usefixtures("round_prices")
def test_two_good_halves_beat_a_wide_whole():
    # Whole, 40 x 20, as an 8: ln 0.9 - ((ln 2 + 0.29) / 0.25)^2 / 2 - 0.7 = -0.105 - 7.733 - 0.7 = -8.538; as a 5, which
    # may be wider: ln 0.0111 - ((ln 2 + 0.04) / 0.27)^2 / 2 - 0.7 = -4.500 - 3.687 - 0.7 = -8.887.
    # Halves, 20 x 20, as an 8 each: -0.105 - (0.29 / 0.25)^2 / 2 - 0.7 = -1.478; both and the cut 0.5 * 0.6: -3.256.
    path, certainty = path_through(pair(40, 0.5), np.stack([row(8, 0.9)] * 3), 20)
    assert path == digits(0, 2)
    assert certainty == pytest.approx(1 / (1 + math.exp(-8.538 + 3.256)), abs=1e-4)


@pytest.mark.usefixtures("round_prices")
def test_good_whole_beats_halves_that_read_as_well():
    # Whole, 20 x 20, as a 0: ln 0.95 - (0.10 / 0.25)^2 / 2 - 0.7 = -0.831.
    # Halves, 10 x 20, as a 1 each: ln 0.95 - ((ln 0.5 + 0.88) / 0.50)^2 / 2 - 0.7 = -0.821; both and the cut: -2.242.
    probabilities = np.stack([row(1, 0.95), row(0, 0.95), row(1, 0.95)])
    path, certainty = path_through(pair(20, 1.0), probabilities, 20)
    assert path == digits(1)
    assert certainty == pytest.approx(1 / (1 + math.exp(-2.242 + 0.831)), abs=1e-3)


def test_halves_win_where_the_whole_reads_badly():
    probabilities = np.stack([row(1, 0.95), np.full(10, 0.1, np.float32), row(1, 0.95)])
    assert path_through(pair(20, 1.0), probabilities, 20)[0] == digits(0, 2)


def test_dearer_cut_is_less_certain():
    probabilities = np.stack([row(8, 0.9)] * 3)
    cheap, dear = (path_through(pair(40, cut), probabilities, 20)[1] for cut in (0.1, 2.0))
    assert dear < cheap


def test_piece_much_lower_than_its_line_is_avoided():
    low = [piece(20, end=1), piece(30, end=2), piece(10, height=5, start=1, end=2, x=20)]
    probabilities = np.stack([row(0, 0.9), row(0, 0.6), row(0, 0.9)])
    assert path_through(low, probabilities, 20)[0] == digits(1)


def test_only_way_is_certain():
    assert path_through([piece(12)], np.stack([row(3, 0.2)]), 20) == (digits(0), 1.0)


@pytest.mark.usefixtures("round_prices")
@pytest.mark.parametrize(("probability", "is_mark"), [(0.85, False), (0.95, True)])
def test_a_component_is_a_mark_where_that_is_worth_its_price(probability, is_mark):
    # 20 x 20, as a mark: ln p - 2 - 20 / 20, which is -3.163 for 0.85 and -3.051 for 0.95.
    # As a 0: ln (1 - p) - (0.10 / 0.25)^2 / 2 - 0.7, which is -2.677 for 0.85 and -3.776 for 0.95.
    path, certainty = path_through([piece(20)], np.stack([none_row(probability, 0)]), 20)
    assert path == [(0, is_mark)]
    assert certainty == 1.0


def test_a_digit_is_cut_from_the_mark_that_it_touches():
    probabilities = np.stack([none_row(0.001, 4), none_row(0.98, 4), none_row(0.999, 4)])
    pieces = [piece(14, end=1, cut=0.3), piece(22, end=2), piece(8, height=12, start=1, end=2, x=14)]
    assert path_through(pieces, probabilities, 20)[0] == [(0, False), (2, True)]


def test_touching_digits_are_cut_and_not_left_out():
    probabilities = np.stack([none_row(0.001, 4), none_row(0.999, 4), none_row(0.001, 4)])
    assert path_through(pair(30, 0.8), probabilities, 20)[0] == digits(0, 2)


def slashed(slash):
    """Three digits of height 20 with a stroke of the given box between the second and the third."""
    boxes = [Box(0, 10, 12, 20), Box(15, 10, 12, 20), slash, Box(45, 10, 12, 20)]
    line = [[Piece(Component(box, np.full((box.height, box.width), 255, np.uint8)))] for box in boxes]
    return [line], np.stack([row(label, 0.99) for label in (2, 5, 1, 6)])


@pytest.mark.parametrize(
    ("box", "is_slash"),
    [
        (Box(32, 5, 8, 32), True),
        (Box(32, 5, 8, 26), False),  # hardly higher than the digits
        (Box(32, 11, 8, 32), False),  # hangs down only
        (Box(0, 5, 8, 32), False),  # not the third then, but the first of the line
    ],
)
def test_a_stroke_that_reaches_beyond_both_neighbours_is_a_slash(box, is_slash):
    lines, probabilities = slashed(box)
    if box.x == 0:
        lines, probabilities = [[lines[0][i] for i in (2, 0, 1, 3)]], probabilities[[2, 0, 1, 3]]
    (chosen,) = choose(lines, probabilities)
    assert [choice.is_mark for choice in chosen] == [is_slash and choice.index == 2 for choice in chosen]
    text = decode([chosen], probabilities, CLASS_NAMES, as_it_is, (99, 99)).text
    assert text == ("256" if is_slash else "1256" if box.x == 0 else "2516")


def test_a_line_of_ones_has_no_slash():
    lines, _ = slashed(Box(32, 5, 8, 32))
    (chosen,) = choose(lines, np.stack([row(1, 0.99)] * 4))
    assert not any(choice.is_mark for choice in chosen)


def test_a_line_in_doubt_is_all_marks_and_one_digit_in_doubt_beside_others_stays():
    line = [[piece(12, x=20 * i)] for i in range(3)]
    doubtful, sure = none_row(0.8, 4), none_row(0.01, 4)
    (chosen,) = choose([line], np.stack([doubtful] * 3))
    assert all(choice.is_mark for choice in chosen)
    (chosen,) = choose([line], np.stack([sure, doubtful, sure]))
    assert not any(choice.is_mark for choice in chosen)


def test_without_the_class_nothing_is_a_mark():
    blank = np.full((1, 10), 0.1, np.float32)
    assert path_through([piece(300, 5)], blank, 20)[0] == digits(0)


@st.composite
def cuttings(draw):
    """Pieces of a component with random cuts, in random order, the whole among them, and their probabilities."""
    last = draw(st.integers(1, 4))
    spans = [(a, b) for a in range(last) for b in range(a + 1, last + 1)]
    kept = [s for s in spans if s == (0, last) or draw(st.booleans())]
    pieces = [
        piece(draw(st.integers(3, 40)), draw(st.integers(5, 20)), a, b, draw(st.floats(0, 3)) if b < last else 0.0)
        for a, b in draw(st.permutations(kept))
    ]
    raw = draw(hnp.arrays(np.float32, (len(pieces), 10), elements=st.floats(0.0625, 1, width=32)))
    return pieces, raw / raw.sum(axis=1, keepdims=True)


@given(cuttings())
def test_chosen_pieces_join_from_edge_to_edge(cutting):
    pieces, probabilities = cutting
    path, certainty = path_through(pieces, probabilities, 20)
    chosen = [pieces[index] for index, _ in path]
    assert chosen[0].start == 0
    assert chosen[-1].end == max(p.end for p in pieces)
    assert all(left.end == right.start for left, right in pairwise(chosen))
    assert 0 < certainty <= 1 + 1e-9


@given(cuttings(), st.randoms(use_true_random=False))
def test_order_of_the_pieces_does_not_matter(cutting, random):
    pieces, probabilities = cutting
    order = list(range(len(pieces)))
    random.shuffle(order)
    path, certainty = path_through(pieces, probabilities, 20)
    shuffled, same = path_through([pieces[i] for i in order], probabilities[order], 20)
    assert same == pytest.approx(certainty)
    assert [(order[i], is_mark) for i, is_mark in shuffled] == path


def test_choice_points_to_its_own_row():
    lines = [[[piece(12)], pair(40, 0.5)], [pair(20, 1.0), [piece(10)]]]
    probabilities = np.stack([row(3, 0.9), *[row(8, 0.9)] * 3, row(1, 0.95), row(0, 0.95), row(1, 0.95), row(7, 0.8)])
    first, second = choose(lines, probabilities)
    assert [choice.index for choice in first] == [0, 1, 3]
    assert [choice.index for choice in second] == [5, 7]
    everything = [p for line in lines for pieces in line for p in pieces]
    for choice in (*first, *second):
        assert choice.box == everything[choice.index].component.box
        assert 0 < choice.certainty <= 1


def test_nothing_is_chosen_from_nothing():
    assert choose([], np.zeros((0, 10), np.float32)) == []
    reading = decode([], np.zeros((0, 10), np.float32), CLASS_NAMES, as_it_is, (8, 9))
    assert (reading.text, reading.confidence, reading.width, reading.height) == ("", 0.0, 8, 9)


def test_labels_are_joined_and_the_confidences_multiplied():
    probabilities = np.stack([row(4, 0.8), row(5, 0.5), row(6, 0.9)])
    lines = [[Choice(0, Box(0, 0, 5, 5), 1.0), Choice(2, Box(9, 0, 5, 5), 1.0)], [Choice(1, Box(0, 9, 5, 5), 1.0)]]
    reading = decode(lines, probabilities, CLASS_NAMES, as_it_is, (20, 20))
    assert reading.text == "46\n5"
    assert reading.confidence == pytest.approx(calibrate(0.8 * 0.9 * 0.5))


def test_marks_are_no_part_of_the_text_and_lower_its_confidence():
    probabilities = np.stack([none_row(0.0, 4), none_row(0.9, 1), none_row(0.0, 5), none_row(0.99)])
    lines = [
        [Choice(0, Box(0, 0, 5, 5), 1.0), Choice(1, Box(8, 2, 4, 4), 1.0, True), Choice(2, Box(9, 0, 5, 5), 1.0)],
        [Choice(3, Box(2, 12, 6, 2), 1.0, True)],
    ]
    reading = decode(lines, probabilities, CLASS_NAMES, halve, (20, 20))
    assert reading.text == "45"
    assert reading.marks == (Mark(Box(4, 1, 2, 2)), Mark(Box(1, 6, 3, 1)))
    assert reading.confidence == pytest.approx(calibrate(0.9 * 0.99), rel=1e-5)
    assert digits_of(lines) == [[lines[0][0], lines[0][2]]]


def test_nothing_but_marks_is_no_text():
    reading = decode(
        [[Choice(0, Box(0, 0, 5, 5), 1.0, True)]], np.stack([none_row(1.0)]), CLASS_NAMES, as_it_is, (9, 9)
    )
    assert (reading.text, reading.confidence, reading.lines, len(reading.marks)) == ("", 0.0, (), 1)


def test_what_may_be_no_digit_leaves_less_for_the_labels():
    (digit,) = decode(
        [[Choice(0, Box(0, 0, 5, 5), 0.9)]], np.stack([none_row(0.3, 4)]), CLASS_NAMES, as_it_is, (9, 9)
    ).digits
    assert digit.label == "4"
    assert digit.confidence == pytest.approx(0.9 * 0.7 + 0.01)
    assert sum(digit.probabilities.values()) == pytest.approx(0.9 * 0.7 + 0.1)
    assert set(digit.probabilities) == set(CLASS_NAMES)


def test_class_names_are_the_checkpoints():
    names = tuple("abcdefghij")
    reading = decode([[Choice(0, Box(0, 0, 5, 5), 1.0)]], np.stack([row(4, 0.8)]), names, as_it_is, (20, 20))
    assert reading.text == "e"


@given(st.floats(0.01, 1), st.integers(0, 9), st.floats(0.2, 0.99))
def test_doubtful_cut_is_shared_among_all_labels(certainty, label, probability):
    choices = [[Choice(0, Box(1, 2, 3, 4), certainty)]]
    (digit,) = decode(choices, np.stack([row(label, probability)]), CLASS_NAMES, as_it_is, (20, 20)).digits
    assert digit.label == CLASS_NAMES[label]
    assert digit.confidence == pytest.approx(certainty * probability + (1 - certainty) / 10, rel=1e-4)
    assert digit.confidence + sum(a.confidence for a in digit.alternatives) == pytest.approx(1, abs=1e-5)
    assert {digit.label, *(a.label for a in digit.alternatives)} == set(CLASS_NAMES)
    assert [a.confidence for a in digit.alternatives] == sorted(
        (a.confidence for a in digit.alternatives), reverse=True
    )
