"""Runs of the line network: whole, interrupted, resumed; its batches; and the checkpoints made of them."""

import itertools
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_digits import make_digits, write_npz
from made_lines import BarStream, DyingStream, bars

keras = pytest.importorskip("keras")

from recognizer.checkpoint import load_checkpoint, sha256_of, verify_file  # noqa: E402
from recognizer.ctc import CLASSES, greedy_text  # noqa: E402
from recognizer.normalize import to_network_input  # noqa: E402
from recognizer.sequence import SequenceReader  # noqa: E402
from train import callbacks, export_strings, quantize, sequence_model, strings  # noqa: E402
from train.__main__ import QUICK_STRINGS, main  # noqa: E402
from train.errors import DataError, ExportError, RunError  # noqa: E402
from train.export import export_run  # noqa: E402
from train.export_strings import check_batches, export_strings_run, largest_difference  # noqa: E402
from train.line_batches import CHUNK, LineBatch, line_batches, pad, sorted_batches  # noqa: E402
from train.run import load_config, seed_of  # noqa: E402
from train.sequence_model import build_sequence_model, compile_sequence_model, load_sequence_network  # noqa: E402
from train.strings import StringsConfig, average_runs, evaluate_run, fit, load_strings_config, train_strings  # noqa: E402
from train.synthesis import StringStream, load_sources  # noqa: E402

