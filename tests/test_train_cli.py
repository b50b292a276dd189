"""The command line: help is quick, bad input is answered in one sentence."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_digits import write_npz

from train.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", [[], ["digits"], ["strings"], ["evaluate"], ["export"], ["examples"]])
def test_help_names_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "usage: python -m train" in text
    assert "%%" not in text
    if not command:
        assert all(name in text for name in ("digits", "strings", "evaluate", "export", "examples"))


def test_help_imports_no_keras() -> None:
    script = (
        "import sys\nfrom train.__main__ import main\n"
        "try:\n    main(['digits', '--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit(bool({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["digits", "--epochs", "0"],
        ["digits", "--epochs", "two"],
        ["digits", "--batch-size", "-1"],
        ["digits", "--learning-rate", "0"],
        ["digits", "--learning-rate", "nan"],
        ["digits", "--label-smoothing", "1"],
        ["digits", "--seed", "-1"],
        ["digits", "--optimizer", "magic"],
        ["strings", "--steps", "0"],
        ["strings", "--workers", "-1"],
        ["strings", "--learning-rate", "inf"],
        ["export"],
        ["paint"],
    ],
)
def test_bad_options_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "error: " in error
    assert "_positive" not in error  # argparse's own words name the function


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "train", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.train
def test_bad_files_are_answered_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)  # capsys owns the stream it silences
    monkeypatch.chdir(tmp_path)
    data = str(write_npz(tmp_path / "made.npz"))
    (tmp_path / "page.npz").write_text("<html>")
    with gzip.open(tmp_path / "pen.jsonl.gz", "wt") as file:
        file.write("{}\n")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    cases = {
        "none.npz: check the path": ["digits", "--data", "none.npz"],
        "page.npz cannot be read": ["digits", "--data", "page.npz"],
        "pen.jsonl.gz is no digit in pen strokes": [
            "digits",
            "--data",
            data,
            "--validation",
            "20",
            "--pen-strokes",
            "pen.jsonl.gz",
        ],
        "The validation part must hold": ["digits", "--data", data, "--validation", "100"],
        "is not empty": ["digits", "--data", data, "--validation", "20", "--run", "taken"],
        "taken is no run folder": ["digits", "--resume", "taken"],
        "config.json is damaged": ["digits", "--resume", "broken"],
        "neither a run folder": ["evaluate", "taken"],
        "nowhere is no run folder": ["export", "nowhere"],
        "taken is no run of the line network": ["export", "taken", "--second"],
    }
    for complaint, arguments in cases.items():
        assert main(arguments) == 1, arguments
        error = capsys.readouterr().err
        assert complaint in error
        assert error.startswith("python -m train: ")
        assert error.count("\n") == 1
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["notes.txt"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.train
def test_tensorflow_is_silent(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    done = run("digits", "--data", "none.npz", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"python -m train: There is no file {tmp_path / 'none.npz'}: check the path.\n"
    assert done.stdout == ""


@pytest.mark.train
def test_ctrl_c_says_how_to_go_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)
    monkeypatch.setattr("train.run.train", interrupted)
    assert main(["digits", "--run", "runs/mine"]) == 130
    assert "python -m train digits --resume runs/mine" in capsys.readouterr().err
