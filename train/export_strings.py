"""From a run of the line network to a checkpoint, as `train.export` makes one of a run of the digit network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import FORMAT_VERSION, STRINGS, sha256_of
from recognizer.ctc import CLASSES
from recognizer.normalize import to_network_input
from recognizer.types import LINE_HEIGHT
from train.callbacks import BEST, HISTORY, read_history
from train.errors import ExportError
from train.export import convert, matching_metrics, training_options, write_checkpoint
from train.line_batches import sorted_batches
from train.model import parameter_counts
from train.run import library_versions
from train.sequence_model import FRAME, load_sequence_network
from train.strings import StringsConfig, load_strings_config
from train.synthesis import StringStream
from train.synthesis.made import made_sources

TOLERANCE = 1e-4
"""How far a log-probability of the ONNX twin may be from Keras's, in nats."""
_NEGLIGIBLE = 1e-6
_WIDTH_STEP = 8
"""What a line's width must be a multiple of."""


def export_strings_run(run: Path, to: Path) -> Path:
    """Make a checkpoint of a run's best weights.

    Args:
        run: the run folder; its best weights must have been measured, by the training or `python -m train evaluate`.
        to: the checkpoint folder; files that are there are replaced together, or not at all.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the run is incomplete or of another network, or its figures are of other weights.
        ExportError: the ONNX twin cannot be made or does not agree; `to` is as it was.
    """
    config, description = load_strings_config(run)
    metrics = matching_metrics(run, "validation")
    return write_checkpoint(
        STRINGS,
        run / BEST,
        to,
        load=load_sequence_network,
        export_twin=export_onnx,
        describe=lambda folder, network: make_manifest(
            config, description, metrics, folder, parameter_counts(network), run
        ),
    )


def export_onnx(network: Any, path: Path) -> float:
    """Write a line network as ONNX, free in batch size and width, and compare both.

    Args:
        network: takes (N, 32, W, 1) float32 in [0, 1].
        path: the .onnx file to write.

    Returns:
        The largest difference, as `largest_difference` gives it.

    Raises:
        ExportError: the export failed, or the difference is above `TOLERANCE`.
    """
    convert(network, path, "lines", (None, LINE_HEIGHT, None, 1))
    difference = largest_difference(network, path, check_batches())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The ONNX twin differs from the Keras network by {difference:.1e}, more than {TOLERANCE:.0e}."
        )
    return difference


def largest_difference(network: Any, path: Path, batches: Sequence[npt.NDArray[np.float32]]) -> float:
    """Largest difference of a log-probability between a Keras network and an ONNX file, in nats.

    Probabilities below a millionth count as a millionth: their logarithms differ more, and change no reading.

    Args:
        network: the Keras network.
        path: the ONNX file.
        batches: (N, 32, W, 1) float32 in [0, 1] each, of differing N and W.

    Raises:
        ExportError: the file does not take batches of any size and width.
    """
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    count, height, width, channels = entry.shape
    if (height, channels) != (LINE_HEIGHT, 1) or isinstance(count, int) or isinstance(width, int):
        raise ExportError(f"The ONNX twin takes {entry.shape}, not any number of lines of any width.")
    largest = 0.0
    for batch in batches:
        expected = np.asarray(network.predict_on_batch(batch), np.float32)
        answer = session.run(None, {entry.name: batch})[0]
        # What is no number stays none, and no tolerance lets that pass.
        both = np.maximum(np.stack([expected, answer]), np.float32(np.log(_NEGLIGIBLE)))
        largest = float(np.maximum(largest, np.abs(both[0] - both[1]).max()))
    return largest


def check_batches(count: int = 64, seed: int = 0) -> list[npt.NDArray[np.float32]]:
    """Lines to compare networks on: `count` of them written as for the training, but with digits of this project's own hands;
    and a blank one, a white one, and noise.

    Returns:
        (N, 32, W, 1) float32 in [0, 1] each, of differing N and W.
    """
    lines, classes = StringStream(made_sources(), seed).batch(0, count)
    batches = [pictures for pictures, _ in sorted_batches(lines, classes, 16)]
    extremes = np.zeros((3, LINE_HEIGHT, 5 * _WIDTH_STEP), np.uint8)
    extremes[1] = 255
    extremes[2] = np.random.default_rng(seed).integers(0, 256, extremes.shape[1:])
    return [to_network_input(pictures) for pictures in (*batches, extremes, batches[-1][:1])]


def make_manifest(
    config: StringsConfig,
    description: Mapping[str, Any],
    metrics: Mapping[str, Any],
    folder: Path,
    parameters: Mapping[str, int],
    run: Path,
) -> dict[str, Any]:
    """What `strings.json` holds: everything that a person needs to judge the weights and to make them again."""
    rows = read_history(run / HISTORY)
    return {
        "format": FORMAT_VERSION,
        "name": STRINGS,
        "date": datetime.now(UTC).date().isoformat(),
        "files": {name: sha256_of(folder / name) for name in (f"{STRINGS}.keras", f"{STRINGS}.onnx")},
        "input": {
            "shape": [None, LINE_HEIGHT, None, 1],
            "dtype": "float32",
            "range": [0.0, 1.0],
            "ink": "white on black",
            "width_step": _WIDTH_STEP,
        },
        "output": {"values": "log-probabilities in nats", "frame_width": FRAME},
        "classes": list(CLASSES),
        "parameters": dict(parameters),
        "metrics": {"validation": metrics["validation"]},
        "seed": config.seed,
        "training": training_options(description),
        "init": description.get("init"),
        "data": description["files"],
        "epochs_run": len(rows),
        "steps_run": len(rows) * config.epoch_steps,
        "best_epoch": int(min(rows, key=lambda row: (row["val_cer"], row["val_loss"]))["epoch"]) if rows else 0,
        "training_minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        "precision": description["precision"],
        "machine": description["machine"],
        "libraries": {"training": description["libraries"], "export": library_versions()},
    }
