"""One line of writing: characters in one hand, side by side until they touch or overlap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import LINE_HEIGHT
from train.pen import Stroke
from train.synthesis.forms import Forms
from train.synthesis.marks import doodle, mark_strokes
from train.synthesis.print import printed_word
from train.synthesis.schooled import SCHOOLED, bare_one, barred_seven, flagged_one, hooked_one, zero_in_a_run
from train.synthesis.sources import Sources
from train.synthesis.texts import DOODLE, LETTER, PRINTED, WORD_LETTER

FINE = 2
"""Lines are written at this many times their final size, so that a pen may be half a pixel thick."""
ROWS = FINE * LINE_HEIGHT
_BAND = 4
"""Rows in which the distance of neighbours is measured together."""
_INK = 70
_EMNIST_PEN = 0.11
"""Width of EMNIST's strokes, in digit heights."""
_TOUCH = -0.12
"""How far a slash or a dash may reach into the digit beside it, in digit heights."""
_SMALL = 0.3
"""Share of the lines with slashes in which the digits are small: where they touch, the line is cut as high as the slashes."""
_SUBPIXEL_BITS = 3
_CAPITALS, _PRINT_PEN = (0.4, 1.0), (0.08, 0.22)
"""Height of printed capitals, in digit heights, and the thickness of their strokes, in their own."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How one line is written. Lengths are in digit heights where nothing else is said."""

    height: float
    """Height of the digits, in pixels of the final picture."""
    slant: float
    """How far the top leans to the right of the foot."""
    aspect: float
    """Width of the digits, compared with their sources."""
    pen: float
    """Width of the pen."""
    strokes: float
    """Share of the digits that are written with pen strokes; the rest are EMNIST's."""
    gap: float
    """Distance between neighbours; negative where they overlap."""
    gap_jitter: float
    """Standard deviation of the gaps."""
    drift: float
    """How far the line sinks per unit of its length."""
    offset: float
    """How far the line lies below the middle of the picture, in pixels of the final picture."""
    size_jitter: float
    """Standard deviation of the digits' sizes, as a share."""
    baseline_jitter: float
    """Standard deviation of the digits' feet."""
    turn: float
    """Standard deviation of the digits' angles, in radians."""
    space: float
    """Width of a space."""
    joined: float
    """Probability that a pen stroke leads on to the next digit."""
    flagged: float
    """Share of the 1s that have a long upstroke."""
    hooked: bool
    """Whether 1s have a short flat flag, in lines with 7s, which are broader or have a bar."""
    bare: float
    """Share of the other 1s that are a straight bar."""
    loops: float
    """Share of the 0s that are written as in a run of zeros: low, broad, open loops with a tail to the next."""
    zero_height: float
    """Height of these 0s, compared with the other digits."""
    schooled: str
    """Which of the digits in `train.synthesis.schooled.SCHOOLED` take a form that American hands hardly have."""
    alike: bool
    """Whether the same digit takes the same form all along the line, as with one writer; or each may be anybody's."""


def random_hand(rng: np.random.Generator) -> Hand:
    """Make up a hand."""
    u = rng.random()
    if u < 0.46:
        gap = rng.uniform(0.06, 0.30)
    elif u < 0.82:
        gap = rng.uniform(-0.06, 0.08)
    elif u < 0.92:
        gap = rng.uniform(-0.12, -0.03)
    else:
        gap = rng.uniform(0.3, 1.1)
    upright = rng.random() < 0.6
    slant = rng.normal(0.08, 0.12) if upright else rng.uniform(0.1, 0.85)
    schooled = rng.random() < 0.4
    strokes = (0.0, 1.0, 0.5)[int(rng.choice(3, p=[0.45, 0.43, 0.12]))]
    return Hand(
        height=float(np.clip(rng.normal(21.0, 3.0), 12.0, 29.0)),
        slant=float(np.clip(slant, -0.3, 0.9)),
        aspect=float(np.exp(rng.normal(0.0, 0.16))),
        pen=float(np.exp(rng.normal(np.log(0.087), 0.44)).clip(0.03, 0.23)),
        strokes=strokes,
        gap=float(gap),
        gap_jitter=float(rng.uniform(0.02, 0.10)),
        drift=float(rng.normal(0.0, 0.035)),
        offset=float(rng.normal(0.0, 1.2)),
        size_jitter=float(rng.uniform(0.02, 0.13)),
        baseline_jitter=float(rng.uniform(0.01, 0.09)),
        turn=float(rng.uniform(0.02, 0.10)),
        space=float(rng.uniform(0.25, 0.9)),
        joined=float(rng.uniform(0.2, 0.9)) if rng.random() < 0.15 else 0.0,
        flagged=float(rng.uniform(0.7, 1.0)) if rng.random() < 0.4 else 0.05,
        hooked=bool(rng.random() < 0.3),
        bare=float(rng.uniform(0.5, 1.0)) if rng.random() < 0.3 else 0.03,
        loops=float(rng.uniform(0.4, 1.0)) if rng.random() < 0.32 else 0.04,
        zero_height=float(rng.uniform(0.38, 1.05)),
        schooled="".join(digit for digit in SCHOOLED if rng.random() < (0.5 if schooled else 0.02)),
        alike=bool(rng.random() < 0.7),
    )


