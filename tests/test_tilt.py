"""The angle at which digits stand side by side."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.binarize import binarize
from recognizer.segment import dilate, find_components
from recognizer.tilt import Tilt, lie_on_side, measure_tilt, outline
from recognizer.types import Box, Component
from train.examples import rotate


def block(x, y, width=12, height=20):
    return Component(Box(x, y, width, height), np.full((height, width), 255, np.uint8))


def row(count, degrees, x=0.0, y=500.0, step=18):
    """Blocks side by side on a line that sinks by an angle."""
    slope = np.tan(np.deg2rad(degrees))
    return [block(round(x + step * i), round(y + slope * step * i)) for i in range(count)]


def components_of(picture):
    binarized = binarize(np.ascontiguousarray(picture[:, :, 0]))
    return find_components(binarized.mask, dilate(binarized.mask, binarized.stroke_width))


@pytest.mark.parametrize("degrees", range(-36, 37, 6))
def test_tilt_of_a_number_is_found(write, degrees):
    tilt = measure_tilt(components_of(rotate(write("9916847512", height=60), -degrees)))
    assert tilt.degrees == pytest.approx(degrees, abs=3)
    assert tilt.is_clear == (abs(degrees) >= 6)


@pytest.mark.parametrize("degrees", [-56, -50, 50, 56])
def test_steep_tilt_is_found_and_not_believed_at_once(write, degrees):
    tilt = measure_tilt(components_of(rotate(write("9916847512", height=60), -degrees)))
    assert tilt.degrees == pytest.approx(degrees, abs=3)
    assert (tilt.is_steep, tilt.is_clear) == (True, False)


@pytest.mark.parametrize("degrees", [-24, -10, 10, 24])
def test_tilt_of_several_lines_is_found(write, degrees):
    tilt = measure_tilt(components_of(rotate(write("99168\n25301\n80745", height=50), -degrees)))
    assert tilt.degrees == pytest.approx(degrees, abs=3)
    assert tilt.is_clear


@pytest.mark.parametrize("text", ["253", "17", "1111111", "99168\n25301\n80745", "1\n2\n3\n4"])
def test_level_picture_has_no_clear_tilt(write, text):
    assert not measure_tilt(components_of(write(text, height=50))).is_clear


def test_digits_that_overlap_fully_gain_nothing():
    assert measure_tilt(row(6, 0)) == Tilt()


def test_few_digits_must_gain_more_than_many():
    few, many = (measure_tilt(row(count, 14)) for count in (2, 12))
    assert few.is_possible
    assert not few.is_clear
    assert many.is_clear
    assert many.gain > few.gain
    assert (few.digits, many.digits) == (2, 12)


@pytest.mark.parametrize("count", [0, 1])
def test_one_digit_has_no_tilt(count):
    assert measure_tilt(row(count, 30)) == Tilt()


def test_of_a_texture_some_are_enough():
    rng = np.random.default_rng(5)
    tilt = measure_tilt([block(*rng.integers(0, 2000, 2), 5, 5) for _ in range(1999)])
    assert 0 < tilt.digits <= 100


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(1, 40), st.integers(1, 40)), max_size=12)
)
def test_whatever_lies_where_there_is_an_angle_within_the_range(boxes):
    tilt = measure_tilt([block(*box) for box in boxes])
    assert -60 <= tilt.degrees <= 60
    assert tilt.gain >= 1


def test_outline_lies_in_the_picture():
    ink = np.zeros((5, 7), np.uint8)
    ink[1, 2] = ink[4, 6] = ink[0, 0] = 255
    assert set(map(tuple, outline(Component(Box(30, 40, 7, 5), ink)))) == {(30, 40), (32, 41), (36, 44)}


@pytest.mark.parametrize("text", ["253", "9916847512", "99168\n25301\n80745"])
def test_digits_on_their_side_lie_on_side(write, text):
    upright = write(text, height=50)
    assert not lie_on_side(components_of(upright))
    assert lie_on_side(components_of(np.rot90(upright)))


@pytest.mark.parametrize("degrees", [65, 90, 115])
def test_digits_nearly_on_their_side_lie_on_side_too(write, degrees):
    assert lie_on_side(components_of(rotate(write("9916847512", height=50), degrees, None)))


@pytest.mark.parametrize("degrees", [-40, -20, 0, 20, 40])
def test_digits_that_climb_or_sink_do_not_lie_on_side(write, degrees):
    assert not lie_on_side(components_of(rotate(write("9916847512", height=50), degrees, None)))
