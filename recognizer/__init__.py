"""Read handwritten numbers from pictures.

from recognizer import DigitReader

reader = DigitReader.from_checkpoint()
print(reader.read("picture.png").text)
"""

from recognizer.errors import RecognizerError
from recognizer.reader import DigitReader
from recognizer.types import Alternative, Box, Digit, Reading, Trace

__all__ = ["Alternative", "Box", "Digit", "DigitReader", "Reading", "RecognizerError", "Trace"]
