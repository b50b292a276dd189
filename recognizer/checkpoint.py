"""The checkpoint folder: weights, their ONNX twins and the manifest that says what they are.

A checkpoint named ``digits`` is four files: ``digits.keras`` (the source of truth), ``digits.onnx`` (the same for any runtime),
``digits.int8.onnx`` (the same in 8-bit integers, what the reader serves from) and ``digits.json`` (the manifest). The
manifest holds the SHA-256 of the others, so that a half-written or swapped file is found on loading and not in the readings.
The line network lies beside it as ``strings``, and one that is asked where a reading is in doubt as ``strings2``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import CheckpointError

FORMAT_VERSION = 1
DIGITS, STRINGS = "digits", "strings"
"""Names of the digit network's and the line network's checkpoints, and of the commands and runs that make them."""
SECOND_STRINGS = "strings2"
"""Name of the second line network's checkpoint, of the same kind of run."""
INT8 = ".int8.onnx"
"""End of the name of a network in 8-bit integers."""


def bundled_folder() -> Path:
    """Folder of the weights that come with the package: inside it in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "checkpoints"
    return inside if inside.is_dir() else package.parent / "checkpoints"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose manifest was read and whose served file was checked against it."""

    folder: Path
    name: str
    manifest: dict[str, Any]

    @property
    def onnx_path(self) -> Path:
        """The network in floating point."""
        return self.folder / f"{self.name}.onnx"

    @property
    def served_path(self) -> Path:
        """The network that the reader serves from: in 8-bit integers; in floating point where there is no other."""
        quick = self.folder / f"{self.name}{INT8}"
        return quick if quick.name in self.manifest["files"] and quick.is_file() else self.onnx_path

    @property
    def keras_path(self) -> Path:
        """The network as it was trained."""
        return self.folder / f"{self.name}.keras"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Label of each output, in order."""
        return tuple(self.manifest["classes"])

    @property
    def temperature(self) -> float:
        """What the logits are divided by so that the probabilities are calibrated (1 leaves them as they are)."""
        return float(self.manifest.get("calibration", {}).get("temperature", 1.0))


def load_checkpoint(folder: str | Path | None = None, name: str = DIGITS) -> Checkpoint:
    """Read a checkpoint's manifest and check the file that is served.

    Args:
        folder: where the files lie; None for the weights that come with the package.
        name: first part of the files' names.

    Raises:
        CheckpointError: a file is missing or differs from its manifest, or the format is not known.
    """
    folder = bundled_folder() if folder is None else Path(folder)
    manifest_path = folder / f"{name}.json"
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"There is no checkpoint at {manifest_path}: install the package again, or name a folder that "
            "`python -m train export` wrote."
        ) from error
    except ValueError as error:
        raise CheckpointError(
            f"The manifest {manifest_path} is damaged: export the checkpoint again, or restore the file."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT_VERSION:
        raise CheckpointError(
            f"The manifest {manifest_path} is not of format {FORMAT_VERSION}, the one this version reads: "
            "export the checkpoint again with this version."
        )
    fault = _fault_of(manifest)
    if fault:
        raise CheckpointError(f"The manifest {manifest_path} {fault}: export the checkpoint again.")
    checkpoint = Checkpoint(folder, name, manifest)
    verify_file(checkpoint, checkpoint.served_path)
    return checkpoint


def _fault_of(manifest: dict[str, Any]) -> str | None:
    """What a manifest of the right format lacks, as the end of a sentence; None where it is whole."""
    for key, kind in (("files", dict), ("classes", list), ("input", dict)):
        if not isinstance(manifest.get(key), kind):
            return f"has no usable entry '{key}'"
    if not manifest["classes"] or not all(isinstance(name, str) for name in manifest["classes"]):
        return "has no usable entry 'classes'"
    calibration = manifest.get("calibration", {})
    temperature = calibration.get("temperature", 1.0) if isinstance(calibration, dict) else None
    if not isinstance(temperature, (int, float)) or not 0 < temperature < float("inf"):
        return "has no usable entry 'calibration'"
    return None


def verify_file(checkpoint: Checkpoint, path: Path) -> None:
    """Compare a file of the checkpoint with the SHA-256 in the manifest.

    Raises:
        CheckpointError: the file is missing or differs.
    """
    expected = checkpoint.manifest["files"].get(path.name)
    if not path.is_file():
        raise CheckpointError(f"The checkpoint file {path} is missing: restore it, or export the checkpoint again.")
    if expected is None or sha256_of(path) != expected:
        raise CheckpointError(
            f"The checkpoint file {path} is not the one its manifest describes (SHA-256 differs): "
            "restore both files together, or export the checkpoint again."
        )