pytestmark = [
    pytest.mark.train,
    # TensorFlow's tensors do not know the argument that numpy 2 asks for.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

SMALL = StringsConfig(steps=300, epoch_steps=100, batch_size=16, learning_rate=1e-2, seed=3)


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def copy_of(run: Path, to: Path) -> Path:
    to.mkdir()
    for path in run.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def without_time(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if name != "seconds"}


# --- batches ---------------------------------------------------------------------------------------------------------


def same(one: LineBatch, other: LineBatch) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_padding_keeps_lines_and_labels() -> None:
    lines = [bars([1, 2, 3]), bars([11])]
    pictures, classes = pad(lines, [[1, 2, 3], [11]])
    assert pictures.dtype == np.uint8
    assert pictures.shape == (2, 32, 48)
    assert classes.dtype == np.int32
    assert classes.tolist() == [[1, 2, 3, 0], [11, 0, 0, 0]]
    for picture, line in zip(pictures, lines, strict=True):
        assert np.array_equal(picture[:, : line.shape[1]], line)
        assert not picture[:, line.shape[1] :].any()


def test_padding_leaves_a_frame_for_each_label_and_the_blank_beside_it() -> None:
    pictures, classes = pad([np.zeros((32, 16), np.uint8)], [[5] * 12])
    assert pictures.shape[2] // 2 >= 2 * 12 - 1
    assert classes.shape == (1, 12)
    assert pad([np.zeros((32, 16), np.uint8)], [[]])[1].tolist() == [[0] * 4]


def test_every_line_is_in_one_batch_beside_lines_of_its_width() -> None:
    lines, labels = BarStream().batch(0, 50)
    batches = sorted_batches(lines, labels, 8)
    assert [len(pictures) for pictures, _ in batches] == [8] * 6 + [2]
    widths = [pictures.shape[2] for pictures, _ in batches]
    assert widths == sorted(widths)
    shown = sorted(tuple(row[row > 0].tolist()) for _, classes in batches for row in classes)
    assert shown == sorted(tuple(label) for label in labels)


@pytest.mark.parametrize("first", [0, 3, CHUNK, CHUNK + 1])
def test_batches_are_picked_up_at_any_number(first: int) -> None:
    whole = list(itertools.islice(line_batches(BarStream(), 4, workers=0), first + 3))
    parts = list(itertools.islice(line_batches(BarStream(), 4, first=first, workers=0), 3))
    assert all(same(one, other) for one, other in zip(parts, whole[first:], strict=True))
    assert not same(whole[0], whole[1])


def test_another_process_prepares_the_same_batches() -> None:
    stream = StringStream(load_sources(make_digits(40), strings.NO_STROKES), 5)
    here = itertools.islice(line_batches(stream, 3, first=5, workers=0), 5)
    batches = line_batches(stream, 3, first=5, workers=1)
    there = list(itertools.islice(batches, 5))
    batches.close()
    assert all(same(one, other) for one, other in zip(here, there, strict=True))


def test_a_process_that_died_is_named() -> None:
    with pytest.raises(RunError, match=r"died.*--resume"):
        next(line_batches(DyingStream(), 4, workers=1))


# --- training --------------------------------------------------------------------------------------------------------


class Recorded:
    """Remembers the training batches that a run asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[LineBatch] = []

        def record(*arguments: Any, **options: Any) -> Any:
            for batch in line_batches(*arguments, **options):
                self.batches.append(batch)
                yield batch

        monkeypatch.setattr(strings, "line_batches", record)


def tiny_network(config: StringsConfig) -> Any:
    """A compiled network that trains in no time: it sees two columns of pixels a frame."""
    keras.utils.set_random_seed(config.seed)
    lines = keras.layers.Input((32, None, 1))
    x = keras.layers.Reshape((-1, 64))(keras.layers.Permute((2, 1, 3))(lines))
    x = keras.layers.Conv1D(48, 3, padding="same", activation="relu")(x)
    x = keras.layers.Dropout(0.1)(x)
    network = keras.Model(lines, keras.layers.Dense(12, activation="log_softmax")(x))
    compile_sequence_model(network, config.learning_rate, config.steps)
    return network


VALIDATION = sorted_batches(*BarStream(9).batch(0, 24), 24)


def train_tiny(run: Path, config: StringsConfig, state: dict[str, Any] | None = None, network: Any = None) -> None:
    """Train the tiny network on bars."""
    run.mkdir(exist_ok=True)
    network = network or tiny_network(config)
    fit(network, BarStream(), VALIDATION, config, run, state, workers=0, verbose=0)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[LineBatch]]:
    """A finished run, and its batches."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        recorded = Recorded(patch)
        train_tiny(folder, SMALL)
    return folder, recorded.batches


def test_the_learning_rate_rises_and_falls_along_a_cosine() -> None:
    config = StringsConfig(steps=4000, epoch_steps=500, learning_rate=1e-3)
    rates = [config.rate(step) for step in range(4000)]
    top = int(np.argmax(rates))
    assert top == pytest.approx(400, abs=1)
    assert rates[top] == pytest.approx(1e-3)
    assert rates[0] < 1e-5
    assert np.all(np.diff(rates[: top + 1]) > 0)
    assert np.all(np.diff(rates[top + 1 :]) < 0)
    assert rates[-1] == pytest.approx(1e-5, rel=0.01)
    assert StringsConfig(steps=1001, epoch_steps=500).epochs == 3


def test_a_few_lines_are_learnt(small_run: tuple[Path, list[LineBatch]]) -> None:
    run, batches = small_run
    rows = callbacks.read_history(run / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert len(batches) == 300
    assert rows[-1]["loss"] < rows[0]["loss"] / 10
    assert files_of(run) == {"best.keras", "last.keras", "history.csv"}


def test_the_best_epoch_is_kept_and_reads(small_run: tuple[Path, list[LineBatch]]) -> None:
    run, _ = small_run
    rows = callbacks.read_history(run / "history.csv")
    best = keras.saving.load_model(run / "best.keras", compile=False, safe_mode=True)
    figures = strings.measure(best, VALIDATION)
    assert figures["cer"] == pytest.approx(min(row["val_cer"] for row in rows), abs=1e-6)
    assert figures["cer"] < 0.05
    assert figures["n"] == 24
    # The running mean of the weights is what was measured, not the last ones.
    last = keras.saving.load_model(run / "last.keras", compile=False, safe_mode=True)
    assert any((one != other).any() for one, other in zip(best.get_weights(), last.get_weights(), strict=True))


def test_a_resumed_run_is_the_uninterrupted_one(
    small_run: tuple[Path, list[LineBatch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same batches, same losses, same number of epochs."""
    whole, batches = small_run
    run, recorded = tmp_path / "parts", Recorded(monkeypatch)

    def interrupt(epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    around = keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)
    real = strings.keras.callbacks.CallbackList
    with monkeypatch.context() as patch:
        patch.setattr(strings.keras.callbacks, "CallbackList", lambda given, **o: real([*given, around], **o))
        with pytest.raises(KeyboardInterrupt):
            train_tiny(run, SMALL)
    assert len(callbacks.read_history(run / "history.csv")) == 2

    network, state = callbacks.load_state(run)
    train_tiny(run, SMALL, state, network)
    assert len(recorded.batches) == len(batches) == 300
    assert all(same(one, other) for one, other in zip(recorded.batches, batches, strict=True))
    rows = [callbacks.read_history(folder / "history.csv") for folder in (run, whole)]
    assert [len(part) for part in rows] == [3, 3]
    for one, other in zip(*rows, strict=True):
        assert without_time(one) == pytest.approx(without_time(other), rel=1e-3, abs=1e-4)

    train_tiny(run, SMALL, callbacks.load_state(run)[1], network)  # nothing is left to do
    assert len(recorded.batches) == 300


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_network(SMALL)
    monkeypatch.setattr(network, "train_on_batch", lambda *_: np.float32(np.nan))
    with pytest.raises(RunError, match=r"loss of step 1 is nan.*--learning-rate"):
        train_tiny(tmp_path / "run", SMALL, network=network)
    assert files_of(tmp_path / "run") == set()


# --- interruptions ---------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class KillAt:
    """Ends the run before the write of a given number, or in the middle of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        self.count, self.number = 0, number
        save, move = keras.Model.save, Path.replace

        def save_in_parts(model: Any, path: Path, *arguments: Any, **options: Any) -> None:
            self.tick()
            save(model, path, *arguments, **options)
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
            self.tick()
            path.write_bytes(content)
            self.tick()

        def move_and_tick(source: Path, target: Path) -> Path:
            self.tick()
            return move(source, target)

        monkeypatch.setattr(keras.Model, "save", save_in_parts)
        monkeypatch.setattr(Path, "replace", move_and_tick)

    def tick(self) -> None:
        self.count += 1
        if self.count == self.number:
            raise Killed


def test_killed_between_any_two_writes_a_run_is_whole(tmp_path: Path) -> None:
    config = StringsConfig(steps=2, epoch_steps=1, batch_size=4)
    network = tiny_network(config)
    behind = 0
    for number in itertools.count(1):
        run = tmp_path / f"killed-{number}"
        run.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            killed = False
            KillAt(patch, number)
            try:
                train_tiny(run, config, network=network)
            except Killed:
                killed = True
        for name in {"best.keras", "last.keras"} & files_of(run):
            with zipfile.ZipFile(run / name) as file:
                assert file.testzip() is None
        rows = callbacks.read_history(run / "history.csv") if (run / "history.csv").exists() else []
        if (run / "last.keras").exists():
            with zipfile.ZipFile(run / "last.keras") as file:
                state = json.loads(file.read("training_state.json"))
            assert (run / "best.keras").exists()
            if len(rows) < state["epoch"]:
                behind += 1
                callbacks.load_state(run)
                rows = callbacks.read_history(run / "history.csv")
                assert not list(run.glob("*.new*"))
            assert [row["epoch"] for row in rows] == [1, 2][: state["epoch"]]
        else:
            assert not rows
        if not killed:
            break
    assert number > 12
    assert behind, "the history is written last"
    assert state["epoch"] == 2


def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, config = tmp_path / "run", StringsConfig(steps=3, epoch_steps=1, batch_size=4)
    with monkeypatch.context() as patch:
        KillAt(patch, 11)  # the second epoch's first network is half written
        with pytest.raises(Killed):
            train_tiny(run, config)
    assert list(run.glob("*.new*"))
    network, state = callbacks.load_state(run)
    assert not list(run.glob("*.new*"))
    assert 0 < state["epoch"] < 3
    train_tiny(run, config, state, network)
    assert len(callbacks.read_history(run / "history.csv")) == 3
    assert callbacks.load_state(run)[1]["epoch"] == 3


# --- command line ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_npz(tmp_path_factory.mktemp("data") / "made.npz", train=200, test=20)


@pytest.fixture(scope="module")
def rehearsal(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a rehearsal: all that the command line does, with few lines; copy it before changing it."""
    folder = tmp_path_factory.mktemp("rehearsal") / "run"
    with pytest.MonkeyPatch.context() as patch:
        few(patch)
        command = [
            "strings",
            "--quick",
            "--data",
            str(data),
            "--batch-size",
            "4",
            "--workers",
            "0",
            "--run",
            str(folder),
        ]
        assert main([*command, "--seed", "2"]) == 0
    return folder


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a rehearsal down to seconds."""
    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)  # capsys owns the stream it silences
    monkeypatch.setattr(strings, "FRESH_LINES", 12)
    for name, value in {"limit": 150, "validation": 30, "validation_lines": 8, "steps": 4, "epoch_steps": 2}.items():
        monkeypatch.setitem(QUICK_STRINGS, name, value)


def test_a_rehearsal_leaves_a_whole_run(rehearsal: Path, data: Path) -> None:
    assert files_of(rehearsal) == {
        "best.keras",
        "last.keras",
        "config.json",
        "history.csv",
        "metrics.json",
        "curves.png",
    }
    config, description = load_strings_config(rehearsal)
    assert (config.data, config.seed, config.steps, config.validation_lines) == (str(data), 2, 4, 8)
    assert description["kind"] == "strings"
    assert description["files"]["emnist"] == {"file": "made.npz", "sha256": sha256_of(data), "digits": 120}
    metrics = json.loads((rehearsal / "metrics.json").read_text())
    assert metrics["weights"] == sha256_of(rehearsal / "best.keras")
    assert metrics["validation"]["n"] == 12


def test_resume_and_evaluate(
    rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few(monkeypatch)
    run = copy_of(rehearsal, tmp_path / "run")
    assert main(["strings", "--resume", str(run), "--workers", "0"]) == 0  # nothing is left to do
    assert f"python -m train export {run}" in capsys.readouterr().out
    assert len(callbacks.read_history(run / "history.csv")) == 2
    before = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").unlink()
    assert main(["export", str(run), "--to", str(tmp_path / "made")]) == 1
    assert f"python -m train evaluate {run}" in capsys.readouterr().err
    assert main(["evaluate", str(run)]) == 0
    assert "of the lines right" in capsys.readouterr().out
    after = json.loads((run / "metrics.json").read_text())
    assert after["weights"] == before["weights"]
    assert after["validation"] == {
        **before["validation"],
        "loss": pytest.approx(before["validation"]["loss"], abs=1e-3),
    }


def test_ctrl_c_says_how_to_go_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    few(monkeypatch)
    monkeypatch.setattr(strings, "train_strings", interrupted)
    assert main(["strings", "--run", "runs/mine"]) == 130
    assert "python -m train strings --resume runs/mine" in capsys.readouterr().err


def test_the_other_networks_runs_are_refused_in_one_sentence(
    rehearsal: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch)
    digits = tmp_path / "digits"
    digits.mkdir()
    (digits / "config.json").write_text('{"training": {}}')
    cases = {
        "not of `python -m train digits`": ["digits", "--resume", str(rehearsal)],
        "not of `python -m train strings`": ["strings", "--resume", str(digits)],
        "is not empty": ["strings", "--run", str(rehearsal), "--data", str(data), "--validation", "20"],
        "no run folder": ["strings", "--resume", str(tmp_path)],
    }
    for complaint, arguments in cases.items():
        assert main(arguments) == 1, arguments
        error = capsys.readouterr().err
        assert complaint in error
        assert error.count("\n") == 1
    with pytest.raises(RunError, match="a run of `python -m train strings`"):
        export_run(rehearsal, tmp_path / "made")
    with pytest.raises(RunError, match="a run of `python -m train strings`"):
        load_config(rehearsal)
    with pytest.raises(RunError, match="a run of `python -m train digits`"):
        export_strings_run(digits, tmp_path / "made")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"kind": "strings"}', '{"kind": "strings", "training": 5}'])
def test_a_damaged_configuration_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match="damaged"):
        load_strings_config(tmp_path)


def test_evaluation_and_resuming_need_the_runs_own_data(rehearsal: Path, tmp_path: Path) -> None:
    other = write_npz(tmp_path / "other.npz", train=200, test=20, seed=9)
    with pytest.raises(DataError, match="trained on other data"):
        evaluate_run(rehearsal, other)
    config, _ = load_strings_config(rehearsal)
    with pytest.raises(RunError, match="data files differ"):
        train_strings(replace(config, data=str(other)), copy_of(rehearsal, tmp_path / "copy"), resume=True, workers=0)


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "checkpoints"
    with pytest.MonkeyPatch.context() as patch:
        few(patch)
        assert main(["export", str(rehearsal), "--to", str(folder)]) == 0
    return folder


def test_an_exported_checkpoint_loads_and_names_no_folder(exported: Path, rehearsal: Path) -> None:
    assert list(exported.parent.iterdir()) == [exported]
    assert files_of(exported) == {"strings.keras", "strings.onnx", "strings.int8.onnx", "strings.json"}
    checkpoint = load_checkpoint(exported, "strings")
    verify_file(checkpoint, checkpoint.keras_path)
    manifest = checkpoint.manifest
    assert checkpoint.class_names == CLASSES
    assert checkpoint.temperature == 1
    assert manifest["name"] == "strings"
    assert manifest["parameters"]["total"] == build_sequence_model().count_params()
    assert manifest["metrics"] == {"validation": json.loads((rehearsal / "metrics.json").read_text())["validation"]}
    assert (manifest["epochs_run"], manifest["steps_run"], manifest["seed"]) == (2, 4, 2)
    assert manifest["best_epoch"] in (1, 2)
    assert manifest["training"]["data"] == "made.npz"
    assert "/" not in json.dumps(manifest["training"])
    assert manifest["machine"]["backend"] == keras.backend.backend()
    assert manifest["onnx_difference"] <= 1e-4
    assert manifest["int8_distance"] <= quantize.TOLERANCE
    assert manifest["input"]["shape"] == [None, 32, None, 1]
    assert manifest["input"]["width_step"] == 8
    layers = manifest["architecture"]
    assert sum(layer["parameters"] for layer in layers) == manifest["parameters"]["total"]
    assert {
        "kind": "Conv2D",
        "output": [16, None, 24],
        "parameters": 216,
        "window": [3, 3],
        "strides": [2, 2],
    } in layers
    last = {"kind": "Activation", "output": [None, len(CLASSES)], "parameters": 0, "activation": "log_softmax"}
    assert layers[-1] == last
    rows = callbacks.read_history(rehearsal / "history.csv")
    assert manifest["history"]["val_cer"] == pytest.approx([row["val_cer"] for row in rows], rel=1e-4)


def test_the_manifest_alone_is_written_anew(
    exported: Path, rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few(monkeypatch)
    copy = copy_of(exported, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert main(["export", str(rehearsal), "--to", str(copy), "--manifest-only"]) == 0
    assert capsys.readouterr().out == f"Wrote {copy / 'strings.json'}.\n"
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_run_is_exported_as_the_second_line_network_beside_the_first(
    exported: Path, rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few(monkeypatch)
    both = copy_of(exported, tmp_path / "both")
    first = files_of(both)
    assert main(["export", str(rehearsal), "--to", str(both), "--second"]) == 0
    assert files_of(both) - first == {f"strings2{end}" for end in (".keras", ".onnx", ".int8.onnx", ".json")}
    manifests = [load_checkpoint(both, name).manifest for name in ("strings", "strings2")]
    assert [manifest["name"] for manifest in manifests] == ["strings", "strings2"]
    assert manifests[0]["training"] == manifests[1]["training"]

    again = tmp_path / "again"
    assert main(["export", str(both), "--to", str(again)]) == 0
    assert files_of(again) == files_of(both)
    assert load_checkpoint(again, "strings2").manifest["metrics"] == manifests[1]["metrics"]

    capsys.readouterr()
    assert main(["export", str(both), "--to", str(again), "--second"]) != 0
    said = capsys.readouterr().err
    assert said.endswith("--second is for runs of the line network.\n")
    assert "Traceback" not in said


def test_the_reader_answers_as_keras_does(exported: Path, rehearsal: Path) -> None:
    checkpoint = load_checkpoint(exported, "strings")
    assert checkpoint.served_path.name == "strings.int8.onnx"
    network = load_sequence_network(rehearsal / "best.keras")
    lines = [bars([6, 8, 8]), bars([1]), np.zeros((32, 64), np.uint8)]
    quick = SequenceReader(checkpoint).predict(lines)
    del checkpoint.manifest["files"]["strings.int8.onnx"]
    for line, answer, rough in zip(lines, SequenceReader(checkpoint).predict(lines), quick, strict=True):
        padded = np.zeros((1, 32, max(32, -(-line.shape[1] // 8) * 8)), np.uint8)
        padded[0, :, : line.shape[1]] = line
        (expected,) = np.asarray(network.predict_on_batch(to_network_input(padded)))
        assert np.allclose(answer, expected[: len(answer)], atol=1e-4)
        assert np.abs(np.exp(rough) - np.exp(answer)).sum(axis=1).mean() / 2 <= 0.05
        assert isinstance(greedy_text(answer), str)


def test_the_twin_is_compared_on_lines_of_many_sizes_and_differs_from_another_network(exported: Path) -> None:
    batches = check_batches(20, seed=1)
    assert len({batch.shape[0] for batch in batches}) > 1
    assert len({batch.shape[2] for batch in batches}) > 2
    assert all(batch.dtype == np.float32 and batch.min() >= 0 and batch.max() <= 1 for batch in batches)
    keras.utils.set_random_seed(99)
    assert largest_difference(build_sequence_model(), exported / "strings.onnx", batches) > 1e-2


def test_a_twin_that_differs_is_not_exported(rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "checkpoints"
    target.mkdir()
    (target / "strings.json").write_text("old")
    monkeypatch.setattr(export_strings, "largest_difference", lambda *_: 2e-4)
    with pytest.raises(ExportError, match="differs"):
        export_strings_run(rehearsal, target)
    assert files_of(target) == {"strings.json"}
    assert (target / "strings.json").read_text() == "old"
    assert files_of(tmp_path) == {"checkpoints"}


def test_figures_of_other_weights_are_not_exported(rehearsal: Path, tmp_path: Path) -> None:
    copy = copy_of(rehearsal, tmp_path / "copy")
    (copy / "best.keras").write_bytes((rehearsal / "last.keras").read_bytes())
    with pytest.raises(RunError, match="of other weights"):
        export_strings_run(copy, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_blocks_that_look_along_the_line_are_put_into_a_trained_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Untrained they add nothing: the network answers as the one without them did."""
    with monkeypatch.context() as patch:
        patch.setattr(sequence_model, "BLOCKS", 0)
        before = build_sequence_model()
        before.save(tmp_path / "before.keras")
    network = build_sequence_model()
    assert network.count_params() > before.count_params()
    sequence_model.start_from(network, tmp_path / "before.keras")
    lines = np.random.default_rng(0).random((2, 32, 80, 1), dtype=np.float32)
    assert np.allclose(network.predict_on_batch(lines), before.predict_on_batch(lines), atol=1e-5)
    with pytest.raises(RunError, match="another network"):
        load_sequence_network(tmp_path / "before.keras")


def test_weights_start_a_run_and_other_networks_do_not(exported: Path, rehearsal: Path, tmp_path: Path) -> None:
    network, expected = build_sequence_model(), load_sequence_network(rehearsal / "best.keras").get_weights()
    config = load_strings_config(rehearsal)[0]
    for path in (exported, rehearsal):
        network.set_weights([np.zeros_like(weight) for weight in expected])
        source = strings._start_from(network, path, config)
        assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), expected, strict=True))
        assert source["sha256"] == sha256_of(path / source["file"])
        with pytest.raises(RunError, match="would validate this run"):
            strings._start_from(network, path, replace(config, seed=config.seed + 1))
    tiny_network(SMALL).save(tmp_path / "tiny.keras")
    for path, complaint in {"tiny.keras": "another network", "none.keras": "no weights"}.items():
        with pytest.raises(RunError, match=complaint):
            strings._start_from(network, tmp_path / path, config)


# --- one run after the other -----------------------------------------------------------------------------------------


def test_a_run_takes_the_seed_of_what_it_starts_from(rehearsal: Path, exported: Path, tmp_path: Path) -> None:
    assert seed_of(rehearsal, "strings") == seed_of(exported, "strings") == 2
    assert seed_of(exported, "digits") == seed_of(None, "strings") == seed_of(tmp_path, "strings") == 1


def test_runs_are_averaged(rehearsal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    second = copy_of(rehearsal, tmp_path / "second")
    moved = load_sequence_network(rehearsal / "best.keras")
    moved.set_weights([weight + 0.25 for weight in moved.get_weights()])
    moved.save(second / "best.keras")
    alien = copy_of(second, tmp_path / "alien")
    description = json.loads((second / "config.json").read_text())
    description["init"] = {"file": "best.keras", "sha256": sha256_of(rehearsal / "best.keras")}
    (second / "config.json").write_text(json.dumps(description))

    assert main(["average", str(rehearsal), str(second), "--run", str(tmp_path / "mean")]) == 0
    pairs = zip(
        load_sequence_network(tmp_path / "mean" / "best.keras").get_weights(),
        load_sequence_network(rehearsal / "best.keras").get_weights(),
        strict=True,
    )
    assert all(np.allclose(mean, first + 0.125, atol=1e-6) for mean, first in pairs)
    assert main(["export", str(tmp_path / "mean"), "--to", str(tmp_path / "made")]) == 0
    manifest = load_checkpoint(tmp_path / "made", "strings").manifest
    assert manifest["mean_of"] == [sha256_of(run / "best.keras") for run in (rehearsal, second)]

    with pytest.raises(RunError, match="at least two"):
        average_runs([rehearsal], tmp_path / "other")
    with pytest.raises(RunError, match="did not start from"):
        average_runs([rehearsal, alien], tmp_path / "other")
    with pytest.raises(RunError, match="not empty"):
        average_runs([rehearsal, second], tmp_path / "mean")
    assert not (tmp_path / "other").exists()
