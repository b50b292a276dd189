"""What visitors corrected and asked to have kept: pictures and a labels.csv that `python -m train` takes."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image

from recognizer.errors import RecognizerError
from recognizer.types import Reading, RgbImage

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LABELS = "labels.csv"
MAX_PICTURES = 10_000
MAX_BYTES = 4 * 1024**3
"""Bounds of a folder: a page that anybody may open must not fill the disk."""
MAX_CHARACTERS = 1000

_LOCK = ".lock"
_COLUMNS = ("file", "text")
_NUMBER = re.compile(r"[0-9]+(\n[0-9]+)*")


class CorrectionsError(RecognizerError):
    """A correction is not kept, or none can be."""

    def __init__(self, sentence: str, reason: str) -> None:
        """Args: the sentence for a person; and, for a page that speaks another language, `reason`.

        `reason` is "folder" (none can be kept in it), "full", "text" or "disk".
        """
        super().__init__(sentence)
        self.reason = reason


class CorrectionsFolder:
    """A folder of corrected pictures. Several threads and processes may keep corrections in it at once.

    It holds a PNG file of each picture, named by the SHA-256 of its content, and a labels.csv with the columns `file` and
    `text`, in which "|" stands for a line break. Other pictures and lines of labels.csv that are there stay as they are.
    New files can be read by this user only.
    """

    def __init__(self, path: str | Path, *, max_pictures: int = MAX_PICTURES, max_bytes: int = MAX_BYTES) -> None:
        """Make the folder where there is none, and make sure that it can be used.

        Args:
            path: the folder.
            max_pictures: most lines that labels.csv, and most pictures that the folder, may come to have.
            max_bytes: most bytes that its pictures may come to take.

        Raises:
            CorrectionsError: it cannot be made or written to, or its labels.csv is of another form.
        """
        self.path = Path(path)
        self._max_pictures, self._max_bytes = max_pictures, max_bytes
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path), self._locked():
                self._read_labels()
        except (OSError, ValueError) as error:
            raise CorrectionsError(
                f"Corrections cannot be kept in {self.path} ({_reason(error)}): name another folder.", "folder"
            ) from error

    def keep(self, picture: RgbImage, text: str, reading: Reading | None = None) -> None:
        """Keep a picture and its number. Of a picture that is there already, the last number counts.

        Args:
            picture: (height, width, 3) uint8 RGB; only its pixels are kept.
            text: digits 0 to 9; several lines are joined by a line feed.
            reading: what had been read. It is not kept.

        Raises:
            CorrectionsError: the text is no number, the folder is full, or it cannot be written to. No sentence names the
                folder: it is shown to visitors.
        """
        if not _NUMBER.fullmatch(text) or len(text) > MAX_CHARACTERS:
            raise CorrectionsError(
                f"The correction was not kept: it has to be 1 to {MAX_CHARACTERS:,} digits and line breaks.", "text"
            )
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        content = buffer.getvalue()
        name = f"{hashlib.sha256(content).hexdigest()}.png"
        try:
            with self._locked():
                labels = self._read_labels()
                if not (self.path / name).exists():
                    self._make_sure_of_room(len(labels), len(content))
                    self._write(name, content)
                labels[name] = text.replace("\n", "|")
                self._write_labels(labels)
        except (OSError, ValueError) as error:
            raise CorrectionsError(f"The correction was not kept: {_reason(error)}.", "disk") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock; the system lets go of it where the process ends."""
        with (self.path / _LOCK).open("a+b") as file:
            _lock(file)
            yield

    def _read_labels(self) -> dict[str, str]:
        """Text of each file, as labels.csv has them; none where there is no labels.csv. ValueError: it is of another form."""
        try:
            with (self.path / LABELS).open(newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
        except FileNotFoundError:
            return {}
        except (UnicodeDecodeError, csv.Error):
            rows = []
        if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) not in (0, len(_COLUMNS)) for row in rows):
            raise ValueError(f"{LABELS} has to be a CSV file with the columns file and text")
        return {row[0]: row[1] for row in rows[1:] if row}

    def _write_labels(self, labels: dict[str, str]) -> None:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="\n").writerows([_COLUMNS, *labels.items()])
        self._write(LABELS, buffer.getvalue().encode("utf-8"))

    def _make_sure_of_room(self, labels: int, more: int) -> None:
        with os.scandir(self.path) as entries:
            sizes = [entry.stat().st_size for entry in entries if entry.name.endswith(".png")]
        if max(labels, len(sizes)) >= self._max_pictures or sum(sizes) + more > self._max_bytes:
            raise CorrectionsError("The correction was not kept: the folder of corrections is full.", "full")

    def _write(self, name: str, content: bytes) -> None:
        """Write a file beside its place and move it there when whole."""
        handle, part = tempfile.mkstemp(dir=self.path, prefix=f".{name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self.path / name)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise


def _reason(error: OSError | ValueError) -> str:
    """What went wrong, without the path that an OSError names."""
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


def _lock(file: IO[bytes]) -> None:
    """Wait for the lock of an open file; closing the file gives it back."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX)
