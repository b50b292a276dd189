"""What a checkpoint's manifest says about its network, in words, tables and curves; without gradio.

Every number comes from the manifest. An entry that a manifest lacks, for an older version wrote it, is left out.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.checkpoint import DIGITS, SECOND_STRINGS, STRINGS, load_checkpoint
from recognizer.errors import CheckpointError
from recognizer.types import NO_DIGIT
from recognizer.web.language import SOURCE, say, sentences

Manifest = dict[str, Any]
Language = str | None

CURVES = {
    "loss": ("NETWORK_LOSS", 1, (("loss", "NETWORK_TRAINING"), ("val_loss", "NETWORK_VALIDATION"))),
    "accuracy": ("NETWORK_ACCURACY", 100, (("accuracy", "NETWORK_TRAINING"), ("val_accuracy", "NETWORK_VALIDATION"))),
    "cer": ("NETWORK_WRONG", 100, (("val_cer", "NETWORK_VALIDATION"),)),
}
"""Of each curve: what its y axis is called, what the values are multiplied by, and its columns in the history with what they
are called."""

_PARTS = {"test": "NETWORK_TEST", "validation": "NETWORK_VALIDATION"}
# Layers that change no size go into the row of the layer before them.
_JOINED = {"BatchNormalization", "ReLU", "Activation", "Dropout", "Add"}
_HASH_SHOWN = 12
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_JOINER = "\N{WORD JOINER}"


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of the training, ready to be drawn."""

    y_title: str
    series: dict[str, list[float]]
    """Values by epoch of each series, by its name in the visitor's language."""
    epochs: list[str]


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """Accuracy of one class, in percent."""

    label: str
    accuracy: float
    right: str
    """How many of how many."""
    interval: str


def load_manifests(folder: str | Path | None = None) -> list[Manifest]:
    """The manifests of a checkpoint folder: the digit network's and, where there are any, those of the line networks.

    Args:
        folder: None for the weights that come with the package. A network without whole files is left out.
    """
    manifests = []
    for name in (DIGITS, STRINGS, SECOND_STRINGS):
        try:
            manifests.append(load_checkpoint(folder, name).manifest)
        except CheckpointError:
            continue  # whether the page can do without is the reader's concern, not that of the page about it
    return manifests


def introduction(manifest: Manifest, language: Language = None) -> str:
    """What the network does, in a few sentences; "" where the manifest does not say what it was made of."""
    training, shape = manifest.get("training", {}), manifest["input"]["shape"]
    values: dict[str, Any] = {
        "parameters": number(manifest.get("parameters", {}).get("total", 0)),
        "digits": number(sum(source.get("digits", 0) for source in manifest.get("data", {}).values())),
        "height": shape[1],
    }
    if _reads_lines(manifest):
        values["lines"] = number(manifest.get("steps_run", 0) * training.get("batch_size", 0))
    else:
        values |= {"width": shape[2], "classes": len(manifest["classes"])}
    if number(0) in values.values():
        return ""
    said = [say(language, f"NETWORK_{manifest['name'].upper()}_HINT", **values)]
    if NO_DIGIT in manifest["classes"] and "non_digits" in training:
        said.append(say(language, "NETWORK_NO_DIGIT_HINT", share=_percent(training["non_digits"], 0)))
    return " ".join(said)


def figures(manifest: Manifest, language: Language = None) -> str:
    """A table of the network's figures with their intervals, a column for each part of the data, as HTML; "" without any."""
    parts = [part for part in _PARTS if part in manifest.get("metrics", {})]
    kind = STRINGS if _reads_lines(manifest) else DIGITS
    columns = [_figures_of(kind, manifest["metrics"][part], language) for part in parts]
    names = list(dict.fromkeys(name for column in columns for name in column))
    head = [say(language, name) for name in ("NETWORK_FIGURE", *(_PARTS[part] for part in parts))]
    rows = [[say(language, name), *(column.get(name, "–") for column in columns)] for name in names]
    return table(head, rows)


def figures_hint(manifest: Manifest, language: Language = None) -> str:
    """What the parts are, and what the network mixes up most often."""
    metrics = manifest.get("metrics", {})
    said = [say(language, "NETWORK_PARTS_HINT" if "test" in metrics else "NETWORK_VALIDATION_HINT")]
    if _reads_lines(manifest):
        said.append(say(language, "NETWORK_HARD_HINT"))
    confusions = metrics.get(_best_part(manifest), {}).get("confusions")
    if confusions:
        pairs = ", ".join(say(language, "NETWORK_CONFUSION", **confusion) for confusion in confusions)
        said.append(say(language, "NETWORK_CONFUSIONS", pairs=pairs))
    return " ".join(said)


