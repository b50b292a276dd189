"""The command line: a line a picture, a sentence for each that cannot be read, and never a traceback."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_image_io import png_header

from recognizer.__main__ import main
from recognizer.errors import CheckpointError
from recognizer.reader import DigitReader
from recognizer.types import Box, Digit, Reading

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
PICTURE = str(GOLDEN / "253_plain.png")
PAGE = str(GOLDEN / "page.png")


def run(*arguments, code=None, **options):
    """Run the command line (or some code) in a process of its own."""
    command = [sys.executable, *(("-c", code) if code else ("-m", "recognizer")), *map(os.fspath, arguments)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, timeout=120, check=False, **options)


def make_bad(kind, folder):
    """A picture that cannot be read, of each kind."""
    path = folder / f"{kind}.png"
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    if kind == "text":
        path.write_text("this is no picture\n")
    elif kind == "truncated":
        buffer = io.BytesIO()
        Image.fromarray(noise).save(buffer, "JPEG")
        path = path.with_suffix(".jpg")
        path.write_bytes(buffer.getvalue()[:700])
    elif kind == "empty":
        path.touch()
    elif kind == "huge":
        path.write_bytes(png_header(50_000, 50_000))
    elif kind == "folder":
        path.mkdir()
    return path


BAD = ("text", "truncated", "empty", "missing", "huge", "folder")


def sentences(text):
    """The lines of an error output, each of which has to be a sentence."""
    lines = text.splitlines()
    assert "Traceback" not in text
    assert all(line.endswith(".") and len(line.split()) >= 5 for line in lines)
    return lines


# --- good pictures ---------------------------------------------------------------------------------------------------


def test_one_line_a_picture(capsys):
    assert main([PICTURE, PAGE]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    first, second = (line.split("\t") for line in out.splitlines())
    assert first[:2] == [PICTURE, "253"]
    assert second[:2] == [PAGE, "253|9916|807"]
    for line in (first, second):
        assert len(line) == 3
        assert 0 < float(line[2]) <= 1


def test_json_lines_parse(capsys, reader):
    assert main(["--json", PICTURE, PAGE]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.pop("file") for line in lines] == [PICTURE, PAGE]
    assert lines[1]["text"] == "253\n9916\n807"
    assert lines[0] == reader.read(PICTURE).to_dict()


def test_csv_has_a_header_and_a_row_a_picture(capsys, tmp_path):
    table = tmp_path / "out.csv"
    assert main(["--csv", str(table), PICTURE, PAGE]) == 0
    assert capsys.readouterr() == ("", "")
    with table.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "text", "confidence", "doubtful"]
    assert [row[:2] for row in rows] == [[PICTURE, "253"], [PAGE, "253\n9916\n807"]]
    assert all(0 < float(row[2]) <= 1 for row in rows)
    assert {len(row) for row in rows} == {4}


def row_of(capsys, tmp_path, monkeypatch, *lines):
    """The table's row for a reading of these lines; digits in brackets are doubtful."""
    digits = [
        tuple(Digit(label, 0.5 if mark else 0.99, Box(0, 0, 1, 1)) for mark, label in re.findall(r"(\[?)(\d)", line))
        for line in lines
    ]
    monkeypatch.setattr(DigitReader, "read", lambda self, picture: Reading(tuple(digits), 0.5, 9, 9))
    table = tmp_path / "out.csv"
    assert main(["--csv", str(table), "any.png"]) == 0
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1]


@pytest.mark.parametrize(
    ("lines", "doubtful"),
    [
        ((), ""),
        (("253",), ""),
        (("2[5]3",), "2"),
        (("2[5]34[6]",), "2 5"),
        (("253", "807"), ""),
        (("253", "8[0]7"), "line 2: 2"),
        (("2[5]34[6]", "12", "[8]07"), "line 1: 2 5; line 3: 1"),
    ],
)
def test_table_names_the_digits_to_look_at(capsys, tmp_path, monkeypatch, lines, doubtful):
    row = row_of(capsys, tmp_path, monkeypatch, *lines)
    assert row[1] == "\n".join(lines).replace("[", "").replace("]", "")
    assert row[3] == doubtful


