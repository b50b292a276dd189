"""Pictures that the page shows, as files for browsers to fetch."""

from __future__ import annotations

import secrets
from pathlib import Path

import cv2
from gradio.utils import get_upload_folder

from recognizer.types import RgbImage


def picture_file(picture: RgbImage | None) -> str | None:
    """Save a picture for one visitor: path of a PNG among the uploads, as value of a gr.Image; None for None.

    Given the picture itself, Gradio would name the file by its content and write it anew each time: of two visitors who
    see the same picture, say the same example, one may fetch what is just being written for the other. It also takes
    longer to pack it than reading the number does.

    Args:
        picture: (height, width, 3) uint8 RGB.
    """
    if picture is None:
        return None
    folder = Path(get_upload_folder()) / secrets.token_hex(16)
    folder.mkdir(parents=True)
    path = folder / "image.png"
    path.write_bytes(cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
    return str(path)