def _reads_lines(manifest: Manifest) -> bool:
    return manifest["name"] in (STRINGS, SECOND_STRINGS)


def _figures_of(network: str, part: Manifest, language: Language) -> dict[str, str]:
    """The figures of one part of the data by what they are called in `strings`."""
    found = {}
    if "accuracy" in part:
        counts = say(language, "NETWORK_OF", count=number(part["correct"]), total=number(part["n"]))
        found[f"NETWORK_ACCURACY_{network.upper()}"] = f"{_share(part, 'accuracy')}\n{counts}"
    for name in ("cer", "ece"):
        if name in part:
            found[f"NETWORK_{name.upper()}"] = _percent(part[name])
    rejection = part.get("rejection", {})
    for name in ("digits", "non_digits"):
        if name in rejection:
            found[f"NETWORK_{name.upper()}_REJECTED"] = _share(rejection[name], "share")
    for recipe, entry in rejection.get("recipes", {}).items():
        if f"NETWORK_{recipe.upper()}" in sentences(SOURCE):
            found[f"NETWORK_{recipe.upper()}"] = _share(entry, "share")
    return found


def _share(entry: Manifest, name: str) -> str:
    share = _percent(entry[name])
    return f"{share} ({_interval(entry['interval'])})" if "interval" in entry else share


def _interval(interval: Sequence[float]) -> str:
    low, high = interval
    return f"{100 * low:.2f}{_JOINER}–{_JOINER}{_percent(high)}"


def available_curves(manifest: Manifest) -> list[str]:
    """Those of `CURVES` that the manifest holds a column of."""
    history = manifest.get("history", {})
    return [name for name, (_, _, columns) in CURVES.items() if any(column in history for column, _ in columns)]


def curve(manifest: Manifest, name: str, language: Language = None) -> Curve:
    """One of `available_curves`."""
    history = manifest["history"]
    title, factor, columns = CURVES[name]
    return Curve(
        say(language, title),
        {say(language, series): [factor * v for v in history[c]] for c, series in columns if c in history},
        [str(epoch) for epoch in history["epoch"]],
    )


def curves_hint(manifest: Manifest, language: Language = None) -> str:
    """Which epoch was chosen, and how to read the curves."""
    return say(language, "NETWORK_CURVES_HINT", best=manifest["best_epoch"], epochs=manifest["epochs_run"])


def by_class(manifest: Manifest, language: Language = None) -> list[ClassAccuracy]:
    """Accuracy by class in the test part, else in the validation part; empty where the manifest holds neither."""
    part = manifest.get("metrics", {}).get(_best_part(manifest), {})
    return [
        ClassAccuracy(
            label,
            round(100 * entry["accuracy"], 2),
            say(language, "NETWORK_OF", count=number(entry["correct"]), total=number(entry["n"])),
            _interval(entry["interval"]),
        )
        for label, entry in part.get("per_class", {}).items()
    ]


def axis_start(classes: Iterable[ClassAccuracy]) -> float:
    """Where the axis of the accuracy by class begins, in percent: the lowest bar is about half as high as the axis."""
    lowest = min(entry.accuracy for entry in classes)
    return max(0.0, math.floor(2 * (2 * lowest - 100)) / 2)


def by_class_hint(manifest: Manifest, language: Language = None) -> str:
    """Of which part the accuracies are, and where their axis begins."""
    part = say(language, _PARTS[_best_part(manifest)])
    start = _percent(axis_start(by_class(manifest, language)) / 100, 1)
    return say(language, "NETWORK_CLASSES_HINT", part=part, start=start)


def by_class_table(manifest: Manifest, language: Language = None) -> str:
    """Accuracy by class as an HTML table."""
    head = ("NETWORK_DIGIT", "NETWORK_RIGHT", "NETWORK_SHARE_RIGHT", "NETWORK_INTERVAL_95")
    rows = [(c.label, c.right, _percent(c.accuracy / 100), c.interval) for c in by_class(manifest, language)]
    return table([say(language, name) for name in head], rows)


def layers(manifest: Manifest, language: Language = None) -> str:
    """The layers of the network as an HTML table; "" where the manifest does not tell them."""
    rows: list[tuple[list[str], str, int]] = []
    for layer in manifest.get("architecture", ()):
        if layer["kind"] in _JOINED and rows:
            names, output, parameters = rows[-1]
            rows[-1] = ([*names, *_layer_names(layer, language)], output, parameters + layer["parameters"])
        else:
            rows.append((_layer_names(layer, language), _shape(layer["output"]), layer["parameters"]))
    if not rows:
        return ""
    head = [say(language, name) for name in ("NETWORK_LAYER", "NETWORK_OUTPUT", "NETWORK_PARAMETERS")]
    cells = [(", ".join(names), output, number(parameters)) for names, output, parameters in rows]
    total = (say(language, "NETWORK_TOTAL"), "", number(sum(parameters for *_, parameters in rows)))
    return table(head, [*cells, total])


