"""Figures of a trained network: accuracy with its interval, confusion matrix, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import DIGITS, Checkpoint, load_checkpoint, sha256_of, verify_file
from recognizer.classifier import DigitClassifier
from recognizer.normalize import to_network_input
from recognizer.types import CLASS_NAMES
from train.data import CLASSES, Dataset, Digits, Images, Labels, load_dataset
from train.errors import DataError, RunError
from train.nondigits import EVALUATION, Sources, draw, letter

Probabilities = npt.NDArray[np.float32]
"""(N, 10) float32, each row summing to 1; (N, 11) where the last class is that it is no digit."""

ECE_BINS = 15
NON_DIGITS = 10_000
"""How many non-digits the further class is measured on."""
_MOST_REJECTED = 0.0025
"""Share of the validation part's digits that may be rejected, a little less than the 0.3 % that any part may lose."""


def wilson_interval(correct: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which stays within 0 and 1 where nearly all are right.

    Raises:
        ValueError: `count` is not positive or `correct` is not within it.
    """
    if not 0 <= correct <= count or count == 0:
        raise ValueError(f"correct must be within 0 and count, and count positive: got {correct} of {count}")
    share = correct / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(correct: int, count: int) -> dict[str, Any]:
    """An accuracy as the manifest holds it."""
    low, high = wilson_interval(correct, count)
    return {
        "accuracy": round(correct / count, 6),
        "correct": correct,
        "n": count,
        "interval": [round(low, 6), round(high, 6)],
    }


def confusion_matrix(labels: Labels, predicted: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """(10, 10) counts, true digit by row and read digit by column."""
    matrix = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def reliability(probabilities: Probabilities, labels: Labels, bins: int = ECE_BINS) -> list[dict[str, float]]:
    """Number, mean confidence and share of right answers in each of equally wide bins of confidence."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    result = []
    for number in range(bins):
        inside = which == number
        count = int(inside.sum())
        result.append(
            {
                "n": count,
                "confidence": float(confidence[inside].mean()) if count else (number + 0.5) / bins,
                "accuracy": float(right[inside].mean()) if count else 0.0,
            }
        )
    return result


def expected_calibration_error(probabilities: Probabilities, labels: Labels, bins: int = ECE_BINS) -> float:
    """Mean distance between confidence and share of right answers over the bins (Naeini et al. 2015), 0 to 1."""
    entries = reliability(probabilities, labels, bins)
    return sum(e["n"] * abs(e["confidence"] - e["accuracy"]) for e in entries) / max(1, len(labels))


def soften(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Probabilities whose logits are divided by `temperature` (logits and log-probabilities differ by a constant a row)."""
    logits = np.log(np.maximum(probabilities, np.float32(1e-12))) / np.float32(temperature)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def negative_log_likelihood(probabilities: Probabilities, labels: Labels) -> float:
    """Mean negative log-likelihood of the labels."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def fit_temperature(probabilities: Probabilities, labels: Labels) -> float:
    """The temperature that makes the labels most likely, 0.25 to 4 (Guo et al. 2017, arXiv:1706.04599).

    Golden-section search over its logarithm: the likelihood has a single peak.
    """
    low, high = math.log(0.25), math.log(4.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        left_loss = negative_log_likelihood(soften(probabilities, math.exp(left)), labels)
        right_loss = negative_log_likelihood(soften(probabilities, math.exp(right)), labels)
        if left_loss < right_loss:
            high = right
        else:
            low = left
    return round(math.exp((low + high) / 2), 4)


def summarise(probabilities: Probabilities, labels: Labels, temperature: float) -> dict[str, Any]:
    """All figures of one part of the data; probabilities as the network gives them, before calibration.

    The label read is the most probable digit, also where no digit at all is more probable: what is rejected is counted apart,
    see `rejection`.
    """
    calibrated = soften(probabilities, temperature)[:, :CLASSES]
    probabilities = probabilities[:, :CLASSES]
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted)
    return {
        **share(int((predicted == labels).sum()), len(labels)),
        "ece_before": round(expected_calibration_error(probabilities, labels), 6),
        "ece": round(expected_calibration_error(calibrated, labels), 6),
        "negative_log_likelihood": round(negative_log_likelihood(calibrated, labels), 6),
        "per_class": {
            name: share(int(matrix[k, k]), int(matrix[k].sum()))
            for k, name in enumerate(CLASS_NAMES)
            if matrix[k].sum()
        },
        "confusion_matrix": matrix.tolist(),
        "reliability": reliability(calibrated, labels),
    }


def choose_rejection(digits: Probabilities) -> float:
    """The probability of being no digit above which a single crop is rejected, in steps of 0.05.

    Args:
        digits: a network's answers, (N, 11), for the true digits of the validation part.

    Returns:
        The lowest at which hardly any of them are.
    """
    steps = [step / 20 for step in range(1, 20)]
    few = (step for step in steps if np.mean(digits[:, CLASSES] > step) <= _MOST_REJECTED)
    return next(few, steps[-1])


def rejection(network: Any, digits: Probabilities, sources: Sources, above: float, seed: int = 0) -> dict[str, Any]:
    """How well a network with the further class tells non-digits from digits by that class alone.

    The reader weighs it against the other ways to read and cut a component, see `recognizer.decode`.

    Args:
        network: a Keras network of eleven outputs.
        digits: its answers for true digits.
        sources: what non-digits are made of, by recipes that training does not know (`nondigits.EVALUATION`).
        above: what is more probably no digit is rejected.
        seed: of the recipes.

    Returns:
        Of `digits`, of `non_digits` and, under `recipes`, of each kind of those: number, number and share rejected.
    """
    rng = np.random.default_rng(seed)
    recipes = {}
    for recipe, part in EVALUATION.items():
        if recipe is not letter or len(sources.letters):
            images = draw(round(NON_DIGITS * part), sources, rng, {recipe: 1.0})
            recipes[recipe.__name__] = _rejected(predict(network, images), above)
    rejected, count = (sum(entry[name] for entry in recipes.values()) for name in ("rejected", "n"))
    return {
        "digits": _rejected(digits, above),
        "non_digits": {"rejected": rejected, "n": count, "share": round(rejected / count, 6)},
        "recipes": recipes,
        "above": above,
        "seed": seed,
    }


def _rejected(probabilities: Probabilities, above: float) -> dict[str, Any]:
    rejected = int((probabilities[:, CLASSES] > above).sum())
    return {"rejected": rejected, "n": len(probabilities), "share": round(rejected / len(probabilities), 6)}


def predict(network: Any, images: Images) -> Probabilities:
    """What a Keras network answers: (N, 10 or 11) float32 for (N, 28, 28) uint8."""
    return np.asarray(network.predict(to_network_input(images), batch_size=512, verbose=0), np.float32)


def load_network(path: Path) -> Any:
    """A Keras network in float32, for serving and evaluation; the precision it was trained in is left behind.

    Raises:
        RunError: the file is missing or damaged.
    """
    import keras

    from train.model import build_model, model_of

    if not path.is_file():
        raise RunError(f"There are no weights at {path}: name a run folder or a checkpoint folder.")
    try:
        trained = keras.saving.load_model(path, compile=False, safe_mode=True)
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("float32")
        try:
            network = build_model(trained.output_shape[-1], model_of(trained))
        finally:
            keras.config.set_dtype_policy(policy)
        network.set_weights(trained.get_weights())
    except Exception as error:  # Keras, h5py and zipfile raise many kinds
        raise RunError(f"{path} is damaged, or holds another network than this version trains.") from error
    return network


def evaluate_weights(
    path: Path,
    dataset: Dataset,
    parts: Sequence[str],
    temperature: float | None = None,
    reject_above: float | None = None,
) -> dict[str, Any]:
    """Figures of a weights file on the validation part, the test part, or both.

    Args:
        path: a .keras file.
        dataset: the data; only its validation and test parts are used.
        parts: "validation", "test".
        temperature: the calibration; None fits it on the validation part.
        reject_above: see `rejection`; None chooses it on the validation part.

    Returns:
        `weights` (SHA-256), `temperature`, and under each part what `summarise` says.
    """
    network = load_network(path)
    answers: dict[str, Probabilities] = {}

    def answer(part: str) -> tuple[Probabilities, Labels]:
        digits = getattr(dataset, part)
        if part not in answers:
            answers[part] = predict(network, digits.images)
        return answers[part], digits.labels

    if temperature is None:
        temperature = fit_temperature(*answer("validation"))
    metrics: dict[str, Any] = {"weights": sha256_of(path), "temperature": temperature}
    for part in parts:
        metrics[part] = summarise(*answer(part), temperature)
        if network.output_shape[-1] > CLASSES:
            if reject_above is None:
                reject_above = choose_rejection(answer("validation")[0])
            # Of digits and letters that training did not see either.
            sources = Sources(getattr(dataset, part), letters=dataset.test_letters)
            metrics[part]["rejection"] = rejection(network, answer(part)[0], sources, reject_above)
    return metrics


def evaluate_folder(
    folder: Path,
    data: Path | None = None,
    *,
    test: bool = True,
    output: Path | None = None,
    transfer: Path | None = None,
) -> tuple[dict[str, Any], Path]:
    """Measure the best weights of a run, or a checkpoint, and save `metrics.json` and the plots.

    Args:
        folder: run folder or checkpoint folder.
        data: as for training; None for the file that a run was trained on, or the official EMNIST digits.
        test: whether to look at the test part.
        output: where to save; None for the run folder itself, or `runs/evaluation` for a checkpoint.
        transfer: a folder of other collections, as `train.transfer` takes, to measure the weights on as well.

    Returns:
        The figures, and the folder they were saved in; of a checkpoint, under `served`, those of the network that the reader
        serves from. Validation figures are only given where the data are those that the weights were trained on: of others, no
        validation part was kept away from the training.

    Raises:
        RunError: the folder is neither a run nor a checkpoint.
        DataError: the data cannot be used, or the calibration of a run needs the data that it was trained on.
    """
    from train import plots
    from train.callbacks import BEST
    from train.run import CONFIG, METRICS, Config, load_config, write_json
    from train.transfer import evaluate_transfer, load_transfer

    others = load_transfer(transfer) if transfer else {}  # first, for it may fail, and the rest takes minutes
    temperature: float | None = None
    reject_above: float | None = None
    checkpoint: Checkpoint | None = None
    if (folder / CONFIG).is_file():
        config, description = load_config(folder)
        weights, trained_on, output = folder / BEST, description["files"]["emnist"]["sha256"], output or folder
        if data is None and config.data is not None:
            data = Path(config.data)
    elif (folder / f"{DIGITS}.json").is_file():
        checkpoint = load_checkpoint(folder)
        verify_file(checkpoint, checkpoint.keras_path)
        training = checkpoint.manifest["training"]
        config = Config(validation=training["validation"], seed=training["seed"])
        weights, temperature = checkpoint.keras_path, checkpoint.temperature
        reject_above = checkpoint.manifest["metrics"].get("validation", {}).get("rejection", {}).get("above")
        trained_on, output = checkpoint.manifest["data"]["emnist"]["sha256"], output or Path("runs/evaluation")
    else:
        raise RunError(f"{folder} is neither a run folder (no {CONFIG}) nor a checkpoint folder (no {DIGITS}.json).")

    dataset = load_dataset(data, validation=config.validation, seed=config.seed, limit=config.limit)
    same = dataset.files["emnist"]["sha256"] == trained_on
    if not same and temperature is None:
        raise DataError(
            f"{folder} was trained on other data than {data or 'the official EMNIST digits'}, and its calibration needs the "
            "validation part of those: name them with --data, or evaluate the exported checkpoint."
        )
    parts = [part for part, wanted in (("validation", same), ("test", test)) if wanted]
    if not parts:
        raise DataError(
            "The weights were trained on other data, so only the test part could be measured: drop --no-test."
        )
    metrics = evaluate_weights(weights, dataset, parts, temperature, reject_above)
    if checkpoint is not None:
        metrics["served"] = {part: _as_served(checkpoint, getattr(dataset, part)) for part in parts}
    if others:
        metrics["transfer"] = evaluate_transfer(load_network(weights), others)
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / METRICS, metrics)
    for part in parts:
        plots.save_confusion(np.array(metrics[part]["confusion_matrix"]), output / f"confusion_{part}.png")
        plots.save_class_accuracy(metrics[part]["per_class"], output / f"accuracy_by_digit_{part}.png")
        plots.save_reliability(metrics[part]["reliability"], output / f"reliability_{part}.png")
    return metrics, output


def _as_served(checkpoint: Checkpoint, digits: Digits) -> dict[str, Any]:
    """How many digits the network that the reader serves from gets right, as `share` gives it."""
    answers = DigitClassifier(checkpoint).predict(digits.images)[:, :CLASSES]
    return share(int((answers.argmax(axis=1) == digits.labels).sum()), len(digits))


def report(metrics: dict[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = []
    for part in ("validation", "test"):
        if part not in metrics:
            continue
        entry = metrics[part]
        low, high = entry["interval"]
        lines += [
            f"{part}: {entry['accuracy']:.3%} right ({entry['correct']} of {entry['n']}; 95 % interval {low:.3%} to "
            f"{high:.3%}), expected calibration error {entry['ece']:.3%} ({entry['ece_before']:.3%} before calibration)",
            "  by digit: " + "  ".join(f"{name} {one['accuracy']:.2%}" for name, one in entry["per_class"].items()),
            "  digit by row, read as by column:",
            *("    " + " ".join(f"{count:5d}" for count in row) for row in entry["confusion_matrix"]),
        ]
        if "rejection" in entry:
            digits, others = entry["rejection"]["digits"], entry["rejection"]["non_digits"]
            kinds = entry["rejection"]["recipes"].items()
            lines += [
                f"  rejected (above {entry['rejection']['above']}): {others['share']:.2%} of {others['n']} non-digits, "
                f"{digits['share']:.2%} of the digits",
                "  by kind: " + "  ".join(f"{name.replace('_', ' ')} {one['share']:.1%}" for name, one in kinds),
            ]
    for part, entry in metrics.get("served", {}).items():
        lines.append(
            f"{part}, as the reader serves it: {entry['accuracy']:.3%} right ({entry['correct']} of {entry['n']})"
        )
    if "transfer" in metrics:
        from train import transfer

        lines.append(transfer.report(metrics["transfer"]))
    return "\n".join([*lines, f"temperature {metrics['temperature']}"])
