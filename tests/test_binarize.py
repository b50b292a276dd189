"""Ink is found whatever the paper's colour, light and size, and none is found where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.binarize import (
    LARGEST_ENLARGEMENT,
    LONGEST_SIDE,
    SHORTEST_SIDE,
    binarize,
    flatten_light,
    is_light_on_dark,
    measure_stroke_width,
    rescale,
    working_scale,
)
from train.examples import render_number

SIDES = st.integers(1, 20_000)
GREYS = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24))


@pytest.fixture(scope="module")
def ink():
    """Truth: where a pen of 8 pixels left ink."""
    return render_number("2530", 7, 100, pen_width=0.08, pressure=0.0)


@pytest.fixture(scope="module")
def sheet(ink):
    """That ink on paper, (height, width) uint8."""
    return (235 - ink.astype(float) * (190 / 255)).astype(np.uint8)


def overlap(mask, ink):
    """Intersection over union of a mask and the truth."""
    found, true = mask > 0, ink > 127
    return np.count_nonzero(found & true) / np.count_nonzero(found | true)


def slopes(shape):
    """Light from 0.4 to 1 across a picture, in two directions."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    return 0.4 + 0.6 * (rows / shape[0] + columns / shape[1]) / 2


@given(SIDES, SIDES)
def test_working_size_is_never_larger_than_the_limit(height, width):
    scale = working_scale(height, width)
    assert 0 < scale <= LARGEST_ENLARGEMENT
    assert max(height, width) * scale <= LONGEST_SIDE + 1e-6 or scale == 1
    assert max(height, width) > LONGEST_SIDE or scale >= 1


def test_scan_is_enlarged_photograph_shrunk_and_the_rest_left_alone():
    assert working_scale(34, 60) == pytest.approx(SHORTEST_SIDE / 34)
    assert working_scale(3000, 4000) == pytest.approx(LONGEST_SIDE / 4000)
    assert working_scale(400, 600) == 1


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([0.01, 0.3, 1.0, 2.5]))
def test_rescaled_picture_has_the_size_asked_for_and_its_level(height, width, scale):
    scaled = rescale(np.full((height, width), 99, np.uint8), scale)
    assert scaled.shape == (max(1, round(height * scale)), max(1, round(width * scale)))
    assert scaled.dtype == np.uint8
    assert np.all(np.abs(scaled.astype(int) - 99) <= 1)


@given(GREYS)
def test_mask_is_black_and_white_of_the_same_shape_and_the_input_stays(grey):
    before = grey.copy()
    found = binarize(grey)
    assert found.mask.shape == found.grey.shape == grey.shape
    assert found.mask.dtype == found.grey.dtype == np.uint8
    assert set(np.unique(found.mask)) <= {0, 255}
    assert (found.stroke_width > 0) == bool(found.mask.any())
    assert np.array_equal(grey, before)


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (3, 3), (120, 300)])
def test_even_picture_has_no_ink(level, shape):
    found = binarize(np.full(shape, level, np.uint8))
    assert not found.mask.any()
    assert found.stroke_width == 0


def test_gradient_has_no_ink():
    light = slopes((200, 300))
    assert not binarize((light * 255).astype(np.uint8)).mask.any()


@pytest.mark.parametrize("spread", [1, 4, 10, 25])
def test_grain_has_no_ink(spread):
    grain = np.random.default_rng(5).normal(180, spread, (200, 300))
    assert not binarize(np.clip(grain, 0, 255).astype(np.uint8)).mask.any()


def test_ink_is_found_where_the_pen_was(ink, sheet):
    assert overlap(binarize(sheet).mask, ink) > 0.85


def test_stroke_width_is_the_pens(sheet):
    assert binarize(sheet).stroke_width == pytest.approx(8, rel=0.25)


def test_ink_is_found_under_a_shadow(ink, sheet):
    shaded = (sheet * slopes(sheet.shape)).astype(np.uint8)
    assert overlap(binarize(shaded).mask, ink) > 0.8


