"""One training run of the line network, from the data to the run folder.

It learns from synthesised lines, new ones in every step and with lines of corrected pictures among them where there are such,
so there are no epochs in the data: an "epoch" is a number of steps after which the network is validated and everything is
saved. The weights that are validated and exported are running means of those that are trained; `last.keras` holds both.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np

from recognizer.checkpoint import STRINGS, sha256_of
from recognizer.ctc import BLANK, MARK, greedy_text
from recognizer.normalize import to_network_input
from recognizer.reader import DigitReader
from train import callbacks, plots
from train.corrections import WithCorrections, load_corrections
from train.data import NO_STROKES, Digits, load_dataset
from train.errors import DataError, RunError
from train.evaluate import share
from train.line_batches import LineBatch, Stream, line_batches, sorted_batches
from train.model import set_precision
from train.run import (
    CONFIG,
    METRICS,
    RunConfig,
    from_description,
    known_strokes,
    library_versions,
    read_description,
    refuse_taken,
    weights_to_start_from,
    without_bad_strokes,
    write_json,
)
from train.scores import edit_distance
from train.sequence_model import build_sequence_model, compile_sequence_model, load_sequence_network, start_from
from train.synthesis import StringStream, load_sources

WARM_UP = 500
"""Steps in which the learning rate rises, at most a tenth of all: the first gradients of CTC are large."""
FRESH_LINES = 4096
"""Lines that a run's best weights are measured on: none of those that chose the epoch."""
_VALIDATION_SEED = 1_000_003


@dataclass(frozen=True)
class StringsConfig(RunConfig):
    """Everything that decides how a run goes. `config.json` holds it, and the manifest of a checkpoint after it.

    The validation lines are written with the digits that are held out.
    """

    steps: int = 16_000
    """Rounded up to whole epochs."""
    epoch_steps: int = 500
    batch_size: int = 64
    learning_rate: float = 2e-3
    """The highest; it rises to it in `WARM_UP` steps and then falls along a cosine to a hundredth."""
    validation_lines: int = 1024
    corrections: str | None = None
    """A folder of corrected pictures, whose lines stand among the training lines; None for none."""

    @property
    def epochs(self) -> int:
        """Epochs in all."""
        return -(-self.steps // self.epoch_steps)

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        steps = self.epochs * self.epoch_steps
        warm_up = min(WARM_UP, steps // 10)
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        fallen = (step - warm_up) / max(1, steps - warm_up)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fallen)))


def load_strings_config(run: Path) -> tuple[StringsConfig, dict[str, Any]]:
    """A run's configuration, and all of its `config.json`.

    Raises:
        RunError: it is missing or damaged, or of a run of the digit network.
    """
    description = read_description(run, STRINGS)
    return from_description(StringsConfig, description, run), description


def train_strings(
    config: StringsConfig, run: Path, *, resume: bool = False, workers: int = 1, verbose: int = 1
) -> dict[str, Any]:
    """Train the line network.

    Args:
        config: how.
        run: the run folder; it must be new or empty, or hold the run to resume.
        resume: go on from the last whole epoch.
        workers: processes that prepare lines; 0 prepares them in this one.
        verbose: 0 for no progress bar.

    Returns:
        What `metrics.json` holds: the figures of the best epoch, as `evaluate_run` gives them.

    Raises:
        DataError: a data file cannot be used.
        ImageLoadError: a corrected picture cannot be used.
        RunError: the run folder is taken, or cannot be resumed; the training came apart.
    """
    dataset = config.load_dataset()
    corrected = None
    if config.corrections:
        print(f"Cutting lines out of the pictures in {config.corrections} ...", flush=True)
        corrected = load_corrections(Path(config.corrections), DigitReader.from_checkpoint())
        dataset.files["corrections"] = corrected.description
        print(f"{corrected.description['lines']} lines; {corrected.description['left_out']} pictures left out.")
    precision = set_precision(config.precision)
    state: dict[str, Any] | None = None
    if resume:
        description = load_strings_config(run)[1]
        strokes = known_strokes(dataset, description["files"], run)
        network, state = callbacks.load_state(run)
        description["training"] = asdict(config)
    else:
        refuse_taken(run)
        strokes = without_bad_strokes(dataset, config.seed)
        keras.utils.set_random_seed(config.seed)
        network = build_sequence_model()
        description = {
            "kind": STRINGS,
            "training": asdict(config),
            "files": dataset.files,
            "precision": precision,
            "libraries": library_versions(),
            "machine": {"processors": os.cpu_count(), "backend": keras.backend.backend()},
        }
        if config.init:
            description["init"] = _start_from(network, Path(config.init), config)
        compile_sequence_model(network, config.learning_rate, config.steps)
        run.mkdir(parents=True, exist_ok=True)
    write_json(run / CONFIG, description)

    letters = Path(config.data) if config.data else None
    # A run that starts from another's weights does not write its lines again.
    after = (int(description["init"]["sha256"][:8], 16),) if "init" in description else ()
    stream: Stream = StringStream(load_sources(dataset.train, strokes, letters), config.seed, *after)
    if corrected is not None:
        stream = WithCorrections(stream, corrected, config.seed)
    held = _validation_stream(dataset.validation, letters)
    validation = validation_batches(held, config)
    print(
        f"Training on lines of {len(dataset.train) + len(strokes)} digits, validating on {config.validation_lines} lines."
    )
    fit(network, stream, validation, config, run, state, workers=workers, verbose=verbose)

    plots.save_string_curves(callbacks.read_history(run / callbacks.HISTORY), run / "curves.png")
    return _measure_best(run, held, config)


