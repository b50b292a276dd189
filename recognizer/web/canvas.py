"""Where a number is drawn: a sheet on gr.HTML, Gradio's way to components of one's own.

Gradio's Sketchpad has no place where the number is to be there 0.3 seconds after a stroke. From the end of a stroke to
the text, in Chromium on two cores without a graphics card:

    Sketchpad                            950 ms, seldom below 900 or above 1300
      until it lets go of the stroke     580 ms  its pause, and the picture read back from WebGL
      until its pictures are uploaded    220 ms  three of them, twice; more than twenty uploads a stroke in all
      queue, reading, answer             150 ms
    Sketchpad, a quarter of the pixels   780 ms  also without the queue; 570 ms until it lets go of the stroke
    this sheet with the queue            120 ms
    this sheet                            80 ms  of which 15 ms reading; one request of some hundred bytes a digit

It also redraws without end, 70 ms a frame, and keeps back the first change. The sheet sends its strokes, not a picture:
they are small, undone by leaving out the last, and ink is dark on white for the reader in whatever theme it was drawn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import numpy as np
import numpy.typing as npt

from recognizer.types import RgbImage
from recognizer.web.i18n import text
from recognizer.web.language import say
from recognizer.web.result import Reader, Result, look

SHEET = (640, 440)
"""Width and height of the sheet in its own units, which are the pixels of the picture that is read."""
PEN_WIDTH = 14
"""About as wide on a drawn digit as a felt pen is on a written one."""
MOST_CHARACTERS = 500_000
"""Longest drawing that is looked at, as JSON: hours of drawing."""
MOST_POINTS = 20_000

_SHADES = np.linspace((255, 255, 255), (17, 24, 39), 256).round().astype(np.uint8)  # from paper to ink
_FINER = 4
_SUBPIXEL_BITS = 4
_STEPS = np.linspace(0, 1, 5)[1:, np.newaxis, np.newaxis]  # where on a curve its straight pieces end

_SHEET_HTML = f"""
<svg viewBox="0 0 {SHEET[0]} {SHEET[1]}" tabindex="0" role="application" aria-labelledby="canvas-label"
  aria-keyshortcuts="Control+Z Control+Y Delete">
<g fill="none" stroke="currentColor" stroke-width="{PEN_WIDTH}" stroke-linecap="round" stroke-linejoin="round"></g>
<text id="canvas-label" x="50%" y="50%" text-anchor="middle">${{label}}</text>
</svg>
"""

CANVAS_CSS = """
#canvas svg { display: block; width: 100%; height: auto; border-radius: var(--block-radius); cursor: crosshair;
  border: 1px solid var(--border-color-primary); background: var(--background-fill-primary);
  color: #111827; touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; }
.dark #canvas svg { color: #f5f5f4; }
#canvas svg:focus { outline: none; }
#canvas svg:focus-visible { outline: 3px solid var(--primary-500); outline-offset: 2px; }
#canvas svg text { fill: var(--body-text-color-subdued); font-size: 24px; }
#canvas svg g:not(:empty) + text { display: none; }
.canvas-tools { gap: 8px; }
"""


def build_canvas() -> Any:
    """Build the canvas inside the surrounding gr.Blocks; its `input` event comes after each stroke, undo, redo and clear."""
    canvas = gr.HTML(
        "",
        label=text("CANVAS"),
        html_template=_SHEET_HTML,
        js_on_load=Path(__file__).with_name("canvas.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="canvas",
    )
    with gr.Row(elem_classes="canvas-tools"):
        for name in ("undo", "redo", "clear"):
            gr.Button(text(name.upper()), size="sm", min_width=80, elem_id=f"canvas-{name}").click(
                None,
                js=f'() => {{ document.querySelector("#canvas svg").dispatchEvent(new Event("{name}")); }}',
                api_visibility="private",
            )
    return canvas


def read_drawing(reader: Reader, drawing: str | None, language: str | None = None) -> Result | None:
    """Read the canvas.

    Args:
        reader: what reads the picture.
        drawing: value of the canvas, as its visitor sent it: JSON, a list of strokes of points [x, y] in `SHEET`'s units.
        language: tag of the visitor's language.

    Returns:
        None where the sheet is empty; a result with a problem where the drawing is none or too large.
    """
    if not drawing:
        return None
    try:
        strokes = _strokes_of(drawing)
    except _TooLargeError:
        return Result(problem=say(language, "DRAWING_TOO_LARGE"))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Result(problem=say(language, "DRAWING_DAMAGED"))
    return look(reader, draw_strokes(strokes), language) if strokes else None


def draw_strokes(strokes: list[npt.NDArray[np.float64]]) -> RgbImage:
    """Dark ink on white paper.

    Args:
        strokes: (points, 2) x and y in `SHEET`'s units, each with at least one point.

    Returns:
        (height, width, 3) uint8 RGB of the size `SHEET`.
    """
    width, height = SHEET
    # Drawn large and reduced: OpenCV's own anti-aliasing leaves a bump at each point of a thick line.
    ink = np.zeros((height * _FINER, width * _FINER), np.uint8)
    for stroke in strokes:
        # Far outside the sheet nothing is seen, and OpenCV's whole numbers end somewhere.
        points = np.clip(_smooth(stroke), (-width, -height), (2 * width, 2 * height))
        # Coordinates count from the middle of a pixel in OpenCV, from its corner in the browser.
        fixed = np.rint((points * _FINER - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(ink, [fixed], False, 255, PEN_WIDTH * _FINER, cv2.LINE_8, _SUBPIXEL_BITS)
    return np.asarray(_SHADES[cv2.resize(ink, SHEET, interpolation=cv2.INTER_AREA)], dtype=np.uint8)


class _TooLargeError(Exception):
    """More strokes or points than are read."""


def _strokes_of(drawing: str) -> list[npt.NDArray[np.float64]]:
    """(points, 2) of each stroke; raises `_TooLargeError`, and one of many errors for what is no drawing."""
    if len(drawing) > MOST_CHARACTERS:
        raise _TooLargeError
    lists = json.loads(drawing)
    if not isinstance(lists, list):
        raise TypeError
    strokes = [np.asarray(points, np.float64) for points in lists]
    if sum(len(stroke) for stroke in strokes) > MOST_POINTS:
        raise _TooLargeError
    for stroke in strokes:
        if stroke.ndim != 2 or stroke.shape[1] != 2 or not len(stroke) or not np.isfinite(stroke).all():
            raise ValueError
    return strokes


def _smooth(stroke: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Quadratic curves through the middles between a stroke's points, as canvas.js draws them: (N, 2)."""
    if len(stroke) < 3:
        return stroke[[0, -1]]  # of a tap the same point twice, which OpenCV draws as a dot
    middles = (stroke[1:-1] + stroke[2:]) / 2
    starts = np.concatenate([stroke[:1], middles[:-1]])
    t = _STEPS
    curves = (1 - t) ** 2 * starts + 2 * t * (1 - t) * stroke[1:-1] + t**2 * middles
    return np.concatenate([stroke[:1], curves.swapaxes(0, 1).reshape(-1, 2), stroke[-1:]])
