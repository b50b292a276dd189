"""Circles and boxes around a number go; a 0, a table and what crosses an outline stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer.binarize import Binarized, binarize
from recognizer.enclosures import without_enclosures
from train.examples import put_ink, render_number, sheet

PEN, INK = 7, (20, 20, 20)
MASKS = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30), elements=st.sampled_from([0, 255])
)


def number(text, height=80, room=110, seed=5):
    """A number with room around it, and the box of its ink: left, top, right, bottom."""
    ink = render_number(text, seed, height, pen_width=PEN / height)
    picture = put_ink(sheet(ink.shape[0] + 2 * room, ink.shape[1] + 2 * room), ink, INK, room, room)
    x, y, width, bottom = cv2.boundingRect((ink > 60).astype(np.uint8))
    return np.ascontiguousarray(picture), (x + room, y + room, x + room + width, y + room + bottom)


def boxed(text, gap=14, **options):
    picture, (left, top, right, bottom) = number(text, **options)
    cv2.rectangle(picture, (left - gap, top - gap), (right + gap, bottom + gap), INK, PEN, cv2.LINE_AA)
    return picture


def circled(text, gap=24, **options):
    picture, (left, top, right, bottom) = number(text, **options)
    axes = round((right - left) * 0.62 + gap), round((bottom - top) * 0.62 + gap)
    cv2.ellipse(picture, ((left + right) // 2, (top + bottom) // 2), axes, 3, 0, 360, INK, PEN, cv2.LINE_AA)
    return picture


def opened(picture):
    found = binarize(np.ascontiguousarray(picture[:, :, 0]))
    return found, without_enclosures(found)


@pytest.mark.parametrize("draw", [boxed, circled])
@pytest.mark.parametrize("text", ["7", "14", "253", "80652", "9916847512"])
def test_number_in_an_enclosure_is_read(reader, draw, text):
    assert reader.read(draw(text)).text == text


@pytest.mark.parametrize("draw", [boxed, circled])
def test_outline_goes_and_digits_stay(draw):
    before, after = opened(draw("253"))
    _, plain = opened(number("253")[0])
    assert np.count_nonzero(before.mask) > 1.5 * np.count_nonzero(plain.mask)
    assert np.count_nonzero(after.mask) == pytest.approx(np.count_nonzero(plain.mask), rel=0.05)
    assert (after.flat[(before.mask > 0) & (after.mask == 0)] == 255).all()


def test_what_crosses_an_outline_stays():
    picture, (left, top, right, bottom) = number("253")
    middle = (left + right) // 2
    cv2.rectangle(picture, (left - 20, top - 20), (right + 20, bottom + 20), INK, PEN)
    cv2.line(picture, (middle, bottom - 10), (middle, bottom + 70), INK, PEN)
    _, after = opened(picture)
    below = after.mask[bottom + 32 :, middle - 10 : middle + 10]
    assert np.count_nonzero(below) > 30 * PEN


@pytest.mark.parametrize("text", ["0", "8", "6", "900", "80652"])
def test_digits_are_no_enclosures(text):
    before, after = opened(number(text)[0])
    assert after is before


@pytest.mark.parametrize("drawn", ["speck", "slash"])
def test_zero_with_a_speck_or_a_slash_stays(drawn):
    picture = np.ascontiguousarray(sheet(300, 300))
    cv2.ellipse(picture, (150, 150), (50, 90), 0, 0, 360, INK, PEN)
    if drawn == "speck":
        cv2.circle(picture, (150, 150), 9, INK, -1)
    else:
        cv2.line(picture, (130, 200), (170, 100), INK, PEN)
    before, after = opened(picture)
    assert after is before


def test_blank_page_has_none():
    before, after = opened(sheet(200, 300))
    assert after is before


@given(MASKS, st.sampled_from([0.0, 1.0, 2.5, 6.0]))
def test_ink_only_goes_paper_only_comes_and_the_input_stays(mask, stroke_width):
    flat = np.where(mask > 0, 40, 250).astype(np.uint8)
    ink, paper = mask.copy(), flat.copy()
    after = without_enclosures(Binarized(flat, flat, mask, stroke_width))
    assert np.array_equal(mask, ink)
    assert np.array_equal(flat, paper)
    assert after.mask.dtype == after.flat.dtype == np.uint8
    assert (after.mask <= mask).all()
    assert (after.flat >= flat).all()
