"""Tables."""

import cv2
import numpy as np
import pytest

from recognizer.segment import find_components
from recognizer.tables import find_gutters, measure_table, part_columns
from recognizer.types import Box, Component
from train.examples import rotate

SIZE = 300, 900
WIDTH, HEIGHT, PITCH = 14, 20, 18
"""Of a digit, and how far it is from one to the next, in pixels."""
BLANK = np.zeros(SIZE, np.uint8)
BLANK_GRID = np.zeros((400, 600), np.uint8)


def row(y, *cells):
    """A row of digits: of each cell where it begins and how many there are."""
    ink = np.full((HEIGHT, WIDTH), 255, np.uint8)
    return [Component(Box(x + PITCH * i, y, WIDTH, HEIGHT), ink) for x, count in cells for i in range(count)]


def lengths(rows, ink=BLANK):
    return [len(line) for line in part_columns(rows, ink, BLANK)]


def test_numbers_in_columns_are_lines_of_their_own_row_by_row():
    rows = [row(10, (0, 3), (120, 2)), row(50, (0, 1), (120, 4)), row(90, (0, 3), (120, 3))]
    assert lengths(rows) == [3, 2, 1, 4, 3, 3]
    parted = part_columns(rows, BLANK, BLANK)
    assert [component for line in parted for component in line] == [component for line in rows for component in line]
    assert find_gutters(rows, BLANK, BLANK) == [(2 * PITCH + WIDTH, 120)]


def test_column_may_have_empty_cells_and_a_heading():
    body = [row(50 + 40 * i, (0, 3), (120, 2), (300, 2)) for i in range(6)]
    rows = [row(10, (0, 18)), *body, row(300, (0, 3), (300, 2))]
    assert lengths(rows) == [18] + [3, 2, 2] * 6 + [3, 2]


@pytest.mark.parametrize("count", [1, 2])
def test_few_rows_have_no_columns(count):
    assert lengths([row(10 + 40 * i, (0, 3), (150, 4)) for i in range(count)]) == [7] * count


def test_no_rows_have_no_columns():
    assert part_columns([], BLANK, BLANK) == []


def test_groups_of_long_numbers_are_not_columns():
    assert lengths([row(10 + 40 * i, (0, 3), (72, 4)) for i in range(4)]) == [7] * 4


def test_groups_that_do_not_stand_under_one_another_are_not_columns():
    rows = [row(10, (0, 2), (80, 5)), row(50, (0, 4), (130, 3)), row(90, (0, 1), (60, 6))]
    assert lengths(rows) == [7] * 3


def test_digits_that_all_stand_far_apart_are_no_columns():
    assert lengths([row(10 + 40 * i, *((50 * k, 1) for k in range(6))) for i in range(4)]) == [6] * 4


def ruled(*lines):
    ink = BLANK.copy()
    for x in lines:
        cv2.line(ink, (x, 0), (x, 299), 255, 2)
    return ink


def test_line_between_columns_parts_them_however_near_they_are():
    rows = [row(10 + 40 * i, (0, 3), (62, 2)) for i in range(4)]
    assert lengths(rows) == [5] * 4
    assert lengths(rows, ruled(56)) == [3, 2] * 4


def test_boxes_of_single_digits_are_no_columns():
    rows = [row(10 + 40 * i, *((30 * k, 1) for k in range(6))) for i in range(4)]
    assert lengths(rows, ruled(*range(22, 160, 30))) == [6] * 4


def lay_out(write, cells, pitch, lines=False):
    """A table of numbers: columns stand so many pixels apart."""
    page = np.full((100 * len(cells) + 30, pitch * len(cells[0]) + 30, 3), 250, np.uint8)
    for y, texts in enumerate(cells):
        for x, text in enumerate(texts):
            number = write(text, height=40, seed=y + x)
            height, width = number.shape[:2]
            window = page[100 * y + 20 : 100 * y + 20 + height, pitch * x + 20 : pitch * x + 20 + width]
            np.minimum(window, number, out=window)
    if lines:
        for y in range(len(cells) + 1):
            cv2.line(page, (10, 100 * y + 10), (page.shape[1] - 20, 100 * y + 10), (90, 90, 90), 2)
        for x in range(len(cells[0]) + 1):
            cv2.line(page, (pitch * x + 10, 10), (pitch * x + 10, len(page) - 10), (90, 90, 90), 2)
    return page


