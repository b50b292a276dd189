"""Test strings put together from single digits."""

import cv2
import numpy as np
import pytest
from made_digits import make_digits

from train.emnist_strings import HEIGHTS, RECIPES, Recipe, contact, make_string, overlay, scale_ink, strings


@pytest.fixture(scope="module")
def digits():
    return make_digits(60)


def components(mask):
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


@pytest.mark.parametrize("name", RECIPES)
def test_strings_are_dark_on_light_with_a_margin(digits, name):
    for picture, text in strings(digits, RECIPES[name], 10):
        assert picture.dtype == np.uint8
        assert picture.ndim == 2
        assert len(text) == RECIPES[name].length
        assert set(text) <= set("0123456789")
        assert np.median(picture) > 190
        assert picture.min() < 120
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert edge.min() > 170
        assert HEIGHTS[0] < picture.shape[0] < 3.5 * HEIGHTS[1]


def test_the_seed_decides_and_the_count_does_not(digits):
    recipe = RECIPES["separated, 6 digits"]
    first, more = list(strings(digits, recipe, 3)), list(strings(digits, recipe, 6))
    for one, other in zip(first, more, strict=False):
        assert one.text == other.text
        np.testing.assert_array_equal(one.picture, other.picture)
    assert len({s.text for s in more}) == 6
    assert next(strings(digits, recipe, 1, seed=1)).text != first[0].text


def test_separated_digits_do_not_touch(digits):
    # The made digits are of one piece each.
    assert all(components(image > 100) == 1 for image in digits.images)
    for picture, text in strings(digits, Recipe(4), 20):
        assert components(picture < 150) == len(text)


def test_touching_digits_touch(digits):
    for seed in range(20):
        picture, _ = make_string(digits, Recipe(2, touching=True), np.random.default_rng(seed))
        assert components(picture < 165) == 1, seed


def test_scaled_ink_has_its_height_and_leans_to_the_right():
    bar = np.zeros((28, 28), np.uint8)
    bar[2:26, 12:16] = 255
    for height in HEIGHTS:
        upright, leaning = scale_ink(bar, height, 0.0), scale_ink(bar, height, 0.3)
        assert len(upright) == pytest.approx(height, abs=2)
        assert upright.shape[1] == pytest.approx(height / 6, abs=2)
        assert leaning.shape[1] - upright.shape[1] == pytest.approx(0.3 * height, abs=3)
        assert leaning[2].argmax() > leaning[-3].argmax()


def test_slanted_ink_is_not_cut_off():
    image = np.zeros((28, 28), np.uint8)
    image[2:26, 2:26] = 255
    for slant in (-0.4, 0.4):
        assert (scale_ink(image, 24, slant) > 100).sum() == pytest.approx(24 * 24, rel=0.05)


def test_contact_is_the_first_column_where_ink_touches_ink():
    line, ink = np.zeros((10, 20), np.uint8), np.zeros((10, 6), np.uint8)
    line[3, :12] = 255
    ink[4, 2:] = 255
    left = contact(line, ink)
    assert components(overlay(line, ink, left)) == 1  # corner to corner
    assert components(overlay(line, ink, left + 1)) == 2
    np.testing.assert_array_equal(overlay(line, ink, left)[:, :20] >= line, True)


def test_ink_that_meets_nothing_is_laid_at_the_start():
    line, ink = np.zeros((10, 20), np.uint8), np.zeros((10, 6), np.uint8)
    line[1, 5], ink[8, 2] = 255, 255
    assert contact(line, ink) == 0


def test_an_overlay_keeps_all_ink():
    line, ink = np.full((4, 5), 90, np.uint8), np.full((4, 3), 200, np.uint8)
    for left in (-2, 0, 3, 9):
        laid = overlay(line, ink, left)
        assert (laid == 200).sum() == ink.size
        assert laid.shape[1] == max(5, left + 3) - min(0, left)
