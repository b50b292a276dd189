"""A reading as a notebook shows it: the picture with what was found in it, the text, and what to look at."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

from PIL import Image

from recognizer.draw import annotate
from recognizer.errors import RecognizerError
from recognizer.image_io import load_image
from recognizer.table import doubtful_places
from recognizer.types import Reading

_LONGEST_SIDE = (320, 960)
"""Least and most pixels of the picture's longer side: a notebook keeps what it shows in its file."""


def to_html(reading: Reading, source: Any) -> str:
    """Annotated picture, text, confidence and doubtful digits of a reading, as HTML.

    Args:
        reading: what was read.
        source: what it was read from, as `recognizer.image_io.load_image` takes it. Where it is gone, no picture any more or
            of another size, the picture is left out.

    Returns:
        One element, all text in it escaped, the picture as a data URI.
    """
    text = html.escape(reading.text)
    parts = [_picture(reading, source, text or "A picture without a digit")]
    if not text:
        parts.append("<div>No digit found.</div>")
    else:
        style = "font-size: 2em; line-height: 1.3; letter-spacing: 0.05em; white-space: pre"
        parts.append(f'<div style="{style}">{text}</div>')
        summary = f"Confidence {reading.confidence:.2f}"
        if reading.doubtful:
            summary += f"; digits to look at: {html.escape(doubtful_places(reading))}"
        parts.append(f"<div>{summary}</div>")
    return f"<div>{''.join(parts)}</div>"


def _picture(reading: Reading, source: Any, text: str) -> str:
    """The annotated picture as an HTML element; "" where there is none."""
    try:
        picture = load_image(source)
    except RecognizerError:
        return ""
    if picture.shape[:2] != (reading.height, reading.width):
        return ""
    buffer = io.BytesIO()
    Image.fromarray(annotate(picture, reading, longest_side=_LONGEST_SIDE)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{text}" style="max-width: min(100%, 640px); height: auto">'
