"""Every error that the reader raises on purpose, each with one sentence that a person can act on.

All stand below :class:`RecognizerError`, so that ``except RecognizerError`` is enough for a batch that has to go on.
"""


class RecognizerError(Exception):
    """Base class: catch this to go on past any picture that cannot be read."""


class ImageLoadError(RecognizerError):
    """The source is no picture that can be decoded: missing, empty, truncated, of another format, or a folder."""

    def __init__(self, sentence: str, reason: str = "") -> None:
        """Args: the sentence for a person; and, for a program that speaks another language, `reason`.

        `reason` is "empty", "unknown_format", "damaged", "too_large", or "" where only the sentence says it.
        """
        super().__init__(sentence)
        self.reason = reason


class ImageTooLargeError(ImageLoadError):
    """The picture holds more pixels than the reader decodes (see ``image_io.MAX_PIXELS``)."""


class ImageArrayError(ImageLoadError):
    """An array has a shape, dtype or value range that is not a picture."""


class CheckpointError(RecognizerError):
    """The checkpoint folder is incomplete, damaged, or of a format this version does not know."""
