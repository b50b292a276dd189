"""One training run, from the data to the run folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from recognizer.checkpoint import DIGITS, STRINGS, load_checkpoint, sha256_of
from train.augment import NONE, Augmentation
from train.data import CLASSES, Dataset, Digits, StrokedDigits, load_dataset
from train.errors import RunError
from train.nondigits import Sources, draw

CONFIG, METRICS = "config.json", "metrics.json"
NETWORKS = ("seed", "small")
"""Names of the digit networks that `train.model` builds."""
LEARNING_RATES = {"adam": 1e-3, "sgd": 0.05, "rmsprop": 1e-3, "adadelta": 1.0}
"""The optimizers to choose from, each with its usual first learning rate."""


@dataclass(frozen=True)
class RunConfig:
    """What decides how a run of either network goes."""

    data: str | None = None
    """An .npz file; None for the official EMNIST digits."""
    pen_strokes: str | None = None
    optdigits: str | None = None
    validation: int = 6000
    """EMNIST train digits held out."""
    seed: int = 1
    precision: str = "float32"
    init: str | None = None
    """A run folder, a checkpoint folder or a .keras file to start from; None starts anew."""
    limit: int | None = None
    """No more than this many of EMNIST's train digits (a rehearsal)."""

    def load_dataset(self) -> Dataset:
        """Read the data of the run; raises as `train.data.load_dataset` does."""
        paths = (None if name is None else Path(name) for name in (self.data, self.pen_strokes, self.optdigits))
        return load_dataset(*paths, validation=self.validation, seed=self.seed, limit=self.limit)


@dataclass(frozen=True)
class Config(RunConfig):
    """Everything that decides how a run goes. `config.json` holds it, and the manifest of a checkpoint after it."""

    model: str = "seed"
    """Which of `NETWORKS`."""
    epochs: int = 20
    batch_size: int = 256
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    label_smoothing: float = 0.0
    ema: float = 0.0
    """Momentum of the moving average of the weights, over about 1 / (1 - momentum) steps; 0 for none."""
    schedule: str = "plateau"
    patience: int = 6
    augment: bool = True
    non_digits: float = 0.0
    """Share of what the network is shown that is no digit; above 0 it gets a class for them."""

    def save(self, run: Path, extra: dict[str, Any]) -> None:
        """Write `config.json`."""
        write_json(run / CONFIG, {"training": asdict(self), **extra})

    @property
    def augmentation(self) -> Augmentation:
        """The strength of the augmentation."""
        return Augmentation() if self.augment else NONE


def load_config(run: Path) -> tuple[Config, dict[str, Any]]:
    """A run's configuration, and all of its `config.json`.

    Raises:
        RunError: it is missing or damaged, or of a run of the line network.
    """
    description = read_description(run, DIGITS)
    return from_description(Config, description, run), description


def read_description(run: Path, kind: str | None = None) -> dict[str, Any]:
    """All of a run's `config.json`.

    Args:
        run: the run folder.
        kind: `DIGITS` or `STRINGS`, where the run must be of the one network.

    Raises:
        RunError: it is missing or damaged, or the run is of another network than `kind`.
    """
    try:
        description = json.loads((run / CONFIG).read_text(encoding="utf-8"))
        found = kind_of(description)
    except FileNotFoundError as error:
        raise RunError(f"{run} is no run folder: it holds no {CONFIG}.") from error
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(f"{run / CONFIG} is damaged or of another version.") from error
    if kind not in (None, found):
        raise RunError(f"{run} is a run of `python -m train {found}`, not of `python -m train {kind}`.")
    return dict(description)


def kind_of(description: Mapping[str, Any]) -> str:
    """Which network a run is of, `DIGITS` or `STRINGS`: runs of the digit network do not say."""
    return STRINGS if description.get("kind") == STRINGS else DIGITS


ConfigType = TypeVar("ConfigType")


