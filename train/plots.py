"""The pictures of a run and of an evaluation, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure  # no pyplot: it would open a display and keep state

from recognizer.types import CLASS_NAMES


def save_curves(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Loss and accuracy of each epoch; `rows` are those of `history.csv`."""
    training = "training (augmented, with dropout)"
    loss = {training: [row["loss"] for row in rows], "validation": [row["val_loss"] for row in rows]}
    accuracy = {
        training: [100 * row["accuracy"] for row in rows],
        "validation": [100 * row["val_accuracy"] for row in rows],
    }
    _save_epochs(
        rows,
        path,
        (loss, {"ylabel": "cross-entropy", "yscale": "log"}),
        (accuracy, {"ylabel": "accuracy, %"}),
    )


def save_string_curves(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Loss and error rates of each epoch of the line network; `rows` are those of `history.csv`."""
    loss = {
        "training (with dropout)": [row["loss"] for row in rows],
        "validation (mean weights)": [row["val_loss"] for row in rows],
    }
    errors = {
        "lines read wrongly": [100 * (1 - row["val_accuracy"]) for row in rows],
        "wrong characters": [100 * row["val_cer"] for row in rows],
    }
    _save_epochs(
        rows,
        path,
        (loss, {"ylabel": "CTC loss, nats a line", "yscale": "log"}),
        (errors, {"ylabel": "validation, %", "yscale": "log"}),
    )


def _save_epochs(
    rows: Sequence[dict[str, float]], path: Path, *panels: tuple[Mapping[str, Sequence[float]], dict[str, str]]
) -> None:
    """Curves over the epochs, side by side: of each panel the curves by their names, and what its axes are set to."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    for axes, (curves, settings) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for name, values in curves.items():
            axes.plot(epochs, values, label=name)
        axes.set(xlabel="epoch", **settings)
        axes.xaxis.get_major_locator().set_params(integer=True)
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


def save_accuracy_by_digits(curves: Mapping[str, Sequence[dict[str, float]]], path: Path) -> None:
    """Share of texts that are right against their number of digits, with 95 % intervals; a panel a curve.

    Args:
        curves: of each panel's title, rows as `scores.by_digits` gives them.
        path: the PNG file.
    """
    columns = min(3, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(4.5 * columns, 3 * rows + 0.3), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, (title, curve) in zip(panels, curves.items(), strict=False):
        exact = np.array([row["exact"] for row in curve])
        interval = np.array([[row["low"], row["high"]] for row in curve]).reshape(-1, 2)
        bars = np.maximum(0, np.abs(interval.T - exact))
        axes.errorbar([row["digits"] for row in curve], exact, yerr=bars, fmt="o-", capsize=3, markersize=4)
        axes.set(title=title, ylim=(0, 102))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.xaxis.set_tick_params(labelbottom=True)  # there may be no panel below
        axes.grid(alpha=0.3)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    figure.supxlabel("number of digits")
    figure.supylabel("exact match, % (95 % interval)")
    figure.savefig(path, dpi=110)


def save_risk_coverage(curves: Mapping[str, Sequence[tuple[float, float]]], path: Path) -> None:
    """Share of wrong readings among those accepted, against the share accepted (El-Yaniv and Wiener 2010).

    Args:
        curves: of each name, (coverage, risk), both 0 to 1.
        path: the PNG file.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for index, (name, curve) in enumerate(curves.items()):
        line = "-" if index < 10 else "--"  # the colours come round again
        axes.plot([100 * c for c, _ in curve], [100 * r for _, r in curve], line, label=name)
    axes.axhline(1, color="grey", linewidth=1)
    axes.set(xlabel="accepted, %", ylabel="wrong among them, %", xlim=(0, 102), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def save_class_counts(parts: Mapping[str, npt.NDArray[np.uint8]], path: Path) -> None:
    """Number of digits of each class.

    Args:
        parts: of each part of the data, its labels, 0 to 9.
        path: the PNG file.
    """
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(parts)
    for index, (name, labels) in enumerate(parts.items()):
        places = np.arange(len(CLASS_NAMES)) + (index - (len(parts) - 1) / 2) * width
        axes.bar(places, np.bincount(labels, minlength=len(CLASS_NAMES)), width, label=name)
    axes.set(xticks=range(len(CLASS_NAMES)), xticklabels=CLASS_NAMES, xlabel="digit", ylabel="pictures")
    axes.grid(alpha=0.3, axis="y")
    axes.margins(y=0.2)  # room for the legend
    axes.legend(ncols=len(parts))
    figure.savefig(path, dpi=110)


def save_shares(shares: Mapping[str, tuple[float, tuple[float, float]]], path: Path) -> None:
    """Accuracy of several classifiers with its 95 % interval.

    Args:
        shares: of each name, accuracy and interval, 0 to 1; the first one comes out on top.
        path: the PNG file.
    """
    figure = Figure(figsize=(8, 0.4 * len(shares) + 1), layout="constrained")
    axes = figure.subplots()
    accuracy = 100 * np.array([share for share, _ in shares.values()])
    interval = 100 * np.array([interval for _, interval in shares.values()])
    bars = np.maximum(0, np.abs(interval.T - accuracy))
    axes.errorbar(accuracy, list(shares), xerr=bars, fmt="o", capsize=4)
    axes.invert_yaxis()
    axes.set(xlabel="accuracy, % (95 % interval)")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def save_optimizers(curves: Mapping[str, Sequence[dict[str, float]]], path: Path) -> None:
    """Training loss and validation accuracy of several runs.

    Args:
        curves: of each name, rows as those of `history.csv`; all runs have as many epochs.
        path: the PNG file.
    """
    loss = {name: [row["loss"] for row in rows] for name, rows in curves.items()}
    accuracy = {name: [100 * row["val_accuracy"] for row in rows] for name, rows in curves.items()}
    _save_epochs(
        next(iter(curves.values())),
        path,
        (loss, {"ylabel": "training loss, cross-entropy", "yscale": "log"}),
        (accuracy, {"ylabel": "validation accuracy, %"}),
    )


def save_probabilities(probabilities: npt.NDArray[np.float32], labels: Sequence[str], path: Path) -> None:
    """What the digit network answered for each crop of a picture.

    Args:
        probabilities: (N, 10 or 11), N at least 1; the eleventh is that it is no digit.
        labels: what each crop was read as.
        path: the PNG file.
    """
    count, classes = probabilities.shape
    figure = Figure(figsize=(7, 0.35 * count + 1.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(probabilities, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(probabilities):
        if share >= 0.005:
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=8, color=colour)
    names = [*CLASS_NAMES, "none"][:classes]
    axes.set(xticks=range(classes), xticklabels=names, yticks=range(count), yticklabels=labels)
    axes.set(xlabel="probability of each class", ylabel="crop, read as")
    figure.savefig(path, dpi=110)


class Tile(NamedTuple):
    """A picture of a contact sheet."""

    picture: npt.NDArray[np.uint8]
    """(height, width) or (height, width, 3) uint8."""
    caption: str


def save_contact_sheet(tiles: Sequence[Tile], path: Path, columns: int = 6) -> None:
    """Small pictures with their captions, row by row; a sheet of none says so."""
    rows = max(1, -(-len(tiles) // columns))
    figure = Figure(figsize=(2.4 * columns, 1.7 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, tile in zip(panels, tiles, strict=False):
        # With its own limits a pale picture would be stretched to full contrast.
        axes.imshow(tile.picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(tile.caption, fontsize=7, parse_math=False)
    for axes in panels:
        axes.set_axis_off()
    if not tiles:
        figure.text(0.5, 0.5, "none", ha="center", va="center")
    figure.savefig(path, dpi=110)
