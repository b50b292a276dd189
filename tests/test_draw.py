"""Annotated pictures: what is drawn, and what must never be drawn over."""

import numpy as np
import pytest

from recognizer.draw import DOUBTFUL_COLOUR, SURE_COLOUR, annotate, contact_sheet, fit, outline
from recognizer.types import Alternative, Box, Digit, Reading


def digit(label: str, box: Box, confidence: float = 0.99) -> Digit:
    return Digit(label, confidence, box, (Alternative("0" if label != "0" else "1", 1 - confidence),))


def reading_of(*digits: Digit, width: int = 200, height: int = 100) -> Reading:
    return Reading((digits,) if digits else (), 0.9, width, height)


def pixels_of(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour, np.uint8)).all(axis=2).sum())


@pytest.fixture
def grey_paper() -> np.ndarray:
    return np.full((100, 200, 3), 128, np.uint8)


def test_picture_without_digits_stays_as_it_is(grey_paper):
    shown = annotate(grey_paper, reading_of())
    np.testing.assert_array_equal(shown, grey_paper)
    assert shown is not grey_paper


def test_shape_dtype_and_the_callers_array(grey_paper):
    before = grey_paper.copy()
    shown = annotate(grey_paper, reading_of(digit("7", Box(60, 40, 30, 40))))
    assert shown.dtype == np.uint8
    assert shown.ndim == 3
    assert shown.shape[2] == 3
    np.testing.assert_array_equal(grey_paper, before)


def test_grey_picture_becomes_rgb():
    assert annotate(np.zeros((50, 80), np.uint8), reading_of()).shape == (50, 80, 3)


def test_frame_and_label_are_drawn_in_the_colour_of_their_confidence(grey_paper):
    sure = annotate(grey_paper, reading_of(digit("7", Box(60, 40, 30, 40), 0.99)))
    doubtful = annotate(grey_paper, reading_of(digit("7", Box(60, 40, 30, 40), 0.5)))
    assert pixels_of(sure, SURE_COLOUR) > 100
    assert pixels_of(sure, DOUBTFUL_COLOUR) == 0
    assert pixels_of(doubtful, DOUBTFUL_COLOUR) > 50
    assert pixels_of(doubtful, SURE_COLOUR) == 0


def test_doubt_shows_without_seeing_colours(grey_paper):
    """The doubtful frame is dashed: fewer pixels of its colour along its lower edge than the solid one has."""
    box = Box(60, 40, 60, 40)

    def lower_edge(confidence: float, colour: tuple[int, int, int]) -> int:
        return pixels_of(annotate(grey_paper, reading_of(digit("7", box, confidence)))[box.bottom :], colour)

    assert lower_edge(0.5, DOUBTFUL_COLOUR) < 0.8 * lower_edge(0.99, SURE_COLOUR)


def test_digits_are_never_drawn_over():
    """Inside the digits' boxes every pixel keeps its value, on a crowded page of several lines too."""
    picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    lines = tuple(
        tuple(
            digit(str(column), Box(30 + 60 * column, 20 + 100 * row, 40, 60), 0.5 + 0.1 * column) for column in range(6)
        )
        for row in range(3)
    )
    shown = annotate(picture, Reading(lines, 0.5, 400, 300))
    # The picture may have got a margin on any side: look for it by the first digit's own pixels.
    first = lines[0][0].box
    patch = picture[first.y : first.bottom, first.x : first.right]
    offsets = [
        (y, x)
        for y in range(shown.shape[0] - 300 + 1)
        for x in range(shown.shape[1] - 400 + 1)
        if np.array_equal(shown[y + first.y : y + first.bottom, x + first.x : x + first.right], patch)
    ]
    assert len(offsets) == 1
    down, right = offsets[0]
    for line in lines:
        for one in line:
            box = one.box
            np.testing.assert_array_equal(
                shown[down + box.y : down + box.bottom, right + box.x : right + box.right],
                picture[box.y : box.bottom, box.x : box.right],
            )


def test_digit_that_fills_the_picture_gets_a_margin_for_its_label():
    picture = np.zeros((40, 30, 3), np.uint8)
    shown = annotate(picture, reading_of(digit("8", Box(0, 0, 30, 40)), width=30, height=40))
    assert shown.shape[0] > 40
    assert shown.shape[1] >= 30
    assert pixels_of(shown, SURE_COLOUR) > 0


def test_one_pixel_picture():
    shown = annotate(np.zeros((1, 1, 3), np.uint8), reading_of(digit("1", Box(0, 0, 1, 1)), width=1, height=1))
    assert shown.shape[0] >= 1
    assert pixels_of(shown, SURE_COLOUR) > 0
    enlarged = annotate(np.zeros((1, 1, 3), np.uint8), reading_of(), longest_side=(480, 1280))
    assert enlarged.shape == (480, 480, 3)


def test_many_digits():
    digits = [digit(str(i % 10), Box(4 + 12 * i, 10, 9, 14), 0.3 + i / 200) for i in range(120)]
    shown = annotate(np.full((40, 1500, 3), 255, np.uint8), reading_of(*digits, width=1500, height=40))
    assert pixels_of(shown, DOUBTFUL_COLOUR) > 120
    assert pixels_of(shown, SURE_COLOUR) == 0


@pytest.mark.parametrize(("size", "expected"), [((34, 60), 480), ((3000, 4000), 1280), ((500, 700), 700)])
def test_longer_side_is_brought_within_its_limits(size, expected):
    shown = annotate(np.zeros((*size, 3), np.uint8), reading_of(), longest_side=(480, 1280))
    assert max(shown.shape[:2]) == expected


def test_lines_and_labels_follow_the_pictures_size():
    def drawn(factor: int) -> int:
        picture = np.full((100 * factor, 200 * factor, 3), 255, np.uint8)
        box = Box(60 * factor, 40 * factor, 30 * factor, 40 * factor)
        return pixels_of(annotate(picture, reading_of(digit("7", box))), SURE_COLOUR)

    assert drawn(20) > 50 * drawn(1)


def test_outline_keeps_the_size_and_marks_each_box():
    mask = np.zeros((60, 90), np.uint8)
    shown = outline(mask, [Box(20, 20, 10, 10), Box(50, 20, 10, 10)])
    assert shown.shape == (60, 90, 3)
    assert shown[:, :45].any()
    assert shown[:, 45:].any()
    assert not mask.any()


@pytest.mark.parametrize("count", [0, 1, 8, 9, 25])
def test_contact_sheet_holds_every_crop(count):
    crops = np.full((count, 28, 28), 77, np.uint8)
    sheet = contact_sheet(crops, columns=8, enlarge=2)
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    assert int((sheet[:, :, 0] == 77).sum()) == count * 56 * 56


def test_fit_of_a_mask():
    assert fit(np.zeros((10, 20), np.uint8), (320, 640)).shape == (160, 320, 3)
    assert fit(np.zeros((1000, 2000, 3), np.uint8), (320, 640)).shape == (320, 640, 3)
