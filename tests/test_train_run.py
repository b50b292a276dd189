"""Runs: whole, interrupted, resumed; and the checkpoints made of them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_digits import make_digits, write_npz

keras = pytest.importorskip("keras")

from recognizer.checkpoint import bundled_folder, load_checkpoint, sha256_of, verify_file  # noqa: E402
from recognizer.errors import CheckpointError  # noqa: E402
from recognizer.normalize import to_network_input  # noqa: E402
from train import callbacks, export, quantize  # noqa: E402
from train.__main__ import main  # noqa: E402
from train.augment import Augmentation  # noqa: E402
from train.batches import DigitBatches, arrays  # noqa: E402
from train.errors import DataError, ExportError, RunError  # noqa: E402
from train.evaluate import evaluate_folder, load_network, predict, share  # noqa: E402
from train.export import export_run, largest_difference  # noqa: E402
from train.model import build_model  # noqa: E402
from train.run import Config, load_config, train  # noqa: E402
from train.synthesis.made import made_digits  # noqa: E402

pytestmark = [
    pytest.mark.train,
    # TensorFlow's tensors do not know the argument that numpy 2 asks for.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
ROOT = Path(__file__).resolve().parent.parent
FILES = {"digits.keras", "digits.onnx", "digits.int8.onnx", "digits.json"}


# --- resuming --------------------------------------------------------------------------------------------------------


class CtrlC(keras.callbacks.Callback):
    """Interrupts the training in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._epoch, self._now = epoch, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._now = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if (self._now, batch) == (self._epoch, 1):
            raise KeyboardInterrupt


def fit_small(
    run: Path, *, resume: bool = False, average: bool = False, interrupt_in: int | None = None
) -> list[dict[str, float]]:
    """Train a small network with dropout whose validation labels are wrong, so that it soon gets worse."""
    run.mkdir(exist_ok=True)
    digits = make_digits(60)
    wrong = replace(digits, labels=(digits.labels + 1) % 10)
    state = None
    if resume:
        model, state = callbacks.load_state(run)
    else:
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.layers.Input((28, 28, 1)),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        optimizer = keras.optimizers.Adam(0.01, use_ema=average, ema_momentum=0.9)
        model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    batches = DigitBatches(digits, batch_size=16, seed=4, augmentation=Augmentation())
    options = {"epochs": 12, "learning_rate": 0.01, "schedule": "plateau", "patience": 6}
    others = callbacks.standard_callbacks(run, **options, average=average)
    keeper = callbacks.RunState(run, batches, others, 4, state)
    model.fit(
        batches,
        validation_data=arrays(wrong),
        epochs=12,
        initial_epoch=state["epoch"] if state else 0,
        callbacks=[*others, keeper, *([] if interrupt_in is None else [CtrlC(interrupt_in)])],
        shuffle=False,
        verbose=0,
    )
    return keeper.rows


def without_time(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("interrupted_after", [1, 4])
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path, interrupted_after: int, average: bool) -> None:
    """Same losses, and the callbacks slow down and stop in the same epochs."""
    whole = fit_small(tmp_path / "whole", average=average)
    assert 4 < len(whole) < 12, "it should stop early"
    rates = [row["learning_rate"] for row in whole]
    assert rates[-1] < rates[0], "it should slow down"

    with pytest.raises(KeyboardInterrupt):
        fit_small(tmp_path / "parts", average=average, interrupt_in=interrupted_after)
    parts = fit_small(tmp_path / "parts", resume=True, average=average)
    assert len(parts) == len(whole)
    for one, other in zip(without_time(parts), without_time(whole), strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    assert callbacks.read_history(tmp_path / "parts" / "history.csv") == parts
    weights = [keras.saving.load_model(tmp_path / name / "best.keras").get_weights() for name in ("whole", "parts")]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_dropout_differs_between_epochs_and_not_between_runs(tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((50,)), keras.layers.Dropout(0.5)])
    keeper = callbacks.RunState(tmp_path, DigitBatches(make_digits(10), batch_size=5, seed=7), [], 7)
    keeper.set_model(model)

    def mask(epoch: int) -> np.ndarray:
        keeper.on_epoch_begin(epoch)
        return keras.ops.convert_to_numpy(model(np.ones((1, 50), np.float32), training=True))

    first, other, again = mask(0), mask(1), mask(0)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_run_without_a_whole_epoch_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no whole epoch"):
        callbacks.load_state(tmp_path)
    (tmp_path / "last.keras").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(RunError, match="damaged"):
        callbacks.load_state(tmp_path)


