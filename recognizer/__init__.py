"""Read handwritten numbers from pictures.

from recognizer import DigitReader

reader = DigitReader.from_checkpoint()
print(reader.read("picture.png").text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recognizer.errors import RecognizerError
from recognizer.types import Alternative, Box, Digit, Reading, Trace

if TYPE_CHECKING:
    from recognizer.reader import DigitReader

__all__ = ["Alternative", "Box", "Digit", "DigitReader", "Reading", "RecognizerError", "Trace"]


def __getattr__(name: str) -> Any:
    """Load the reader, and with it OpenCV and ONNX Runtime, when it is first asked for: `--help` needs neither."""
    if name == "DigitReader":
        from recognizer.reader import DigitReader

        return DigitReader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
