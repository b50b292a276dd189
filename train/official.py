"""The official EMNIST digits through extra-keras-datasets, with what is wrong with its download put right.

`extra_keras_datasets.emnist.load_data` asks an address that NIST has retired; the answer is a web page, which then stays in
Keras's cache as a broken archive. It also writes a file into the working directory. So the archive is fetched here, checked,
and put where the loader looks, and the loader runs in a temporary directory.

Cohen, Afshar, Tapson and van Schaik 2017, "EMNIST: an extension of MNIST to handwritten letters", arXiv:1702.05373.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import sha256_of
from train.data import CLASSES, Digits
from train.errors import DataError

Array = npt.NDArray[Any]

URL = "https://biometrics.nist.gov/cs_links/EMNIST/matlab.zip"
SHA256 = "e1fa805cdeae699a52da0b77c2db17f6feb77eed125f9b45c022e7990444df95"
"""Of `matlab.zip`, as MLDatasets.jl and the Full Stack Deep Learning course pin it, independently of each other."""
CACHE_NAME = "emnist_matlab.npz"
"""What the loader calls the archive, which is a zip file of MATLAB files for all that."""

# The server answers unknown programs with an error page.
_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_CHUNK = 1 << 20
_ADVICE = "Download it by hand and put it at {place}, or name a file of your own with --data."


def load_official(url: str = URL, sha256: str = SHA256) -> tuple[Digits, Digits, Path]:
    """The official EMNIST digits: 240,000 to train on and 40,000 to test on, upright.

    The archive (about 700 MB) is downloaded on first use to Keras's cache, `~/.keras/datasets` or `$KERAS_HOME/datasets`.
    EMNIST derives from NIST Special Database 19, a work of the United States government.

    Args:
        url: where the archive is.
        sha256: the archive's hash.

    Returns:
        The train part, the test part, and the archive's path.

    Raises:
        DataError: the archive cannot be fetched, is another one, or has another layout.
    """
    place = _keras_home() / "datasets" / CACHE_NAME
    if place.is_file() and not _is_zip(place):
        place.unlink()  # the web page that the loader's own download left behind
    if not place.is_file():
        fetch(url, place, sha256)
    elif sha256_of(place) != sha256:
        raise DataError(f"{place} is not the known EMNIST archive (SHA-256 differs): delete it and start again.")
    (train_images, train_labels), (test_images, test_labels) = _load(place)
    return _digits(train_images, train_labels, place), _digits(test_images, test_labels, place), place


def fetch(url: str, place: Path, sha256: str) -> None:
    """Download a file, check it, and only then put it in its place, in one atomic step.

    Raises:
        DataError: there is no answer, or it is not the file that was expected.
    """
    advice = _ADVICE.format(place=place)
    place.parent.mkdir(parents=True, exist_ok=True)
    request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".emnist-", delete=False) as file:
        new = Path(file.name)
    try:
        try:
            _download(request, new)
        except (urllib.error.URLError, TimeoutError, ConnectionError, OSError) as error:
            raise DataError(f"EMNIST cannot be downloaded from {url} ({error}). {advice}") from error
        with new.open("rb") as file:
            start = file.read(512)
        if not start.startswith(b"PK"):
            kind = "a web page" if b"<" in start[:64] else "another kind of file"
            raise DataError(f"{url} answered with {kind} instead of the EMNIST archive. {advice}")
        if sha256_of(new) != sha256:
            raise DataError(f"The archive from {url} is not the known EMNIST archive (SHA-256 differs). {advice}")
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)


def _download(request: urllib.request.Request, new: Path) -> None:
    with urllib.request.urlopen(request, timeout=60) as answer, new.open("wb") as file:
        total, done, shown = int(answer.headers.get("Content-Length") or 0), 0, 0.0
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            if time.monotonic() - shown > 1:
                shown = time.monotonic()
                share = f" of {total / 1e6:.0f}" if total else ""
                print(f"\rDownloading EMNIST: {done / 1e6:.0f}{share} MB", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        if total and done != total:
            raise ConnectionError(f"the connection broke after {done} of {total} bytes")


def _load(place: Path) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Run extra-keras-datasets' own loader on the archive in its place."""
    from extra_keras_datasets import emnist

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            return emnist.load_data(path=CACHE_NAME, type="digits")  # type: ignore[no-any-return]
        except Exception as error:  # zipfile, scipy and numpy raise many kinds
            raise DataError(
                f"The EMNIST archive {place} has another layout than extra-keras-datasets reads: delete it and start again."
            ) from error
        finally:  # the loader sets up logging for the whole program
            root.handlers[:] = handlers
            root.setLevel(level)


def _digits(images: Array, labels: Array, place: Path) -> Digits:
    if images.ndim != 3 or images.shape[1:] != (28, 28) or len(images) != len(labels) or labels.max() >= CLASSES:
        raise DataError(
            f"The EMNIST archive {place} holds {images.shape} images and {labels.shape} labels, not digits."
        )
    return Digits(np.ascontiguousarray(images, np.uint8), labels.astype(np.uint8))


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _keras_home() -> Path:
    """Where Keras keeps downloads; its own function for it is private."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    home.mkdir(parents=True, exist_ok=True)
    return home
