"""Strokes are grouped into digits, marks are left out, and digits stand in reading order."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.components import label_components
from recognizer.segment import (
    dilate,
    find_components,
    leave_out_edges,
    marks_beside,
    select_digits,
    sort_left_to_right,
    text_height,
)
from recognizer.types import Box, Component

MASKS = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.sampled_from([0, 255]))
PAGE = (400, 300)
STROKE = 5.0


def block(x, y, width, height):
    return Component(Box(x, y, width, height), np.full((height, width), 255, np.uint8))


def bars(*boxes, shape=(60, 80)):
    mask = np.zeros(shape, np.uint8)
    for x, y, width, height in boxes:
        mask[y : y + height, x : x + width] = 255
    return mask


def boxes_of(components):
    return sorted(c.box for c in components)


# --- components ------------------------------------------------------------------------------------------------------


@given(MASKS)
def test_labels_and_boxes_agree_with_opencv(mask):
    labels, found = label_components(mask)
    count, theirs, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    assert np.array_equal(labels, theirs)
    assert sorted(box for _, box in found) == sorted(tuple(row[:4]) for row in statistics[1:].tolist())
    for label, box in found:
        assert np.count_nonzero(labels[box.y : box.bottom, box.x : box.right] == label) == statistics[label, 4]
    assert sorted(label for label, _ in found) == list(range(1, count))


# --- dilate and group ------------------------------------------------------------------------------------------------


@given(MASKS, st.sampled_from([0.0, 1.0, 4.0, 9.0]))
def test_dilation_only_adds_and_the_input_stays(mask, stroke_width):
    before = mask.copy()
    grown = dilate(mask, stroke_width)
    assert np.all(grown >= mask)
    assert np.array_equal(mask, before)
    assert not np.shares_memory(grown, mask)


@given(MASKS)
def test_components_divide_the_ink_among_them(mask):
    total = np.zeros(mask.shape, int)
    for component in find_components(mask, dilate(mask, 3.0)):
        box, ink = component.box, component.ink
        assert ink.shape == (box.height, box.width)
        assert ink.any(axis=0)[[0, -1]].all(), "the box is tight"
        assert ink.any(axis=1)[[0, -1]].all(), "the box is tight"
        assert box.x >= 0
        assert box.y >= 0
        total[box.y : box.bottom, box.x : box.right] += ink
    assert np.array_equal(total, mask)


def test_broken_stroke_is_one_component_and_its_crop_is_not_dilated():
    mask = bars((10, 5, 5, 20), (10, 27, 5, 20))
    assert len(find_components(mask, mask)) == 2
    (component,) = find_components(mask, dilate(mask, STROKE))
    assert component.box == Box(10, 5, 5, 42)
    assert component.area == np.count_nonzero(mask)


def test_neighbours_apart_by_a_stroke_stay_apart():
    mask = bars((10, 5, 5, 40), (20, 5, 5, 40))
    assert boxes_of(find_components(mask, dilate(mask, STROKE))) == [Box(10, 5, 5, 40), Box(20, 5, 5, 40)]


def test_neighbour_reaching_into_a_box_is_left_out():
    hook = bars((10, 10, 30, 4), (10, 10, 4, 30))
    mask = np.maximum(hook, bars((25, 25, 5, 5)))
    big = max(find_components(mask, mask), key=lambda c: c.area)
    assert big.area == np.count_nonzero(hook)


# --- text height -----------------------------------------------------------------------------------------------------


def test_text_height_of_nothing_is_zero():
    assert text_height([]) == 0


def test_specks_do_not_lower_the_text_height():
    digits = [block(50 * i, 20, 20, 60) for i in range(3)]
    specks = [block(7 * i, 5, 2, 2) for i in range(50)]
    assert text_height(digits + specks) == 60


# --- select ----------------------------------------------------------------------------------------------------------


def test_digits_stay_and_specks_go():
    digits = [block(50 + 50 * i, 100, 30, 60) for i in range(3)]
    specks = [block(60, 20, 2, 2), block(200, 250, 4, 4)]
    assert boxes_of(select_digits(digits + specks, STROKE, PAGE)) == boxes_of(digits)


def test_nothing_selected_from_nothing():
    assert select_digits([], STROKE, PAGE) == []


def test_flag_joins_the_digit_that_it_lies_over():
    body, flag = block(100, 110, 30, 50), block(105, 100, 28, 6)
    (digit,) = select_digits([body, flag], STROKE, PAGE)
    assert digit.box == Box(100, 100, 33, 60)
    assert digit.area == body.area + flag.area


def test_dash_goes_and_does_not_set_the_text_height():
    digits = [block(50 + 50 * i, 100, 30, 60) for i in range(2)]
    dash = block(200, 125, 150, 8)
    assert boxes_of(select_digits([*digits, dash], STROKE, PAGE)) == boxes_of(digits)


def test_hairline_goes():
    digits = [block(50 + 50 * i, 100, 30, 60) for i in range(2)]
    crease = block(200, 100, 2, 60)
    assert boxes_of(select_digits([*digits, crease], STROKE, PAGE)) == boxes_of(digits)


def test_remnant_of_a_border_at_the_edge_goes():
    digits = [block(50 + 50 * i, 100, 30, 60) for i in range(3)]
    remnant = block(0, 100, 5, 60)
    assert boxes_of(select_digits([*digits, remnant], STROKE, PAGE)) == boxes_of(digits)


def test_narrow_digit_away_from_the_edge_stays():
    digits = [block(50 + 50 * i, 100, 30, 60) for i in range(2)] + [block(200, 100, 6, 60)]
    assert boxes_of(select_digits(digits, STROKE, PAGE)) == boxes_of(digits)


def on_paper(*strokes, paper=200, dark=90):
    """Grey picture of bars on paper, and their components."""
    mask = bars(*strokes, shape=(120, 160))
    return np.where(mask > 0, dark, paper).astype(np.uint8), find_components(mask, mask)


def test_stroke_stays_thick_or_thin_and_beside_another():
    grey, components = on_paper((20, 20, 4, 60), (40, 20, 18, 60), (64, 20, 5, 60), (72, 20, 5, 60))
    assert boxes_of(leave_out_edges(components, grey, STROKE)) == boxes_of(components)


@pytest.mark.parametrize("step", [10, 60, 150])
def test_edge_of_a_darker_area_goes(step):
    grey, components = on_paper((20, 20, 5, 60), (100, 10, 5, 100))
    # The ink at x = 100 is the beginning of a shadow that reaches to the right edge.
    grey[:, 100:] = 200 - step
    assert boxes_of(leave_out_edges(components, grey, STROKE)) == [Box(20, 20, 5, 60)]


def test_stroke_at_the_foot_of_a_shadow_stays():
    grey, components = on_paper((20, 20, 5, 60), (90, 10, 5, 100))
    grey[:, 110:] = 150
    assert len(leave_out_edges(components, grey, STROKE)) == 2


def test_without_ink_there_are_no_edges():
    assert leave_out_edges([], np.full((40, 40), 200, np.uint8), STROKE) == []


# --- reading order ---------------------------------------------------------------------------------------------------


@given(st.permutations(range(6)))
def test_order_does_not_depend_on_the_order_of_finding(order):
    page = [block(60 * (i % 3), 100 * (i // 3), 30, 60) for i in range(6)]
    lines = sort_left_to_right([page[i] for i in order])
    assert [[c.box for c in line] for line in lines] == [[c.box for c in page[:3]], [c.box for c in page[3:]]]


def test_nothing_sorts_to_no_lines():
    assert sort_left_to_right([]) == []


@pytest.mark.parametrize("rise", [-15, 15])
def test_row_that_climbs_or_sags_is_one_line(rise):
    row = [block(50 * i, 200 + rise * i, 30, 60) for i in range(10)]
    assert [[c.box for c in line] for line in sort_left_to_right(row)] == [[c.box for c in row]]


def test_climbing_lines_are_not_mixed():
    """The end of the lower line stands as high as the beginning of the upper one."""
    rows = [[block(50 * i, 200 + 100 * row - 12 * i, 30, 60) for i in range(10)] for row in range(2)]
    lines = sort_left_to_right([c for row in rows for c in row])
    assert [[c.box for c in line] for line in lines] == [[c.box for c in row] for row in rows]


def test_lines_stand_from_top_to_bottom():
    rows = [[block(50 * i + 7 * row, 100 * row, 30, 60) for i in range(4)] for row in range(3)]
    lines = sort_left_to_right([c for row in reversed(rows) for c in row])
    assert [[c.box for c in line] for line in lines] == [[c.box for c in row] for row in rows]


def test_comma_between_digits_is_left_out():
    digits = [block(50, 100, 30, 60), block(110, 100, 30, 60)]
    comma = block(90, 145, 8, 25)
    assert sort_left_to_right([*digits, comma]) == [digits]


@pytest.mark.parametrize(
    ("box", "stays"),
    [
        ((90, 122, 14, 50), False),  # as high as most digits, but lower than both beside it
        ((90, 112, 14, 60), True),  # a 1 that begins hardly lower
        ((90, 122, 14, 42), True),  # a low 1 that ends where they do
        ((190, 122, 14, 50), True),  # at the end: the tail of the number, or a 1 on a line that sinks
        ((85, 122, 34, 50), True),  # too broad
    ],
)
def test_a_long_comma_that_hangs_between_two_digits_is_left_out(box, stays):
    digits = [block(50, 100, 30, 60), block(125, 100, 30, 60)]
    (line,) = sort_left_to_right([*digits, block(*box)])
    assert len(line) == 2 + stays


def test_long_comma_that_hangs_from_a_line_is_no_line_of_its_own():
    digits = [block(10, 10, 20, 50), block(60, 10, 20, 50)]
    assert len(sort_left_to_right([*digits, block(40, 52, 8, 32)])) == 1


@pytest.mark.parametrize("box", [(40, 70, 8, 32), (90, 52, 8, 32), (32, 52, 27, 32)])
def test_what_stands_below_a_line_or_beside_its_end_or_is_broad_is_no_comma(box):
    digits = [block(10, 10, 20, 50), block(60, 10, 20, 50)]
    assert len(sort_left_to_right([*digits, block(*box)])) == 2


def test_joined_numbers_are_lines_beside_one_with_a_long_stroke():
    """The long stroke of a 4 makes the last one twice as high as the first."""
    page = [[block(12, 11, 141, 57)], [block(23, 219, 10, 39), block(40, 213, 46, 42)], [block(11, 350, 94, 111)]]
    assert sort_left_to_right([c for line in page for c in line]) == page


def test_what_is_much_lower_than_the_lines_is_no_line():
    line = [block(30, 100, 30, 60), block(90, 100, 30, 60)]
    assert sort_left_to_right([*line, block(30, 200, 60, 30)]) == [line]
    joined = block(30, 100, 90, 60)
    assert sort_left_to_right([joined, block(30, 200, 60, 30)]) == [[joined]]


@pytest.mark.parametrize(("height", "lines"), [(33, 2), (27, 1)])
def test_a_low_line_whose_digits_are_joined_is_one(height, lines):
    line = [block(30, 100, 30, 60), block(90, 100, 30, 60)]
    assert len(sort_left_to_right([*line, block(30, 200, 120, height)])) == lines


def test_a_comma_that_hangs_low_does_not_part_the_digits_beside_it():
    """The first digit reaches down as far as the comma, the next do not."""
    digits = [block(16, 25, 32, 73), block(61, 27, 34, 47), block(100, 27, 40, 45)]
    assert sort_left_to_right([*digits, block(44, 69, 27, 34)])[0][0] is digits[0]
    assert len(sort_left_to_right([*digits, block(44, 69, 27, 34)])) == 1


def test_broad_body_of_a_broken_6_is_no_comma():
    digits = [block(30, 128, 45, 35), block(110, 100, 30, 80)]
    assert sort_left_to_right(digits) == [digits]


def test_small_digit_beside_a_large_one_stays():
    digits = [block(50, 100, 30, 60), block(90, 110, 25, 45)]
    assert sort_left_to_right(digits) == [digits]


def component(x, y, width, height):
    return Component(Box(x, y, width, height), np.full((height, width), 255, np.uint8))


def test_marks_in_a_line_are_listed():
    digits = [component(20, 20, 20, 40), component(70, 20, 20, 40)]
    comma, dash, speck = component(48, 55, 6, 10), component(100, 38, 20, 4), component(60, 30, 1, 2)
    far, above = component(300, 40, 6, 6), component(50, 0, 6, 6)
    found = marks_beside([digits], [*digits, comma, dash, speck, far, above], stroke_width=4.0)
    assert found == [comma, dash]


def test_part_of_a_digit_is_no_mark():
    digit, flag = component(20, 20, 30, 40), component(30, 22, 15, 5)
    assert marks_beside([[digit]], [digit, flag], stroke_width=3.0) == []


def test_mark_between_two_lines_is_listed_once():
    lines = [[component(20, y, 20, 40), component(70, y, 20, 40)] for y in (20, 80)]
    comma = component(48, 66, 6, 8)  # near enough to either
    assert all(marks_beside([line], [*line, comma], stroke_width=4.0) == [comma] for line in lines)
    assert marks_beside(lines, [*lines[0], *lines[1], comma], stroke_width=4.0) == [comma]


def test_digit_of_the_next_line_is_no_mark():
    lines = [
        [component(20, 20, 20, 40), component(70, 20, 20, 40)],
        [component(20, 62, 15, 30), component(70, 62, 15, 30)],
    ]
    assert marks_beside(lines, [*lines[0], *lines[1]], stroke_width=4.0) == []
