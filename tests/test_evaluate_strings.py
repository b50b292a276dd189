"""Scoring the reader on folders of labelled pictures."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer import DigitReader
from train import evaluate_strings
from train.evaluate_strings import Outcome, canonical, edit_distance, reliability, score

GOLDEN = Path(__file__).parent / "golden"
texts = st.text("0123", max_size=6)


@pytest.fixture
def folder(tmp_path):
    """Two golden pictures, one of them with a false label."""
    path = tmp_path / "numbers"
    path.mkdir()
    for name in ("253_plain.png", "page.png"):
        shutil.copy(GOLDEN / name, path)
    (path / "labels.csv").write_text("file,text\n253_plain.png,254\npage.png,253|9916|807\n")
    return path


def outcome(truth="12", text="12", confidence=0.97, milliseconds=2.0):
    return Outcome("f", "a.png", truth, text, confidence, milliseconds)


def test_only_digits_and_line_breaks_count():
    assert canonical("1.000,-\n|2 3\n\n") == "1000|23"


@given(texts, texts)
def test_edit_distance_is_a_metric(a, b):
    distance = edit_distance(a, b)
    assert (distance == 0) == (a == b)
    assert distance == edit_distance(b, a)
    assert abs(len(a) - len(b)) <= distance <= max(len(a), len(b))


def test_edit_distance_counts_each_kind_of_change():
    assert edit_distance("1234", "1334") == 1
    assert edit_distance("1234", "124") == 1
    assert edit_distance("1234", "12834") == 1
    assert edit_distance("", "12") == 2


def test_score_counts_whole_texts_and_characters():
    figures = score([outcome(), outcome("345", "34", milliseconds=4.0), outcome("6", "6", milliseconds=9.0)])
    assert figures["n"] == 3
    assert figures["exact"] == pytest.approx(200 / 3)
    assert figures["cer"] == pytest.approx(100 / 6)
    assert figures["ms"] == 4.0


def test_reliability_bins_by_confidence_and_leaves_out_pictures_without_a_reading():
    rows = reliability([outcome(), outcome(text="13"), outcome(confidence=0.3), outcome(text="", confidence=0.0)])
    assert [(row["n"], row["right"]) for row in rows] == [(1, 1.0), (2, 0.5)]
    assert rows[0]["from"] <= 0.3 < rows[0]["to"]


def test_a_confidence_of_one_is_in_the_last_bin():
    assert reliability([outcome(confidence=1.0)])[0]["to"] == 1.0


def test_table_figures_and_errors_agree(folder, tmp_path, capsys):
    out, errors = tmp_path / "figures.json", tmp_path / "errors.csv"
    assert evaluate_strings.main([str(folder), "--out", str(out), "--errors", str(errors)]) == 0
    assert "50.0" in capsys.readouterr().out
    assert json.loads(out.read_text())["folders"]["numbers"]["exact"] == 50.0
    assert [(r["file"], r["truth"], r["text"]) for r in csv.DictReader(errors.read_text().splitlines())] == [
        ("253_plain.png", "254", "253")
    ]


def test_lines_count_unless_told_otherwise(folder):
    (folder / "labels.csv").write_text("file,text\npage.png,2539916807\n")
    reader = DigitReader.from_checkpoint()
    assert not evaluate_strings.read_folder(reader, folder)[0].exact
    assert evaluate_strings.read_folder(reader, folder, lenient_lines=True)[0].exact


@pytest.mark.parametrize("labels", ["", "name,number\na.png,1\n", "file,text\n", "file,text\nmissing.png,1\n"])
def test_an_unusable_folder_is_named_and_the_others_are_scored(folder, tmp_path, capsys, labels):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "labels.csv").write_text(labels)
    assert evaluate_strings.main([str(bad), str(folder)]) == 1
    output = capsys.readouterr()
    assert str(bad) in output.err
    assert len(output.err.strip().splitlines()) == 1
    assert "numbers" in output.out
