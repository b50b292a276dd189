"""Pictures without any digit: letters, drawings, empty paper and scenes."""

import numpy as np
import pytest

from train.digitless import COUNT, KINDS, digitless_pictures
from train.doodles import DRAWINGS, JOINED, JOINED_WORDS, LETTERS, WORDS, draw_doodle, write_joined_word, write_word
from train.examples import render_strokes
from train.glyphs import Hand, random_hand


@pytest.fixture(scope="module")
def pictures():
    return list(digitless_pictures(2 * len(KINDS)))


def test_every_kind_has_its_turn(pictures):
    assert len(KINDS) <= COUNT
    assert [p.kind for p in pictures] == [*KINDS, *KINDS]


def test_pictures_are_pictures(pictures):
    for kind, picture in pictures:
        assert picture.dtype == np.uint8, kind
        assert picture.ndim == 3, kind
        assert picture.shape[2] == 3, kind
        assert min(picture.shape[:2]) >= 80, kind
        assert max(picture.shape[:2]) <= 1000, kind


def test_no_two_pictures_are_the_same(pictures):
    assert len({picture.tobytes() for _, picture in pictures}) == len(pictures)


def test_the_seed_decides_and_the_count_does_not(pictures):
    for one, other in zip(digitless_pictures(5), pictures, strict=False):
        np.testing.assert_array_equal(one.picture, other.picture)
    other_seed = next(iter(digitless_pictures(1, seed=1)))
    assert not np.array_equal(other_seed.picture, pictures[0].picture)


@pytest.mark.parametrize("kind", ["letters", "capitals", "joined word", "page of words", "drawing", "scribble"])
def test_pictures_with_ink_show_it(kind):
    """Ink shows on every page: pages are light, and even soft pencil is darker by a quarter."""
    for seed in range(6):
        picture = KINDS[kind](np.random.default_rng(seed))
        assert picture.min() < 0.75 * np.median(picture), (kind, seed)


def test_words_are_made_of_the_letters_at_hand():
    assert set("".join(WORDS)) <= set(LETTERS)
    assert set("".join(JOINED_WORDS)) <= set(JOINED)


def test_no_letter_stands_for_a_digit():
    assert not set(LETTERS) & set("0123456789OoQDIilZzSsBbGgqLJTY")


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_fill_their_box(name):
    strokes = draw_doodle(name, np.random.default_rng(1), Hand(slant=0.0))
    y = np.concatenate(strokes)[:, 1]
    assert -0.25 < y.max() < 0.25
    assert -1.25 < y.min() < -0.3  # an arrow is flat
    assert render_strokes(strokes, 60).max() > 200


def test_letters_of_a_word_do_not_touch():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        hand = random_hand(rng)
        letters = [np.concatenate(write_word(letter, rng, hand)) for letter in "NM"]
        word = np.concatenate(write_word("NM", rng, hand))
        assert np.ptp(word[:, 0]) > 1.05 * sum(np.ptp(letter[:, 0]) for letter in letters)


def test_a_joined_word_is_one_stroke_from_left_to_right():
    rng = np.random.default_rng(0)
    (stroke,) = write_joined_word("manual", rng, random_hand(rng))
    assert stroke[-1, 0] > stroke[:, 0].max() - 0.3
    assert np.linalg.norm(np.diff(stroke, axis=0), axis=1).max() < 0.1
