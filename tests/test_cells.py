"""Boxes of a form go, whatever touches them; digits, single boxes and ruled lines stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.cells import without_cells
from train.examples import BLUE, boxed, put_ink, render_number, rotate, ruled, sheet

MASKS = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=80), elements=st.sampled_from([0, 255])
)
PEN = 4.0


def written(text, height=70, room=24, seed=5):
    """A number on a sheet that it nearly fills."""
    strokes = render_number(text, seed, height, margin=0)
    blank = sheet(strokes.shape[0] + 2 * room, strokes.shape[1] + 2 * room)
    return put_ink(blank, strokes, BLUE, room, room)


def boxes(edges, top=60, bottom=140, shape=(200, 600), thickness=3):
    """Mask of boxes side by side, from edge to edge."""
    mask = np.zeros(shape, np.uint8)
    for y in (top, bottom):
        cv2.line(mask, (edges[0], y), (edges[-1], y), 255, thickness)
    for x in edges:
        cv2.line(mask, (x, top), (x, bottom), 255, thickness)
    return mask


@pytest.mark.parametrize("text", ["27", "80652", "9916847512"])
@pytest.mark.parametrize("degrees", [0.0, 1.5, -2.0])
def test_number_across_the_lines_of_its_boxes_is_read(reader, text, degrees):
    page = cv2.copyMakeBorder(boxed(written(text), len(text)), 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    assert reader.read(rotate(np.asarray(page), degrees)).text == text


@pytest.mark.parametrize("count", [2, 3, 9])
def test_boxes_go(count):
    mask = boxes([40 + 55 * i for i in range(count + 1)])
    assert np.count_nonzero(without_cells(mask, PEN)) < 0.03 * np.count_nonzero(mask)


def test_a_stroke_across_a_line_stays_whole():
    lines = boxes([40, 100, 160, 220])
    stroke = np.zeros_like(lines)
    cv2.line(stroke, (60, 90), (140, 110), 255, 4)
    cv2.line(stroke, (180, 40), (190, 160), 255, 4)
    left = without_cells(lines | stroke, PEN)
    assert np.count_nonzero(left & stroke) > 0.9 * np.count_nonzero(stroke)
    assert np.count_nonzero(left & ~stroke) < 0.05 * np.count_nonzero(lines)


def test_a_one_as_high_as_its_box_is_no_line():
    lines = boxes([40, 100, 160, 220])
    one = np.zeros_like(lines)
    cv2.line(one, (128, 62), (124, 138), 255, 4)
    left = without_cells(lines | one, PEN)
    assert np.count_nonzero(left & one) > 0.8 * np.count_nonzero(one)
    assert np.count_nonzero(left & ~one) < 0.05 * np.count_nonzero(lines)


@pytest.mark.parametrize(
    "edges",
    [[40, 120], [40, 100, 230], [40, 60, 80], [40, 240, 440]],
    ids=["one", "of unequal width", "narrow", "wide"],
)
def test_other_boxes_stay(edges):
    mask = boxes(edges)
    assert without_cells(mask, PEN) is mask


def test_lines_that_begin_and_end_elsewhere_are_no_boxes():
    mask = boxes([40, 100, 160])
    cv2.line(mask, (160, 140), (300, 140), 255, 3)
    assert without_cells(mask, PEN) is mask


def test_a_table_of_several_rows_and_squared_paper_stay():
    table = boxes([40, 100, 160]) | boxes([40, 100, 160], 20, 60)
    squares = boxes([-60, 0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 660])
    assert without_cells(table, PEN) is table
    assert without_cells(squares, PEN) is squares


def test_ruled_lines_and_a_row_of_ones_stay():
    page = ruled(sheet(200, 400), 50, (90, 90, 110))
    mask = np.where(page[:, :, 0] < 128, 255, 0).astype(np.uint8)
    for x in range(60, 360, 60):
        cv2.line(mask, (x, 60), (x, 88), 255, 4)
    assert without_cells(mask, PEN) is mask


@given(MASKS, st.floats(0, 12))
def test_any_mask_keeps_its_shape_and_gains_no_ink(mask, stroke_width):
    before = mask.copy()
    left = without_cells(mask, stroke_width)
    assert left.shape == mask.shape
    assert left.dtype == np.uint8
    assert not (left & ~mask).any()
    assert (mask == before).all()
