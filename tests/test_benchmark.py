"""The benchmark prints its figures and says that TensorFlow stayed out."""

import re
import shutil
from pathlib import Path

import pytest
from made_answers import MadeSequence

from recognizer import benchmark
from recognizer.benchmark import main
from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.reader import DigitReader

GOLDEN = Path(__file__).parent / "golden"
PICTURE = GOLDEN / "9916847512_plain.png"
QUICK = ["--repeat", "2", "--starts", "1"]


def figures_of(capsys):
    """What stands behind each name."""
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in capsys.readouterr().out.splitlines())


def shares_of(text):
    """Milliseconds and share of segmentation's of each method."""
    return {name: (float(ms), float(share)) for name, ms, share in re.findall(r"(\w+) ([\d.]+) ms \(([\d.]+)\)", text)}


@pytest.mark.parametrize("picture", [[], ["--picture", str(PICTURE)]], ids=["bundled", "named"])
def test_figures_are_printed(capsys, picture):
    assert main([*picture, *QUICK]) == 0
    lines = figures_of(capsys)
    assert "10 digits" in lines["picture"]
    median, fastest, slowest = map(float, re.findall(r"\d+\.\d", lines["one reading"]))
    assert 0 < fastest <= median <= slowest
    assert float(lines["command line"].split()[0]) > 0
    assert float(lines["its memory"].split()[0]) > 10
    assert lines["TensorFlow"] == "not imported"
    if picture:
        assert PICTURE.name in lines["picture"]
    shares = shares_of(lines["methods"])
    assert shares["segmentation"][1] == 1
    assert shares["auto"][0] == median
    assert ("sequence" in shares) is ("no line network" not in lines["methods"])


def test_methods_stand_side_by_side(capsys, monkeypatch, tmp_path):
    """With a hand-made answer in the line network's place; a folder's files that are no pictures are passed over."""
    classifier = DigitClassifier(load_checkpoint())
    methods = ("segmentation", "sequence", "auto")
    made = {method: DigitReader(classifier, MadeSequence("253"), method) for method in methods}
    monkeypatch.setattr(benchmark, "_readers", lambda checkpoint: made)
    for name in ("253_plain.png", "1_plain.png", "labels.csv"):
        shutil.copy(GOLDEN / name, tmp_path)
    (tmp_path / "deeper").mkdir()
    assert main(["--folder", str(tmp_path), *QUICK]) == 0
    lines = figures_of(capsys)
    assert lines["folder"].startswith(f"{tmp_path.name}, 2 pictures: ")
    for name in ("methods", "folder"):
        shares = shares_of(lines[name])
        assert tuple(shares) == methods
        base, one = shares["segmentation"]
        assert one == 1
        assert all(share == pytest.approx(ms / base, rel=0.1) for ms, share in shares.values())


@pytest.mark.parametrize("kind", ["missing", "file", "empty"])
def test_folder_without_pictures_is_one_sentence(capsys, tmp_path, kind):
    folder = tmp_path / kind
    if kind == "file":
        folder.touch()
    elif kind == "empty":
        folder.mkdir()
    assert main(["--folder", str(folder), *QUICK]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert str(folder) in err
    assert err.endswith(".\n")
    assert len(err.splitlines()) == 1


def test_checkpoint_can_be_named(capsys, tmp_path):
    assert main(["--checkpoint", str(tmp_path / "none"), *QUICK]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
    assert main(["--checkpoint", str(load_checkpoint().folder), *QUICK]) == 0
    assert "methods" in figures_of(capsys)
