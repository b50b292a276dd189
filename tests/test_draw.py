"""Annotated pictures: what is drawn, and what must never be drawn over."""

import numpy as np
import pytest
from made_answers import answer, spread

from recognizer.ctc import BLANK, MARK
from recognizer.draw import (
    DOUBTFUL_COLOUR,
    MARK_COLOUR,
    SURE_COLOUR,
    annotate,
    annotate_and_locate,
    contact_sheet,
    fit,
    line_answers,
    outline,
)
from recognizer.types import Alternative, Box, Digit, Mark, Reading


def digit(label: str, box: Box, confidence: float = 0.99) -> Digit:
    return Digit(label, confidence, box, (Alternative("0" if label != "0" else "1", 1 - confidence),))


def reading_of(*digits: Digit, width: int = 200, height: int = 100, marks: tuple[Mark, ...] = ()) -> Reading:
    return Reading((digits,) if digits else (), 0.9, width, height, marks)


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


def test_mark_has_a_thin_dotted_frame_and_no_label(grey_paper):
    box = Box(60, 40, 30, 30)
    marked = annotate(grey_paper, reading_of(marks=(Mark(box),)))
    assert marked.shape == grey_paper.shape
    assert pixels_of(marked, SURE_COLOUR) == pixels_of(marked, DOUBTFUL_COLOUR) == 0
    changed = (marked != grey_paper).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (38, 71, 58, 91)
    assert not changed[39:71, 59:91].any()  # one pixel thin
    dots = pixels_of(marked, MARK_COLOUR)
    assert 0.4 * changed.sum() < dots < 0.7 * changed.sum()


def test_mark_shows_less_than_a_digit(grey_paper):
    box = Box(60, 40, 30, 30)
    shown = {
        "mark": annotate(grey_paper, reading_of(marks=(Mark(box),))),
        "digit": annotate(grey_paper, reading_of(digit("7", box))),
    }
    mark, one = ((picture[:100, :200] != grey_paper).any(axis=2).sum() for picture in shown.values())
    assert mark < 0.5 * one


def test_mark_at_the_edge_gets_a_margin():
    shown = annotate(np.zeros((40, 30, 3), np.uint8), reading_of(marks=(Mark(Box(0, 0, 30, 40)),), width=30, height=40))
    assert shown.shape[0] > 40
    assert shown.shape[1] > 30


def test_mark_around_a_digit_leaves_its_pixels_alone():
    picture = np.random.default_rng(1).integers(0, 256, (100, 200, 3), dtype=np.uint8)
    box = Box(60, 40, 30, 40)
    marks = tuple(Mark(Box(x, y, 20, 30)) for x in (45, 62, 75) for y in (30, 42, 60))
    shown = annotate(picture, reading_of(digit("7", box), marks=marks))
    assert shown.shape == picture.shape
    inside = np.s_[box.y : box.bottom, box.x : box.right]
    np.testing.assert_array_equal(shown[inside], picture[inside])


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


def columns_of(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    return np.flatnonzero((picture == np.array(colour, np.uint8)).all(axis=2).any(axis=0)).tolist()


def test_line_is_shown_enlarged_above_its_answer():
    line = np.random.default_rng(0).integers(0, 256, (32, 60), dtype=np.uint8)
    shown = line_answers([line], [spread("25", 30)], enlarge=4)
    assert shown.dtype == np.uint8
    assert shown.shape[1] == 4 * (60 + 8)
    inside = shown[16 : 16 + 128, 16 : 16 + 240]
    np.testing.assert_array_equal(inside[::4, ::4, 0], line)
    assert pixels_of(shown[144:], SURE_COLOUR) > 0


def test_bars_stand_under_their_frames_and_are_as_high_as_they_are_sure():
    line = np.zeros((32, 20), np.uint8)
    heights = []
    for certainty in (0.4, 0.8):
        log_probs = answer([BLANK] * 10, 1 - 1e-9)
        log_probs[3, [BLANK, 6]] = np.log([1 - certainty, certainty])
        shown = line_answers([line], [log_probs], enlarge=4)
        bars = shown[4 * 36 : 4 * 50]
        # Frame 3 covers pixels 6 and 7 of the line, which begins 4 pixels from the drawing's edge.
        assert columns_of(bars, SURE_COLOUR) == list(range(4 * 10, 4 * 12))
        heights.append(pixels_of(bars, SURE_COLOUR) / 8)
    assert heights[1] == pytest.approx(2 * heights[0], abs=2)


def test_digits_of_the_most_probable_path_stand_under_the_bars():
    """What is less probable than nothing has a bar, but is no digit of the network's text."""
    line = np.zeros((32, 20), np.uint8)

    def text_row(*classes: int, certainty: float = 0.9) -> int:
        shown = line_answers([line], [answer(classes, certainty)], enlarge=4)
        return pixels_of(shown[4 * 51 :], SURE_COLOUR)

    once = text_row(BLANK, 6, BLANK, BLANK, BLANK)
    assert once > 10
    assert text_row(BLANK, 6, 6, 6, BLANK) == once  # equal neighbours count once
    assert text_row(BLANK, 6, BLANK, 6, BLANK) > 1.5 * once
    assert text_row(BLANK, BLANK, BLANK, BLANK, BLANK) == 0
    assert text_row(BLANK, MARK, BLANK, MARK, BLANK) == 0


def test_marks_have_grey_bars():
    shown = line_answers([np.zeros((32, 20), np.uint8)], [answer([BLANK, MARK, BLANK], 0.9)], enlarge=4)
    assert pixels_of(shown[4 * 36 : 4 * 49], MARK_COLOUR) > 20


def test_lines_of_any_number_and_width_fit():
    lines = [np.zeros((32, width), np.uint8) for width in (8, 33, 1600)]
    shown = line_answers(lines, [spread("12", -(-line.shape[1] // 2)) for line in lines])
    assert max(shown.shape) <= 1280
    many = line_answers(lines[:1] * 40, [spread("1", 4)] * 40)
    assert max(many.shape) <= 1280
    assert line_answers([], []).shape == (1, 1, 3)


def test_fit_of_a_mask():
    assert fit(np.zeros((10, 20), np.uint8), (320, 640)).shape == (160, 320, 3)
    assert fit(np.zeros((1000, 2000, 3), np.uint8), (320, 640)).shape == (320, 640, 3)


def test_places_of_the_digits_are_where_they_were_drawn() -> None:
    reading = Reading(((digit("7", Box(10, 2, 20, 30)), digit("1", Box(50, 2, 10, 30), 0.4)),), 0.5, 80, 40)
    picture = np.full((40, 80, 3), 255, np.uint8)
    drawing, places = annotate_and_locate(picture, reading, longest_side=(160, 160))
    np.testing.assert_array_equal(drawing, annotate(picture, reading, longest_side=(160, 160)))
    assert len(places) == 2
    for place, colour in zip(places, (SURE_COLOUR, DOUBTFUL_COLOUR), strict=True):
        coloured = np.argwhere((drawing == colour).all(axis=2))
        (top, left), (bottom, right) = coloured.min(axis=0), coloured.max(axis=0)
        assert (place.x, place.y) == (left, top)
        assert (place.right, place.bottom) == (right + 1, bottom + 1)
