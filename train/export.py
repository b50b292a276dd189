"""From a run to a checkpoint that the reader serves from: weights, their ONNX twin and the manifest, all or nothing."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import DIGITS, FORMAT_VERSION, load_checkpoint, sha256_of, verify_file
from recognizer.normalize import normalize, to_network_input
from recognizer.types import CLASS_NAMES, CROP_SIZE, NO_DIGIT
from train.callbacks import BEST, HISTORY, read_history
from train.errors import ExportError, RunError
from train.evaluate import load_network
from train.model import parameter_counts
from train.nondigits import EVALUATION, TRAINING
from train.pen import draw_strokes
from train.run import METRICS, Config, library_versions, load_config, write_json

TOLERANCE = 1e-5
"""How far a probability of the ONNX twin may be from Keras's."""


def export_run(run: Path, to: Path) -> Path:
    """Make a checkpoint of a run's best weights.

    Args:
        run: the run folder; `python -m train evaluate` must have measured its best weights.
        to: the checkpoint folder; files that are there are replaced together, or not at all.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the run is incomplete, or its figures are of other weights.
        ExportError: the ONNX twin cannot be made or does not agree; `to` is as it was.
    """
    config, description = load_config(run)
    metrics = matching_metrics(run, "temperature")
    return write_checkpoint(
        DIGITS,
        run / BEST,
        to,
        load=load_network,
        export_twin=export_onnx,
        describe=lambda folder, network: make_manifest(
            config, description, metrics, folder, parameter_counts(network), run
        ),
    )


def write_checkpoint(
    name: str,
    weights: Path,
    to: Path,
    *,
    load: Callable[[Path], Any],
    export_twin: Callable[[Any, Path], float],
    describe: Callable[[Path, Any], dict[str, Any]],
) -> Path:
    """Write the three files of a checkpoint, all or nothing.

    Args:
        name: first part of the files' names.
        weights: the .keras file of the network.
        to: the checkpoint folder; files that are there are replaced together, or not at all.
        load: from a .keras file to the network.
        export_twin: writes a network's .onnx file and returns how far its answers are from the network's.
        describe: from the folder that holds both files, and the network, to the manifest.

    Returns:
        Path of the manifest.

    Raises:
        RunError: the weights cannot be loaded.
        ExportError: the ONNX twin cannot be made or does not agree; `to` is as it was.
    """
    network = load(weights)
    to.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that renaming does not cross file systems.
    with tempfile.TemporaryDirectory(prefix=".export-", dir=to.parent) as folder:
        staging = Path(folder)
        network.save(staging / f"{name}.keras")
        network = load(staging / f"{name}.keras")
        difference = export_twin(network, staging / f"{name}.onnx")
        manifest = describe(staging, network)
        manifest["onnx_difference"] = difference
        write_json(staging / f"{name}.json", manifest)
        checkpoint = load_checkpoint(staging, name)
        verify_file(checkpoint, checkpoint.keras_path)
        # The manifest last: until it is there, the old one does not fit the new files and the reader says so.
        _replace_together(staging, to, [f"{name}.keras", f"{name}.onnx", f"{name}.json"])
    return to / f"{name}.json"


def export_onnx(network: Any, path: Path) -> float:
    """Write a network as ONNX with a free batch size and compare both.

    Args:
        network: takes (N, 28, 28, 1) float32 in [0, 1].
        path: the .onnx file to write.

    Returns:
        The largest difference of a probability.

    Raises:
        ExportError: the export failed, or the difference is above `TOLERANCE`.
    """
    convert(network, path, "images", (None, CROP_SIZE, CROP_SIZE, 1))
    difference = largest_difference(network, path, to_network_input(check_images()))
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The ONNX twin differs from the Keras network by {difference:.1e}, more than {TOLERANCE:.0e}."
        )
    return difference


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
        with _silence():
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
    config: Config,
    description: Mapping[str, Any],
    metrics: Mapping[str, Any],
    folder: Path,
    parameters: Mapping[str, int],
    run: Path,
) -> dict[str, Any]:
    """What `digits.json` holds: everything that a person needs to judge the weights and to make them again."""
    rows = read_history(run / HISTORY)
    return {
        "format": FORMAT_VERSION,
        "name": DIGITS,
        "date": datetime.now(UTC).date().isoformat(),
        "files": {name: sha256_of(folder / name) for name in (f"{DIGITS}.keras", f"{DIGITS}.onnx")},
        "input": {
            "shape": [None, CROP_SIZE, CROP_SIZE, 1],
            "dtype": "float32",
            "range": [0.0, 1.0],
            "ink": "white on black",
        },
        "classes": [*CLASS_NAMES, *([NO_DIGIT] if config.non_digits else [])],
        "calibration": {"temperature": metrics["temperature"]},
        "parameters": dict(parameters),
        "metrics": {
            part: {
                name: value for name, value in metrics[part].items() if name not in ("confusion_matrix", "reliability")
            }
            for part in ("validation", "test")
            if part in metrics
        },
        "seed": config.seed,
        "training": training_options(description),
        "augmentation": description.get("augmentation", asdict(config.augmentation)),
        "non_digits": _shares(config),
        "init": description.get("init"),
        "data": description["files"],
        "epochs_run": len(rows),
        "best_epoch": int(min(rows, key=lambda row: row["val_loss"])["epoch"]) if rows else 0,
        "learning_rates": [float(f"{row['learning_rate']:.4g}") for row in rows],
        "training_minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        "libraries": {"training": description["libraries"], "export": library_versions()},
    }


def training_options(description: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in a run's `config.json`, as the manifest holds it."""
    options = {name: value for name, value in description["training"].items() if value is not None}
    for name in ("data", "pen_strokes", "optdigits", "init"):
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
