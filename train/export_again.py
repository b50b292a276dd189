"""A checkpoint of an earlier version in this version's form: the same weights, what is made of them anew."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from recognizer.checkpoint import DIGITS, STRINGS, Checkpoint, load_checkpoint, verify_file
from train import export, export_strings
from train.evaluate import load_network
from train.run import library_versions
from train.sequence_model import load_sequence_network


class _Form(NamedTuple):
    load: Any
    export_twin: Any
    tolerance: float
    export_int8: Any


_FORMS = {
    DIGITS: _Form(load_network, export.export_onnx, export.TOLERANCE, export.export_int8),
    STRINGS: _Form(
        load_sequence_network, export_strings.export_onnx, export_strings.TOLERANCE, export_strings.export_int8
    ),
}


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder holds a network's manifest."""
    return any((folder / f"{name}.json").is_file() for name in _FORMS)


def export_again(folder: Path, to: Path) -> list[Path]:
    """Make a checkpoint of the weights of a checkpoint.

    Args:
        folder: holds the digit network, the line network or both.
        to: the checkpoint folder, perhaps the same; of each network the files are replaced together, or not at all.

    Returns:
        Paths of the manifests, which say what the old ones said but for the export itself.

    Raises:
        CheckpointError: a file of the checkpoint is missing or differs from its manifest.
        RunError: the weights are of another network than this version's.
        ExportError: a network cannot be exported, or its forms do not agree.
    """
    names = [name for name in _FORMS if (folder / f"{name}.json").is_file()]
    checkpoints = [load_checkpoint(folder, name) for name in names]
    for checkpoint in checkpoints:
        verify_file(checkpoint, checkpoint.keras_path)
    return [
        export.write_checkpoint(
            checkpoint.name,
            checkpoint.keras_path,
            to,
            **_FORMS[checkpoint.name]._asdict(),
            describe=partial(_describe, checkpoint),
        )
        for checkpoint in checkpoints
    ]


def _describe(checkpoint: Checkpoint, folder: Path, _: Any) -> dict[str, Any]:
    libraries = {**checkpoint.manifest.get("libraries", {}), "export": library_versions()}
    return {
        **checkpoint.manifest,
        "date": datetime.now(UTC).date().isoformat(),
        "files": export.file_hashes(folder, checkpoint.name),
        "libraries": libraries,
    }
