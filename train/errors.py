"""What training, evaluation and export refuse, each with one sentence that a person can act on."""

from recognizer.errors import RecognizerError


class TrainError(RecognizerError):
    """Base class of what `python -m train` reports in one sentence."""


class DataError(TrainError):
    """A data file is missing, damaged, of another layout, or not the one that was expected."""


class RunError(TrainError):
    """A run folder cannot be used: missing, incomplete, damaged, or taken already."""


class ExportError(TrainError):
    """A checkpoint could not be made; nothing was changed in the target folder."""


class ReportError(TrainError):
    """A report could not be written; an earlier one is as it was."""