def write_line(
    text: str, hand: Hand, sources: Sources, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """Write a text.

    Args:
        text: as `train.synthesis.texts.random_text` makes them up; may be empty.
        hand: how.
        sources: the characters to write with.
        rng: chooses among them and shakes the hand.

    Returns:
        (64, W) uint8, white ink on black, `FINE` times as large as the final picture, without margins; and the first and
        last row of the digits' bodies, for rules to be drawn along.
    """
    if "/" in text and rng.random() < _SMALL:
        hand = replace(hand, height=float(rng.uniform(9.5, 16.0)))
    hand = replace(hand, hooked=hand.hooked and {"1", "7"} <= set(text))
    unit = FINE * hand.height
    # A line that climbs or sinks is cut higher than its digits, and so looked at smaller.
    climb = abs(hand.drift) * (len(text) * (0.62 * hand.aspect + max(0.0, hand.gap)))
    if (1 + climb) * unit > ROWS - 4:
        hand = replace(hand, height=max(8.0, (ROWS - 4) / (1 + climb) / FINE))
        unit = FINE * hand.height
    room = max(2.0, (ROWS - unit) / 2)
    start_of_slope = -np.sign(hand.drift) * climb / 2 * unit
    patches: list[tuple[int, npt.NDArray[np.uint8]]] = []
    right = np.full(ROWS // _BAND, -np.inf)
    cursor, before = 0.0, ""
    forms = Forms(hand.alike, sources, rng)
    for character in text:
        if character == " ":
            cursor += hand.space * unit
            before = " "
            continue
        sink = start_of_slope + hand.drift * cursor + FINE * hand.offset + rng.normal(0.0, hand.baseline_jitter) * unit
        patch = _character(character, hand, forms, rng, ROWS / 2 + float(np.clip(sink, -room, room)))
        left_edge, right_edge = _profile(patch)
        gap = (hand.gap + rng.normal(0.0, hand.gap_jitter)) * unit
        if not (character.isdigit() and before.isdigit()):
            # A mark that digits overlap cannot be told by anybody; a long stroke may touch them.
            gap = max(gap, _TOUCH * unit) if {character, before} & set("/-") else max(gap, 0.0) + 0.02 * unit
        start = 0.0
        if patches:
            distance = _dilated(right) - left_edge
            start = float(distance.max()) + gap if np.isfinite(distance).any() else cursor + gap
            # Digits that overlap only above one another must still follow each other.
            last_start, last = patches[-1]
            start = max(start, last_start + 0.3 * last.shape[1], cursor - 0.6 * patch.shape[1])
            start += (cursor - patches[-1][0] - patches[-1][1].shape[1]) if before == " " else 0.0
        patches.append((round(start), patch))
        right = np.maximum(right, right_edge + round(start))
        cursor = max(cursor, start + patch.shape[1])
        before = character
    width = max((start + patch.shape[1] for start, patch in patches), default=0)
    canvas = np.zeros((ROWS, width), np.uint8)
    for start, patch in patches:
        window = canvas[:, max(0, start) : start + patch.shape[1]]
        np.maximum(window, patch[:, max(0, -start) :], out=window)
    if hand.joined and len(patches) > 1:
        _join(canvas, patches, hand, rng)
    middle = ROWS / 2 + FINE * hand.offset
    return canvas, (int(middle - unit / 2), int(middle + unit / 2))


def _character(
    character: str, hand: Hand, forms: Forms, rng: np.random.Generator, middle: float
) -> npt.NDArray[np.uint8]:
    """One character in its column of the line: (64, w) uint8 with about one pixel of margin; its middle at row `middle`."""
    if character == PRINTED:
        return _print(hand, middle, rng)
    height = FINE * hand.height * float(np.exp(rng.normal(0.0, hand.size_jitter)))
    angle = float(rng.normal(0.0, hand.turn))
    width = height * hand.aspect * float(np.exp(rng.normal(0.0, 0.06)))
    lean = hand.slant + float(rng.normal(0.0, 0.13 if character == "1" and rng.random() < 0.5 else 0.045))
    cos, sin = np.cos(angle), np.sin(angle)
    # rotation @ (shear @ scale), from units of the digit's height to pixels
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[width, -lean * height], [0.0, height]])
    if hand.hooked and character in "17":
        return _draw(forms.made(character, hooked_one if character == "1" else barred_seven), linear, middle, hand, rng)
    if character == "1" and rng.random() < hand.flagged:
        return _draw(forms.made("1", flagged_one), linear, middle, hand, rng)
    if character == "1" and rng.random() < hand.bare:
        return _draw(bare_one(rng), linear, middle, hand, rng, bend=0.0)
    if character == "0" and rng.random() < hand.loops:
        sink = rng.uniform(0.2, 1.0) * (1 - hand.zero_height) / 2 * height
        return _draw(zero_in_a_run(rng), linear * hand.zero_height, middle + sink, hand, rng)
    if character in hand.schooled and rng.random() < 0.9:
        return _draw(forms.made(character, SCHOOLED[character]), linear, middle, hand, rng)
    if character.isdigit():
        pen_digit = forms.pen_digit(int(character)) if rng.random() < hand.strokes else None
        if pen_digit is not None:
            return _draw(pen_digit, linear, middle, hand, rng)
        return _paste(forms.image(int(character)), forms.sources, linear, middle, hand, rng)
    is_letter = character in (LETTER, WORD_LETTER)
    if is_letter and (letter := forms.letter(any_letter=character == WORD_LETTER)) is not None:
        return _paste(letter, forms.sources, linear, middle, hand, rng)
    if character == DOODLE:
        return _draw(doodle(rng), linear, middle, hand, rng, bend=0.0)
    mark = "x" if is_letter else character
    if mark == "/":
        return _draw(forms.made("/", partial(mark_strokes, "/")), linear, middle, hand, rng)
    return _draw(mark_strokes(mark, rng), linear, middle, hand, rng, bend=0.0)


