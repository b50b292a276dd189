"""Figures on other collections: their files, what is skipped, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.checkpoint import sha256_of
from recognizer.normalize import normalize
from train.errors import DataError
from train.evaluate import wilson_interval
from train.transfer import SOURCES, evaluate_transfer, load_transfer, report


class Reads3:
    """A network that reads every digit as a 3, and believes still more that it is none."""

    def predict(self, images: np.ndarray, **_: object) -> np.ndarray:
        answers = np.zeros((len(images), 11), np.float32)
        answers[:, 3], answers[:, 10] = 0.4, 0.6
        return answers


def write_collection(folder: Path, name: str, labels: list[int], side: int = 16) -> np.ndarray:
    source = SOURCES[name]
    images = np.random.default_rng(1).integers(0, 256, (len(labels), side, side)).astype(np.uint8)
    images[:, :3] = 0
    np.savez(folder / source.file, **{source.images: images, source.labels: np.array(labels)})
    return images


def test_digits_come_as_a_users_do(tmp_path: Path) -> None:
    images = write_collection(tmp_path, "usps", [3, 4, 9])
    write_collection(tmp_path, "optdigits", [0, 1], side=32)
    found = load_transfer(tmp_path)
    assert set(found) == {"usps", "optdigits"}
    usps = found["usps"]
    np.testing.assert_array_equal(usps.digits.images, [normalize(image) for image in images])
    assert usps.digits.labels.tolist() == [3, 4, 9]
    assert usps.digits.labels.dtype == np.uint8
    assert usps.sha256 == sha256_of(tmp_path / "usps.npz")


def test_accuracy_is_that_of_the_ten_digits_with_its_interval(tmp_path: Path) -> None:
    write_collection(tmp_path, "mnist", [3, 3, 5, 3], side=28)
    figures = evaluate_transfer(Reads3(), load_transfer(tmp_path))["mnist"]
    assert (figures["correct"], figures["n"], figures["file"]) == (3, 4, "mnist.npz")
    assert figures["interval"] == pytest.approx(wilson_interval(3, 4), abs=1e-6)


def test_the_report_names_what_was_skipped(tmp_path: Path) -> None:
    write_collection(tmp_path, "mnist", [3, 5], side=28)
    text = report(evaluate_transfer(Reads3(), load_transfer(tmp_path)))
    assert "MNIST, test part: 50.00% right (1 of 2; 95 % interval " in text
    assert "skipped, there is no usps.npz" in text
    assert "skipped, there is no optdigits.npz" in text


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds none of mnist\.npz, usps\.npz, optdigits\.npz"):
        load_transfer(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"x_train": np.zeros((2, 28, 28), np.uint8)}, "has to be an .npz file with the arrays 'x_test' and 'y_test'"),
        ({"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.zeros(3, int)}, r"holds \(2, 28, 28\) uint8 images"),
        ({"x_test": np.zeros((2, 28, 28)), "y_test": np.zeros(2, int)}, "float64 images"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, int)}, r"holds \(0, 28, 28\)"),
        ({"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.array([1, 10])}, "not whole numbers from 0 to 9"),
        ({"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.array([0.5, 1.0])}, "not whole numbers from 0 to 9"),
    ],
)
def test_other_layouts_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str) -> None:
    np.savez(tmp_path / "mnist.npz", **arrays)
    with pytest.raises(DataError, match=complaint):
        load_transfer(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "usps.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"usps\.npz cannot be read"):
        load_transfer(tmp_path)


@pytest.mark.train
def test_evaluate_measures_and_saves_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    from made_digits import write_npz

    from recognizer.checkpoint import bundled_folder
    from train import evaluate
    from train.__main__ import main

    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)  # capsys owns the stream it silences
    monkeypatch.setattr(evaluate, "NON_DIGITS", 60)
    monkeypatch.chdir(tmp_path)
    data = write_npz(tmp_path / "made.npz", train=12_000 + 40)  # the validation part of the shipped run is taken off
    arguments = ["evaluate", str(bundled_folder()), "--data", str(data), "--transfer", str(tmp_path)]
    assert main(arguments) == 1
    assert "holds none of mnist.npz" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
    write_collection(tmp_path, "usps", [3, 4])
    assert main(arguments) == 0
    assert "USPS, test part: " in capsys.readouterr().out
    metrics = (tmp_path / "runs" / "evaluation" / "metrics.json").read_text()
    assert '"transfer"' in metrics
