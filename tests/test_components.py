"""What the stages share: counts, medians, fitted lines, pictures made smaller and larger."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.components import (
    count_levels,
    enlarge,
    fit_line,
    grey_quantile,
    quantile_of_counts,
    shrink,
    weighted_median,
)

GREYS = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20))
VALUES = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=12)


@given(VALUES)
def test_weighted_median_is_the_lower_median_of_values_repeated(pairs):
    values, weights = zip(*pairs, strict=True)
    repeated = np.repeat(values, weights)
    assert weighted_median(values, weights) == np.sort(repeated)[(len(repeated) - 1) // 2]


@given(GREYS, st.sampled_from([0.1, 0.5, 0.6, 1.0]))
def test_grey_quantile_is_the_least_level_that_the_share_does_not_exceed(grey, share):
    level = grey_quantile(grey, share)
    assert (grey <= level).mean() >= share - 1e-6
    assert level == 0 or (grey <= level - 1).mean() < share


@given(GREYS, st.integers(0, 2**32 - 1))
def test_levels_are_counted_where_the_mask_is(grey, seed):
    mask = np.random.default_rng(seed).integers(0, 2, grey.shape).astype(np.uint8) * 255
    inside = count_levels(grey, mask)
    assert inside.tolist() == np.bincount(grey[mask > 0], minlength=256).tolist()
    assert (count_levels(grey) - inside).tolist() == np.bincount(grey[mask == 0], minlength=256).tolist()


def test_quantile_of_counts_is_an_index():
    assert quantile_of_counts(np.array([0, 3, 0, 1])) == 1
    assert quantile_of_counts(np.array([0, 1, 0, 3])) == 3


def test_a_weight_is_a_point_given_several_times():
    x, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.0, 4.0, 3.0])
    times = np.array([1, 3, 2, 1])
    weighted = fit_line(x, y, times.astype(float))
    assert weighted == pytest.approx(fit_line(np.repeat(x, times), np.repeat(y, times)))
    slope, offset = np.polyfit(x, y, 1, w=np.sqrt(times))
    assert weighted[:2] == pytest.approx((slope, offset))


def test_a_line_through_one_place_is_level():
    assert fit_line(np.array([3, 3]), np.array([1, 5])) == pytest.approx((0.0, 3.0, 2.0))


@given(GREYS, st.integers(1, 6))
def test_shrunk_pictures_hold_the_means_of_squares_and_go_on_beyond_the_edge(grey, factor):
    height, width = (-(-side // factor) for side in grey.shape)
    rows, columns = (
        np.minimum(np.arange(n * factor), side - 1) for n, side in zip((height, width), grey.shape, strict=True)
    )
    squares = grey[rows[:, None], columns].reshape(height, factor, width, factor).astype(float)
    small = shrink(grey, factor)
    assert small.shape == (height, width)
    assert np.abs(small - squares.mean(axis=(1, 3))).max() <= 0.51


@given(GREYS, st.integers(1, 6))
def test_enlarged_pictures_have_the_size_from_before_and_each_pixel_its_square(grey, factor):
    back = enlarge(shrink(grey, factor), factor, grey.shape, cv2.INTER_NEAREST)
    assert back.shape == grey.shape
    rows, columns = (np.arange(side) // factor for side in grey.shape)
    assert np.array_equal(back, shrink(grey, factor)[rows[:, None], columns])
