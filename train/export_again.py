"""A checkpoint of an earlier version in this version's form: the same weights, what is made of them anew."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from recognizer.checkpoint import Checkpoint, load_checkpoint, verify_file
from train.export import DIGIT_NETWORK, OF_EXPORT, Kind, file_hashes, write_checkpoint
from train.export_strings import LINE_NETWORK, SECOND_LINE_NETWORK
from train.run import library_versions


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder holds a network's manifest."""
    return bool(_kinds(folder))


def _kinds(folder: Path) -> list[Kind]:
    kinds = (DIGIT_NETWORK, LINE_NETWORK, SECOND_LINE_NETWORK)
    return [kind for kind in kinds if (folder / f"{kind.name}.json").is_file()]


def export_again(folder: Path, to: Path) -> list[Path]:
    """Make a checkpoint of the weights of a checkpoint.

    Args:
        folder: holds the digit network, line networks or all of them.
        to: the checkpoint folder, perhaps the same; of each network the files are replaced together, or not at all.

    Returns:
        Paths of the manifests, which say what the old ones said but for the export itself.

    Raises:
        CheckpointError: a file of the checkpoint is missing or differs from its manifest.
        RunError: the weights are of another network than this version's.
        ExportError: a network cannot be exported, or its forms do not agree.
    """
    checkpoints = [(kind, load_checkpoint(folder, kind.name)) for kind in _kinds(folder)]
    for _, checkpoint in checkpoints:
        verify_file(checkpoint, checkpoint.keras_path)
    return [
        write_checkpoint(kind, checkpoint.keras_path, to, partial(_describe, checkpoint))
        for kind, checkpoint in checkpoints
    ]


def _describe(checkpoint: Checkpoint, folder: Path, _: Any) -> dict[str, Any]:
    kept = {name: entry for name, entry in checkpoint.manifest.items() if name not in OF_EXPORT}
    return {
        **kept,
        "date": datetime.now(UTC).date().isoformat(),
        "files": file_hashes(folder, checkpoint.name),
        "libraries": {**kept.get("libraries", {}), "export": library_versions()},
    }