def _print(hand: Hand, middle: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A printed word, mostly smaller than the digits beside it, and on a level with their middle or their foot."""
    capitals = FINE * hand.height * rng.uniform(*_CAPITALS)
    down = rng.uniform(0.35, 0.65) * capitals if rng.random() < 0.6 else FINE * hand.height * rng.uniform(0.3, 0.6)
    linear = capitals * np.eye(2)
    pen = capitals * float(rng.uniform(*_PRINT_PEN)) / (FINE * hand.height)
    return _draw(printed_word(rng), linear, min(middle + down, ROWS - 4), replace(hand, pen=pen), rng, bend=0.0)


def _paste(
    index: int,
    sources: Sources,
    linear: npt.NDArray[np.float64],
    middle: float,
    hand: Hand,
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """An image of EMNIST, brought to the hand's height, slant and pen."""
    x, y, w, h = (float(v) for v in sources.boxes[index])
    # A low and broad character was written so: it is not blown up to the height of its neighbours.
    scaled = linear / max(h, 0.72 * w)
    corners = np.array([[-w, -h], [w, -h], [-w, h], [w, h]]) / 2 @ scaled.T
    reach = float(np.abs(corners[:, 0]).max()) + 2
    columns = int(2 * reach) + 1
    offset = np.array([reach, middle]) - scaled @ np.array([x + w / 2 - 0.5, y + h / 2 - 0.5])
    matrix = np.hstack([scaled, offset[:, None]])
    patch = cv2.warpAffine(sources.images[index], matrix, (columns, ROWS), flags=cv2.INTER_LINEAR)
    # EMNIST's pen is brought near the hand's: whole pixels by erosion and dilation, the rest by blending.
    change = float(np.clip((hand.pen - _EMNIST_PEN) * FINE * hand.height, -3.2, 4.0)) / 2
    while abs(change) > 0.1:
        full = cv2.dilate(patch, _CROSS) if change > 0 else cv2.erode(patch, _CROSS)
        share = min(1.0, abs(change))
        thinner = full if share == 1.0 else cv2.addWeighted(full, share, patch, 1 - share, 0)
        if change < 0 and np.count_nonzero(thinner > 110) < 0.35 * np.count_nonzero(patch > 110):
            break  # it would vanish
        patch = thinner
        change -= np.sign(change) * share
    return np.asarray(patch, dtype=np.uint8)


_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def _draw(
    strokes: list[Stroke],
    linear: npt.NDArray[np.float64],
    middle: float,
    hand: Hand,
    rng: np.random.Generator,
    bend: float = 0.03,
) -> npt.NDArray[np.uint8]:
    """Pen strokes in units of the digit's height, bent a little, drawn with the hand's pen."""
    points = np.concatenate(strokes).astype(np.float64)
    if bend:
        wave, phase = rng.normal(0.0, 2.5, (2, 2)), rng.uniform(0, 6.28, 2)
        points = points + np.sin(points @ wave + phase) @ rng.normal(0.0, bend, (2, 2))
    points = points @ linear.T
    thickness = max(1, round(hand.pen * FINE * hand.height * float(np.exp(rng.normal(0.0, 0.08)))))
    low = float(points[:, 0].min()) - thickness / 2 - 1
    columns = int(points[:, 0].max() - low + thickness / 2) + 2
    fixed = np.round((points + np.array([-low, middle])) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    patch = np.zeros((ROWS, max(2, columns)), np.uint8)
    ends = np.cumsum([len(s) for s in strokes])
    lines = [np.repeat(s, 2, axis=0) if len(s) == 1 else s for s in np.split(fixed, ends[:-1])]
    cv2.polylines(patch, lines, False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return patch


def _profile(patch: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """First and last inked column of each band of rows: +inf and -inf where there is none."""
    bands: npt.NDArray[np.bool_] = np.any((patch > _INK).reshape(ROWS // _BAND, _BAND, -1), axis=1)
    some: npt.NDArray[np.bool_] = np.any(bands, axis=1)
    left = np.where(some, bands.argmax(axis=1), np.inf)
    right = np.where(some, bands.shape[1] - bands[:, ::-1].argmax(axis=1), -np.inf)
    return left, right


def _dilated(right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each band sees its neighbours: what nearly meets in height meets."""
    out = right.copy()
    np.maximum(out[1:], right[:-1], out=out[1:])
    np.maximum(out[:-1], right[1:], out=out[:-1])
    return out


def _join(
    canvas: npt.NDArray[np.uint8],
    patches: list[tuple[int, npt.NDArray[np.uint8]]],
    hand: Hand,
    rng: np.random.Generator,
) -> None:
    """Strokes that lead from one character to the next, as in a fast hand: thin, from near the foot or the top."""
    thickness = max(1, round(0.7 * hand.pen * FINE * hand.height))
    for (start, patch), (next_start, following) in pairwise(patches):
        if rng.random() > hand.joined or next_start - start - patch.shape[1] > hand.height * FINE:
            continue
        at_top = rng.random() < 0.5
        ends = []
        for x0, picture in ((start, patch), (next_start, following)):
            rows, columns = np.nonzero(picture > _INK)
            if not len(rows):
                break
            span = rows.min() + (rows.max() - rows.min()) * (rng.uniform(0, 0.3) if at_top else rng.uniform(0.7, 1.0))
            near = np.abs(rows - span) < 3
            if not near.any():
                break
            inked = columns[near]
            ends.append((x0 + int(inked.max() if x0 == start else inked.min()), int(span)))
        if len(ends) == 2 and ends[1][0] > ends[0][0]:
            middle = ((ends[0][0] + ends[1][0]) // 2, (ends[0][1] + ends[1][1]) // 2 + int(rng.normal(0, 3)))
            cv2.polylines(canvas, [np.array([ends[0], middle, ends[1]])], False, 255, thickness, cv2.LINE_AA)