def test_cosine_falls_from_the_first_rate_to_a_hundredth(tmp_path: Path) -> None:
    _, scheduler, _ = callbacks.standard_callbacks(
        tmp_path, epochs=10, learning_rate=0.1, schedule="cosine", patience=3
    )
    rates = [scheduler.schedule(epoch, 0.5) for epoch in range(11)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10] == pytest.approx(0.001)
    assert all(later < earlier for earlier, later in pairwise(rates))


# --- a run of the real network ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    data = write_npz(tmp_path_factory.mktemp("data") / "made.npz", train=200, test=60)
    return Config(data=str(data), epochs=2, batch_size=30, validation=50, learning_rate=2e-3, seed=3)


@pytest.fixture(scope="module")
def run(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two epochs; copy it before changing it."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(config, folder, verbose=0)
    return folder


def copy_of(run: Path, to: Path) -> Path:
    to.mkdir()
    for path in run.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_a_run_folder_holds_everything_and_nothing_of_the_test_part(run: Path, config: Config) -> None:
    names = {path.name for path in run.iterdir()}
    assert names == {"best.keras", "last.keras", "config.json", "history.csv", "metrics.json", "curves.png"}
    assert load_config(run)[0] == config
    metrics = json.loads((run / "metrics.json").read_text())
    assert "test" not in metrics
    assert metrics["validation"]["n"] == 50
    assert metrics["weights"] == sha256_of(run / "best.keras")
    assert [row["epoch"] for row in callbacks.read_history(run / "history.csv")] == [1, 2]


def test_the_real_network_resumes_too(run: Path, config: Config, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    train(replace(config, epochs=1), parts, verbose=0)
    assert len(callbacks.read_history(parts / "history.csv")) == 1
    train(config, parts, resume=True, verbose=0)
    rows = [without_time(callbacks.read_history(folder / "history.csv")) for folder in (parts, run)]
    for one, other in zip(*rows, strict=True):
        assert one == pytest.approx(other, rel=2e-3)
    assert load_config(parts)[0] == config


def test_a_resumed_run_needs_its_own_data(run: Path, config: Config, tmp_path: Path) -> None:
    copy = copy_of(run, tmp_path / "copy")
    other = write_npz(tmp_path / "other.npz", train=200, test=60, seed=9)
    with pytest.raises(RunError, match="data files differ"):
        train(replace(config, data=str(other)), copy, resume=True, verbose=0)


def test_sigkill_while_saving_leaves_loadable_files(config: Config, tmp_path: Path) -> None:
    """Killed in the middle of writing an epoch, the run still loads, and goes on from the last whole epoch."""
    folder = tmp_path / "killed"
    arguments = ["--data", str(config.data), "--validation", "50", "--batch-size", "30", "--epochs", "500"]
    process = subprocess.Popen(
        [sys.executable, "-m", "train", "digits", *arguments, "--patience", "500", "--run", str(folder)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not (folder / "history.csv").is_file() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        while not (folder / "last.new.keras").is_file() and time.monotonic() < deadline:
            pass  # the file is there for some milliseconds only
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (folder / "last.new.keras").is_file(), "it was to be killed in the middle of saving"
    rows = callbacks.read_history(folder / "history.csv")
    keras.saving.load_model(folder / "best.keras", compile=False, safe_mode=True)

    done = len(rows)
    again = replace(load_config(folder)[0], epochs=done + 1)
    train(again, folder, resume=True, verbose=0)
    after = callbacks.read_history(folder / "history.csv")
    assert [row["epoch"] for row in after] == list(range(1, done + 2))
    assert after[:done] == rows
    assert not (folder / "last.new.keras").exists()


# --- evaluation ------------------------------------------------------------------------------------------------------


def test_evaluation_says_what_the_network_answers(run: Path, tmp_path: Path) -> None:
    copy = copy_of(run, tmp_path / "copy")
    metrics, saved_in = evaluate_folder(copy)
    assert saved_in == copy
    digits = make_digits(260)  # as `write_npz` made them: the last 60 are the test part
    answers = predict(load_network(copy / "best.keras"), digits.images[200:]).argmax(axis=1)
    right = int((answers == digits.labels[200:]).sum())
    assert {name: metrics["test"][name] for name in share(right, 60)} == share(right, 60)
    assert json.loads((copy / "metrics.json").read_text()) == metrics
    assert len(list(copy.glob("*_test.png"))) == len(list(copy.glob("*_validation.png"))) == 3


def test_evaluation_on_other_data_gives_no_validation_figures(run: Path, tmp_path: Path) -> None:
    other = write_npz(tmp_path / "other.npz", train=200, test=60, seed=9)
    with pytest.raises(DataError, match="trained on other data"):
        evaluate_folder(copy_of(run, tmp_path / "copy"), other)
    export_run(run, tmp_path / "made")
    metrics, saved_in = evaluate_folder(tmp_path / "made", other, output=tmp_path / "out")
    assert saved_in == tmp_path / "out"
    assert "validation" not in metrics
    assert metrics["test"]["n"] == 60


def test_damaged_weights_are_named(run: Path, tmp_path: Path) -> None:
    copy = copy_of(run, tmp_path / "copy")
    (copy / "best.keras").write_bytes((copy / "best.keras").read_bytes()[:1000])
    with pytest.raises(RunError, match="damaged"):
        evaluate_folder(copy)
    (copy / "best.keras").unlink()
    with pytest.raises(RunError, match="no weights"):
        evaluate_folder(copy)


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "checkpoints"
    assert export_run(run, folder) == folder / "digits.json"
    return folder


def test_an_exported_checkpoint_loads_and_names_no_folder(exported: Path, run: Path) -> None:
    assert {path.name for path in exported.iterdir()} == FILES
    assert list(exported.parent.iterdir()) == [exported]
    checkpoint = load_checkpoint(exported)
    verify_file(checkpoint, checkpoint.keras_path)
    manifest = checkpoint.manifest
    assert manifest["parameters"] == {"total": 867_434, "trainable": 865_258}
    assert manifest["epochs_run"] == 2
    assert manifest["training"]["data"] == "made.npz"
    assert manifest["data"]["emnist"]["sha256"] == load_config(run)[1]["files"]["emnist"]["sha256"]
    assert "/" not in json.dumps(manifest["training"])
    assert "test" not in manifest["metrics"]


def test_a_manifest_tells_the_layers_and_the_curve(exported: Path, run: Path) -> None:
    manifest = load_checkpoint(exported).manifest
    layers = manifest["architecture"]
    assert sum(layer["parameters"] for layer in layers) == manifest["parameters"]["total"]
    first = {"kind": "Conv2D", "output": [28, 28, 32], "parameters": 320, "activation": "relu", "window": [3, 3]}
    assert layers[0] == first
    assert [layer["output"] for layer in layers if layer["kind"] == "MaxPooling2D"] == [
        [14, 14, 32],
        [7, 7, 64],
        [3, 3, 128],
    ]
    assert layers[-1] == {"kind": "Dense", "output": [10], "parameters": 2570, "activation": "softmax"}
    rows = callbacks.read_history(run / "history.csv")
    assert manifest["history"].keys() == rows[0].keys()
    for name, values in manifest["history"].items():
        assert values == pytest.approx([row[name] for row in rows], rel=1e-4)
    assert manifest["history"]["epoch"] == [1, 2]
    best = manifest["best_epoch"] - 1
    assert rows[best]["val_loss"] == min(row["val_loss"] for row in rows)


def test_the_most_frequent_mistakes_come_first() -> None:
    matrix = np.eye(10, dtype=int) * 50
    matrix[4, 9], matrix[7, 1] = 3, 8
    figures = export._figures({"n": 511, "confusion_matrix": matrix.tolist(), "reliability": []})
    assert figures == {
        "n": 511,
        "confusions": [{"digit": "7", "read_as": "1", "count": 8}, {"digit": "4", "read_as": "9", "count": 3}],
    }


def test_a_manifest_is_written_anew_and_the_weights_stay_the_same_files(
    exported: Path, run: Path, tmp_path: Path
) -> None:
    copy = copy_of(exported, tmp_path / "copy")
    whole = json.loads((copy / "digits.json").read_text())
    old = {name: entry for name, entry in whole.items() if name not in ("architecture", "history")}
    old |= {
        "date": "2001-02-03",
        "onnx_difference": 0.5,
        "int8_distance": 0.25,
        "libraries": {"export": {"keras": "0.1"}},
    }
    (copy / "digits.json").write_text(json.dumps(old))
    before = contents(copy)
    assert export_run(run, copy, manifest_only=True) == copy / "digits.json"
    after = contents(copy)
    assert {name for name in after if after[name] != before[name]} == {"digits.json"}
    manifest = json.loads(after["digits.json"])
    kept = {name: old[name] for name in ("date", "onnx_difference", "int8_distance")}
    assert manifest == {**whole, **kept, "libraries": {**whole["libraries"], "export": {"keras": "0.1"}}}


def test_the_manifest_alone_is_not_written_for_other_weights(exported: Path, run: Path, tmp_path: Path) -> None:
    other = copy_of(exported, tmp_path / "other")
    network = load_network(other / "digits.keras")
    network.set_weights([weight + 1 for weight in network.get_weights()])
    network.save(other / "digits.keras")
    manifest = json.loads((other / "digits.json").read_text())
    manifest["files"]["digits.keras"] = sha256_of(other / "digits.keras")
    (other / "digits.json").write_text(json.dumps(manifest))
    before = contents(other)
    with pytest.raises(ExportError, match="other weights"):
        export_run(run, other, manifest_only=True)
    assert contents(other) == before
    with pytest.raises(CheckpointError, match="no checkpoint"):
        export_run(run, tmp_path / "none", manifest_only=True)


def test_a_run_with_non_digits_starts_from_weights_and_exports_its_class(
    config: Config, run: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.evaluate.NON_DIGITS", 40)
    further = replace(config, epochs=1, non_digits=0.2, init=str(exported))
    metrics = train(further, tmp_path / "run", verbose=0)
    assert metrics["validation"]["rejection"]["digits"]["n"] == metrics["validation"]["n"]
    checkpoint = load_checkpoint(export_run(tmp_path / "run", tmp_path / "checkpoints").parent)
    assert checkpoint.class_names == (*"0123456789", "none")
    assert checkpoint.manifest["init"] == {"file": "digits.keras", "sha256": sha256_of(exported / "digits.keras")}
    assert checkpoint.manifest["training"]["init"] == "checkpoints"
    assert set(checkpoint.manifest["non_digits"]) == {"training", "evaluation"}
    rejection = checkpoint.manifest["metrics"]["validation"]["rejection"]
    for entry in (rejection["digits"], rejection["non_digits"], *rejection["recipes"].values()):
        low, high = entry["interval"]
        assert 0 <= low <= entry["share"] <= high <= 1
    with pytest.raises(RunError, match="--seed 3 and --validation 50"):
        train(replace(further, init=str(run), seed=4), tmp_path / "other", verbose=0)


def test_the_small_network_is_trained_exported_and_told_from_the_other(
    config: Config, exported: Path, tmp_path: Path
) -> None:
    small = replace(config, epochs=1, model="small", precision="mixed_bfloat16")
    train(small, tmp_path / "run", verbose=0)
    network = load_network(tmp_path / "run" / "best.keras")
    assert network.count_params() == build_model(10, "small").count_params() < 200_000
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    checkpoint = load_checkpoint(export_run(tmp_path / "run", tmp_path / "checkpoints").parent)
    assert checkpoint.manifest["training"]["model"] == "small"
    assert any(layer["kind"] == "GlobalAveragePooling2D" for layer in checkpoint.manifest["architecture"])
    with pytest.raises(RunError, match="another network"):
        train(replace(small, init=str(exported)), tmp_path / "other", verbose=0)


def test_the_twin_answers_as_keras_does_for_any_batch_size(exported: Path, run: Path) -> None:
    images = np.random.default_rng(1).random((300, 28, 28, 1)).astype(np.float32)
    network = load_network(run / "best.keras")
    assert largest_difference(network, exported / "digits.onnx", images) <= 1e-5
    trained = keras.saving.load_model(run / "best.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(trained.predict(images, verbose=0), network.predict(images, verbose=0))


def test_another_network_is_no_twin(exported: Path) -> None:
    keras.utils.set_random_seed(99)
    images = np.random.default_rng(1).random((20, 28, 28, 1)).astype(np.float32)
    assert largest_difference(build_model(10), exported / "digits.onnx", images) > 1e-3


@pytest.mark.parametrize("name", ["digits.keras", "digits.int8.onnx"])
def test_one_changed_byte_is_noticed(exported: Path, tmp_path: Path, name: str) -> None:
    copy = copy_of(exported, tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="SHA-256 differs"):
        evaluate_folder(copy)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_twin_that_differs_is_not_exported(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "checkpoints"
    target.mkdir()
    (target / "digits.json").write_text("old")
    monkeypatch.setattr(export, "largest_difference", lambda *_: 2e-5)
    with pytest.raises(ExportError, match="differs"):
        export_run(run, target)
    assert contents(target) == {"digits.json": b"old"}
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("anew", [True, False])
def test_integers_that_answer_otherwise_are_left_out(
    run: Path,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    anew: bool,
) -> None:
    target = copy_of(exported, tmp_path / "checkpoints")
    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)
    assert main(["export", str(run), "--to", str(target)]) == 0
    assert "floating point" not in capsys.readouterr().out
    monkeypatch.setattr(export.quantize, "mean_distance", lambda *_: 0.03)
    # Whether it comes from a run or from the checkpoint itself, which says how far its integers were.
    assert main(["export", str(run if anew else target), "--to", str(target)]) == 0
    assert "served in floating point" in capsys.readouterr().out
    assert {path.name for path in target.iterdir()} == FILES - {"digits.int8.onnx"}
    checkpoint = load_checkpoint(target)
    assert checkpoint.served_path == target / "digits.onnx"
    assert "int8_distance" not in checkpoint.manifest


def test_a_network_that_cannot_be_brought_to_integers_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(ExportError, match=r"^The network cannot be brought to 8-bit integers \(.*\)\.$"):
        quantize.quantize(tmp_path / "broken.onnx", tmp_path / "made.onnx", [])
    assert not (tmp_path / "made.onnx").exists()


def test_the_form_that_is_served_is_the_same_function() -> None:
    images = np.random.default_rng(1).random((20, 28, 28, 1)).astype(np.float32)
    for model, late in (("seed", 5), ("small", 0)):
        network = build_model(11, model)
        # As after a training: statistics and scales of its own, some of them negative.
        rng = np.random.default_rng(2)
        network.set_weights(
            [np.abs(w) + rng.uniform(-0.3, 0.6, w.shape) * (w.ndim == 1) for w in network.get_weights()]
        )
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.moving_variance.assign(rng.uniform(0.5, 2.0, layer.moving_variance.shape))
        form = export.serving_form(network)
        assert sum(isinstance(layer, keras.layers.DepthwiseConv2D) for layer in form.layers) == late
        np.testing.assert_allclose(
            form.predict(images, verbose=0), network.predict(images, verbose=0), atol=1e-5, rtol=1e-3
        )


def test_a_checkpoint_of_an_earlier_version_is_exported_again(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)
    old = copy_of(exported, tmp_path / "old")
    (old / "digits.int8.onnx").unlink()
    manifest = json.loads((old / "digits.json").read_text())
    del manifest["files"]["digits.int8.onnx"], manifest["int8_distance"]
    manifest |= {"date": "2001-02-03"}
    (old / "digits.json").write_text(json.dumps(manifest))
    assert main(["export", str(old), "--to", str(tmp_path / "new")]) == 0
    assert "new/digits.json" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "new").iterdir()} == FILES
    checkpoint = load_checkpoint(tmp_path / "new")
    assert checkpoint.served_path.name == "digits.int8.onnx"
    again = checkpoint.manifest
    assert again["date"] != "2001-02-03"
    assert again["int8_distance"] <= quantize.TOLERANCE
    same = manifest.keys() - {"date", "files", "libraries", "onnx_difference"}
    assert {name: again[name] for name in same} == {name: manifest[name] for name in same}
    images = to_network_input(export.check_images(200, seed=6))
    assert largest_difference(load_network(old / "digits.keras"), checkpoint.onnx_path, images) <= 1e-5

    before = contents(old)
    assert main(["export", str(old), "--manifest-only"]) == 1
    assert "--manifest-only is for runs" in capsys.readouterr().err
    (old / "digits.keras").write_bytes(b"damaged")
    assert main(["export", str(old), "--to", str(old)]) == 1
    assert "SHA-256 differs" in capsys.readouterr().err
    assert contents(old) == {**before, "digits.keras": b"damaged"}


@pytest.mark.parametrize("existed", [True, False])
def test_a_file_that_cannot_be_moved_brings_the_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existed: bool
) -> None:
    names = ["digits.keras", "digits.onnx", "digits.json"]
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in names:
        (source / name).write_text("new")
    if existed:
        target.mkdir()
        for name in names:
            (target / name).write_text(f"old {name}")
    real = Path.replace

    def replace_but_last(self: Path, other: Path) -> Path:
        if self == source / "digits.json":
            raise OSError(28, "No space left on device")
        return real(self, other)

    monkeypatch.setattr(Path, "replace", replace_but_last)
    with pytest.raises(ExportError, match="No space left on device"):
        export._replace_together(source, target, names)
    if existed:
        assert contents(target) == {name: f"old {name}".encode() for name in names}
    else:
        assert not target.exists()


def test_figures_of_other_weights_are_not_exported(run: Path, tmp_path: Path) -> None:
    copy = copy_of(run, tmp_path / "copy")
    (copy / "best.keras").write_bytes((run / "last.keras").read_bytes())
    with pytest.raises(RunError, match="of other weights"):
        export_run(copy, tmp_path / "made")
    (copy / "metrics.json").unlink()
    with pytest.raises(RunError, match="no figures"):
        export_run(copy, tmp_path / "made")
    assert not (tmp_path / "made").exists()


# --- the checkpoint that ships ---------------------------------------------------------------------------------------

DATA = Path(os.environ.get("RECOGNIZER_DATA", "")) / "data" / "emnist_characters.npz"
needs_data = pytest.mark.skipif("RECOGNIZER_DATA" not in os.environ, reason="RECOGNIZER_DATA is not set")


def test_the_shipped_files_are_twins() -> None:
    checkpoint = load_checkpoint()
    verify_file(checkpoint, checkpoint.keras_path)
    images = to_network_input(export.check_images(300, seed=5))
    assert largest_difference(load_network(checkpoint.keras_path), checkpoint.onnx_path, images) <= 1e-5
    digits = to_network_input(made_digits(500, seed=5).images)
    assert quantize.mean_distance(checkpoint.onnx_path, checkpoint.served_path, [digits]) <= 0.01


@pytest.mark.data
@needs_data
def test_the_shipped_files_agree_on_real_digits_and_keep_the_manifests_promise(tmp_path: Path) -> None:
    checkpoint = load_checkpoint()
    from train.data import load_characters

    _, test = load_characters(DATA)
    some = to_network_input(test.images[:: len(test) // 1000][:1000])
    assert len(some) == 1000
    assert largest_difference(load_network(checkpoint.keras_path), checkpoint.onnx_path, some) <= 1e-5
    metrics, _ = evaluate_folder(bundled_folder(), DATA, output=tmp_path)
    for part in ("validation", "test"):
        promised = checkpoint.manifest["metrics"][part]
        # Another processor rounds otherwise, which may turn a digit that is on the edge.
        assert metrics[part]["n"] == promised["n"]
        assert abs(metrics[part]["correct"] - promised["correct"]) <= 2
        assert metrics[part]["ece"] == pytest.approx(promised["ece"], abs=1e-3)
        # Integers cost less than one digit in a thousand.
        assert abs(metrics["served"][part]["correct"] - promised["correct"]) <= promised["n"] / 1000
    assert metrics["test"]["accuracy"] >= 0.995


def test_the_model_card_gives_the_manifests_figures() -> None:
    manifest = load_checkpoint().manifest
    card = (bundled_folder() / "README.md").read_text(encoding="utf-8")
    for part in ("validation", "test"):
        entry = manifest["metrics"][part]
        low, high = entry["interval"]
        assert f"{entry['correct']:,} of {entry['n']:,}" in card
        assert f"{entry['accuracy'] * 100:.2f} %" in card
        assert f"{low * 100:.2f} % to {high * 100:.2f} % | {entry['ece'] * 100:.2f} %" in card
    assert f"{manifest['parameters']['total']:,}" in card
    for source in manifest["data"].values():
        assert f"{source['digits']:,}" in card
    assert f"({manifest['best_epoch']} of {manifest['epochs_run']})" in card
