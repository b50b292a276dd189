"""From a view, which may be turned, back to the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.segment import text_height
from recognizer.types import Box, Component
from recognizer.view import View, come_closer, turn, view_of


def view(width, height, scale, **options):
    working = max(1, round(height * scale)), max(1, round(width * scale))
    return View(np.full(working, 255, np.uint8), (width, height), scale, **options)


@given(st.data(), st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.1, 0.32, 1.0, 3.7, 4.0]))
def test_boxes_lie_inside_the_picture(data, width, height, scale):
    looked_at = view(width, height, scale, degrees=data.draw(st.sampled_from([0.0, -30.0, 8.0])), origin=(2.0, -3.0))
    rows, columns = looked_at.grey.shape
    x, y = data.draw(st.integers(0, columns - 1)), data.draw(st.integers(0, rows - 1))
    box = Box(x, y, data.draw(st.integers(1, columns - x)), data.draw(st.integers(1, rows - y)))
    mask = np.full((rows, columns), data.draw(st.sampled_from([0, 255])), np.uint8)
    placed = looked_at.place(box, mask)
    assert 0 <= placed.x < placed.right <= width
    assert 0 <= placed.y < placed.bottom <= height


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_boxes_are_scaled_back(scale):
    box = Box(*(int(value * scale) for value in (40, 80, 24, 60)))
    looked_at = view(500, 500, scale)
    assert looked_at.place(box, looked_at.grey) == Box(40, 80, 24, 60)


def test_picture_is_seen_grey_and_at_working_size():
    looked_at = view_of(np.full((1000, 2000, 3), 90, np.uint8))
    assert looked_at.grey.shape == (400, 800)
    assert (looked_at.grey == 90).all()
    assert (looked_at.size, looked_at.scale, looked_at.degrees) == ((2000, 1000), 0.4, 0)


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2])
def test_boxes_of_a_picture_that_was_set_upright_lie_in_the_picture_as_it_was(quarters):
    shown = np.full((300, 400, 3), 255, np.uint8)
    shown[40:70, 110:130] = 0
    looked_at = view_of(np.rot90(shown, quarters), quarters)
    assert looked_at.size == (400, 300)
    mask = ((looked_at.grey < 128) * 255).astype(np.uint8)
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()), int(rows.min())
    box = Box(left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top)
    assert looked_at.place(box, mask) == Box(110, 40, 20, 30)


@pytest.mark.parametrize("degrees", [-36.0, -10.0, 4.0, 22.0])
def test_what_sinks_becomes_level_and_finds_its_place_again(degrees):
    slope = np.tan(np.deg2rad(degrees))
    boxes = [Box(200 + 40 * i, round(300 + slope * 40 * i), 9, 15) for i in range(5)]
    flat = np.full((600, 800), 255, np.uint8)
    for box in boxes:
        flat[box.y : box.bottom, box.x : box.right] = 0
    digits = [Component(box, np.full((box.height, box.width), 255, np.uint8)) for box in boxes]
    level = turn(View(flat, (1600, 1200), 0.5), flat, digits, degrees, text_height(digits))
    mask = ((level.grey < 128) * 255).astype(np.uint8)
    columns = np.flatnonzero(mask.any(axis=0))
    starts = columns[np.flatnonzero(np.diff(columns, prepend=-9) > 1)]
    assert len(starts) == 5
    tops = []
    for start, box in zip(starts, boxes, strict=True):
        end = start + int(np.argmin(mask.any(axis=0)[start:]))
        rows = np.flatnonzero(mask[:, start:end].any(axis=1))
        tops.append(rows[0])
        placed = level.place(Box(int(start), int(rows[0]), end - int(start), int(rows[-1] - rows[0] + 1)), mask)
        assert np.allclose(placed, [2 * value for value in box], atol=4)
    assert np.ptp(tops) <= 2
    assert level.grey[0, 0] == 255
    assert (level.size, level.scale, level.degrees) == ((1600, 1200), 0.5, degrees)


def small(height, width=3200):
    """A large picture with three bars as digits, its view, and what was found there."""
    rgb = np.full((width * 3 // 4, width, 3), 255, np.uint8)
    whole = view_of(rgb)
    digits = []
    for x in (200, 220, 240):
        digits.append(Component(Box(x, 300, 8, height), np.full((height, 8), 255, np.uint8)))
        left, top, right, bottom = (round(edge / whole.scale) for edge in (x, 300, x + 8, 300 + height))
        rgb[top:bottom, left:right] = 0
    return view_of(rgb), rgb, digits


@pytest.mark.parametrize("height", [4, 10, 17])
def test_small_digits_are_looked_at_from_nearer(height):
    whole, rgb, digits = small(height)
    nearer = come_closer(whole, rgb, digits, 5.0)
    mask = ((nearer.grey < 128) * 255).astype(np.uint8)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert len(rows) == pytest.approx(min(36, height / whole.scale), abs=2)
    assert (nearer.size, nearer.degrees) == (whole.size, 0)
    box = Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    placed = nearer.place(box, mask)
    assert np.allclose(placed, np.array([200, 300, 48, height]) / whole.scale, atol=4)


def test_large_digits_and_pictures_that_have_no_more_to_show_are_not_looked_at_from_nearer():
    whole, rgb, digits = small(18)
    assert come_closer(whole, rgb, digits, 5.0) is None
    assert come_closer(whole, rgb, [], 5.0) is None
    whole, rgb, digits = small(10, 900)
    assert come_closer(whole, rgb, digits, 5.0) is None


def test_thin_strokes_are_looked_at_from_nearer_too():
    whole, rgb, digits = small(40)
    nearer = come_closer(whole, rgb, digits, 1.0)
    assert nearer.scale / whole.scale == pytest.approx(36 / 11, abs=0.01)
    assert come_closer(whole, rgb, digits, 2.0) is None


def test_nearer_view_is_no_longer_than_it_may_be():
    whole, rgb, _ = small(10, 6000)
    digits = [Component(Box(x, 300, 4, 8), np.full((8, 4), 255, np.uint8)) for x in range(10, 780, 8)]
    nearer = come_closer(whole, rgb, digits, 5.0)
    assert max(nearer.grey.shape) == 2400
    assert whole.scale < nearer.scale < 1


def test_nearer_view_that_is_turned_leads_back_to_the_picture():
    whole, rgb, digits = small(10)
    nearer = come_closer(whole, rgb, digits, 5.0)
    found = [Component(Box(x, y, 9, 36), np.full((36, 9), 255, np.uint8)) for x, y in ((20, 20), (80, 40), (140, 60))]
    level = turn(nearer, nearer.grey, found, 18.0, text_height(found))
    mask = np.zeros(level.grey.shape, np.uint8)
    # A corner of the turned view, by hand: what is x, y there was turned back and lies at the same place of the nearer view.
    mask[50, 70] = 255
    placed = level.place(Box(70, 50, 1, 1), mask)
    first = (np.array(level.origin) - nearer.origin) * nearer.scale
    sine, cosine = np.sin(np.deg2rad(18)), np.cos(np.deg2rad(18))
    there = first + np.array([70 * cosine - 50 * sine, 70 * sine + 50 * cosine])
    assert np.allclose(placed[:2], np.array(nearer.origin) + there / nearer.scale, atol=2)


def test_box_without_ink_is_placed_by_its_corners():
    level = view(100, 100, 1.0, degrees=30.0)
    x, y, width, height = level.place(Box(40, 10, 20, 10), np.zeros((100, 100), np.uint8))
    assert width > 20
    assert height > 10
    assert 0 <= x <= 40
    assert y >= 10
