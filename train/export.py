"""From a run to a checkpoint that the reader serves from: weights, their ONNX twin and the manifest, all or nothing."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import DIGITS, FORMAT_VERSION, INT8, load_checkpoint, sha256_of, verify_file
from recognizer.normalize import normalize, to_network_input
from recognizer.types import CLASS_NAMES, CROP_SIZE, NO_DIGIT
from train import quantize
from train.callbacks import BEST, HISTORY, read_history
from train.errors import ExportError, RunError
from train.evaluate import load_network, wilson_interval
from train.model import parameter_counts
from train.nondigits import EVALUATION, TRAINING
from train.pen import draw_strokes
from train.run import METRICS, Config, library_versions, load_config, write_json
from train.synthesis.made import made_digits

TOLERANCE = 1e-5
"""How far a probability of the ONNX twin may be from Keras's."""
_MOST_CONFUSIONS = 5
_SUFFIXES = (".keras", ".onnx", INT8)
OF_EXPORT = ("date", "onnx_difference", "int8_distance")
"""Entries of the manifest about the export itself."""


def export_run(run: Path, to: Path, *, manifest_only: bool = False) -> Path:
    """Make a checkpoint of a run's best weights.

    Args:
        run: the run folder; `python -m train evaluate` must have measured its best weights.
        to: the checkpoint folder; files that are there are replaced together, or not at all.
        manifest_only: these weights were exported to `to` before: write their manifest anew and leave their files as they are.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the run is incomplete, or its figures are of other weights.
        ExportError: the ONNX twin cannot be made or does not agree, or `to` holds other weights; `to` is as it was.
        CheckpointError: the manifest alone is to be written, and `to` holds no whole checkpoint.
    """
    config, description = load_config(run)
    metrics = matching_metrics(run, "temperature")
    export = describe_again if manifest_only else write_checkpoint
    return export(
        DIGIT_NETWORK,
        run / BEST,
        to,
        lambda folder, network: make_manifest(
            DIGITS, folder, network, description, run, _own_entries(config, description, metrics), _loss
        ),
    )


class Kind(NamedTuple):
    """How the networks of one kind are exported."""

    name: str
    """First part of their checkpoint's files' names."""
    load: Callable[[Path], Any]
    """From a .keras file to the network; raises RunError."""
    export_twin: Callable[[Any, Path], float]
    """Writes a network's .onnx file and returns how far its answers are from the network's."""
    tolerance: float
    """How far they may be."""
    export_int8: Callable[[Path, Path], float]
    """From the .onnx file to the same network in 8-bit integers; returns how far its answers are from those of the other on
    average, as `quantize.mean_distance` gives it."""


def write_checkpoint(kind: Kind, weights: Path, to: Path, describe: Callable[[Path, Any], dict[str, Any]]) -> Path:
    """Write the files of a checkpoint, all or nothing. A network that answers otherwise in integers has no such file.

    Args:
        kind: what the network is.
        weights: the .keras file of the network.
        to: the checkpoint folder; files that are there are replaced together, or not at all.
        describe: from the folder that holds these files, and the network, to the manifest.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the weights cannot be loaded.
        ExportError: the ONNX twin or its form in integers cannot be made, or the twin does not agree; `to` is as it was.
    """
    name = kind.name
    network = kind.load(weights)
    to.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that renaming does not cross file systems.
    with tempfile.TemporaryDirectory(prefix=".export-", dir=to.parent) as folder:
        staging = Path(folder)
        network.save(staging / f"{name}.keras")
        network = kind.load(staging / f"{name}.keras")
        with _silence():
            difference = kind.export_twin(network, staging / f"{name}.onnx")
        if not difference <= kind.tolerance:
            raise ExportError(
                f"The ONNX twin differs from the Keras network by {difference:.1e}, more than {kind.tolerance:.0e}."
            )
        with _silence():
            distance = kind.export_int8(staging / f"{name}.onnx", staging / f"{name}{INT8}")
        integers = distance <= quantize.TOLERANCE
        if not integers:  # then the reader serves the other twin
            (staging / f"{name}{INT8}").unlink()
        manifest = describe(staging, network)
        manifest |= {"onnx_difference": difference} | ({"int8_distance": round(distance, 6)} if integers else {})
        write_json(staging / f"{name}.json", manifest)
        checkpoint = load_checkpoint(staging, name)
        verify_file(checkpoint, checkpoint.keras_path)
        # The manifest last: until it is there, the old one does not fit the new files and the reader says so.
        _replace_together(staging, to, [*manifest["files"], f"{name}.json"])
        if not integers:
            (to / f"{name}{INT8}").unlink(missing_ok=True)
    return to / f"{name}.json"