def average_runs(runs: Sequence[Path], run: Path) -> dict[str, Any]:
    """Make a run of the mean of other runs' best weights, where each began with the weights of the one before: on pictures it
    reads better than the last alone (Wortsman et al. 2022, "Model soups", arXiv:2203.05482).

    Args:
        runs: the run folders, at least two; configuration and history are taken over from the last.
        run: the run folder to make; new or empty.

    Returns:
        What `metrics.json` holds, as `evaluate_run` gives it.

    Raises:
        RunError: there is one run alone, or one is incomplete, damaged or of another network; they were not trained one after
            the other; `run` is taken.
        DataError: the data of the last run cannot be used.
    """
    if len(runs) < 2:
        raise RunError("Averaging takes at least two run folders, in the order in which they were trained.")
    refuse_taken(run)
    description = load_strings_config(runs[-1])[1]
    for before, after in pairwise(runs):
        if load_strings_config(after)[1].get("init", {}).get("sha256") != sha256_of(before / callbacks.BEST):
            raise RunError(f"{after} did not start from the weights of {before}: only such runs can be averaged.")
    networks = [load_sequence_network(one / callbacks.BEST) for one in runs]
    network = networks[-1]
    network.set_weights(
        [np.mean(one, axis=0) for one in zip(*(other.get_weights() for other in networks), strict=True)]
    )
    run.mkdir(parents=True, exist_ok=True)
    network.save(run / callbacks.BEST)
    shutil.copyfile(runs[-1] / callbacks.HISTORY, run / callbacks.HISTORY)
    description["mean_of"] = [sha256_of(one / callbacks.BEST) for one in runs]
    write_json(run / CONFIG, description)
    return evaluate_run(run)


def evaluate_run(run: Path, data: Path | None = None) -> dict[str, Any]:
    """Measure the best weights of a run on fresh lines and save `metrics.json`.

    The lines are written with the validation digits, but they are not those that chose the epoch.

    Args:
        run: the run folder.
        data: as for training; None for the file that the run was trained on.

    Returns:
        What `metrics.json` holds: the SHA-256 of the `weights`, and under `validation` what `measure` says.

    Raises:
        DataError: the data cannot be used, or are not those of the run.
        RunError: the run is incomplete or damaged.
    """
    config, description = load_strings_config(run)
    if data is None and config.data is not None:
        data = Path(config.data)
    dataset = load_dataset(data, validation=config.validation, seed=config.seed, limit=config.limit)
    if dataset.files["emnist"]["sha256"] != description["files"]["emnist"]["sha256"]:
        raise DataError(
            f"{run} was trained on other data than {data or 'the official EMNIST digits'}, of which it had held digits out: "
            "name them with --data."
        )
    return _measure_best(run, _validation_stream(dataset.validation, data), config)


def _validation_stream(digits: Digits, letters: Path | None) -> StringStream:
    # The same letters as in training: of marks it is only asked that none is read as a digit.
    return StringStream(load_sources(digits, NO_STROKES, letters), _VALIDATION_SEED)


def _measure_best(run: Path, stream: Stream, config: StringsConfig) -> dict[str, Any]:
    best = load_sequence_network(run / callbacks.BEST)
    fresh = sorted_batches(*stream.batch(1, FRESH_LINES), config.batch_size)
    metrics = {"weights": sha256_of(run / callbacks.BEST), "validation": measure(best, fresh)}
    write_json(run / METRICS, metrics)
    return metrics


def _start_from(network: keras.Model, path: Path, config: StringsConfig) -> dict[str, str]:
    """Give a network the weights of a run, a checkpoint or a .keras file; returns what the manifest says about them.

    Raises:
        RunError: there are none, they are of another network, or they have learnt from digits that validate this run.
    """
    path = weights_to_start_from(path, config, STRINGS)
    start_from(network, path)
    return {"file": path.name, "sha256": sha256_of(path)}


