"""Scoring the reader on folders of labelled pictures and on pictures made on the spot."""

import csv
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from made_digits import write_npz

from recognizer import DigitReader
from recognizer.image_io import load_image
from recognizer.types import Box, Digit, Reading
from train import evaluate_strings
from train.examples import encode_png
from train.report import FIGURES

GOLDEN = Path(__file__).parent / "golden"


class StubReader:
    """Reads the same text from every picture."""

    def __init__(self, text="12"):
        digits = tuple(Digit(label, 0.9, Box(0, 0, 1, 1)) for label in text)
        self.reading = Reading((digits,) if digits else (), 0.9 if digits else 0.0)
        self.pictures = 0

    def read(self, picture):
        self.pictures += 1
        return self.reading


@pytest.fixture
def stub(monkeypatch):
    """The command reads with this stub; `stub.asked` holds what it was made with."""
    reader = StubReader()

    def from_checkpoint(folder=None, **options):
        reader.asked = (folder, options)
        return reader

    monkeypatch.setattr(DigitReader, "from_checkpoint", from_checkpoint)
    return reader


@pytest.fixture
def shown(folder, stub):
    """Function from options to the picture that the reader is shown first."""
    pictures = []
    read = stub.read
    stub.read = lambda picture: pictures.append(picture) or read(picture)

    def show(*options):
        pictures.clear()
        assert evaluate_strings.main([str(folder), "--limit", "1", *options]) == 0
        return pictures[0]

    return show


@pytest.fixture
def folder(tmp_path):
    """Two golden pictures, one of them with a false label."""
    path = tmp_path / "numbers"
    path.mkdir()
    for name in ("253_plain.png", "page.png"):
        shutil.copy(GOLDEN / name, path)
    (path / "labels.csv").write_text("file,text\n253_plain.png,254\npage.png,253|9916|807\n")
    return path


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


def test_pictures_are_turned_before_they_are_read(folder, shown):
    height, width = load_image(folder / "253_plain.png").shape[:2]
    shapes = [shown(*options).shape for options in ([], ["--turned", "90"], ["--turned", "-30"])]
    assert shapes[0] == (height, width, 3)
    assert np.allclose(shapes[1], (width, height, 3), atol=1)
    assert shapes[2][0] > height
    assert shapes[2][1] > width


def test_squares_are_printed_on_the_paper_before_pictures_are_read(shown):
    plain, squared = shown(), shown("--squared", "0.25")
    assert squared.shape == plain.shape
    assert (squared <= plain).all()
    assert 0.01 < (squared < plain).mean() < 0.3


def test_a_word_is_printed_before_the_number_before_pictures_are_read(shown):
    pytest.importorskip("matplotlib")
    plain, word, again = shown(), shown("--labelled"), shown("--labelled")
    added = word.shape[1] - plain.shape[1]
    assert added > plain.shape[0] / 2
    assert (word[:, added:] == plain).all()
    assert 0.01 < (word[:, :added] < 128).mean() < 0.3
    assert (word == again).all()


def test_numbers_are_laid_out_in_tables(tmp_path, write, capsys):
    texts = [str(number) for number in range(2012, 2037)]
    for text in texts:
        picture = write(text, height=40)
        shown = 255 - picture if text < "2020" else picture  # chalk, ink
        (tmp_path / f"{text}.png").write_bytes(encode_png(shown))
    labels = [*((f"{text}.png", text) for text in texts), ("a.png", "1"), ("b.png", "12|34")]
    (tmp_path / "labels.csv").write_text("\n".join(["file,text", *map(",".join, labels)]))
    out = tmp_path / "figures.json"
    assert (
        evaluate_strings.main([str(tmp_path), "--in-columns", "--out", str(out), "--report", str(tmp_path / "report")])
        == 0
    )
    figures = json.loads(out.read_text())["folders"][tmp_path.name]
    assert figures["n"] == 2  # of 25 numbers
    assert figures["exact"] >= 50
    assert figures["cer"] <= 4


def test_few_numbers_make_no_table(folder, capsys):
    assert evaluate_strings.main([str(folder), "--in-columns"]) == 1
    assert capsys.readouterr().err == "A table takes 12 pictures of one number of 2 to 7 digits.\n"


def test_pictures_are_laid_on_a_table_before_they_are_read(shown):
    plain, laid, again = shown(), shown("--on-a-table"), shown("--on-a-table")
    assert min(np.subtract(laid.shape, plain.shape)[:2]) >= 0.6 * min(plain.shape[:2]) - 2
    assert laid[:4].max() < 110 < np.median(plain)
    assert (laid == again).all()


def test_the_shadow_of_a_hand_falls_on_pictures_before_they_are_read(shown):
    plain, shaded, again = shown(), shown("--in-a-shadow"), shown("--in-a-shadow")
    assert shaded.shape == plain.shape
    assert (shaded <= plain).all()
    assert 0.1 < (shaded < 0.5 * plain).mean() < 0.9
    assert (shaded == again).all()


def test_boxes_are_printed_over_pictures_one_for_each_digit_before_they_are_read(shown):
    plain, boxes = shown(), shown("--boxed")
    room = (len(boxes) - len(plain)) // 2
    assert room > 0.1 * len(plain)
    lines = (boxes[room:-room] < 180).all(axis=(0, 2))
    assert np.count_nonzero(np.diff(lines.astype(int)) == 1) == len("253") + 1
    assert (boxes[:room] > 180).mean() > 0.9


@pytest.mark.parametrize("option", ["--labelled", "--report"])
def test_missing_matplotlib_is_said_in_one_sentence(folder, tmp_path, option, monkeypatch, capsys, stub):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    value = [str(tmp_path / "report")] if option == "--report" else []
    assert evaluate_strings.main([str(folder), option, *value]) == 1
    assert capsys.readouterr().err.strip() == "A report or a printed word needs matplotlib: install the training extra."