@pytest.mark.parametrize("lines", [False, True])
def test_table_is_read_number_by_number(reader, write, lines):
    cells = [["253", "80", "4096"], ["17", "5", "8032"], ["744", "26", "95"], ["60", "38", "2023"]]
    pitch = 190 if lines else 260
    assert reader.read(lay_out(write, cells, pitch, lines)).text.split("\n") == [t for texts in cells for t in texts]


def test_headings_of_a_table_are_left_out(reader, write):
    cells = [["253", "80", "4096"], ["17", "65", "8032"], ["744", "26", "95"], ["60", "38", "2023"]]
    table = lay_out(write, cells, 260)
    heading = np.full((80, table.shape[1], 3), 250, np.uint8)
    for column, word in enumerate(("Weight", "Points", "Invoice")):
        cv2.putText(heading, word, (260 * column + 30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 2, cv2.LINE_AA)
    reading = reader.read(np.vstack([heading, table]))
    assert reading.text.split("\n") == [text for texts in cells for text in texts]
    assert sum(mark.box.bottom <= 80 for mark in reading.marks) >= 12  # the letters


@pytest.mark.parametrize("degrees", [3, -6, 14])
def test_table_that_lies_askew_is_set_level_by_its_lines(reader, write, degrees):
    cells = [["253", "80", "4096"], ["17", "5", "8032"], ["744", "26", "95"], ["60", "38", "2023"]]
    trace = reader.trace(rotate(lay_out(write, cells, 190, lines=True), degrees, None))
    assert trace.reading.text.split("\n") == [t for texts in cells for t in texts]
    assert trace.tilt == pytest.approx(-degrees, abs=0.5)


def grid(degrees):
    ink = np.zeros((400, 600), np.uint8)
    for x in range(100, 501, 100):
        cv2.line(ink, (x, 100), (x, 300), 255, 2)
    for y in range(100, 301, 50):
        cv2.line(ink, (100, y), (500, y), 255, 2)
    turn = cv2.getRotationMatrix2D((300, 200), degrees, 1)
    return np.asarray(cv2.warpAffine(ink, turn, (600, 400), flags=cv2.INTER_NEAREST))


def components_of(ink):
    return find_components(ink, ink)


@pytest.mark.parametrize("degrees", [-30, -5, -1, 1, 2, 20])
def test_tilt_of_a_table_is_found_by_its_lines(degrees):
    ink = grid(degrees)
    assert measure_table(ink, ink, components_of(ink), 0) == pytest.approx(-degrees, abs=0.5)


def test_lines_that_were_taken_out_tell_too():
    ink = grid(2)
    assert measure_table(ink, BLANK_GRID, [], 3) == pytest.approx(-2, abs=0.5)
    assert measure_table(ink, BLANK_GRID, [], 2) == 0  # a number with lines around it is no table


def test_level_table_has_no_tilt():
    ink = grid(0)
    assert measure_table(ink, ink, components_of(ink), 0) == 0


@pytest.mark.parametrize("text", ["47", "1", "444", "14141"])
def test_strokes_of_large_digits_are_no_table(write, text):
    ink = 255 - rotate(write(text, height=200), 4, (255, 255, 255))[:, :, 0]
    ink = np.where(ink > 127, 255, 0).astype(np.uint8)
    ink = np.asarray(cv2.dilate(ink, np.ones((9, 31), np.uint8)))  # digits that are joined
    assert measure_table(ink, ink, components_of(ink), 0) == 0