def test_picture_of_one_pixel_reads_as_nothing(capsys, tmp_path):
    path = tmp_path / "one.png"
    Image.new("RGB", (1, 1), "black").save(path)
    assert main([str(path)]) == 0
    assert capsys.readouterr() == (f"{path}\t\t0.0000\n", "")


def test_checkpoint_can_be_named(capsys):
    assert main(["--checkpoint", str(ROOT / "checkpoints"), PICTURE]) == 0
    assert capsys.readouterr().out.split("\t")[1] == "253"


@pytest.mark.parametrize("method", ["auto", "segmentation"])
def test_method_can_be_chosen(capsys, method):
    assert main(["--method", method, PICTURE]) == 0
    assert capsys.readouterr().out.split("\t")[1] == "253"


def test_method_reaches_the_reader(capsys, monkeypatch):
    asked = []

    def from_checkpoint(folder=None, method="auto"):
        asked.append((folder, method))
        raise CheckpointError("This is where it stops.")

    monkeypatch.setattr(DigitReader, "from_checkpoint", from_checkpoint)
    for options in ([], ["--method", "segmentation"], ["--method", "sequence", "--checkpoint", "x"]):
        assert main([*options, PICTURE]) == 1
    assert asked == [(None, "auto"), (None, "segmentation"), (Path("x"), "sequence")]
    assert capsys.readouterr().err == "This is where it stops.\n" * 3