def describe_again(kind: Kind, weights: Path, to: Path, describe: Callable[[Path, Any], dict[str, Any]]) -> Path:
    """Write the manifest of a checkpoint anew: weights that were exported before stay the same files, byte for byte.

    Args:
        kind: what the network is.
        weights: the .keras file of the run.
        to: the checkpoint folder.
        describe: from the folder that holds its files, and the network, to the manifest.

    Returns:
        Path of the manifest; what it says of the export itself (date, libraries, how far the twins are) is as it was.

    Raises:
        CheckpointError: the folder holds no whole checkpoint.
        ExportError: it holds other weights than the run.
    """
    checkpoint = load_checkpoint(to, kind.name)
    verify_file(checkpoint, checkpoint.keras_path)
    network = kind.load(checkpoint.keras_path)
    if not all(map(np.array_equal, network.get_weights(), kind.load(weights).get_weights())):
        raise ExportError(f"{to} holds other weights than {weights}: export them whole, without --manifest-only.")
    manifest, before = describe(to, network), checkpoint.manifest
    manifest |= {entry: before[entry] for entry in OF_EXPORT if entry in before}
    manifest["libraries"] |= {part: found for part, found in before.get("libraries", {}).items() if part == "export"}
    write_json(to / f"{kind.name}.json", manifest)
    return to / f"{kind.name}.json"


def export_onnx(network: Any, path: Path) -> float:
    """Write a network as ONNX with a free batch size and compare both.

    Args:
        network: takes (N, 28, 28, 1) float32 in [0, 1].
        path: the .onnx file to write.

    Returns:
        The largest difference of a probability.

    Raises:
        ExportError: the export failed.
    """
    convert(serving_form(network), path, "images", (None, CROP_SIZE, CROP_SIZE, 1))
    return largest_difference(network, path, to_network_input(check_images()))


def serving_form(network: Any) -> Any:
    """The same function in layers that ONNX Runtime is quicker with.

    Batch normalization after a rectifier cannot become part of the convolution before it, as it does where it comes first. A
    depthwise 1x1 convolution is one operation for it, where the export would make two of it and reorder the memory between.

    Args:
        network: a functional Keras network.
    """
    import keras
    from keras import layers

    def is_late(layer: Any) -> bool:
        if not isinstance(layer, layers.BatchNormalization) or len(layer.output.shape) != 4:
            return False
        before = layer.input._keras_history.operation
        return not isinstance(before, layers.Conv2D) or before.activation is not keras.activations.linear

    late = {layer.name for layer in network.layers if is_late(layer)}
    form = keras.models.clone_model(
        network,
        clone_function=lambda layer: (
            layers.DepthwiseConv2D(1, name=layer.name, dtype=layer.dtype_policy)
            if layer.name in late
            else type(layer).from_config(layer.get_config())
        ),
    )
    for layer in network.layers:
        if not (weights := layer.get_weights()):
            continue
        if layer.name in late:
            gamma, beta, mean, variance = weights
            scale = gamma / np.sqrt(variance + layer.epsilon)
            weights = [scale.reshape(1, 1, -1, 1), beta - mean * scale]
        form.get_layer(layer.name).set_weights(weights)
    return form


def export_int8(path: Path, to: Path) -> float:
    """Write a digit network's ONNX file again in 8-bit integers, and compare both on other pictures.

    Returns:
        As `quantize.mean_distance`.

    Raises:
        ExportError: ONNX Runtime cannot do it.
    """
    return quantize.quantize_and_compare(path, to, _calibration_batches(0), _calibration_batches(1))


DIGIT_NETWORK = Kind(DIGITS, load_network, export_onnx, TOLERANCE, export_int8)


def _calibration_batches(seed: int) -> list[npt.NDArray[np.float32]]:
    """Digits by this project's own hands, and scribbles."""
    images = np.concatenate([made_digits(1000, seed).images, check_images(300, seed)[100:]])
    return np.array_split(to_network_input(images), 12)


