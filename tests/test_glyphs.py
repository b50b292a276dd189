"""The project's own handwriting: `train.glyphs` and the pen that draws it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.types import CLASS_NAMES
from train.glyphs import GLYPHS, Hand, random_hand, write_digit, write_number
from train.pen import draw_ink

ALL_STYLES = [(digit, style) for digit in GLYPHS for style in GLYPHS[digit]]
ONE_STROKE = {
    digit: next(name for name, glyph in styles.items() if len(glyph) == 1)
    for digit, styles in GLYPHS.items()
    if any(len(glyph) == 1 for glyph in styles.values())
}


def test_every_digit_has_at_least_two_styles():
    assert set(GLYPHS) == set(CLASS_NAMES)
    assert all(len(styles) >= 2 for styles in GLYPHS.values())


@pytest.mark.parametrize(("digit", "style"), ALL_STYLES)
def test_a_style_is_about_one_digit_height_tall_and_drawable(digit, style):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        hand = replace(random_hand(rng), styles={digit: style})
        strokes = write_digit(digit, rng, hand)
        assert len(strokes) == len(GLYPHS[digit][style])
        assert all(s.dtype == np.float32 and s.ndim == 2 and s.shape[1] == 2 for s in strokes)
        points = np.concatenate(strokes)
        assert np.isfinite(points).all()
        width, height = np.ptp(points, axis=0)
        assert 0.7 < height < 1.35
        assert width < 1.1
        assert points[:, 0].min() == pytest.approx(0, abs=1e-6)
        assert draw_ink([s * 60 + np.float32([40, 90]) for s in strokes], 5, (130, 150)).any()


def test_the_same_seed_writes_the_same_and_another_seed_does_not():
    def write(seed):
        return np.concatenate(write_number("0123456789", np.random.default_rng(seed)))

    np.testing.assert_array_equal(write(5), write(5))
    assert write(5).shape != write(6).shape or not np.array_equal(write(5), write(6))


def test_no_two_digits_of_a_number_are_identical():
    rng = np.random.default_rng(0)
    hand = random_hand(rng)
    first, second = write_digit("8", rng, hand), write_digit("8", rng, hand)
    assert [s.shape for s in first] != [s.shape for s in second] or not np.allclose(first[0], second[0])


def test_a_writer_keeps_the_style_of_a_digit():
    hand = Hand(styles={"7": "barred"})
    assert len(write_number("777", np.random.default_rng(0), hand)) == 6


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.text(st.sampled_from(sorted(ONE_STROKE)), min_size=1, max_size=8))
def test_digits_do_not_touch(seed, text):
    rng = np.random.default_rng(seed)
    hand = replace(random_hand(rng), styles=ONE_STROKE)
    strokes = [s * 50 for s in write_number(text, rng, hand)]
    points = np.concatenate(strokes)
    origin, corner = points.min(axis=0) - 10, points.max(axis=0) + 10
    width, height = np.ceil(corner - origin).astype(int)
    ink = draw_ink([s - origin for s in strokes], 5, (int(height), int(width)))
    count, _ = cv2.connectedComponents((ink > 100).astype(np.uint8))
    assert count - 1 == len(text)


def test_lines_lie_below_each_other_and_spaces_leave_room():
    rng = np.random.default_rng(3)
    hand = replace(random_hand(rng), styles=ONE_STROKE)
    first, second = write_number("8\n8", np.random.default_rng(1), hand)
    assert second[:, 1].min() > first[:, 1].max() + 0.2
    close = write_number("33", np.random.default_rng(1), hand)
    apart = write_number("3 3", np.random.default_rng(1), hand)
    assert apart[1][:, 0].min() > close[1][:, 0].min() + 0.3


def test_pitch_puts_each_digit_in_its_box():
    hand = replace(random_hand(np.random.default_rng(2)), styles=ONE_STROKE)
    strokes = write_number("083", np.random.default_rng(2), hand, pitch=1.5)
    for i, stroke in enumerate(strokes):
        middle = (stroke[:, 0].min() + stroke[:, 0].max()) / 2
        assert middle == pytest.approx((i + 0.5) * 1.5, abs=0.2)


def test_nothing_to_write_gives_no_strokes():
    assert write_number("", np.random.default_rng(0)) == []


class TestDrawInk:
    line = (np.stack([np.linspace(20, 180, 100), np.full(100, 40)], axis=1)).astype(np.float32)

    def test_size_type_and_full_ink(self):
        ink = draw_ink([self.line], 8, (80, 200))
        assert ink.shape == (80, 200)
        assert ink.dtype == np.uint8
        assert ink.max() == 255

    @pytest.mark.parametrize("width", [2.0, 5.5, 10.0, 31.0])
    def test_an_even_line_is_as_wide_as_the_pen(self, width):
        ink = draw_ink([self.line], width, (80, 200), pressure=0)
        assert ink[:, 100].sum() / 255 == pytest.approx(width, abs=0.6)

    def test_pressure_tapers_the_ends(self):
        ink = draw_ink([self.line], 8, (80, 200), pressure=0.5)
        assert (ink[:, 22] > 127).sum() < (ink[:, 100] > 127).sum()

    def test_the_middle_of_the_line_lies_where_its_points_lie(self):
        ink = draw_ink([self.line], 6, (80, 200), pressure=0).astype(float)
        rows = ink[:, 100]
        assert (rows * np.arange(80)).sum() / rows.sum() == pytest.approx(40, abs=0.15)

    def test_what_lies_outside_is_cut_off_and_strokes_stay_unchanged(self):
        before = self.line.copy()
        assert not draw_ink([self.line + np.float32([500, 0])], 6, (80, 200)).any()
        np.testing.assert_array_equal(self.line, before)

    def test_no_strokes_and_single_points(self):
        assert not draw_ink([], 6, (10, 10)).any()
        assert draw_ink([np.float32([[5, 5]])], 4, (10, 10)).any()
