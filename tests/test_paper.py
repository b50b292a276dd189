"""A sheet on a table is read as if it filled the picture; shadows, strokes and plain paper stay as they are."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from recognizer.paper import find_sheet, without_table
from train.examples import TABLE, put_ink, render_number, sheet
from train.examples import on_a_table as laid_on_a_table

PICTURES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60))
INK = (30, 30, 40)


def number(text, height=80, room=40, seed=5, ink=INK, paper=(246, 243, 235)):
    strokes = render_number(text, seed, height)
    blank = sheet(strokes.shape[0] + 2 * room, strokes.shape[1] + 2 * room, paper)
    return put_ink(blank, strokes, ink, room, room)


def on_a_table(picture, sides="tblr", degrees=0.0, share=0.5, table=TABLE):
    return laid_on_a_table(picture, np.random.default_rng(1), degrees, share, sides, table)


def grey(picture):
    return np.ascontiguousarray(picture[:, :, 1])


@pytest.mark.parametrize("sides", ["l", "b", "lb", "lbr", "tblr"])
@pytest.mark.parametrize("text", ["7", "14", "80652", "9916847512"])
def test_number_on_a_sheet_on_a_table_is_read(reader, sides, text):
    assert reader.read(on_a_table(number(text), sides)).text == text


@pytest.mark.parametrize("degrees", [-12, 5, 20])
@pytest.mark.parametrize("table", [TABLE, (120, 100, 80), (25, 28, 30)])
def test_sheet_may_lie_askew_on_any_dark_table(reader, degrees, table):
    assert reader.read(on_a_table(number("80652"), degrees=degrees, table=table)).text == "80652"


def test_small_sheet_on_a_wide_table_is_read(reader):
    picture = on_a_table(number("2023"), degrees=4, share=1.5)
    reading = reader.read(picture)
    assert reading.text == "2023"
    height, width = picture.shape[:2]
    assert all(0.2 * width < d.box.x and d.box.right < 0.8 * width for d in reading.digits)
    assert all(0.2 * height < d.box.y and d.box.bottom < 0.8 * height for d in reading.digits)


@pytest.mark.parametrize("degrees", [0, 8])
def test_board_on_a_bright_wall_is_read(reader, degrees):
    board = number("80652", ink=(236, 238, 230), paper=(44, 66, 58))
    assert reader.read(on_a_table(board, degrees=degrees, table=(228, 224, 215))).text == "80652"


def test_table_looks_like_the_sheet_and_the_sheet_stays():
    page = number("253")
    picture = grey(on_a_table(page, "lb"))
    painted = without_table(picture)
    height, left = page.shape[0], picture.shape[1] - page.shape[1]
    assert (picture[:, : left - 8] < 100).all()
    assert (painted[:, : left - 8] > 225).all()
    assert (painted[height + 8 :] > 225).all()
    inside = np.s_[: height - 12, left + 12 :]
    assert (painted[inside] == picture[inside]).all()


def test_light_goes_on_beside_the_sheet():
    """The paint is as bright as the nearest paper: else its edge would be a line."""
    page = (number("253") * np.linspace(0.6, 1.0, number("253").shape[0])[:, None, None]).astype(np.uint8)
    picture = grey(on_a_table(page, "l"))
    painted = without_table(picture)
    margin = painted[:, :10].mean(axis=1)
    assert painted is not picture
    assert margin[10] == pytest.approx(0.6 * 243, abs=12)
    assert margin[-10] == pytest.approx(243, abs=12)


@pytest.mark.parametrize(
    "picture",
    [
        grey(number("253")),
        255 - grey(number("253")),
        grey(number("1", 60, 6)),
        255 - grey(number("1", 60, 6)),
        grey(number("0", 90, 4)),
        255 - grey(number("0", 90, 4)),
        grey(on_a_table(sheet(120, 200))),
        np.zeros((40, 60), np.uint8),
        np.full((40, 60), 255, np.uint8),
    ],
    ids=["paper", "chalk", "one", "chalk one", "zero", "chalk zero", "blank sheet", "black", "white"],
)
def test_everything_else_stays_as_it_is(picture):
    assert without_table(picture) is picture


@pytest.mark.parametrize("room", [40, 120])
def test_soft_shadow_is_no_table(room):
    page = grey(number("80652", room=room))
    fall = 1 / (1 + np.exp(-(np.arange(page.shape[1]) - 0.15 * page.shape[1]) / 12))
    shaded = (page * (0.4 + 0.6 * fall)).astype(np.uint8)
    assert without_table(shaded) is shaded


def test_written_paper_in_a_hard_shadow_is_no_table():
    page = grey(number("9916847512"))
    page[:, : page.shape[1] // 2] = (0.5 * page[:, : page.shape[1] // 2]).astype(np.uint8)
    assert without_table(page) is page


def test_a_slightly_darker_ground_is_no_table():
    picture = grey(on_a_table(number("253"), table=(205, 200, 195)))
    assert without_table(picture) is picture


def test_a_slightly_darker_fold_is_no_board():
    """In the negative of bright paper small differences are large ratios."""
    picture = np.full((160, 240), 246, np.uint8)
    picture[:, :70] = 212
    cv2.line(picture, (30, 10), (40, 150), 240, 5)
    assert without_table(picture) is picture


def test_outlines_are_no_boards():
    """A broad frame and a thick 0: dark, with sharp edges, and something bright inside."""
    framed, zero = (np.full((160, 160), 240, np.uint8) for _ in range(2))
    cv2.rectangle(framed, (20, 20), (140, 140), 30, -1)
    cv2.rectangle(framed, (44, 44), (116, 116), 240, -1)
    cv2.ellipse(zero, (80, 80), (58, 70), 0, 0, 360, 30, -1)
    cv2.ellipse(zero, (80, 80), (24, 36), 0, 0, 360, 240, -1)
    assert without_table(framed) is framed
    assert without_table(zero) is zero


def test_a_bent_sheet_is_left_alone():
    """An L is not what a sheet looks like, and what is in its corner may be another one."""
    picture = grey(on_a_table(number("253", room=120)))
    height, width = picture.shape
    picture[: height // 2, : width // 2] = TABLE[1]
    assert without_table(picture) is picture


def test_two_sheets_are_not_chosen_from():
    one = on_a_table(number("253"))
    assert find_sheet(grey(one)[::2, ::2]) is not None
    assert find_sheet(grey(np.hstack([one, one]))[::2, ::2]) is None


@given(PICTURES)
def test_any_picture_keeps_its_shape(picture):
    before = picture.copy()
    painted = without_table(picture)
    assert painted.shape == picture.shape
    assert painted.dtype == np.uint8
    assert (picture == before).all()
