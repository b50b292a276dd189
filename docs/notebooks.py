"""Run the notebooks and save them with what they show: `python docs/notebooks.py [NAME...]`, all of them without a name.

Where RECOGNIZER_DATA names a folder with `data/emnist_characters.npz` in it, figures and plots come from a run on EMNIST. No
picture of a data set may be in the repository, so every notebook is run once more without it, on digits that the project made
itself, and what cells tagged `shows-data` show is taken from that run. Cells with pictures carry one of three tags:

    shows-data      pictures of the data: saved from the run on made digits
    plot            figures alone, drawn by train.plots
    own-pictures    pictures that the project made itself, whatever the data

A notebook that fails is left as it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
SHOWS_DATA = "shows-data"
DATA, PICTURE = "RECOGNIZER_DATA", "RECOGNIZER_PICTURE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run and save the notebooks named, or all."""
    parser = argparse.ArgumentParser(prog="python docs/notebooks.py", description=__doc__.partition("\n\n")[0])
    names = sorted(path.name for path in FOLDER.glob("*.ipynb"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    chosen = parser.parse_args(argv).names or names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"there is no notebook {', '.join(unknown)}")
    data = os.environ.pop(DATA, None)
    os.environ.pop(PICTURE, None)  # a picture of the user's own stays out of the repository
    for name in chosen:
        start = time.monotonic()
        save(FOLDER / name, data)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    return 0


def save(path: Path, data: str | None) -> None:
    """Run one notebook and save it with its outputs, in one atomic step.

    Args:
        path: the notebook.
        data: what RECOGNIZER_DATA is to be for its figures; None for made digits.
    """
    notebook = run(path)
    if data is not None:
        with_data = run(path, {DATA: str(Path(data).resolve())})
        for cell, real in zip(notebook.cells, with_data.cells, strict=True):
            if cell.cell_type == "code" and SHOWS_DATA not in cell.metadata.get("tags", ()):
                cell.outputs = real.outputs
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the time of day, another one at each run
    new = path.with_name(path.name + ".new")
    nbformat.write(notebook, new)
    new.replace(path)


def run(path: Path, environment: dict[str, str] | None = None) -> Any:
    """A notebook after a run from top to bottom in an empty folder, with more variables in the environment."""
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute(env=environment)
    return notebook


if __name__ == "__main__":
    sys.exit(main())
