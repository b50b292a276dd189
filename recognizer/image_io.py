"""Any picture to an RGB array: the one entry for paths, bytes, Pillow images and arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from recognizer.errors import ImageArrayError, ImageLoadError, ImageTooLargeError
from recognizer.types import GreyImage, RgbImage

MAX_PIXELS = 80_000_000
"""Largest picture that is decoded, width times height: 240 MB as RGB. A phone's 50-megapixel photograph passes."""


def load_image(source: Any) -> RgbImage:
    """Load a picture as a person sees it: upright by its EXIF tag, transparency on white.

    Args:
        source: a path (str or os.PathLike), the bytes of a picture file, a Pillow image, or an array. Arrays are
            (height, width), (height, width, 1), (height, width, 3) RGB or (height, width, 4) RGBA; of bool, of an integer
            type with values 0..255 (uint16: 0..65535), or of a float type with values 0..1 (or 0..255 where one exceeds 1).

    Returns:
        (height, width, 3) uint8 RGB, a copy: the caller's array or image is never changed.

    Raises:
        ImageLoadError: the source is missing, empty, truncated, of an unknown format, or not a picture at all.
        ImageTooLargeError: it has more than `MAX_PIXELS` pixels.
        ImageArrayError: an array has a shape, dtype or values that are not a picture.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_pillow(source, "The picture")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), "The picture")
    if isinstance(source, (str, os.PathLike)):
        path = Path(os.fsdecode(source))
        return _from_bytes(_read_file(path), str(path))
    raise ImageLoadError(
        f"A {type(source).__name__} is not a picture: give a path, the bytes of a picture file, a Pillow image or an array."
    )


def to_grey(rgb: RgbImage) -> GreyImage:
    """Luminance of an RGB picture: (height, width) uint8."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _read_file(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ImageLoadError(f"{path} is a folder: name the picture files in it.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageLoadError(f"{path} does not exist: check the path.") from error
    except PermissionError as error:
        raise ImageLoadError(f"{path} may not be read: check its permissions.") from error
    except (OSError, ValueError) as error:
        raise ImageLoadError(f"{path} cannot be read: {error}.") from error


def _from_bytes(data: bytes, name: str) -> RgbImage:
    if not data:
        raise ImageLoadError(f"{name} is empty (0 bytes): save or copy the picture again.", "empty")
    try:
        with warnings.catch_warnings():
            # Below its own error limit Pillow only warns of a huge picture; `_from_pillow` checks our smaller limit.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(_too_large(name), "too_large") from error
    except UnidentifiedImageError as error:
        raise ImageLoadError(
            f"{name} is not a picture in a known format: save it as PNG or JPEG.", "unknown_format"
        ) from error
    except Exception as error:  # Pillow's plugins raise almost anything on a damaged header
        raise ImageLoadError(
            f"{name} is damaged and cannot be opened: save or copy the picture again.", "damaged"
        ) from error
    with image:
        return _from_pillow(image, name)


def _too_large(name: str, size: tuple[int, int] | None = None) -> str:
    what = f"{size[0]}x{size[1]} pixels" if size else "too many pixels"
    return f"{name} has {what}, more than the {MAX_PIXELS // 1_000_000} megapixels read at most: make it smaller."


def _from_pillow(image: Image.Image, name: str) -> RgbImage:
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLargeError(_too_large(name, image.size), "too_large")
    if image.width == 0 or image.height == 0:
        raise ImageLoadError(f"{name} has no pixels: give a picture with a width and a height.")
    try:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith(("I", "F")):  # 16-bit, 32-bit and float greys: Pillow would clip them at 255
            return _from_array(_wide_grey(np.asarray(image)))
        if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
            image = image.convert("RGBA")
            paper = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(paper, image)
        return np.array(image.convert("RGB"), dtype=np.uint8)
    except ImageLoadError:
        raise
    except Exception as error:  # truncated data, a broken EXIF block, a codec's own error
        raise ImageLoadError(f"{name} is damaged or cut off: save or copy the picture again.", "damaged") from error


def _wide_grey(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """16-bit or float greys of a file as the array forms that `_from_array` knows."""
    if values.dtype.kind in "iu":
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise ImageArrayError(
                "The picture holds whole numbers beyond 16 bits: save it with 8 or 16 bits a channel."
            )
        return values.astype(np.uint16)
    return values


def _from_array(array: npt.NDArray[Any]) -> RgbImage:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageArrayError(
            f"An array of shape {array.shape} is not a picture: give (height, width), (height, width, 3) or (height, width, 4)."
        )
    height, width = array.shape[:2]
    if height == 0 or width == 0:
        raise ImageArrayError(
            f"An array of shape {array.shape} has no pixels: give a picture with a width and a height."
        )
    if height * width > MAX_PIXELS:
        raise ImageTooLargeError(_too_large("The array", (width, height)), "too_large")
    values = _to_uint8(array)
    if values.ndim == 2:
        return np.repeat(values[:, :, np.newaxis], 3, axis=2)
    if values.shape[2] == 3:
        return np.array(values, dtype=np.uint8, order="C")
    alpha = values[:, :, 3:].astype(np.uint16)
    blended = (values[:, :, :3].astype(np.uint16) * alpha + 255 * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)


def _to_uint8(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        return array
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if kind in "iu":
        if array.min() < 0 or array.max() > 255:
            raise ImageArrayError(
                f"An array of {array.dtype} has to hold values 0..255: it holds {array.min()}..{array.max()}."
            )
        return array.astype(np.uint8)
    if kind == "f":
        if not np.isfinite(array).all():
            raise ImageArrayError("The array holds NaN or infinite values: a picture has none.")
        low, high = float(array.min()), float(array.max())
        if low < 0 or high > 255:
            raise ImageArrayError(f"A float array has to hold values 0..1 or 0..255: it holds {low:g}..{high:g}.")
        return np.rint(array * (255.0 if high <= 1 else 1.0)).astype(np.uint8)
    raise ImageArrayError(f"An array of {array.dtype} is not a picture: give uint8, uint16 or float.")