def test_ink_is_found_through_grain(ink, sheet):
    grain = np.random.default_rng(1).normal(0, 8, sheet.shape)
    assert overlap(binarize(np.clip(sheet + grain, 0, 255).astype(np.uint8)).mask, ink) > 0.75


def test_ink_that_no_blur_makes_clear_is_found_while_it_stands_out(ink, sheet, monkeypatch):
    grain = np.random.default_rng(1).normal(0, 8, sheet.shape)
    picture = np.clip(sheet + grain, 0, 255).astype(np.uint8)
    monkeypatch.setattr("recognizer.binarize._MIN_SIGNAL_TO_NOISE", 1e6)
    assert overlap(binarize(picture).mask, ink) > 0.7
    monkeypatch.setattr("recognizer.binarize._LEAST_SIGNAL_TO_NOISE", 1e6)
    assert not binarize(picture).mask.any()


def test_faint_ink_is_found_and_invisible_ink_is_not(ink):
    faint, invisible = ((220 - ink.astype(float) * (depth / 255)).astype(np.uint8) for depth in (40, 5))
    assert overlap(binarize(faint).mask, ink) > 0.8
    assert not binarize(invisible).mask.any()


def test_in_a_dark_room_steps_of_single_grey_levels_are_no_ink_and_a_pen_is(ink):
    """Evened out, the light of a room at level 15 makes 17 levels of each."""
    rng = np.random.default_rng(3)
    room = np.linspace(8, 20, ink.shape[1]) + np.linspace(0, 4, ink.shape[0])[:, None]
    grain = np.kron(rng.normal(0, 0.7, (-(-ink.shape[0] // 6), -(-ink.shape[1] // 6))), np.ones((6, 6)))
    room = room + grain[: ink.shape[0], : ink.shape[1]]
    assert not binarize(room.round().astype(np.uint8)).mask.any()
    assert not binarize((room - 3 * (ink / 255)).round().astype(np.uint8)).mask.any()
    assert overlap(binarize((4 * room - 36 * (ink / 255)).clip(0).round().astype(np.uint8)).mask, ink) > 0.6


def test_light_on_dark_gives_the_mask_of_dark_on_light(sheet):
    assert not is_light_on_dark(sheet)
    assert is_light_on_dark(255 - sheet)
    plain, inverted = binarize(sheet), binarize(255 - sheet)
    assert np.array_equal(plain.mask, inverted.mask)
    assert np.array_equal(plain.grey, inverted.grey)


def test_dark_ink_under_a_deep_shadow_is_still_dark_ink(sheet):
    assert not is_light_on_dark((sheet * slopes(sheet.shape) ** 2).astype(np.uint8))


def test_flattened_light_is_even(sheet):
    shaded = (sheet * slopes(sheet.shape)).astype(np.uint8)
    paper = flatten_light(shaded, shaded[::2, ::2])[sheet == 235]
    assert np.percentile(paper, 5) > 235


@pytest.mark.parametrize("width", [3, 6, 12, 25])
def test_stroke_width_of_a_bar_is_its_width(width):
    mask = np.zeros((100, 400), np.uint8)
    mask[30 : 30 + width, 20:380] = 255
    assert measure_stroke_width(mask) == pytest.approx(width, rel=0.25)


def test_stroke_width_grows_with_the_picture(ink):
    mask = np.where(ink > 127, 255, 0).astype(np.uint8)
    doubled = mask.repeat(2, axis=0).repeat(2, axis=1)
    assert measure_stroke_width(doubled) == pytest.approx(2 * measure_stroke_width(mask), rel=0.1)


def test_stroke_width_without_ink_is_zero_and_of_one_pixel_one():
    mask = np.zeros((9, 9), np.uint8)
    assert measure_stroke_width(mask) == 0
    mask[4, 4] = 255
    assert measure_stroke_width(mask) == 1
