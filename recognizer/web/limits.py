"""What one visitor may ask of the page, so that it stays there for all."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image

MAX_FILE_BYTES = 10 * 1024**2
"""Largest file that may be uploaded."""
MAX_PIXELS_DECODED = 50_000_000
"""Largest picture that is decoded for a visitor, width times height; the reader itself takes more."""
MAX_BATCH_FILES = 200
"""Pictures that one visitor may give at once."""


def too_many_pixels(source: Path | bytes) -> bool:
    """Whether a picture has more than `MAX_PIXELS_DECODED` pixels, by its header alone: nothing is decoded.

    Args:
        source: path or content of a picture file. False for what is no picture: the reader's loader says what it is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
                return picture.width * picture.height > MAX_PIXELS_DECODED
    except Image.DecompressionBombError:
        return True
    except Exception:  # Pillow's plugins raise almost anything on a damaged header
        return False
