"""Made-up non-digits: their form, their variety, and what must not be among them."""

import cv2
import numpy as np
import pytest
from made_digits import make_digits

from train.data import EVALUATION_LETTERS, TRAINING_LETTERS, StrokedDigits
from train.nondigits import EVALUATION, TRAINING, Sources, comma, dash, draw, figure, letter, part_of_digit, slash

LINE = np.array([[0, 30], [20, 0], [20, 88]], np.float32)
SOURCES = Sources(make_digits(60), StrokedDigits(((LINE,),) * 5, np.ones(5, np.uint8)), make_digits(20, 1).images)
RECIPES = [*TRAINING, *EVALUATION]
names = pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.__name__ for recipe in RECIPES])


def make(recipe, count=20, seed=0, sources=SOURCES):
    return draw(count, sources, np.random.default_rng(seed), {recipe: 1.0})


@names
def test_each_recipe_gives_crops_in_the_networks_form(recipe):
    images = make(recipe)
    assert images.shape == (20, 28, 28)
    assert images.dtype == np.uint8
    assert (images.reshape(20, -1).max(axis=1) == 255).all()
    for image in images:
        _, _, width, height = cv2.boundingRect(np.where(image > 64, 255, 0).astype(np.uint8))
        assert 20 <= max(width, height) <= 26


@names
def test_the_seed_alone_decides(recipe):
    np.testing.assert_array_equal(make(recipe), make(recipe))
    assert (make(recipe) != make(recipe, seed=1)).any(axis=(1, 2)).mean() > 0.8


@names
def test_a_recipe_varies(recipe):
    assert len({image.tobytes() for image in make(recipe)}) >= 10


def test_what_is_measured_on_is_not_what_is_trained_on():
    assert set(TRAINING) & set(EVALUATION) == {letter}
    assert not set(TRAINING_LETTERS) & set(EVALUATION_LETTERS)
    assert sum(TRAINING.values()) == pytest.approx(1)
    assert sum(EVALUATION.values()) == pytest.approx(1)


def test_all_recipes_of_training_come_up():
    plenty = draw(300, SOURCES, np.random.default_rng(0))
    assert len(plenty) == 300
    letters = {image.tobytes() for image in make(letter, 200)}
    assert 3 < sum(image.tobytes() in letters for image in plenty) < 60


def test_without_letters_the_others_fill_their_share():
    sources = Sources(SOURCES.digits)
    letters = {image.tobytes() for image in make(letter, 200)}
    assert not any(image.tobytes() in letters for image in draw(100, sources, np.random.default_rng(0)))


def test_no_stroke_stands_upright():
    """What a person would call a 1: a single stroke that leans little."""
    rng = np.random.default_rng(0)
    for recipe, steepest in ((slash, np.deg2rad(34)), (dash, np.deg2rad(60))):
        for _ in range(100):
            points = cv2.findNonZero(recipe(SOURCES, rng))
            ((_, _), (a, b), angle) = cv2.minAreaRect(points)
            along = np.deg2rad(angle) if a > b else np.deg2rad(angle + 90)
            lean = np.pi / 2 - abs((along + np.pi / 2) % np.pi - np.pi / 2)
            assert lean > steepest or max(a, b) < 2 * min(a, b)


def test_a_comma_is_hardly_longer_than_its_pen_is_wide():
    rng = np.random.default_rng(0)
    for _ in range(100):
        ink = comma(SOURCES, rng)
        _, found = cv2.connectedComponents(ink)
        for number in range(1, found.max() + 1):
            (_, (a, b), _) = cv2.minAreaRect(cv2.findNonZero((found == number).astype(np.uint8)))
            assert max(a, b) < 3.2 * min(a, b)


def test_no_part_is_cut_from_a_digit_whose_parts_are_digits():
    """Half a 1 is a 1: of ones alone, no part comes, but dashes."""
    ones = make_digits(60).take(np.arange(60) % 10 == 1)
    for image in make(part_of_digit, 50, sources=Sources(ones)):
        _, _, width, height = cv2.boundingRect(np.where(image > 64, 255, 0).astype(np.uint8))
        assert width > 0.36 * height


def test_a_figure_that_is_round_all_over_has_something_in_it():
    """Empty, it would be a 0."""
    for seed in range(40):
        (image,) = make(figure, 1, seed)
        ink = np.pad(np.where(image > 100, 255, 0).astype(np.uint8), 2)
        contours, _ = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        outer = max(contours, key=cv2.contourArea)
        inside = len(contours) - 1
        assert cv2.contourArea(outer) < 0.9 * cv2.contourArea(cv2.convexHull(outer)) or inside >= 2
