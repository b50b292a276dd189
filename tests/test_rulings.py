"""Frames and ruled lines go, the digits on them stay whole, and no part of a digit is taken for a line."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.rulings import remove_rulings
from train.examples import render_number

PEN = 6
MASKS = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=24), elements=st.sampled_from([0, 255])
)


def writing(text, height=80):
    """Ink of a number on a page with room around it."""
    ink = render_number(text, 11, height, pen_width=PEN / height, pressure=0.0, margin=0.5)
    return np.where(ink > 127, 255, 0).astype(np.uint8)


def lines(shape, *ends, thickness=3):
    """Mask with a line between each pair of points ((x, y), (x, y))."""
    mask = np.zeros(shape, np.uint8)
    for start, end in ends:
        cv2.line(mask, start, end, 255, thickness)
    return mask


def moved(points, margin):
    return [(x + margin, y + margin) for x, y in points]


def share_left(cleaned, part):
    return np.count_nonzero(cleaned[part > 0]) / np.count_nonzero(part)


@given(MASKS, st.sampled_from([0.0, 1.0, 2.5, 6.0]))
def test_ink_only_goes_and_the_input_stays(mask, stroke_width):
    before = mask.copy()
    cleaned = remove_rulings(mask, stroke_width)
    assert np.array_equal(mask, before)
    assert cleaned.shape == mask.shape
    assert cleaned.dtype == np.uint8
    assert cleaned.flags.c_contiguous
    assert not np.shares_memory(cleaned, mask)
    assert np.all(cleaned <= mask)


@pytest.mark.parametrize("level", [0, 255])
def test_blank_stays_blank_and_without_strokes_nothing_goes(level):
    mask = np.full((30, 50), level, np.uint8)
    assert np.array_equal(remove_rulings(mask, 0), mask)
    assert level == 255 or not remove_rulings(mask, 3).any()


def test_ruled_line_across_the_page_goes():
    ink = writing("253")
    height, width = ink.shape
    line = lines(ink.shape, ((0, height - 12), (width, height - 12)))
    cleaned = remove_rulings(np.maximum(ink, line), PEN)
    assert share_left(cleaned, line) == 0
    assert np.array_equal(cleaned, ink)


@pytest.mark.parametrize("rise", [-6, 4, 8])
def test_slightly_sloped_line_goes(rise):
    ink = writing("25301")
    height, width = ink.shape
    line = lines(ink.shape, ((0, height - 16), (width, height - 16 + rise)))
    cleaned = remove_rulings(np.maximum(ink, line), PEN)
    assert share_left(cleaned, line) < 0.05
    assert share_left(cleaned, ink) > 0.99


def test_frame_around_the_number_goes():
    ink = writing("253")
    height, width = ink.shape
    frame = np.zeros_like(ink)
    cv2.rectangle(frame, (6, 6), (width - 7, height - 7), 255, 3)
    cleaned = remove_rulings(np.maximum(ink, frame), PEN)
    assert share_left(cleaned, frame) < 0.02
    assert share_left(cleaned, ink) > 0.99


@pytest.mark.parametrize("text", ["101", "0170", "9017"])
@pytest.mark.parametrize("offset", [-5, 9, 15])
def test_digits_on_a_line_are_mended(text, offset):
    ink = writing(text)
    height, width = ink.shape
    line = lines(ink.shape, ((0, height // 2 + offset), (width, height // 2 + offset)))
    cleaned = remove_rulings(np.maximum(ink, line), PEN)
    assert share_left(cleaned, np.where(ink > 0, 0, line)) < 0.1
    assert share_left(cleaned, np.minimum(ink, line)) > 0.2, "the strokes' own ink in the line comes back"
    # What is left falls into as many parts as there are digits, once gaps of half a stroke are closed.
    closed = cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, np.ones((PEN, PEN), np.uint8))
    sizes = cv2.connectedComponentsWithStats(closed)[2][1:, cv2.CC_STAT_HEIGHT]
    assert np.count_nonzero(sizes > 40) == len(text)


def test_several_lines_go():
    ink = writing("253")
    height, width = ink.shape
    rules = lines(ink.shape, *[((0, y), (width, y)) for y in (8, height - 8)], thickness=2)
    cleaned = remove_rulings(np.maximum(ink, rules), PEN)
    assert share_left(cleaned, rules) == 0
    assert np.array_equal(cleaned, ink)


@pytest.mark.parametrize(
    "text", ["1", "7", "2", "4", "5", "11", "111111", "7777", "5555", "2222", "1471", "9916847512"]
)
def test_writing_without_lines_is_left_alone(text):
    ink = writing(text)
    assert np.array_equal(remove_rulings(ink, PEN), ink)


def test_drawn_one_that_fills_the_picture_stays():
    one = lines((120, 60), ((30, 8), (30, 112)), thickness=PEN)
    assert np.array_equal(remove_rulings(one, PEN), one)


def test_straight_bar_of_a_7_and_foot_of_a_2_stay():
    seven = lines((140, 110), ((25, 25), (85, 25)), ((85, 25), (50, 115)), thickness=PEN)
    corners = [(30, 40), (60, 25), (80, 50), (25, 115), (85, 115)]
    two = lines((140, 110), *pairwise(corners), thickness=PEN)
    assert np.array_equal(remove_rulings(seven, PEN), seven)
    assert np.array_equal(remove_rulings(two, PEN), two)


@pytest.mark.parametrize("margin", [2, 5, 20])
def test_bar_of_a_closely_cropped_7_stays(margin):
    corners = [(0, 0), (50, 0), (20, 79)]
    seven = lines((82 + 2 * margin, 53 + 2 * margin), *pairwise(moved(corners, margin)), thickness=PEN)
    assert np.array_equal(remove_rulings(seven, PEN), seven)


@pytest.mark.parametrize("margin", [2, 5, 20])
def test_foot_of_a_closely_cropped_2_stays(margin):
    corners = [(3, 17), (25, 1), (47, 20), (0, 80), (52, 80)]
    two = lines((82 + 2 * margin, 53 + 2 * margin), *pairwise(moved(corners, margin)), thickness=PEN)
    assert np.array_equal(remove_rulings(two, PEN), two)


def test_ones_that_begin_at_the_upper_edge_stay():
    ones = lines((100, 330), *[((x, 0), (x, 92)) for x in range(60, 280, 40)], thickness=PEN)
    assert np.array_equal(remove_rulings(ones, PEN), ones)


def test_row_of_straight_ones_stays():
    ones = lines((140, 330), *[((x, 30), (x, 110)) for x in range(40, 300, 30)], thickness=PEN)
    assert np.array_equal(remove_rulings(ones, PEN), ones)


def test_row_of_straight_sevens_keeps_its_bars():
    bars = [((x, 30), (x + 45, 30)) for x in range(20, 360, 65)]
    stems = [((x + 45, 30), (x + 15, 110)) for x in range(20, 360, 65)]
    sevens = lines((140, 420), *bars, *stems, thickness=PEN)
    assert np.array_equal(remove_rulings(sevens, PEN), sevens)


def boxes(count=6, side=60, rows=1, thickness=2):
    """Rows of empty boxes on a page, as forms have them, and the x of their sides."""
    sides = [40 + side * i for i in range(count + 1)]
    ends = []
    for row in range(rows):
        top = 40 + 120 * row
        ends += [((sides[0], y), (sides[-1], y)) for y in (top, top + 80)]
        ends += [((x, top), (x, top + 80)) for x in sides]
    return lines((40 + 120 * rows, sides[-1] + 60), *ends, thickness=thickness), sides


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_empty_boxes_go(rows, thickness):
    empty, _ = boxes(rows=rows, thickness=thickness)
    assert not remove_rulings(empty, thickness).any()


def test_a_written_digit_keeps_its_boxes_ones_too():
    empty, sides = boxes()
    one = lines(empty.shape, ((sides[0] + 30, 52), (sides[0] + 30, 108)), thickness=4)
    cleaned = remove_rulings(np.maximum(empty, one), 2)
    assert share_left(cleaned, one) > 0.95


def test_ones_well_within_ruling_lines_stay():
    rules = lines((160, 330), ((0, 30), (330, 30)), ((0, 130), (330, 130)), thickness=2)
    ones = lines(rules.shape, *[((x, 50), (x, 110)) for x in range(60, 300, 40)], thickness=PEN)
    cleaned = remove_rulings(np.maximum(rules, ones), PEN)
    assert share_left(cleaned, rules) == 0
    assert np.array_equal(cleaned, ones)


def test_squared_paper_goes_and_its_digits_stay():
    ink = writing("253", height=100)
    height, width = ink.shape
    columns = [((x, 0), (x, height)) for x in range(12, width, 40)]
    rows = [((0, y), (width, y)) for y in range(12, height, 40)]
    squares = lines(ink.shape, *columns, *rows, thickness=2)
    cleaned = remove_rulings(squares, 2)
    assert not cleaned.any()
    cleaned = remove_rulings(np.maximum(ink, squares), PEN)
    near = cv2.dilate(squares, np.ones((5, 5), np.uint8))
    assert share_left(cleaned, np.where(ink > 0, 0, squares)) < 0.1
    assert share_left(cleaned, np.where(near > 0, 0, ink)) > 0.95


def test_what_continues_a_column_of_squared_paper_goes_with_it():
    """Below the last ruled row a column is short, and broken off it would be a 1."""
    height, width = 240, 300
    rows = [((0, y), (width, y)) for y in range(20, 200, 40)]
    columns = [((x, 0), (x, 175)) for x in range(20, width, 40)]
    squares = lines((height, width), *rows, *columns, thickness=2)
    pieces = lines((height, width), *(((x, 205), (x, 239)) for x in range(20, width, 40)), thickness=2)
    one = lines((height, width), ((160, 210), (160, 236)), thickness=2)
    cleaned = remove_rulings(squares | pieces | one, 2)
    assert share_left(cleaned, pieces) == 0
    assert share_left(cleaned, one) == 1
