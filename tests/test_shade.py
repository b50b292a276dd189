"""Shadows with an edge are evened out; soft ones are left to `recognizer.binarize.flatten_light`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from recognizer.binarize import USUAL, find_ink, flatten_light, prepare
from recognizer.shade import has_edges, in_even_light
from train.examples import GRAPHITE, in_a_shadow, paper, put_ink, render_number, sensor_noise, shadow, sheet

PICTURES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60))


def number(text, height=80, room=60, seed=5, ink=GRAPHITE):
    strokes = render_number(text, seed, height)
    return put_ink(sheet(strokes.shape[0] + 2 * room, strokes.shape[1] + 2 * room), strokes, ink, room, room)


def grey(picture):
    return np.ascontiguousarray(picture[:, :, 1])


def half_dark(picture, depth=0.5):
    """The right half in a shadow with an edge of a pixel."""
    shaded = picture.copy()
    right = np.s_[:, picture.shape[1] // 2 :]
    shaded[right] = ((1 - depth) * shaded[right]).astype(np.uint8)
    return shaded


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("depth", [0.4, 0.6, 0.7])
@pytest.mark.parametrize("text", ["27", "80652", "9916847512"])
def test_number_in_the_shadow_of_a_hand_is_read(reader, text, depth, seed):
    picture = in_a_shadow(number(text), np.random.default_rng(seed), depth)
    assert reader.read(picture).text == text


@pytest.mark.parametrize("angle", [0, 45, 90, 200])
def test_number_across_the_edge_of_a_shadow_is_read(reader, angle):
    rng = np.random.default_rng(2)
    strokes = render_number("80652", 5, 80)
    page = put_ink(paper(strokes.shape[0] + 120, strokes.shape[1] + 120, rng), strokes, GRAPHITE, 60, 60)
    picture = sensor_noise(shadow(page, angle, 0.6, 0.08), rng)
    assert reader.read(picture).text == "80652"


def test_only_light_with_an_edge_has_edges():
    page = number("80652")
    assert not has_edges(grey(page))
    assert not has_edges(grey(shadow(page, 30, 0.6, 1.0)))
    assert has_edges(grey(half_dark(page)))
    assert has_edges(grey(in_a_shadow(page, np.random.default_rng(1))))


def test_paper_is_even_up_to_the_edge_of_a_shadow_and_strokes_stay():
    page = grey(number("253"))
    shaded = half_dark(page)
    usual = flatten_light(shaded, shaded[::2, ::2])
    even = in_even_light(prepare(shaded)).flat
    edge = np.s_[:20, page.shape[1] // 2 : page.shape[1] // 2 + 8]
    assert usual[edge].max() < 220
    assert even[edge].min() > 245
    strokes = find_ink(prepare(page), USUAL).mask
    found = find_ink(in_even_light(prepare(shaded)), USUAL).mask
    assert np.count_nonzero(strokes & found) > 0.95 * np.count_nonzero(strokes)
    assert np.count_nonzero(found & ~strokes) < 0.1 * np.count_nonzero(strokes)


@given(PICTURES)
def test_any_picture_keeps_its_shape(picture):
    before = picture.copy()
    even = in_even_light(prepare(picture)).flat
    assert isinstance(has_edges(picture), bool)
    assert even.shape == picture.shape
    assert even.dtype == np.uint8
    assert (picture == before).all()
