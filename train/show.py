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
from train.examples import encode_png


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
    """A picture, (height, width) or (height, width, 3) uint8; its longer side is brought within (least, most) pixels."""
    return Image(encode_png(fit(pixels, longest_side)))


def table(rows: Sequence[Mapping[str, Any]]) -> Markdown:
    """A table with a column for each key of the first row, numbers to the right."""
    names = list(rows[0])
    right = [isinstance(rows[0][name], int | float) for name in names]
    lines = [names, ["---:" if number else "---" for number in right]]
    lines += [[str(row[name]).replace("|", "\\|") for name in names] for row in rows]
    return Markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines))
