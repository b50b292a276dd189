"""Touching digits can be cut apart, and every way to cut keeps all ink."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.split import split
from recognizer.types import Box, Component
from train.examples import render_number

PEN = 7.0
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=40)
INKS = hnp.arrays(np.uint8, SHAPES, elements=st.sampled_from([0, 255]))


def component(ink, left=0, top=0):
    """The component that fills the ink's own box, the box moved to (left, top)."""
    rows, columns = np.nonzero(ink)
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return Component(Box(left, top, ink.shape[1], ink.shape[0]), ink)


def digit(label, seed=5):
    ink = render_number(label, seed, 90, pen_width=PEN / 90, pressure=0.0)
    return component(np.where(ink > 127, 255, 0).astype(np.uint8)).ink


def touching(*labels, overlap=3):
    """Digits written so near that their strokes run into each other, and the column of each meeting."""
    inks = [digit(label) for label in labels]
    joined, meetings = inks[0], []
    for ink in inks[1:]:
        height = max(len(joined), len(ink))
        left = joined.shape[1] - overlap
        canvas = np.zeros((height, left + ink.shape[1]), np.uint8)
        canvas[: len(joined), : joined.shape[1]] = joined
        part = canvas[: len(ink), left:]
        np.maximum(part, ink, out=part)
        joined = canvas
        meetings.append(left + overlap / 2)
    return joined, meetings


def ways(pieces, at=0):
    """All sequences of pieces from a cut to the last."""
    last = max(piece.end for piece in pieces)
    if at == last:
        return [[]]
    return [[piece, *rest] for piece in pieces if piece.start == at for rest in ways(pieces, piece.end)]


def painted(pieces, box):
    """How often each pixel of the component is ink of one of the pieces."""
    count = np.zeros((box.height, box.width), int)
    for piece in pieces:
        x, y = piece.component.box.x - box.x, piece.component.box.y - box.y
        ink = piece.component.ink
        count[y : y + ink.shape[0], x : x + ink.shape[1]] += ink > 0
    return count


@pytest.mark.parametrize("labels", ["00", "69", "83", "256"])
def test_touching_digits_can_be_cut_where_they_meet(labels):
    ink, meetings = touching(*labels)
    pieces = split(component(ink), PEN)
    edges = {piece.component.box.right for piece in pieces}
    for meeting in meetings:
        assert min(abs(edge - meeting) for edge in edges) <= PEN
    assert any(len(way) == len(labels) for way in ways(pieces))


@pytest.mark.parametrize("labels", ["00", "69", "83", "256"])
def test_ink_is_cut_into_as_many_characters_as_are_seen(labels):
    ink, meetings = touching(*labels)
    whole = component(ink)
    edges = [0, *meetings, ink.shape[1]]
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    pieces = split(whole, PEN, middles, sure=True)
    assert len(pieces) < len(split(whole, PEN, middles))
    assert len(labels) in {len(way) for way in ways(pieces)}
    for meeting in meetings:
        assert min(abs(piece.component.box.right - meeting) for piece in pieces) <= PEN


def test_one_character_that_is_seen_stays_whole():
    ink, _ = touching("8", "3")
    (piece,) = split(component(ink), PEN, [ink.shape[1] / 2], sure=True)
    assert (piece.start, piece.end) == (0, 1)


def test_where_it_cannot_be_cut_into_so_many_every_cut_stays_open():
    ink, _ = touching("8", "3")
    middles = list(range(0, ink.shape[1], 4))
    assert len(split(component(ink), PEN, middles, sure=True)) == len(split(component(ink), PEN, middles))


@pytest.mark.parametrize("labels", ["00", "83"])
def test_every_way_to_cut_keeps_all_ink_and_uses_none_twice(labels):
    ink, _ = touching(*labels)
    whole = component(ink, left=31, top=17)
    found = ways(split(whole, PEN))
    assert len(found) > 2
    complete = 0
    for way in found:
        count = painted(way, whole.box)
        assert count.max() == 1
        complete += np.array_equal(count > 0, whole.ink > 0)
    assert complete == len(found)


@given(INKS.filter(lambda ink: ink.any()), st.floats(1, 6))
def test_pieces_lie_inside_and_the_whole_is_among_them(ink, stroke_width):
    whole = component(ink, left=9, top=4)
    before = whole.ink.copy()
    pieces = split(whole, stroke_width)
    assert np.array_equal(whole.ink, before)
    last = max(piece.end for piece in pieces)
    full = [piece for piece in pieces if (piece.start, piece.end) == (0, last)]
    assert len(full) == 1
    assert full[0].component.box == whole.box
    assert np.array_equal(full[0].component.ink, whole.ink)
    for piece in pieces:
        box, part = piece.component.box, piece.component.ink
        assert 0 <= piece.start < piece.end <= last
        assert piece.cut >= 0
        assert part.shape == (box.height, box.width)
        assert part.any()
        assert box.union(whole.box) == whole.box
        x, y = box.x - whole.box.x, box.y - whole.box.y
        assert np.all(part <= whole.ink[y : y + box.height, x : x + box.width])


@given(INKS.filter(lambda ink: ink.any()), st.floats(1, 6))
def test_number_of_pieces_is_bounded(ink, stroke_width):
    assert len(split(component(ink), stroke_width)) <= 36


@pytest.mark.parametrize("label", "14")
def test_narrow_digit_is_not_cut(label):
    (piece,) = split(component(digit(label)[:, :60]), PEN)
    assert (piece.start, piece.end, piece.cut) == (0, 1, 0)


def test_cut_through_more_ink_costs_more():
    thin, thick = (np.zeros((90, 130), np.uint8) for _ in range(2))
    for ink, bridge in ((thin, 5), (thick, 12)):
        ink[:, :45] = ink[:, 85:] = 255
        ink[40 : 40 + bridge] = 255
    costs = [
        max(piece.cut for piece in split(component(ink), PEN) if 45 <= piece.component.box.right <= 85)
        for ink in (thin, thick)
    ]
    assert 0 < costs[0] < costs[1]


def test_component_of_one_pixel_is_one_piece():
    (piece,) = split(component(np.full((1, 1), 255, np.uint8)), 1.0)
    assert piece.component.box == Box(0, 0, 1, 1)
