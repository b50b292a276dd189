"""Where a number is drawn."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from recognizer.web import strings
from recognizer.web.result import Reader, Result, look

# Wide rather than high, as numbers are; the brush is about as wide on a drawn digit as a felt pen is on a written one.
_CANVAS_SIZE = (640, 384)
_BRUSH_SIZE = 14

CANVAS_JS = """
() => {
  // Gradio's canvas shows a "select the draw tool" prompt at the start and after it was cleared, and keeps back the
  // first change after it was built. Whenever the prompt shows, take the brush, so that a stroke draws; clear a new
  // canvas once, so that the change that is kept back is not the first stroke.
  const prepare = () => {
    const canvas = document.querySelector("#canvas .image-container");
    if (!canvas?.querySelector(".empty")) return;
    if (!canvas.dataset.cleared) {
      canvas.dataset.cleared = "yes";
      canvas.querySelector(".top-panel > button:last-of-type")?.click();
    }
    canvas.querySelector(".toolbar-wrap button")?.click();
  };
  new MutationObserver(prepare).observe(document.body, { childList: true, subtree: true });
  prepare();
}
"""
"""Runs when the page has loaded."""

CANVAS_CSS = """
/* The canvas keeps undo, redo and clear. Its other tools (pan and zoom, brush size and colour) have no use here: the
   brush is taken by CANVAS_JS, and the canvas always fits. */
/* The colours that the canvas itself paints around its sheet, for the strip that it may leave free at the edge. */
#canvas .image-container { background: #ffffff; border-radius: inherit; }
.dark #canvas .image-container { background: #262626; }
#canvas .toolbar-wrap, #canvas .empty, #canvas .zoom-number, #canvas .separator,
#canvas .top-panel > button:nth-of-type(-n+3) { display: none; }
"""


def build_canvas() -> Any:
    """Build the canvas inside the surrounding gr.Blocks."""
    return gr.Sketchpad(
        label=strings.CANVAS,
        height=400,
        canvas_size=_CANVAS_SIZE,
        brush=gr.Brush(default_size=_BRUSH_SIZE, colors=["#111827"], color_mode="fixed"),
        layers=False,
        transforms=(),
        # RGBA: the canvas is transparent where nothing was drawn, and modes without alpha read that as black ink.
        image_mode="RGBA",
        type="pil",
        format="png",
        buttons=[],
        elem_id="canvas",
    )


def read_drawing(reader: Reader, drawing: dict[str, Any] | None, language: str | None = None) -> Result | None:
    """Read the canvas; None where it is empty."""
    composite = drawing["composite"] if drawing else None
    if composite is None or composite.getextrema()[3][1] == 0:
        return None
    paper = Image.new("RGBA", composite.size, "white")
    return look(reader, Image.alpha_composite(paper, composite).convert("RGB"), language)