def convert(network: Any, path: Path, name: str, shape: tuple[int | None, ...]) -> None:
    """Write a network as ONNX.

    Args:
        network: the Keras network.
        path: the .onnx file to write.
        name: that of the input.
        shape: that of the input, None where any size will do.

    Raises:
        ExportError: the export failed.
    """
    import keras

    # The export needs a network that was called once; 32 suits whatever it is to be a multiple of.
    example = np.zeros((1, *(32 if size is None else size for size in shape[1:])), np.float32)
    try:
        network(example)
        network.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[keras.InputSpec(shape=shape, dtype="float32", name=name)],
        )
    except Exception as error:  # tf2onnx, TensorFlow and ONNX raise many kinds
        raise ExportError(f"The network cannot be exported to ONNX ({type(error).__name__}: {error}).") from error


def largest_difference(network: Any, path: Path, images: npt.NDArray[np.float32]) -> float:
    """Largest difference of a probability between a Keras network and an ONNX file.

    Args:
        network: the Keras network.
        path: the ONNX file.
        images: (N, 28, 28, 1) float32 in [0, 1]; N at least 2.

    Raises:
        ExportError: the file takes no batch of any size.
    """
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    if list(entry.shape[1:]) != list(images.shape[1:]) or isinstance(entry.shape[0], int):
        raise ExportError(f"The ONNX twin takes {entry.shape}, not any number of 28x28 pictures.")
    expected = network.predict(images, batch_size=256, verbose=0)
    answers = [session.run(None, {entry.name: part})[0] for part in (images[:1], images[1:])]
    return float(np.abs(np.concatenate(answers) - expected).max())


