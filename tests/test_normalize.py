"""Crops look as EMNIST's own do: 24 pixels of ink in 28, centred, in proportion, at full contrast."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from recognizer.normalize import normalize, normalize_all, to_network_input
from train.examples import render_number

INKS = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.sampled_from([0, 255]))


def digit(label, height=200, seed=3):
    """Black and white ink of one digit, cut to its box."""
    ink = render_number(label, seed, height, pen_width=0.09, pressure=0.2)
    ink = np.where(ink > 127, 255, 0).astype(np.uint8)
    x, y, w, h = cv2.boundingRect(ink)
    return ink[y : y + h, x : x + w]


def emnists_own(ink):
    """The conversion as Cohen et al. 2017 describe it, written anew: blur at 128x128, crop, square, bicubic."""
    scale = 96 / max(ink.shape)
    form = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    form = np.where(form > 127, 255, 0).astype(np.uint8)
    page = np.zeros((128, 128), np.float64)
    page[16 : 16 + form.shape[0], 16 : 16 + form.shape[1]] = form
    kernel = np.exp(-0.5 * np.arange(-4, 5) ** 2.0)
    kernel /= kernel.sum()
    for axis in (0, 1):
        page = np.apply_along_axis(np.convolve, axis, page, kernel, "same")
    rows, columns = np.nonzero(page > 127)
    crop = page[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = round(max(crop.shape) * 28 / 24)
    square = np.zeros((side, side))
    top, left = (side - crop.shape[0]) // 2, (side - crop.shape[1]) // 2
    square[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    small = np.asarray(Image.fromarray(square.astype(np.uint8)).resize((28, 28), Image.Resampling.BICUBIC), float)
    return small * 255 / small.max()


def span(crop, level=64):
    """First and last row and column that hold ink of a level."""
    rows, columns = np.nonzero(crop >= level)
    return rows.min(), rows.max(), columns.min(), columns.max()


@pytest.mark.parametrize("label", "0123456789")
def test_crop_is_near_emnists_own(label):
    ours, theirs = normalize(digit(label)).astype(float), emnists_own(digit(label))
    # 6 of 255 grey levels on average; shifted by one pixel, the same digit differs by more than three times that.
    assert np.abs(ours - theirs).mean() < 6
    assert np.abs(np.roll(theirs, 1, axis=1) - theirs).mean() > 12


@pytest.mark.parametrize("label", "0123456789")
def test_longer_side_spans_24_pixels_and_is_centred(label):
    top, bottom, left, right = span(normalize(digit(label)))
    assert 23 <= max(bottom - top, right - left) + 1 <= 25
    assert abs((top + bottom) / 2 - 13.5) <= 1
    assert abs((left + right) / 2 - 13.5) <= 1


@given(st.integers(8, 120), st.integers(8, 120))
def test_proportions_are_kept(height, width):
    top, bottom, left, right = span(normalize(np.full((height, width), 255, np.uint8)), level=127)
    longest = max(height, width)
    assert abs(bottom - top + 1 - 24 * height / longest) <= 1.5
    assert abs(right - left + 1 - 24 * width / longest) <= 1.5


@given(INKS)
def test_crop_has_full_contrast_or_is_blank(ink):
    before = ink.copy()
    crop = normalize(ink)
    assert crop.shape == (28, 28)
    assert crop.dtype == np.uint8
    assert crop.max() == (255 if ink.any() else 0)
    assert np.array_equal(ink, before)


@given(INKS, st.integers(0, 9), st.integers(0, 9))
def test_empty_paper_around_the_ink_changes_nothing(ink, top, left):
    padded = np.pad(ink, ((top, 3), (left, 1)))
    assert np.array_equal(normalize(padded), normalize(ink))


def test_blank_gives_zeros():
    assert not normalize(np.zeros((30, 20), np.uint8)).any()


@pytest.mark.parametrize("height", [1, 1000])
def test_thinnest_line_gives_a_centred_stroke(height):
    crop = normalize(np.full((height, 1), 255, np.uint8))
    columns = np.nonzero(crop.max(axis=0) == 255)[0]
    assert set(columns) <= set(range(28)) if height == 1 else set(columns) <= {13, 14}
    assert crop.max() == 255


@pytest.mark.parametrize("label", "0123456789")
@pytest.mark.parametrize("height", [20, 40, 90, 400])
def test_size_of_the_writing_does_not_matter(label, height):
    reference = normalize(digit(label, 200)).astype(float)
    crop = normalize(digit(label, height)).astype(float)
    # At 20 pixels the digit's own pixels are as large as the crop's: only the shape can agree.
    assert np.abs(crop - reference).mean() < (22 if height == 20 else 9)
    assert np.corrcoef(crop.ravel(), reference.ravel())[0, 1] > (0.9 if height == 20 else 0.97)


def test_many_are_each_one_and_none_is_an_empty_stack():
    inks = [digit("3"), digit("1", 30), np.zeros((5, 5), np.uint8)]
    stack = normalize_all(inks)
    assert stack.shape == (3, 28, 28)
    assert all(np.array_equal(crop, normalize(ink)) for crop, ink in zip(stack, inks, strict=True))
    assert normalize_all([]).shape == (0, 28, 28)
    assert normalize_all([]).dtype == np.uint8


def test_more_than_are_blurred_together_are_each_one():
    ink = np.zeros((20, 9), np.uint8)
    ink[3:17, 4] = 255
    stack = normalize_all([ink, ink.T.copy()] * 150)
    assert len(stack) == 300
    for place, one in ((0, ink), (1, ink.T)):
        assert (stack[place::2] == normalize(np.ascontiguousarray(one))).all()


def test_network_input_is_scaled_to_one():
    crops = np.stack([normalize(digit("8"))])
    images = to_network_input(crops)
    assert images.shape == (1, 28, 28, 1)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert np.array_equal(np.rint(images[..., 0] * 255).astype(np.uint8), crops)