@pytest.mark.parametrize(
    "labels",
    ["", "name,number\na.png,1\n", "file,text\n", "file,text\nmissing.png,1\n", "file,text\n253_plain.png\n"],
)
def test_an_unusable_folder_is_named_and_the_others_are_scored(folder, tmp_path, capsys, labels):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "labels.csv").write_text(labels)
    assert evaluate_strings.main([str(bad), str(folder)]) == 1
    output = capsys.readouterr()
    assert str(bad) in output.err
    assert len(output.err.strip().splitlines()) == 1
    assert "numbers" in output.out


def test_folders_of_one_name_are_told_apart(folder, tmp_path, stub):
    other = tmp_path / "others" / "numbers"
    shutil.copytree(folder, other)
    out = tmp_path / "figures.json"
    assert evaluate_strings.main([str(folder), str(other), "--out", str(out)]) == 0
    assert set(json.loads(out.read_text())["folders"]) == {str(folder), str(other)}


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as caught:
        evaluate_strings.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    options = [
        "--method",
        "--selective",
        "--no-digits",
        "--synthetic",
        "--report",
        "--turned",
        "--squared",
        "--labelled",
    ]
    assert all(option in text for option in options)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--no-digits", "0"],
        ["--no-digits", "some"],
        ["--synthetic", "--count", "-1"],
        ["folder", "--selective", "1"],
        ["folder", "--selective", "most"],
        ["folder", "--turned", "181"],
        ["folder", "--turned", "askew"],
        ["folder", "--squared", "0"],
        ["folder", "--squared", "wide"],
        ["folder", "--method", "magic"],
    ],
)
def test_bad_options_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        evaluate_strings.main(arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "error: " in error
    assert "_positive" not in error


def test_the_reader_is_asked_for_a_method_only_where_one_is_given(folder, stub):
    assert evaluate_strings.main([str(folder)]) == 0
    assert stub.asked == (None, {})
    assert evaluate_strings.main([str(folder), "--method", "sequence", "--checkpoint", "c"]) == 0
    assert stub.asked == (Path("c"), {"method": "sequence"})


def test_every_text_from_a_picture_without_digits_counts(stub, tmp_path, capsys):
    out = tmp_path / "figures.json"
    assert evaluate_strings.main(["--no-digits", "30", "--out", str(out)]) == 0
    figures = json.loads(out.read_text())["no_digits"]
    assert (figures["n"], figures["with_text"], figures["share"]) == (30, 30, 100.0)
    assert sum(kind["n"] for kind in figures["kinds"].values()) == 30
    assert "100.0 %" in capsys.readouterr().out
    stub.reading = Reading()
    assert evaluate_strings.main(["--no-digits", "30", "--out", str(out)]) == 0
    assert json.loads(out.read_text())["no_digits"]["with_text"] == 0


def test_synthetic_strings_are_scored_by_kind_and_by_length(stub, tmp_path, capsys):
    out = tmp_path / "figures.json"
    data = write_npz(tmp_path / "made.npz")
    assert evaluate_strings.main(["--synthetic", "--data", str(data), "--count", "10", "--out", str(out)]) == 0
    figures = json.loads(out.read_text())["synthetic"]
    assert [(kind["n"], kind["digits"]) for kind in figures["kinds"].values()] == [(10, 6), (10, 2), (10, 10)]
    assert [(row["digits"], row["n"]) for row in figures["by_digits"]] == [(length, 2) for length in range(1, 13)]
    assert stub.pictures == 3 * 10 + 12 * 2
    assert "touching pairs" in capsys.readouterr().out


def test_missing_digits_are_named_before_anything_is_read(stub, tmp_path, capsys):
    assert evaluate_strings.main(["--synthetic", "--data", str(tmp_path / "none.npz")]) == 1
    assert "none.npz: check the path" in capsys.readouterr().err
    assert not stub.pictures


@pytest.mark.train
def test_a_report_holds_figures_plots_and_mistakes(folder, stub, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    report, out = tmp_path / "new" / "report", tmp_path / "figures.json"
    data = write_npz(tmp_path / "made.npz")
    arguments = [str(folder), "--selective", "0.99", "--no-digits", "3", "--synthetic", "--data", str(data)]
    assert evaluate_strings.main([*arguments, "--count", "3", "--report", str(report), "--out", str(out)]) == 0
    assert {path.name for path in report.iterdir()} == {
        FIGURES,
        "by_digits.png",
        "mistakes.png",
        "no_digits.png",
        "risk_coverage.png",
        "synthetic_by_digits.png",
        "synthetic_mistakes.png",
    }
    assert json.loads((report / FIGURES).read_text()) == json.loads(out.read_text())
    assert list(json.loads(out.read_text())["selective"]) == ["numbers"]
    assert "none reaches it" in capsys.readouterr().out  # two pictures promise nothing

    # A later report of less takes its place: nothing of the earlier one is left.
    assert evaluate_strings.main([str(folder), "--report", str(report)]) == 0
    assert {path.name for path in report.iterdir()} == {FIGURES, "by_digits.png", "mistakes.png", "risk_coverage.png"}
    assert [path.name for path in report.parent.iterdir()] == ["report"]


@pytest.mark.train
def test_a_report_takes_no_other_folder_s_place(folder, stub, capsys):
    pytest.importorskip("matplotlib")
    assert evaluate_strings.main([str(folder), "--report", str(folder)]) == 1
    assert "name another folder" in capsys.readouterr().err
    assert not stub.pictures
    assert evaluate_strings.main([str(folder), "--report", str(folder / "labels.csv")]) == 1
    assert "is a file" in capsys.readouterr().err