def from_description(kind: type[ConfigType], description: Mapping[str, Any], run: Path) -> ConfigType:
    """A run's configuration, what this version does not know of it left out.

    Args:
        kind: the dataclass.
        description: the run's `config.json`.
        run: the run folder.

    Raises:
        RunError: it is damaged.
    """
    try:
        known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        return kind(**{name: value for name, value in description["training"].items() if name in known})
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{run / CONFIG} is damaged or of another version.") from error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one atomic step."""
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


def library_versions() -> dict[str, str]:
    """Versions of what the weights depend on."""
    versions = {"python": platform.python_version()}
    for name in ("keras", "tensorflow", "jax", "torch", "numpy", "onnx", "tf2onnx", "opencv-python-headless"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def train(config: Config, run: Path, *, resume: bool = False, verbose: str | int = "auto") -> dict[str, Any]:
    """Train the digit network.

    Args:
        config: how.
        run: the run folder; it must be new or empty, or hold the run to resume.
        resume: go on from the last whole epoch.
        verbose: as in `keras.Model.fit`.

    Returns:
        What `metrics.json` holds: the validation figures of the best epoch. The test part is not looked at.

    Raises:
        DataError: a data file cannot be used, or has changed since the run that is resumed.
        RunError: the run folder is taken, or cannot be resumed.
    """
    import keras

    from train import batches, callbacks, evaluate, model, plots

    dataset = config.load_dataset()
    precision = model.set_precision(config.precision)
    state: dict[str, Any] | None = None
    if resume:
        description = load_config(run)[1]
        strokes = known_strokes(dataset, description["files"], run)
        network, state = callbacks.load_state(run)
        del description["training"]
    else:
        refuse_taken(run)
        strokes = without_bad_strokes(dataset, config.seed)
        run.mkdir(parents=True, exist_ok=True)
        description = {
            "augmentation": asdict(config.augmentation),
            "files": dataset.files,
            "precision": precision,
            "libraries": library_versions(),
        }
        keras.utils.set_random_seed(config.seed)
        network = model.build_model(CLASSES + (config.non_digits > 0), config.model)
        if config.init:
            description["init"] = _start_from(network, Path(config.init), config)
        model.compile_model(network, config.optimizer, config.learning_rate, config.label_smoothing, config.ema)
    config.save(run, description)

    train_batches = batches.DigitBatches(
        dataset.train,
        strokes,
        batch_size=config.batch_size,
        seed=config.seed,
        augmentation=config.augmentation,
        sources=Sources(dataset.train, strokes, dataset.letters),
        non_digits=config.non_digits,
    )
    if not resume:
        model.suit_short_run(network, config.epochs * len(train_batches))
    validation = _with_non_digits(dataset, config)
    others = callbacks.standard_callbacks(
        run,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        schedule=config.schedule,
        patience=config.patience,
        average=config.ema > 0,
    )
    keeper = callbacks.RunState(run, train_batches, others, config.seed, state)
    first = int(state["epoch"]) if state else 0
    stopped = any(known.get("stopped_epoch") for known in state["callbacks"]) if state else False
    if first < config.epochs and not stopped:
        print(f"Training on {len(dataset.train) + len(strokes)} digits, validating on {len(dataset.validation)}.")
        network.fit(
            train_batches,
            validation_data=batches.arrays(validation, train_batches.classes),
            validation_batch_size=512,
            epochs=config.epochs,
            initial_epoch=first,
            callbacks=[*others, keeper],
            verbose=verbose,
            shuffle=False,  # the batches shuffle themselves
        )
    plots.save_curves(keeper.rows, run / "curves.png")
    metrics = evaluate.evaluate_weights(run / callbacks.BEST, dataset, ("validation",))
    write_json(run / METRICS, metrics)
    return metrics


def _start_from(network: Any, path: Path, config: Config) -> dict[str, str]:
    """Give a network the weights of a run, a checkpoint or a .keras file; returns what the manifest says about them.

    Raises:
        RunError: there are none, they are of another network, or they have learnt from digits that validate this run.
    """
    from train import evaluate, model

    path = weights_to_start_from(path, config, DIGITS)
    other = evaluate.load_network(path)
    try:
        model.start_from(network, other)
    except ValueError as error:
        raise RunError(f"{path} holds another network than this run trains: {error}") from error
    return {"file": path.name, "sha256": sha256_of(path)}


def seed_of(path: Path | None, kind: str) -> int:
    """The seed of a run of a network, or of the run that its checkpoint was exported from, for a run that starts from its
    weights; 1 where nobody knows."""
    if path is not None:
        for name in (CONFIG, f"{kind}.json"):
            try:
                return int(json.loads((path / name).read_text(encoding="utf-8"))["training"]["seed"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return 1


def weights_to_start_from(path: Path, config: RunConfig, kind: str) -> Path:
    """The .keras file of a run folder or a checkpoint folder, or the path itself where it is neither.

    Args:
        path: what `--init` names.
        config: of the run that is to start.
        kind: `DIGITS` or `STRINGS`.

    Raises:
        RunError: the folder is damaged or of another network, or its weights have learnt from digits that validate the run.
        CheckpointError: the checkpoint is incomplete or damaged.
    """
    from train import callbacks

    if (path / callbacks.BEST).is_file():
        description, weights = read_description(path, kind), path / callbacks.BEST
    elif (path / f"{kind}.json").is_file():
        description, weights = load_checkpoint(path, kind).manifest, path / f"{kind}.keras"
    else:
        return path
    before = from_description(RunConfig, description, path)
    if (before.seed, before.validation) != (config.seed, config.validation):
        raise RunError(
            f"{weights} has learnt from digits that would validate this run: "
            f"use its --seed {before.seed} and --validation {before.validation}."
        )
    return weights


def _with_non_digits(dataset: Dataset, config: Config) -> Digits:
    """The validation digits that choose the epoch, and with them as large a share of non-digits as in training."""
    digits = dataset.validation
    if not config.non_digits:
        return digits
    count = round(len(digits) * config.non_digits / (1 - config.non_digits))
    made = draw(count, Sources(digits, letters=dataset.letters), np.random.default_rng([config.seed, 2]))
    labels = np.concatenate([digits.labels, np.full(count, CLASSES, np.uint8)])
    return Digits(np.concatenate([digits.images, made]), labels)


def refuse_taken(run: Path) -> None:
    """Check that a run folder is new or empty.

    Raises:
        RunError: it is not.
    """
    if run.exists() and any(run.iterdir()):
        raise RunError(f"The run folder {run} is not empty: choose another --run, or go on with --resume {run}.")


def known_strokes(dataset: Dataset, files: dict[str, dict[str, Any]], run: Path) -> StrokedDigits:
    """The pen strokes that a run was trained on: the choice is taken over, not made again, for what a few roundings would
    change must not change the run.

    Args:
        dataset: the data as they are now.
        files: what the run's `config.json` says about them.
        run: the run folder.

    Raises:
        RunError: the data files are not those of the run.
    """
    if {name: e["sha256"] for name, e in files.items()} != {name: e["sha256"] for name, e in dataset.files.items()}:
        raise RunError(f"The data files differ from those {run} was trained on: start a new run.")
    left_out = files.get("pen_strokes", {}).get("left_out", [])
    return dataset.strokes.take(np.setdiff1d(np.arange(len(dataset.strokes)), left_out))


def without_bad_strokes(dataset: Dataset, seed: int) -> StrokedDigits:
    """The pen strokes without mis-segmented ones; notes in `dataset.files` which are left out."""
    from train import clean

    if not len(dataset.strokes):
        return dataset.strokes
    print(f"Looking through {len(dataset.strokes)} pen-stroke digits for mis-segmented ones ...", flush=True)
    strokes, left_out = clean.keep_well_segmented(dataset.strokes, dataset.train, seed)
    dataset.files["pen_strokes"].update(digits=len(strokes), left_out=left_out.tolist())
    print(f"{len(left_out)} left out.", flush=True)
    return strokes
