"""What lies between the pen and the network: rules, neighbours, patterns, faint ink, blur, low resolution and noise."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import LINE_HEIGHT
from train.synthesis.line import FINE, ROWS

_MIN_WIDTH = 16


def degrade(
    ink: npt.NDArray[np.uint8],
    body: tuple[int, int],
    rng: np.random.Generator,
    neighbour: npt.NDArray[np.uint8] | None = None,
) -> npt.NDArray[np.uint8]:
    """Put a written line on paper and look at it as the reader does.

    Args:
        ink: (64, W) uint8 as from `write_line`.
        body: first and last row of the digits' bodies in `ink`.
        rng: the source of all variation.
        neighbour: (64, V) uint8, another line's ink, of which the edge may reach into the picture from above or below.

    Returns:
        (32, w) uint8, white ink on black: grey values as the reader's line pictures have them.
    """
    left, right = (int(FINE * rng.uniform(2, 11)) for _ in range(2))
    width = max(FINE * _MIN_WIDTH, ink.shape[1] + left + right)
    fine = np.zeros((ROWS, width), np.uint8)
    fine[:, left : left + ink.shape[1]] = ink
    if neighbour is not None and rng.random() < 0.5:
        _reach_in(fine, neighbour, rng)
    if rng.random() < 0.12:
        fine = _broken(fine, rng)
    if rng.random() < 0.34:
        _rule(fine, body, rng)
    if rng.random() < 0.05:
        _smudge(fine, rng)
    line = cv2.resize(fine, (width // FINE, LINE_HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    return _photograph(line, rng)


def _reach_in(fine: npt.NDArray[np.uint8], neighbour: npt.NDArray[np.uint8], rng: np.random.Generator) -> None:
    rows = np.flatnonzero(neighbour.any(axis=1))
    if not len(rows):
        return
    depth = int(rng.integers(2, 11))
    count = min(neighbour.shape[1], fine.shape[1])
    start = int(rng.integers(0, fine.shape[1] - count + 1))
    if rng.random() < 0.5:
        piece, window = neighbour[rows[-1] + 1 - depth : rows[-1] + 1, :count], fine[:depth, start : start + count]
    else:
        piece, window = neighbour[rows[0] : rows[0] + depth, :count], fine[ROWS - depth :, start : start + count]
    size = min(len(piece), len(window))
    np.maximum(window[:size], piece[:size], out=window[:size])


def _broken(fine: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Ink that skips: it fades in patches of about a stroke's width."""
    small = rng.random((ROWS // 6, fine.shape[1] // 6 + 1), dtype=np.float32)
    cover = cv2.resize(small, fine.shape[::-1], interpolation=cv2.INTER_LINEAR)
    share = np.clip((cover - rng.uniform(0.1, 0.3)) / 0.25, rng.uniform(0.0, 0.5), 1.0)
    return np.asarray(fine * share, dtype=np.uint8)


def _rule(fine: npt.NDArray[np.uint8], body: tuple[int, int], rng: np.random.Generator) -> None:
    """Ruling lines, underlines, the borders of a cell or a box, or pieces of them."""
    height, width = fine.shape
    level = int(rng.uniform(90, 255))
    thickness = int(rng.integers(1, 5))
    slope = rng.normal(0.0, 0.012) * width
    top, bottom = body

    def row(y: float, start: float = 0.0, end: float = 1.0) -> None:
        a = (int(start * width), int(y + slope * (start - 0.5)))
        b = (int(end * width), int(y + slope * (end - 0.5)))
        _stroke(fine, a, b, level, thickness)

    def column(x: float, start: float = 0.0, end: float = 1.0) -> None:
        lean = rng.normal(0.0, 0.03) * height
        _stroke(fine, (int(x), int(start * height)), (int(x + lean), int(end * height)), level, thickness)

    if rng.random() < 0.55:
        start, end = (0.0, 1.0) if rng.random() < 0.6 else sorted(rng.random(2))
        row(min(height - 1.0, bottom + rng.uniform(-4, 14)), start, end)
    if rng.random() < 0.25:
        row(max(0.0, top - rng.uniform(0, 14)), *((0.0, 1.0) if rng.random() < 0.6 else sorted(rng.random(2))))
    if rng.random() < 0.06:
        row(rng.uniform(top, bottom))
    if rng.random() < 0.05:
        row(bottom + rng.uniform(2, 6))
        row(bottom + rng.uniform(7, 12))
    for side in (0, 1):
        if rng.random() < 0.34:
            x = rng.uniform(0, 9)
            # A broken border still runs on beyond the line of writing, above or below: that tells it from a 1.
            end = rng.uniform(0.3, 0.9)
            part = (0.0, 1.0) if rng.random() < 0.6 else (0.0, end) if rng.random() < 0.5 else (1 - end, 1.0)
            column(x if side == 0 else width - 1 - x, *part)


def _stroke(
    fine: npt.NDArray[np.uint8], start: tuple[int, int], end: tuple[int, int], level: int, thickness: int
) -> None:
    drawn = np.zeros_like(fine)
    cv2.line(drawn, start, end, level, thickness, cv2.LINE_AA)
    np.maximum(fine, drawn, out=fine)


def _smudge(fine: npt.NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Specks and blots."""
    for _ in range(int(rng.integers(1, 6))):
        centre = int(rng.integers(0, fine.shape[1])), int(rng.integers(0, ROWS))
        axes = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        cv2.ellipse(fine, centre, axes, float(rng.uniform(0, 180)), 0, 360, int(rng.uniform(80, 255)), -1)


def _photograph(line: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    height, width = line.shape
    if rng.random() < 0.30:  # a small or far picture
        rows = int(rng.integers(14, 30))
        small = cv2.resize(line, (max(4, round(width * rows / height)), rows), interpolation=cv2.INTER_AREA)
        line = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.55:
        line = cv2.GaussianBlur(line, (0, 0), float(rng.uniform(0.3, 1.3)))
    if rng.random() < 0.30:  # ink that is fainter here than there
        cover: npt.NDArray[Any] = rng.random((3, max(2, width // 12)), dtype=np.float32)
        cover = cv2.resize(cover, (width, height), interpolation=cv2.INTER_CUBIC)
        line = line * (1 - float(rng.uniform(0.1, 0.6)) * cover)
    # The reader stretches the greys so that typical ink is white: thin or blurred strokes are brought up to that again.
    inked = line[line > 60]
    level = float(np.mean(inked)) if len(inked) else 200.0
    line = line * (255.0 / max(level, 20.0) * float(rng.uniform(0.7, 1.35)))
    if rng.random() < 0.20:
        line = line + _pattern(height, width, rng)
    if rng.random() < 0.55:
        grain: npt.NDArray[Any] = rng.standard_normal((height, width), dtype=np.float32)
        if rng.random() < 0.6:
            grain = 1.6 * cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.5, 1.0)))
        line = line + float(rng.uniform(2, 34)) * grain
    if rng.random() < 0.10:
        line = (line > float(rng.uniform(70, 150))) * np.float32(255)
    picture = np.clip(line, 0, 255).astype(np.uint8)
    if rng.random() < 0.06:
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 70))])
        picture = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, dtype=np.uint8)


def _pattern(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A security pattern: fine wavy lines, of which thresholding leaves only the crests."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(-0.5, 0.5) if rng.random() < 0.7 else rng.uniform(0, 3.14), rng.uniform(2.2, 7.0)
    bend = rng.uniform(0, 2.0) * np.sin(x / rng.uniform(5, 20) + rng.uniform(0, 6.28))
    wave = np.sin((y * np.cos(angle) + x * np.sin(angle) + bend) * (2 * np.pi / period))
    if rng.random() < 0.3:
        wave = np.maximum(wave, np.sin((y * np.cos(angle + 1.2) + x * np.sin(angle + 1.2)) * (2 * np.pi / period)))
    return np.asarray(float(rng.uniform(15, 90)) * (wave - float(rng.uniform(-0.3, 0.6))), dtype=np.float32)
