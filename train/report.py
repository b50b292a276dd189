"""The folder that an evaluation leaves behind: its figures and its pictures, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from train.errors import ReportError
from train.run import write_json

FIGURES = "report.json"
PICTURES = frozenset(
    {
        "mistakes.png",
        "by_digits.png",
        "risk_coverage.png",
        "no_digits.png",
        "synthetic_mistakes.png",
        "synthetic_by_digits.png",
    }
)
"""The pictures that a report may hold."""


def check_report_folder(folder: Path) -> None:
    """Refuse a folder that a report must not replace.

    Raises:
        ReportError: it holds something else than an earlier report, or is a file.
    """
    if folder.is_dir():
        others = sorted({path.name for path in folder.iterdir()} - {FIGURES, *PICTURES})
        if others:
            raise ReportError(f"{folder} holds something else than a report ({others[0]}): name another folder.")
    elif folder.exists():
        raise ReportError(f"{folder} is a file: name a folder.")


def write_report(folder: Path, figures: dict[str, Any], pictures: Mapping[str, Callable[[Path], None]]) -> None:
    """Write a report in place of an earlier one.

    Args:
        folder: where; new, empty, or an earlier report.
        figures: what report.json holds.
        pictures: of each of PICTURES to write, the function that saves it at a path.

    Raises:
        ReportError: the folder cannot be written; an earlier report is as it was.
    """
    check_report_folder(folder)
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
            new, old = Path(name) / "new", Path(name) / "old"
            new.mkdir()  # with the usual permissions, which the folder above it does not have
            write_json(new / FIGURES, figures)
            for file, save in pictures.items():
                save(new / file)
            if folder.exists():
                folder.rename(old)
            try:
                new.rename(folder)
            except OSError:
                if old.exists():
                    shutil.move(old, folder)
                raise
    except OSError as error:
        raise ReportError(f"The report cannot be written to {folder}: {error.strerror}.") from error
