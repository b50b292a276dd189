"""What happens around each epoch: choosing the best weights, slowing down, stopping, and saving the run whole.

A run folder holds two networks: `best.keras`, the one with the lowest validation loss, and `last.keras`, the last whole epoch
with the optimizer's state and, as one more member of the same zip file, everything else that `--resume` needs. One file
cannot be half old and half new: each is written beside its place and then renamed, which is atomic.
"""

from __future__ import annotations

import csv
import json
import math
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import keras

from train.errors import RunError

BEST, LAST, HISTORY = "best.keras", "last.keras", "history.csv"
NEW_BEST, _NEW_LAST = "best.new.keras", "last.new.keras"
_STATE_MEMBER = "training_state.json"
_KEPT = ("best", "wait", "cooldown_counter", "stopped_epoch", "best_epoch", "_ema_weights_in_model")
"""Attributes of Keras's callbacks that a resumed run takes over. The last says that the saved network holds averaged weights
and its optimizer those to go on from, where Keras exchanges them."""

MONITOR = "val_loss"
"""Finer than the accuracy, which moves in steps of one image."""


def standard_callbacks(
    run: Path, *, epochs: int, learning_rate: float, schedule: str, patience: int, average: bool = False
) -> list[keras.callbacks.Callback]:
    """Keras's own callbacks of a run.

    Args:
        run: the run folder.
        epochs: number of epochs planned, over which the cosine falls.
        learning_rate: the first epoch's.
        schedule: "plateau" (to a third after two epochs without progress) or "cosine" (Loshchilov and Hutter 2017,
            "SGDR", arXiv:1608.03983: one fall from `learning_rate` to a hundredth of it).
        patience: epochs without progress after which training stops.
        average: validate and save the moving average of the weights (Polyak and Juditsky 1992, "Acceleration of stochastic
            approximation by averaging"), which the optimizer has to keep.
    """
    if schedule == "cosine":
        slow_down = keras.callbacks.LearningRateScheduler(
            lambda epoch, _: learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * epoch / epochs)))
        )
    else:
        slow_down = keras.callbacks.ReduceLROnPlateau(MONITOR, factor=1 / 3, patience=2, min_lr=learning_rate / 1000)
    return [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if average else []),
        keras.callbacks.ModelCheckpoint(run / NEW_BEST, MONITOR, save_best_only=True),
        slow_down,
        keras.callbacks.EarlyStopping(MONITOR, patience=patience),
    ]


class Epochs(Protocol):
    """Batches that depend on the epoch."""

    epoch: int


class RunState(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the run after each epoch and takes it up again. Goes last in the list: it saves what the others decided."""

    def __init__(
        self,
        run: Path,
        batches: Epochs | None,
        others: Sequence[keras.callbacks.Callback],
        seed: int,
        state: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._run, self._batches, self._others, self._seed = run, batches, others, seed
        self._resumed = state
        self.rows: list[dict[str, float]] = list(state["history"]) if state else []
        self._started = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Give the other callbacks back what they knew; each has just cleared itself."""
        if self._resumed:
            for callback, known in zip(self._others, self._resumed["callbacks"], strict=True):
                for name, value in known.items():
                    setattr(callback, name, value)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set every random stream by (seed, epoch)."""
        self._started = time.monotonic()
        if self._batches is not None:
            self._batches.epoch = epoch
        dropouts = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout)]
        for number, layer in enumerate(dropouts):
            layer.seed_generator.state.assign([self._seed * 1000 + number, epoch])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save the best and the last network and the history."""
        row = {"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}}
        row["learning_rate"] = row.get("learning_rate", float(self.model.optimizer.learning_rate))
        row["seconds"] = round(time.monotonic() - self._started, 1)
        self.rows.append(row)
        if (self._run / NEW_BEST).is_file():
            (self._run / NEW_BEST).replace(self._run / BEST)
        known = [{name: getattr(c, name) for name in _KEPT if hasattr(c, name)} for c in self._others]
        state = {"epoch": epoch + 1, "callbacks": known, "history": self.rows}
        new = self._run / _NEW_LAST
        self.model.save(new)
        with zipfile.ZipFile(new, "a") as file:
            file.writestr(_STATE_MEMBER, json.dumps(state))
        new.replace(self._run / LAST)
        write_history(self._run / HISTORY, self.rows)


def load_state(run: Path) -> tuple[keras.Model, dict[str, Any]]:
    """The last whole epoch of a run: its compiled network and the state of its callbacks.

    What an interruption in the middle of saving left behind is put in order: half-written files go, and the history gets
    the line that it may lack.

    Raises:
        RunError: there is none, or it is damaged.
    """
    for leftover in (NEW_BEST, _NEW_LAST):
        (run / leftover).unlink(missing_ok=True)
    path = run / LAST
    if not path.is_file():
        raise RunError(f"{run} holds no whole epoch to resume from ({LAST} is missing): start the training anew.")
    try:
        with zipfile.ZipFile(path) as file:
            state = json.loads(file.read(_STATE_MEMBER))
        network = keras.saving.load_model(path, safe_mode=True)
        write_history(run / HISTORY, state["history"])
        return network, state
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} is damaged: start the training anew.") from error


def write_history(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Write the history, one line an epoch, in one atomic step."""
    new = path.with_suffix(".new")
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    new.replace(path)


def read_history(path: Path) -> list[dict[str, float]]:
    """The lines that `write_history` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path} is missing or damaged.") from error
