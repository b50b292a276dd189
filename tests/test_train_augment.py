"""What augmentation may and may not do."""

import time
from dataclasses import fields, replace

import numpy as np
import pytest
from made_digits import make_digits

from train.augment import NONE, Augmentation, augment

IMAGES = make_digits(40).images
STRONG = Augmentation(thickness=1.0, blur=1.0, low_resolution=1.0, elastic=1.0, broken=1.0, residue=1.0)


def run(strength: Augmentation, seed: int = 0) -> np.ndarray:
    return augment(IMAGES, np.random.default_rng(seed), strength)


def test_no_strength_is_no_change() -> None:
    np.testing.assert_array_equal(run(NONE), IMAGES)


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation)])
def test_each_change_changes_images_and_keeps_their_form(name: str) -> None:
    changed = run(replace(NONE, **{name: getattr(STRONG, name)}))
    assert changed.shape == IMAGES.shape
    assert changed.dtype == np.uint8
    # A gap may miss the ink, and what lies at the edge may be covered by it.
    assert (changed != IMAGES).any(axis=(1, 2)).mean() > (0.6 if name in ("broken", "residue") else 0.9)


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation)])
def test_each_change_keeps_the_ink(name: str) -> None:
    changed = run(replace(NONE, **{name: getattr(STRONG, name)})).astype(float)
    ratio = changed.sum(axis=(1, 2)) / IMAGES.astype(float).sum(axis=(1, 2))
    assert 0.4 < ratio.min() <= ratio.max() < 1.8


def test_the_same_seed_gives_the_same_images_and_another_others() -> None:
    np.testing.assert_array_equal(run(Augmentation(), 1), run(Augmentation(), 1))
    assert (run(Augmentation(), 1) != run(Augmentation(), 2)).any(axis=(1, 2)).all()


def test_the_callers_images_stay_as_they_are() -> None:
    before = IMAGES.copy()
    run(STRONG)
    np.testing.assert_array_equal(IMAGES, before)


def test_a_shift_moves_the_centre_by_no_more_than_it_says() -> None:
    def centres(images: np.ndarray) -> np.ndarray:
        weight = images.astype(float) / images.sum(axis=(1, 2), keepdims=True)
        grid = np.arange(28)
        return np.stack([(weight.sum(axis=1) * grid).sum(axis=1), (weight.sum(axis=2) * grid).sum(axis=1)], axis=1)

    moved = centres(run(replace(NONE, shift=1.5))) - centres(IMAGES)
    assert np.abs(moved).max() < 1.6
    assert np.abs(moved).max() > 1.0
    turned = centres(run(replace(NONE, rotation=15.0))) - centres(IMAGES)
    assert np.abs(turned).max() < 1.0  # about the centre, not about a corner


def test_an_empty_image_and_an_empty_batch_are_taken() -> None:
    blank = np.zeros((3, 28, 28), np.uint8)
    assert augment(blank, np.random.default_rng(0), STRONG).max() == 0
    assert augment(blank[:0], np.random.default_rng(0), STRONG).shape == (0, 28, 28)


def test_it_is_much_faster_than_the_network() -> None:
    images = make_digits(500).images
    rates = []
    for _ in range(5):  # the best of five: the machine may be busy
        started = time.perf_counter()
        augment(images, np.random.default_rng(0), Augmentation())
        rates.append(len(images) / (time.perf_counter() - started))
    assert max(rates) > 5000
