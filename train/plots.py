"""The pictures of a run and of an evaluation, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure  # no pyplot: it would open a display and keep state

from recognizer.types import CLASS_NAMES


def save_curves(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Loss and accuracy of each epoch; `rows` are those of `history.csv`."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows], label="training (augmented, with dropout)")
    left.plot(epochs, [row["val_loss"] for row in rows], label="validation")
    left.set(xlabel="epoch", ylabel="cross-entropy", yscale="log")
    right.plot(epochs, [100 * row["accuracy"] for row in rows], label="training (augmented, with dropout)")
    right.plot(epochs, [100 * row["val_accuracy"] for row in rows], label="validation")
    right.set(xlabel="epoch", ylabel="accuracy, %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)


def save_string_curves(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Loss and error rates of each epoch of the line network; `rows` are those of `history.csv`."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows], label="training (with dropout)")
    left.plot(epochs, [row["val_loss"] for row in rows], label="validation (mean weights)")
    left.set(xlabel="epoch", ylabel="CTC loss, nats a line", yscale="log")
    right.plot(epochs, [100 * (1 - row["val_accuracy"]) for row in rows], label="lines read wrongly")
    right.plot(epochs, [100 * row["val_cer"] for row in rows], label="wrong characters")
    right.set(xlabel="epoch", ylabel="validation, %", yscale="log")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)


def save_confusion(matrix: npt.NDArray[np.int64], path: Path) -> None:
    """Confusion matrix (true digit by row, read digit by column); the colour is logarithmic, for nearly all are right."""
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.log1p(matrix), cmap="Blues")
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            colour = "white" if row == column else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
    axes.set(xticks=range(len(CLASS_NAMES)), yticks=range(len(CLASS_NAMES)), xlabel="read as", ylabel="digit")
    axes.set(xticklabels=CLASS_NAMES, yticklabels=CLASS_NAMES)
    figure.savefig(path, dpi=110)


def save_class_accuracy(per_class: dict[str, dict[str, Any]], path: Path) -> None:
    """Accuracy of each class with its 95 % interval."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    accuracy = 100 * np.array([entry["accuracy"] for entry in per_class.values()])
    interval = 100 * np.array([entry["interval"] for entry in per_class.values()])
    bars = np.maximum(0, np.abs(interval.T - accuracy))
    axes.errorbar(list(per_class), accuracy, yerr=bars, fmt="o", capsize=4)
    axes.set(xlabel="digit", ylabel="accuracy, % (95 % interval)")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def save_reliability(bins: Sequence[dict[str, float]], path: Path) -> None:
    """Share of right answers against confidence; on the diagonal the confidence is true."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    used = [entry for entry in bins if entry["n"]]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([entry["confidence"] for entry in used], [entry["accuracy"] for entry in used], "o-")
    for entry in used:
        axes.annotate(str(int(entry["n"])), (entry["confidence"], entry["accuracy"]), fontsize=7)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