def _layer_names(layer: Manifest, language: Language) -> list[str]:
    """What a layer is called, and its activation."""
    step = max(layer.get("strides", [1]))
    kind = f"LAYER_{layer['kind'].upper()}{'_STEP' if step > 1 else ''}"
    activation = layer.get("activation", "")
    names = [] if activation and layer["kind"] == "Activation" else [(kind, layer["kind"])]
    names += [(f"ACTIVATION_{activation.upper()}", activation)] if activation else []
    # Where there is no word for it, for no shipped network has it, Keras's own name will do.
    return [
        say(language, name, window=_shape(layer.get("window", ())), step=step) if name in sentences(SOURCE) else own
        for name, own in names
    ]


def has_any_width(manifest: Manifest) -> bool:
    """Whether a picture of any width can be shown to the network."""
    return manifest["input"]["shape"][2] is None


def facts(manifest: Manifest, language: Language = None) -> str:
    """Input, data, options of the training, date and files as an HTML table."""
    options, began = manifest.get("training", {}), manifest.get("init")
    libraries = manifest.get("libraries", {}).get("training", {})
    rows = {
        "NETWORK_INPUT": say(language, "NETWORK_INPUT_IS", shape=_shape(manifest["input"]["shape"][1:3])),
        "NETWORK_ANSWERS": ", ".join(_answer(label, language) for label in manifest["classes"]),
        "NETWORK_DATA": "\n".join(_source(name, entry, language) for name, entry in manifest.get("data", {}).items()),
        "NETWORK_BEGAN": f"{began['file']} {began['sha256'][:_HASH_SHOWN]}" if began else "",
        "NETWORK_OPTIONS": ", ".join(f"{name} {value}" for name, value in options.items()),
        "NETWORK_TIME": say(
            language, "NETWORK_TIME_IS", minutes=manifest["training_minutes"], epochs=manifest["epochs_run"]
        )
        if "training_minutes" in manifest
        else "",
        "NETWORK_TEMPERATURE": str(manifest.get("calibration", {}).get("temperature", "")),
        "NETWORK_SOFTWARE": ", ".join(
            f"{name} {libraries[name]}" for name in ("python", "keras", "tensorflow") if name in libraries
        ),
        "NETWORK_DATE": str(manifest.get("date", "")),
        "NETWORK_TWIN": f"{manifest['onnx_difference']:.1e}" if "onnx_difference" in manifest else "",
        "NETWORK_INT8": f"{manifest['int8_distance']:.1e}" if "int8_distance" in manifest else "",
        "NETWORK_FILES": "\n".join(f"{name} {digest[:_HASH_SHOWN]}" for name, digest in manifest["files"].items()),
    }
    return table([], [(say(language, name), value) for name, value in rows.items() if value])


def _answer(label: str, language: Language) -> str:
    """A class in words: digits are what they are called."""
    name = f"NETWORK_ANSWER_{label.upper()}"
    return say(language, name) if name in sentences(SOURCE) else label


def _source(name: str, entry: Manifest, language: Language) -> str:
    title = f"NETWORK_DATA_{name.upper()}"
    known = say(language, title) if title in sentences(SOURCE) else name
    return say(language, "NETWORK_DATA_DIGITS", name=known, digits=number(entry.get("digits", 0)))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table that scrolls sideways where it has no room: the first cell of a row is its heading."""
    if not rows:
        return ""
    header = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{_cell(first)}</th>' + "".join(f"<td>{_cell(cell)}</td>" for cell in others) + "</tr>"
        for first, *others in rows
    )
    return f'<div class="facts"><table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def number(count: int) -> str:
    """A count with narrow spaces between the thousands, which every language reads alike."""
    return f"{count:,}".replace(",", _NARROW_SPACE)


def _percent(share: float, decimals: int = 2) -> str:
    return f"{100 * share:.{decimals}f}{_NARROW_SPACE}%"


def _shape(sizes: Sequence[int | None]) -> str:
    return f"{_NARROW_SPACE}×{_NARROW_SPACE}".join("n" if size is None else str(size) for size in sizes)


def _best_part(manifest: Manifest) -> str:
    return next((part for part in _PARTS if part in manifest.get("metrics", {})), "")
