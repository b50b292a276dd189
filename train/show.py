"""What a notebook shows: pictures, plots and tables, as IPython takes them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from IPython.display import Image, Markdown

from recognizer.draw import fit
from train.examples import encode_jpeg, encode_png

_MOST_BYTES = 150_000
_QUALITY = 85
_FIGURES = tuple("0123456789–")


def plot(save: Callable[..., None], *what: Any, **options: Any) -> Image:
    """A plot of `train.plots`.

    Args:
        save: one of its functions.
        what: what that takes, but for the path.
        options: likewise, by name.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plot.png"
        save(*what, path=path, **options)
        return Image(path.read_bytes())


def picture(pixels: npt.NDArray[np.uint8], longest_side: tuple[int, int] = (280, 900)) -> Image:
    """A picture, (height, width) or (height, width, 3) uint8; its longer side is brought within (least, most) pixels.

    A photograph, which is large as PNG, is shown as JPEG: a notebook keeps what it shows in its file.
    """
    fitted = fit(pixels, longest_side)
    content = encode_png(fitted)
    return Image(content if len(content) <= _MOST_BYTES else encode_jpeg(fitted, _QUALITY))


def table(rows: Sequence[Mapping[str, str]]) -> Markdown:
    """A table with a column for each key of the first row; columns of figures are set to the right."""
    names = list(rows[0])
    right = [all(row[name][:1] in _FIGURES for row in rows) for name in names]
    lines = [names, ["---:" if figures else "---" for figures in right]]
    lines += [[row[name].replace("|", "\\|") for name in names] for row in rows]
    return Markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines))
