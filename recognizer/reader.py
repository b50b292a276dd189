"""The reader: composes the stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recognizer.types import Reading, Trace


class DigitReader:
    """Reads handwritten numbers from pictures."""

    @classmethod
    def from_checkpoint(cls, folder: str | Path | None = None) -> DigitReader:
        """Reader with the weights in `folder`, None for the bundled ones."""
        raise NotImplementedError

    def read(self, picture: Any) -> Reading:
        """Read one picture."""
        return self.trace(picture).reading

    def trace(self, picture: Any) -> Trace:
        """Read one picture, keeping every intermediate picture."""
        raise NotImplementedError
