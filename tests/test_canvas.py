"""The server's side of the canvas: strokes become a picture, and what is no drawing a sentence."""

import json
from typing import Any

import numpy as np
import pytest

from recognizer.web import strings
from recognizer.web.canvas import MOST_CHARACTERS, MOST_POINTS, PEN_WIDTH, SHEET, draw_strokes, read_drawing

# Gradio and the libraries below it warn of their own deprecations while they are imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

SEVEN = [[240, 110], [370, 110], [300, 330]]


class NoReader:
    """Stands for a reader that is never asked."""

    def read(self, picture: Any) -> Any:
        raise AssertionError

    trace = read


def stroke(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, float)


def test_drawing_is_read(reader):
    result = read_drawing(reader, json.dumps([SEVEN, [[450, 110], [450, 330]]]))
    assert result is not None
    assert result.reading.text == "71"
    assert result.picture is not None
    assert result.picture.shape == (SHEET[1], SHEET[0], 3)


@pytest.mark.parametrize("drawing", [None, "", "[]"])
def test_empty_sheet_is_no_drawing(drawing):
    assert read_drawing(NoReader(), drawing) is None


@pytest.mark.parametrize(
    "drawing",
    [
        "drawn",
        "{}",
        "7",
        "null",
        '"[]"',
        "[7]",
        "[[]]",
        "[[7]]",
        "[[[1]]]",
        "[[[1, 2, 3]]]",
        "[[[1, 2], [3]]]",
        '[[["x", "y"]]]',
        "[[[null, 1]]]",
        "[[[NaN, 1]]]",
        "[[[1e999, 1]]]",
        f"[[[1{'0' * 400}, 1]]]",
        f"[[[1{'0' * 5000}, 1]]]",
        "[" * 100_000,
        [[[1, 2]]],
        {"composite": None},
        7,
    ],
    ids=lambda drawing: str(drawing)[:20],
)
def test_what_is_no_drawing_is_a_sentence(drawing):
    result = read_drawing(NoReader(), drawing)
    assert result is not None
    assert result.problem == strings.DRAWING_DAMAGED


@pytest.mark.parametrize(
    "drawing", [json.dumps([[[1, 1]] * (MOST_POINTS + 1)]), json.dumps([[[1, 1]]] * (MOST_POINTS + 1)), " " * 600_000]
)
def test_more_than_is_read_is_a_sentence(drawing):
    result = read_drawing(NoReader(), drawing)
    assert result is not None
    assert result.problem == strings.DRAWING_TOO_LARGE


def test_longest_drawing_that_is_read_can_be_sent():
    """Four digits and a decimal point in each coordinate, as the page writes them."""
    assert len(json.dumps([[[1000.5, 1000.5]] * MOST_POINTS])) < MOST_CHARACTERS


def test_line_is_dark_on_white_and_as_wide_as_the_pen():
    picture = draw_strokes([stroke((100, 50), (100, 200), (100, 300))])
    assert picture.shape == (SHEET[1], SHEET[0], 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[:, 300], 255)
    np.testing.assert_array_equal(picture[150, 100], (17, 24, 39))
    darkness = (255 - picture[150, :, 0].astype(float)) / (255 - 17)
    assert darkness.sum() == pytest.approx(PEN_WIDTH, abs=0.5)
    centre = (darkness * (np.arange(SHEET[0]) + 0.5)).sum() / darkness.sum()
    assert centre == pytest.approx(100, abs=0.25)


def test_edges_are_even_along_a_line():
    rows = draw_strokes([stroke(*((100.3, y) for y in range(50, 350, 7)))])[80:320, :, 0]
    np.testing.assert_array_equal(rows, np.broadcast_to(rows[:1], rows.shape))


def test_tap_leaves_a_dot():
    picture = draw_strokes([stroke((200, 100))])
    ys, xs = np.nonzero(picture[..., 0] < 128)
    for along in (xs, ys):
        assert np.ptp(along) + 1 == pytest.approx(PEN_WIDTH, abs=1)
    assert (xs.mean() + 0.5, ys.mean() + 0.5) == pytest.approx((200, 100), abs=0.5)


def test_corners_are_round_and_ends_are_kept():
    dark = draw_strokes([stroke((100, 100), (300, 100), (300, 300))])[..., 0] < 128
    assert dark[100, 100]
    assert dark[299, 300]
    assert not dark[100, 300]  # a curve through the middle of the second half
    assert dark[200, 300]


def test_strokes_may_leave_the_sheet_for_good():
    width, height = SHEET
    wild = draw_strokes([stroke((-1e9, height / 2), (1e300, height / 2)), stroke((1e12, 1e12))])
    assert (wild[height // 2, :, 0] == 17).all()
    assert (wild[: height // 2 - PEN_WIDTH] == 255).all()
    assert (wild[:, width - 1, 0] < 255).sum() < 2 * PEN_WIDTH


def test_nothing_drawn_is_white():
    assert (draw_strokes([]) == 255).all()