def check_images(count: int = 1000, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Generated images to compare networks on: (`count`, 28, 28) uint8; blank, full, noise, and for the rest scribbles."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, CROP_SIZE, CROP_SIZE), np.uint8)
    images[1] = 255
    images[2:100] = rng.integers(0, 256, (len(images[2:100]), CROP_SIZE, CROP_SIZE))
    for image in images[100:]:
        turns = rng.normal(0.0, 0.5, 30).cumsum() + rng.uniform(0, 6.3)
        line = np.stack([np.cos(turns), np.sin(turns)], axis=1).cumsum(axis=0) * 4.0
        image[:] = normalize(draw_strokes([line.astype(np.float32)], float(rng.uniform(2, 9))))
    return images


def make_manifest(
    name: str,
    folder: Path,
    network: Any,
    description: Mapping[str, Any],
    run: Path,
    own: Mapping[str, Any],
    merit: Callable[[dict[str, float]], Any],
) -> dict[str, Any]:
    """What a manifest holds: everything that a person needs to judge the weights and to make them again.

    Args:
        name: first part of the checkpoint's files' names.
        folder: where they lie.
        network: the Keras network.
        description: what the run's `config.json` holds.
        run: the run folder.
        own: the entries that only this kind of network has.
        merit: what of a line of the history was least in the epoch that was chosen.
    """
    rows = read_history(run / HISTORY)
    return {
        "format": FORMAT_VERSION,
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "files": file_hashes(folder, name),
        "input": {
            "shape": list(network.input_shape),
            "dtype": "float32",
            "range": [0.0, 1.0],
            "ink": "white on black",
        },
        **own,
        "parameters": parameter_counts(network),
        "architecture": architecture(network),
        "seed": description["training"]["seed"],
        "training": training_options(description),
        "init": description.get("init"),
        "data": description["files"],
        "epochs_run": len(rows),
        "best_epoch": int(min(rows, key=merit)["epoch"]) if rows else 0,
        "history": history_columns(rows),
        "training_minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        "libraries": {"training": description["libraries"], "export": library_versions()},
    }


def file_hashes(folder: Path, name: str) -> dict[str, str]:
    """SHA-256 of the files that a manifest vouches for, by their names."""
    paths = (folder / f"{name}{suffix}" for suffix in _SUFFIXES)
    return {path.name: sha256_of(path) for path in paths if path.is_file()}


def architecture(network: Any) -> list[dict[str, Any]]:
    """The layers of a Keras network, in order.

    Returns:
        Of each layer: kind, output shape (None where any size will do) and number of parameters; where it has them also its
        activation, the window of a convolution or a pooling, and the strides of a convolution other than 1.
    """
    layers = []
    for layer in network.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        entry = {
            "kind": type(layer).__name__,
            "output": list(layer.output.shape[1:]),
            "parameters": int(layer.count_params()),
        }
        activation = getattr(layer, "activation", None)
        if activation is not None and activation.__name__ != "linear":
            entry["activation"] = activation.__name__
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if window:
            entry["window"] = list(window)
        if hasattr(layer, "kernel_size") and max(layer.strides) > 1:
            entry["strides"] = list(layer.strides)
        layers.append(entry)
    return layers


def history_columns(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """The run's history by column, five digits of each number."""
    return {name: [_rounded(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def _rounded(value: float) -> float:
    short = float(f"{value:.5g}")
    return int(short) if short.is_integer() else short


def _own_entries(
    config: Config, description: Mapping[str, Any], metrics: Mapping[str, Any]
) -> dict[str, dict[str, Any] | list[str]]:
    """What only the manifest of a digit network holds."""
    return {
        "classes": [*CLASS_NAMES, *([NO_DIGIT] if config.non_digits else [])],
        "calibration": {"temperature": metrics["temperature"]},
        "metrics": {part: _figures(metrics[part]) for part in ("validation", "test") if part in metrics},
        "augmentation": description.get("augmentation", asdict(config.augmentation)),
        "non_digits": _shares(config),
    }


def _loss(row: dict[str, float]) -> float:
    return row["val_loss"]


def _figures(part: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one part of the data, with the interval of each share and, of the confusions, the most frequent."""
    figures = {name: value for name, value in part.items() if name not in ("confusion_matrix", "reliability")}
    if "rejection" in figures:
        rejection = figures["rejection"]
        figures["rejection"] = {
            **rejection,
            "digits": _with_interval(rejection["digits"]),
            "non_digits": _with_interval(rejection["non_digits"]),
            "recipes": {name: _with_interval(entry) for name, entry in rejection["recipes"].items()},
        }
    if "confusion_matrix" in part:
        figures["confusions"] = _confusions(part["confusion_matrix"])
    return figures


def _with_interval(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "interval": [round(end, 6) for end in wilson_interval(entry["rejected"], entry["n"])]}


def _confusions(matrix: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The most frequent mistakes: digit, what it was read as, and how often."""
    mistakes = [
        (count, CLASS_NAMES[digit], CLASS_NAMES[read])
        for digit, row in enumerate(matrix)
        for read, count in enumerate(row)
        if count and digit != read
    ]
    mistakes.sort(key=lambda mistake: -mistake[0])
    return [{"digit": digit, "read_as": read, "count": count} for count, digit, read in mistakes[:_MOST_CONFUSIONS]]


def training_options(description: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in a run's `config.json`, as the manifest holds it."""
    options = {name: value for name, value in description["training"].items() if value is not None}
    for name in ("data", "pen_strokes", "optdigits", "init", "corrections"):
        if name in options:
            options[name] = Path(options[name]).name  # where it lay is nobody's concern
    return options


def _shares(config: Config) -> dict[str, dict[str, float]]:
    """The recipes of the non-digits that a network was trained and measured on, each with its share."""
    if not config.non_digits:
        return {}
    return {
        part: {recipe.__name__: share for recipe, share in recipes.items()}
        for part, recipes in (("training", TRAINING), ("evaluation", EVALUATION))
    }


def matching_metrics(run: Path, entry: str) -> dict[str, Any]:
    """What a run's `metrics.json` holds.

    Args:
        run: the run folder.
        entry: what it must hold beside the SHA-256 of the `weights`.

    Raises:
        RunError: it is missing or damaged, or the figures are of other weights than the run's best.
    """
    path = run / METRICS
    advice = f"measure them with `python -m train evaluate {run}` first."
    if not (run / BEST).is_file():
        raise RunError(f"{run} holds no {BEST}: no epoch of it was completed.")
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
        weights, _ = metrics["weights"], metrics[entry]
    except FileNotFoundError as error:
        raise RunError(f"{run} holds no figures of its best weights: {advice}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged: {advice}") from error
    if weights != sha256_of(run / BEST):
        raise RunError(f"The figures in {path} are of other weights than {BEST}: {advice}")
    return dict(metrics)


def _replace_together(source: Path, target: Path, names: list[str]) -> None:
    """Move files into a folder; if one cannot be moved, those that were there come back.

    Raises:
        ExportError: a file could not be moved.
    """
    made = not target.exists()
    moved: list[str] = []
    backup = source / "before"
    backup.mkdir()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            if (target / name).exists():
                shutil.copy2(target / name, backup / name)
        for name in names:
            (source / name).replace(target / name)
            moved.append(name)
    except OSError as error:
        for name in moved:
            if (backup / name).exists():
                (backup / name).replace(target / name)
            else:
                (target / name).unlink()
        if made and target.is_dir():
            target.rmdir()
        raise ExportError(
            f"The checkpoint cannot be written to {target} ({error.strerror}): it is as it was."
        ) from error


@contextlib.contextmanager
def _silence() -> Any:
    """Keep the exporters' own chatter and warnings, which say nothing to act on, off the terminal."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
