"""A cell's border beside the digits goes, a 1 stays, and what hangs on the border is kept."""

import cv2
import numpy as np
import pytest

from recognizer.borders import leave_out_borders
from recognizer.segment import find_components

PEN = 6
PAPER, INK = 200, 60


def cell(*bars, digits=((60, 40), (90, 40)), height=120, width=200):
    """Grey picture and components of a cell with rings for digits, and bars (x, top, bottom, level, thickness)."""
    grey = np.full((height, width), PAPER, np.uint8)
    for x, y in digits:
        cv2.ellipse(grey, (x, y + 25), (10, 25), 0, 0, 360, INK, PEN)
    for x, top, bottom, level, thickness in bars:
        cv2.line(grey, (x, top), (x, bottom - 1), level, thickness)
    return grey, components_of(grey)


def components_of(grey):
    mask = np.where(grey < 110, 255, 0).astype(np.uint8)
    return find_components(mask, mask)


def left(grey, components):
    return sorted(c.box.x for c in leave_out_borders(components, grey, PEN))


def test_a_thin_bar_that_stands_apart_is_a_border():
    grey, components = cell((188, 30, 95, INK, 3))
    assert len(components) == 3
    assert left(grey, components) == [47, 77]


def test_a_bar_of_the_pens_width_beside_the_digits_is_a_1():
    grey, components = cell((110, 38, 92, INK, PEN), width=125)
    assert len(left(grey, components)) == 3


def test_a_tall_1_that_stands_apart_is_no_border():
    grey, components = cell((180, 20, 95, INK, PEN))
    assert len(left(grey, components)) == 3


def test_a_bar_that_goes_on_paler_is_a_border():
    grey, components = cell((185, 0, 120, 150, PEN), (185, 40, 90, INK, PEN))
    assert len(components) == 3
    assert left(grey, components) == [47, 77]


@pytest.mark.parametrize(("depth", "expected"), [(20, [47, 77]), (0, [47, 77, 135])])
def test_what_goes_on_may_be_paler_than_the_grain(depth, expected):
    # As broad as the pen: that it stands a little apart is all that else speaks against a 1.
    grey, _ = cell((138, 0, 120, PAPER - depth, PEN), (138, 40, 90, INK, PEN), width=150)
    components = components_of(grey)
    grain = np.random.default_rng(3).normal(0.0, 12.0, grey.shape)
    grainy = np.clip(grey + grain, 0, 255).astype(np.uint8)
    assert left(grainy, components) == expected


@pytest.mark.parametrize(("top", "bottom"), [(0, 90), (30, 120), (6, 114)])
def test_an_upright_bar_that_ends_at_the_edges_is_a_border(top, bottom):
    grey, components = cell((188, top, bottom, INK, PEN - 1))
    assert left(grey, components) == [47, 77]


def test_where_the_digits_touch_the_edges_too_a_bar_is_a_1():
    grey, components = cell((110, 1, 55, INK, PEN), digits=((60, 2), (90, 2)), height=57, width=122)
    assert len(left(grey, components)) == 3


def test_a_bar_that_stands_in_no_line_with_the_digits_is_a_border_where_it_stands_apart():
    grey, components = cell((185, 10, 35, INK, PEN), digits=((60, 50), (90, 50)))
    assert left(grey, components) == [47, 77]
    grey, components = cell((108, 10, 35, INK, PEN), digits=((60, 50), (90, 50)), width=120)
    assert len(left(grey, components)) == 3


def test_a_bar_far_from_the_sides_is_a_1():
    grey, components = cell((140, 0, 120, INK, 3))
    assert len(left(grey, components)) == 3


def test_corners_go_with_the_border():
    grey, _ = cell((188, 6, 114, INK, 4))
    cv2.line(grey, (170, 112), (188, 112), INK, 4)
    components = components_of(grey)
    assert len(components) == 3
    assert left(grey, components) == [47, 77]


def test_a_digit_that_hangs_on_a_border_stays():
    grey, _ = cell((188, 6, 114, INK, 4), digits=((60, 40), (120, 40), (168, 60)))
    cv2.line(grey, (168, 111), (188, 111), INK, 4)
    components = components_of(grey)
    assert len(components) == 3
    kept = leave_out_borders(components, grey, PEN)
    assert len(kept) == 3
    assert max(c.box.right for c in kept) <= 187


def test_a_1_on_a_line_of_squared_paper_is_a_1():
    grey, _ = cell((113, 0, 120, PAPER - 30, PEN), (113, 40, 90, INK, PEN), width=125)
    assert left(grey, components_of(grey)) == [47, 77, 110]


def test_a_bar_alone_is_a_1_unless_it_is_thin_and_goes_on():
    grey, components = cell((10, 30, 90, INK, PEN), digits=(), width=60)
    assert left(grey, components) == [7]
    grey, components = cell((5, 0, 120, 150, 3), (5, 30, 90, INK, 3), digits=(), width=60)
    assert left(grey, components) == []


def test_nothing_gives_nothing():
    assert leave_out_borders([], np.full((20, 20), PAPER, np.uint8), PEN) == []
