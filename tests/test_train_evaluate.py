"""The figures: intervals, calibration, confusion."""

import numpy as np
import pytest
from made_digits import make_digits

from train import evaluate
from train.evaluate import (
    choose_rejection,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    rejection,
    reliability,
    report,
    soften,
    summarise,
    wilson_interval,
)
from train.nondigits import EVALUATION, Sources
from train.plots import save_class_accuracy, save_confusion, save_curves, save_reliability


def made_answers(count: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities whose labels were drawn from them, then made over- or under-confident by `temperature`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2.5, (count, 10))
    powers = np.exp(logits)
    true = powers / powers.sum(axis=1, keepdims=True)
    labels = (true.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1).astype(np.uint8)
    return soften(true.astype(np.float32), 1 / temperature), labels


@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_gives_published_values(correct: int, count: int, low: float, high: float) -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    assert wilson_interval(correct, count) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("correct", "count"), [(-1, 5), (6, 5), (0, 0)])
def test_wilson_interval_refuses_what_is_no_share(correct: int, count: int) -> None:
    with pytest.raises(ValueError, match="correct must be within"):
        wilson_interval(correct, count)


def test_confusion_matrix_has_true_digits_by_row() -> None:
    matrix = confusion_matrix(np.array([1, 1, 7], np.uint8), np.array([1, 7, 7]))
    assert matrix[1, 1] == matrix[1, 7] == matrix[7, 7] == 1
    assert matrix.sum() == 3


def test_calibration_error_of_known_answers() -> None:
    """Ten answers given with 0.8, of which six are right: the error is 0.2."""
    probabilities = np.full((10, 10), 0.2 / 9, np.float32)
    probabilities[:, 3] = 0.8
    labels = np.array([3] * 6 + [4] * 4, np.uint8)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0.2, abs=1e-6)
    used = [entry for entry in reliability(probabilities, labels) if entry["n"]]
    assert len(used) == 1
    assert used[0]["accuracy"] == pytest.approx(0.6)


def test_certain_answers_fall_into_the_last_bin() -> None:
    probabilities = np.eye(10, dtype=np.float32)
    assert reliability(probabilities, np.arange(10, dtype=np.uint8))[-1]["n"] == 10


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_temperature_is_found_and_mends_the_calibration(temperature: float) -> None:
    probabilities, labels = made_answers(20_000, 1 / temperature)
    found = fit_temperature(probabilities, labels)
    assert found == pytest.approx(1 / temperature, rel=0.05)
    mended = soften(probabilities, found)
    assert expected_calibration_error(mended, labels) < 0.015
    assert negative_log_likelihood(mended, labels) <= negative_log_likelihood(probabilities, labels) + 1e-6
    if temperature != 1.0:
        assert expected_calibration_error(probabilities, labels) > 0.05


def test_softening_changes_no_answer_and_keeps_sums() -> None:
    probabilities, _ = made_answers(500, 1.0)
    for temperature in (0.3, 1.0, 3.0):
        softened = soften(probabilities, temperature)
        np.testing.assert_array_equal(softened.argmax(axis=1), probabilities.argmax(axis=1))
        np.testing.assert_allclose(softened.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(soften(probabilities, 1.0), probabilities, atol=1e-6)


def test_the_reader_softens_as_the_evaluation_does() -> None:
    from recognizer.classifier import _soften

    probabilities, _ = made_answers(100, 1.0)
    np.testing.assert_allclose(_soften(probabilities, 1.7), soften(probabilities, 1.7), atol=1e-7)


def test_summary_counts_and_its_text_agree() -> None:
    probabilities, labels = made_answers(1000, 1.0)
    summary = summarise(probabilities, labels, 1.0)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    assert (summary["correct"], summary["n"]) == (right, 1000)
    assert summary["interval"][0] < summary["accuracy"] < summary["interval"][1]
    assert np.trace(np.array(summary["confusion_matrix"])) == right
    assert sum(one["n"] for one in summary["per_class"].values()) == 1000
    text = report({"temperature": 1.0, "test": summary})
    assert f"({right} of 1000;" in text
    assert "validation" not in text


class Answers:
    """A network that takes for a digit whatever has little ink, and for none the rest."""

    output_shape = (None, 11)

    def predict(self, images: np.ndarray, **_: object) -> np.ndarray:
        none = (images.mean(axis=(1, 2, 3)) > 0.15).astype(np.float32)
        answers = np.zeros((len(images), 11), np.float32)
        answers[:, 10], answers[:, 3] = none, 1 - none
        return answers


def test_rejected_digits_and_non_digits_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "NON_DIGITS", 60)
    digits = np.eye(11, dtype=np.float32)[[3, 10, 4, 10, 10]]
    found = rejection(Answers(), digits, Sources(make_digits(30), letters=make_digits(5).images), 0.5)
    assert found["digits"] == {"rejected": 3, "n": 5, "share": 0.6}
    assert set(found["recipes"]) == {recipe.__name__ for recipe in EVALUATION}
    assert found["non_digits"]["n"] == 60
    assert found["non_digits"]["rejected"] == sum(one["rejected"] for one in found["recipes"].values())
    assert "letter" not in rejection(Answers(), digits, Sources(make_digits(30)), 0.5)["recipes"]


def test_what_is_rejected_follows_the_threshold() -> None:
    digits = np.zeros((5, 11), np.float32)
    digits[:, 10] = 0.1, 0.3, 0.5, 0.7, 0.9
    for above, rejected in ((0.05, 5), (0.4, 3), (0.8, 1)):
        assert rejection(Answers(), digits, Sources(make_digits(30)), above)["digits"]["rejected"] == rejected


@pytest.mark.parametrize(("doubted", "above"), [(0, 0.05), (1, 0.05), (2, 0.05), (3, 0.6), (500, 0.6)])
def test_the_threshold_lets_hardly_any_digit_be_rejected(doubted: int, above: float) -> None:
    digits = np.zeros((1000, 11), np.float32)
    digits[:doubted, 10] = 0.58
    assert choose_rejection(digits) == above


def test_a_network_that_rejects_all_gets_the_highest_threshold() -> None:
    assert choose_rejection(np.ones((10, 11), np.float32)) == 0.95


def test_a_rejected_digit_still_counts_as_read() -> None:
    """Accuracy is that of the ten digits, so that networks with and without the further class compare."""
    probabilities, labels = made_answers(400, 1.0)
    further = np.concatenate([0.3 * probabilities, np.full((400, 1), 0.7, np.float32)], axis=1)
    with_class, without = summarise(further, labels, 1.0), summarise(probabilities, labels, 1.0)
    assert with_class["accuracy"] == without["accuracy"]
    assert with_class["confusion_matrix"] == without["confusion_matrix"]


def test_plots_are_pictures(tmp_path) -> None:
    probabilities, labels = made_answers(300, 1.0)
    summary = summarise(probabilities, labels, 1.0)
    row = {"epoch": 1.0, "loss": 1.0, "val_loss": 0.5, "accuracy": 0.5, "val_accuracy": 0.7}
    save_curves([row, {**row, "epoch": 2.0, "loss": 0.4}], tmp_path / "curves.png")
    save_confusion(np.array(summary["confusion_matrix"]), tmp_path / "confusion.png")
    save_class_accuracy(summary["per_class"], tmp_path / "classes.png")
    save_reliability(summary["reliability"], tmp_path / "reliability.png")
    for path in tmp_path.iterdir():
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(list(tmp_path.iterdir())) == 4