def test_method_without_its_network_is_one_sentence(capsys, tmp_path):
    for name in ("digits.json", "digits.onnx"):
        (tmp_path / name).symlink_to(ROOT / "checkpoints" / name)
    assert main(["--method", "sequence", "--checkpoint", str(tmp_path), PICTURE]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    (sentence,) = sentences(err)
    assert str(tmp_path) in sentence


@pytest.mark.parametrize(("option", "status"), [("--help", 0), ("--hlep", 2)])
def test_help_and_a_mistyped_option_load_neither_opencv_nor_onnx_runtime(option, status):
    script = (
        "import runpy, sys\n"
        "try:\n    runpy.run_module('recognizer', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end:\n    print(end.code)\n"
        "print({'cv2', 'onnxruntime'} & set(sys.modules))"
    )
    done = run(option, code=script)
    assert done.stdout.decode().splitlines()[-2:] == [str(status), "set()"]
    assert b"usage: python -m recognizer" in done.stdout + done.stderr


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(option in out for option in ("PICTURE", "--json", "--csv", "--method", "segmentation"))


@pytest.mark.parametrize(
    "arguments",
    [[], ["--json", "--csv", "x.csv", PICTURE], ["--nonsense", PICTURE], ["--method", "guessing", PICTURE]],
)
def test_mistyped_options_end_with_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage:")


# --- bad pictures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BAD)
def test_bad_picture_is_one_sentence_that_names_it(capsys, tmp_path, kind):
    path = make_bad(kind, tmp_path)
    assert main([str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    (sentence,) = sentences(err)
    assert str(path) in sentence


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_other_pictures_of_the_call_are_still_read(capsys, tmp_path, output):
    bad = [make_bad(kind, tmp_path) for kind in BAD]
    pictures = [PICTURE, *map(str, bad), PAGE]
    assert main([*output, *pictures]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    found = sentences(err)
    assert len(found) == len(bad)
    assert all(str(path) in sentence for path, sentence in zip(bad, found, strict=True))


def test_table_holds_the_good_pictures_of_a_call_with_bad_ones(capsys, tmp_path):
    table = tmp_path / "out.csv"
    assert main(["--csv", str(table), str(make_bad("text", tmp_path)), PICTURE]) == 1
    assert len(sentences(capsys.readouterr().err)) == 1
    with table.open(newline="", encoding="utf-8") as file:
        assert [row[1] for row in csv.reader(file)] == ["text", "253"]


def test_missing_checkpoint_is_one_sentence(capsys, tmp_path):
    assert main(["--checkpoint", str(tmp_path / "none"), PICTURE]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(sentences(err)) == 1


# --- the table's file ------------------------------------------------------------------------------------------------


def test_old_table_stays_when_the_new_one_cannot_be_made(capsys, tmp_path):
    table = tmp_path / "out.csv"
    table.write_text("precious")
    assert main(["--csv", str(table), "--checkpoint", str(tmp_path / "none"), PICTURE]) == 1
    assert table.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert len(sentences(capsys.readouterr().err)) == 1


def test_old_table_stays_until_the_new_one_is_whole(capsys, tmp_path, monkeypatch):
    table = tmp_path / "out.csv"
    table.write_text("precious")
    seen = []

    def read(self, picture):
        seen.append(table.read_text())
        if len(seen) == 2:
            raise KeyboardInterrupt
        return original(self, picture)

    original = DigitReader.read
    monkeypatch.setattr(DigitReader, "read", read)
    assert main(["--csv", str(table), PICTURE, PICTURE]) == 1
    assert seen == ["precious", "precious"]
    assert table.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert capsys.readouterr().err == "Stopped.\n"


def test_old_table_is_replaced_by_a_whole_one(tmp_path):
    table = tmp_path / "out.csv"
    table.write_text("old\n" * 1000)
    assert main(["--csv", str(table), PICTURE]) == 0
    assert table.read_text(encoding="utf-8").splitlines()[0] == "file,text,confidence,doubtful"
    assert len(table.read_text(encoding="utf-8").splitlines()) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("target", ["none/out.csv", "file/out.csv", "folder"])
def test_table_that_cannot_be_written_is_one_sentence(capsys, tmp_path, target):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert main(["--csv", str(tmp_path / target), PICTURE]) == 1
    (sentence,) = sentences(capsys.readouterr().err)
    assert str(tmp_path / target) in sentence
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_folder_without_permission_is_one_sentence(capsys, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    assert main(["--csv", str(folder / "out.csv"), PICTURE]) == 1
    assert len(sentences(capsys.readouterr().err)) == 1


def test_refused_permission_is_one_sentence(capsys, tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert main(["--csv", str(tmp_path / "out.csv"), PICTURE]) == 1
    (sentence,) = sentences(capsys.readouterr().err)
    assert "Permission denied" in sentence


@pytest.mark.parametrize("name", ["=1+2.png", "+3.png", "-4.png", "@sum.png"])
def test_file_name_like_a_formula_is_disarmed(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(Path(PICTURE).read_bytes())
    assert main(["--csv", "out.csv", "--", name]) == 0
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][:2] == [f"'{name}", "253"]


# --- a process of its own --------------------------------------------------------------------------------------------


def test_whole_program_reads_and_complains(tmp_path):
    bad = make_bad("truncated", tmp_path)
    result = run(PICTURE, bad, PAGE)
    assert result.returncode == 1
    assert [line.split("\t")[1] for line in result.stdout.decode().splitlines()] == ["253", "253|9916|807"]
    (sentence,) = sentences(result.stderr.decode())
    assert str(bad) in sentence


def test_heavy_packages_are_not_imported():
    code = (
        "import sys; from recognizer.__main__ import main; assert main([sys.argv[1]]) == 0; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'tensorflow', 'keras', 'gradio', 'matplotlib', 'train', 'onnxruntime'}))"
    )
    result = run(PICTURE, code=code)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode().splitlines()[1] == "['onnxruntime']"


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux alone")
@pytest.mark.parametrize("output", [[], ["--json"], ["--csv", "out.csv"]], ids=["text", "json", "csv"])
def test_file_name_that_is_no_text_ends_without_a_traceback(tmp_path, output):
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(name)).write_bytes(Path(PICTURE).read_bytes())
    output = [str(tmp_path / part) if part == "out.csv" else part for part in output]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8:strict"}
    result = subprocess.run(
        [sys.executable, "-m", "recognizer", *output, name, PAGE],
        capture_output=True, cwd=ROOT, timeout=120, check=False, env=environment,
    )  # fmt: skip
    assert b"Traceback" not in result.stderr
    found = (tmp_path / "out.csv").read_bytes() if "--csv" in output else result.stdout
    assert b"9916" in found


def test_closed_output_ends_quietly():
    code = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1); "
        "from recognizer.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    result = run(PICTURE, PAGE, code=code)
    assert result.stderr == b""
    assert result.returncode == 0
