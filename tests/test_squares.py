"""Squared paper goes where it is paler than the pen, and nothing else does."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.binarize import USUAL, find_ink, prepare
from recognizer.squares import meets_edges, without_squares
from train.examples import blur, paper, put_ink, render_number, rotate, ruled, sensor_noise, sheet, squared

BLUE, GREY, DARK = (150, 180, 220), (120, 120, 125), (95, 95, 105)
PEN = (30, 35, 70)


def written(text, page=squared, spacing=40.0, colour=BLUE, height=70, seed=7, **options):
    """A number in the middle of a page with lines."""
    ink = render_number(text, seed, height, **options)
    rows, columns = ink.shape
    blank = page(sheet(rows + 160, columns + 160), spacing, colour)
    return put_ink(blank, ink, PEN, 80, 80)


def grey(picture):
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)


def cleaned(picture):
    return without_squares(prepare(grey(picture)))


@pytest.mark.parametrize("colour", [BLUE, GREY, DARK])
@pytest.mark.parametrize("spacing", [24.0, 40.0, 75.0])
@pytest.mark.parametrize("text", ["253", "4701", "9916847512"])
def test_number_on_squared_paper_is_read(reader, text, spacing, colour):
    picture = written(text, spacing=spacing, colour=colour)
    assert reader.read(picture).text == text


@pytest.mark.parametrize("degrees", [-14, -5, 5, 14])
def test_paper_may_lie_askew(reader, degrees):
    picture = rotate(written("80652", colour=GREY), degrees, None)
    assert cleaned(picture) is not None
    assert reader.read(picture).text == "80652"


def test_photograph_of_squared_paper_is_read(reader):
    rng = np.random.default_rng(3)
    picture = sensor_noise(blur(written("3974", colour=GREY, height=90), 1.6), rng)
    assert cleaned(picture) is not None
    assert reader.read(picture).text == "3974"


def test_squares_become_paper_and_strokes_stay_ink():
    page, squares = written("4701"), squared(sheet(1, 1), 40.0, BLUE)
    assert squares.shape == (1, 1, 3)
    ink = render_number("4701", 7, 70) > 200
    faded = cleaned(page)
    assert faded is not None
    here = np.s_[80 : 80 + ink.shape[0], 80 : 80 + ink.shape[1]]
    assert faded.flat[here][ink].mean() < 60
    away = np.ones(faded.flat.shape, bool)
    away[here] = False
    assert (faded.flat[away] > 250).all()
    assert (prepare(grey(page)).flat[away] < 220).any()


def test_nothing_becomes_darker():
    before = prepare(grey(written("4701", colour=DARK)))
    after = without_squares(before)
    assert after is not None
    assert (after.flat >= before.flat).all()
    assert np.array_equal(after.grey, before.grey)


@pytest.mark.parametrize(
    "picture",
    [
        sheet(240, 400),
        written("253", page=lambda blank, *_: blank),
        written("253", page=ruled),
        cv2.rectangle(written("253", page=lambda blank, *_: blank), (20, 20), (300, 180), BLUE, 3),
        written("1111111", page=lambda blank, *_: blank),
    ],
    ids=["blank", "plain", "ruled", "frame", "ones"],
)
def test_where_there_are_no_squares_nothing_is_done(picture):
    assert cleaned(picture) is None


@pytest.mark.parametrize("spacing", [18.0, 30.0, 55.0])
@pytest.mark.parametrize("colour", [BLUE, DARK])
def test_empty_squared_paper_keeps_its_squares_and_has_no_number(reader, spacing, colour):
    picture = squared(paper(300, 420, np.random.default_rng(9)), spacing, colour)
    assert cleaned(picture) is None
    assert reader.read(picture).text == ""


def test_squares_as_dark_and_broad_as_the_strokes_are_left():
    picture = np.ascontiguousarray(written("253", page=lambda blank, *_: blank))
    for at in range(30, max(picture.shape), 60):
        cv2.line(picture, (at, 0), (at, picture.shape[0]), PEN, 6)
        cv2.line(picture, (0, at), (picture.shape[1], at), PEN, 6)
    assert cleaned(picture) is None


def test_only_lines_that_leave_at_most_sides_meet_edges():
    ink = find_ink(prepare(grey(written("253"))), USUAL).mask
    plain = find_ink(prepare(grey(written("253", page=lambda blank, *_: blank))), USUAL).mask
    lines = find_ink(prepare(grey(written("253", page=ruled))), USUAL).mask
    assert meets_edges(ink)
    assert not meets_edges(plain)
    assert not meets_edges(lines)


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60)), st.sampled_from([1, 5, 12])
)
def test_any_picture_will_do(picture, enlarged):
    prepared = prepare(np.ascontiguousarray(np.kron(picture, np.ones((enlarged, enlarged), np.uint8))))
    after = without_squares(prepared)
    assert after is None or after.flat.shape == prepared.flat.shape
    mask = find_ink(prepared, USUAL).mask
    assert meets_edges(mask) in (True, False)