# --- fitting ---------------------------------------------------------------------------------------------------------


def fit(
    network: keras.Model,
    stream: Stream,
    validation: Sequence[LineBatch],
    config: StringsConfig,
    run: Path,
    state: dict[str, Any] | None = None,
    *,
    workers: int = 1,
    verbose: int = 1,
) -> None:
    """Train a compiled network and save it after each epoch.

    `keras.Model.fit` settles the pictures' width by the first two batches; these differ in width all along.

    Args:
        network: compiled.
        stream: training lines.
        validation: as `validation_batches` gives it.
        config: how.
        run: the run folder; it exists.
        state: of the run that is resumed, as `callbacks.load_state` gives it.
        workers: processes that prepare lines.
        verbose: 0 for no progress bar.

    Raises:
        RunError: the loss is no longer a number, or a process that prepares lines died.
    """
    validator = Validation(run, validation)
    keeper = callbacks.RunState(run, None, [validator], config.seed, state)
    first = int(state["epoch"]) if state else 0
    around = keras.callbacks.CallbackList(
        [validator, keeper],
        add_progbar=verbose > 0,
        model=network,
        verbose=verbose,
        epochs=config.epochs,
        steps=config.epoch_steps,
    )
    prepared = line_batches(stream, config.batch_size, first=first * config.epoch_steps, workers=workers)
    if first >= config.epochs:
        return
    with closing(prepared):
        around.on_train_begin()
        for epoch in range(first, config.epochs):
            around.on_epoch_begin(epoch)
            around.on_epoch_end(epoch, _epoch(network, prepared, config, epoch, around))
        around.on_train_end()


def _epoch(
    network: keras.Model,
    prepared: Iterator[LineBatch],
    config: StringsConfig,
    epoch: int,
    around: keras.callbacks.CallbackList,
) -> dict[str, float]:
    """Train for one epoch; returns its mean loss."""
    total = 0.0
    for step in range(config.epoch_steps):
        around.on_train_batch_begin(step)
        images, labels = next(prepared)
        network.optimizer.learning_rate = config.rate(epoch * config.epoch_steps + step)
        loss = float(network.train_on_batch(to_network_input(images), labels))
        if not math.isfinite(loss):
            raise RunError(
                f"The loss of step {epoch * config.epoch_steps + step + 1} is {loss}: start anew with a lower --learning-rate."
            )
        total += loss
        logs = {"loss": total / (step + 1)}
        around.on_train_batch_end(step, logs)
    return logs


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Measures the running mean of the weights after each epoch and keeps the best of them.

    The best is what makes the smallest share of wrong characters; of equals, the lower loss.
    """

    def __init__(self, run: Path, batches: Sequence[LineBatch]) -> None:
        super().__init__()
        self._new, self._batches = run / callbacks.NEW_BEST, batches
        self._means = keras.callbacks.SwapEMAWeights()
        self.best = [math.inf, math.inf]

    def set_model(self, model: keras.Model) -> None:
        """Take the network over."""
        super().set_model(model)
        self._means.set_model(model)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add the validation figures to `logs`, for the history and the progress bar."""
        self._means.on_test_begin()
        figures = measure(self.model, self._batches)
        if [figures["cer"], figures["loss"]] < self.best:
            self.best = [figures["cer"], figures["loss"]]
            self.model.save(self._new)
        self._means.on_test_end()
        if logs is not None:
            logs.update(val_loss=figures["loss"], val_accuracy=figures["accuracy"], val_cer=figures["cer"])


# --- validating ------------------------------------------------------------------------------------------------------


def validation_batches(stream: Stream, config: StringsConfig) -> list[LineBatch]:
    """The validation lines, the same in each epoch and in each run, alike widths together."""
    return sorted_batches(*stream.batch(0, config.validation_lines), config.batch_size)


def measure(network: keras.Model, batches: Sequence[LineBatch]) -> dict[str, Any]:
    """How well a network reads lines greedily; marks count neither in the text nor in the reading.

    Returns:
        As `evaluate.share`, for whole texts; `cer`, edit distance over the length of the texts; `loss`, the mean CTC loss in
        nats, marks included.
    """
    right = count = distance = length = 0
    loss = 0.0
    for images, labels in batches:
        log_probs = np.asarray(network.predict_on_batch(to_network_input(images)), np.float32)
        loss += float(keras.losses.CTC(reduction="sum")(labels, log_probs))
        for answer, classes in zip(log_probs, labels, strict=True):
            text, truth = greedy_text(answer), "".join(str(c - 1) for c in classes if c not in (BLANK, MARK))
            right += text == truth
            distance += edit_distance(text, truth)
            length += len(truth)
            count += 1
    return {**share(right, count), "cer": round(distance / max(1, length), 6), "loss": round(loss / count, 6)}
