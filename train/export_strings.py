"""From a run of the line network to a checkpoint, as `train.export` makes one of a run of the digit network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import SECOND_STRINGS, STRINGS
from recognizer.ctc import CLASSES
from recognizer.normalize import to_network_input
from recognizer.types import LINE_HEIGHT
from train import quantize
from train.callbacks import BEST
from train.errors import ExportError
from train.export import Kind, convert, describe_again, make_manifest, matching_metrics, write_checkpoint
from train.line_batches import sorted_batches
from train.sequence_model import FRAME, load_sequence_network
from train.strings import StringsConfig, load_strings_config
from train.synthesis import StringStream
from train.synthesis.made import made_sources

_TOLERANCE = 1e-4
"""Largest difference of a probability between the Keras network and its twin."""
_WIDTH_STEP = 8
"""What a line's width must be a multiple of."""
_CALIBRATION_LINES = 512


def export_strings_run(run: Path, to: Path, *, manifest_only: bool = False, second: bool = False) -> Path:
    """Make a checkpoint of a run's best weights.

    Args:
        run: the run folder; its best weights must have been measured, by the training or `python -m train evaluate`.
        to: the checkpoint folder; files that are there are replaced together, or not at all.
        manifest_only: these weights were exported to `to` before: write their manifest anew and leave their files as they are.
        second: as the second line network, which is asked where a reading is in doubt.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the run is incomplete or of another network, or its figures are of other weights.
        ExportError: the ONNX twin cannot be made or does not agree, or `to` holds other weights; `to` is as it was.
        CheckpointError: the manifest alone is to be written, and `to` holds no whole checkpoint.
    """
    config, description = load_strings_config(run)
    metrics = matching_metrics(run, "validation")
    export = describe_again if manifest_only else write_checkpoint
    kind = SECOND_LINE_NETWORK if second else LINE_NETWORK
    return export(
        kind,
        run / BEST,
        to,
        lambda folder, network: _manifest(kind.name, config, description, metrics, folder, network, run),
    )


def export_onnx(network: Any, path: Path) -> float:
    """Write a line network as ONNX, free in batch size and width, and compare both.

    Args:
        network: takes (N, 32, W, 1) float32 in [0, 1].
        path: the .onnx file to write.

    Returns:
        The largest difference, as `largest_difference` gives it.

    Raises:
        ExportError: the export failed.
    """
    convert(network, path, "lines", (None, LINE_HEIGHT, None, 1))
    return largest_difference(network, path, check_batches())


def export_int8(path: Path, to: Path) -> float:
    """Write a line network's ONNX file again in 8-bit integers, and compare both on other lines.

    Returns:
        As `quantize.mean_distance`, over the frames of the lines.

    Raises:
        ExportError: ONNX Runtime cannot do it.
    """
    ranges, others = (_written_batches(_CALIBRATION_LINES, seed) for seed in (1, 2))
    return quantize.quantize_and_compare(path, to, ranges, others, np.exp)


LINE_NETWORK = Kind(STRINGS, load_sequence_network, export_onnx, _TOLERANCE, export_int8)
SECOND_LINE_NETWORK = LINE_NETWORK._replace(name=SECOND_STRINGS)


def largest_difference(network: Any, path: Path, batches: Sequence[npt.NDArray[np.float32]]) -> float:
    """Largest difference of a probability between a Keras network and an ONNX file.

    Not of a log-probability: rounding moves the logarithm of next to nothing most, and that changes no reading.

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
        largest = float(np.maximum(largest, np.abs(np.exp(answer) - np.exp(expected)).max()))
    return largest


def check_batches(count: int = 64, seed: int = 0) -> list[npt.NDArray[np.float32]]:
    """Lines to compare networks on: `count` of them written as for the training, but with digits of this project's own hands;
    and a blank one, a white one, and noise.

    Returns:
        (N, 32, W, 1) float32 in [0, 1] each, of differing N and W.
    """
    batches = _written_batches(count, seed)
    extremes = np.zeros((3, LINE_HEIGHT, 5 * _WIDTH_STEP), np.uint8)
    extremes[1] = 255
    extremes[2] = np.random.default_rng(seed).integers(0, 256, extremes.shape[1:])
    return [*batches, to_network_input(extremes), batches[-1][:1]]


def _written_batches(count: int, seed: int) -> list[npt.NDArray[np.float32]]:
    """Lines as for the training, but with digits of this project's own hands: (N, 32, W, 1) float32 in [0, 1] each."""
    lines, classes = StringStream(made_sources(), seed).batch(0, count)
    return [to_network_input(pictures) for pictures, _ in sorted_batches(lines, classes, 16)]


def _manifest(
    name: str,
    config: StringsConfig,
    description: Mapping[str, Any],
    metrics: Mapping[str, Any],
    folder: Path,
    network: Any,
    run: Path,
) -> dict[str, Any]:
    """What `strings.json` or `strings2.json` holds, see `train.export.make_manifest`."""
    own = {
        "output": {"values": "log-probabilities in nats", "frame_width": FRAME},
        "classes": list(CLASSES),
        "metrics": {"validation": metrics["validation"]},
        "precision": description["precision"],
        "machine": description["machine"],
    }
    if "mean_of" in description:
        own["mean_of"] = description["mean_of"]
    manifest = make_manifest(
        name, folder, network, description, run, own, lambda row: (row["val_cer"], row["val_loss"])
    )
    manifest["input"]["width_step"] = _WIDTH_STEP
    manifest["steps_run"] = manifest["epochs_run"] * config.epoch_steps
    return manifest
