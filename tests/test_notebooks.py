"""Every notebook runs from top to bottom, and was committed with what it shows, without a picture of any data set."""

import base64
import importlib.util
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from train.synthesis.made import made_sources

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
MOST_BYTES = 1_500_000
PLOT, SHOWS_DATA, OWN = "plot", "shows-data", "own-pictures"
"""Tags of cells that show pictures: figures alone; pictures of the data, committed as made of the project's own digits;
pictures that do not depend on the data."""
ALIKE = 12
"""Mean distance in grey levels, at most, of a committed picture from the one that the same cell shows without data: other
versions of fonts and libraries draw a little differently, while two sheets of different digits differ by forty or more."""

each_notebook = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def tags(cell):
    return set(cell["metadata"].get("tags", ()))


def pictures(cell):
    """What a cell shows as pictures: their bytes, those within HTML too."""
    found = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        encoded = ["".join(content) for kind, content in data.items() if kind.startswith("image/")]
        encoded += ["".join(data.get("text/html", "")).partition(";base64,")[2].partition('"')[0]]
        found += [base64.b64decode(text) for text in encoded if text]
    return found


def pixels(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)


def executed(path, work, monkeypatch):
    """The notebook after a run in an empty folder without any data, and the folder."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.delenv("RECOGNIZER_DATA", raising=False)  # as for anybody who has no data
    monkeypatch.delenv("RECOGNIZER_PICTURE", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(work / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(work / "runtime"))
    folder = work / "work"
    folder.mkdir()
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return notebook, folder


@pytest.mark.train
@each_notebook
def test_it_runs_from_top_to_bottom_without_data(path, tmp_path, monkeypatch):
    notebook, folder = executed(path, tmp_path, monkeypatch)
    assert list(folder.iterdir()) == [], "a notebook leaves nothing behind"
    # What was committed as made of the project's own digits is what comes of them.
    for committed, cell in zip(code_cells(load(path)), code_cells(notebook), strict=True):
        if SHOWS_DATA not in tags(committed):
            continue
        shown, fresh = pictures(committed), pictures(cell)
        assert len(shown) == len(fresh)
        for one, other in zip(map(pixels, shown), map(pixels, fresh), strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).mean() < ALIKE, "".join(committed["source"])


@each_notebook
def test_it_was_committed_with_its_outputs(path):
    assert path.stat().st_size < MOST_BYTES
    cells = code_cells(load(path))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"], "no warnings"
    assert any(map(pictures, cells))


@each_notebook
def test_every_picture_is_a_plot_or_the_projects_own(path):
    """Sheets of digits and readings of strings may show data; `train.plots` draws figures alone."""
    for cell in code_cells(load(path)):
        source = "".join(cell["source"])
        if pictures(cell):
            assert len(tags(cell) & {PLOT, SHOWS_DATA, OWN}) == 1, source
        if PLOT in tags(cell):
            assert "show.plot(plots." in source
            assert not any(word in source for word in ("show.picture", "sheets.", "reader.", "Image(", "contact")), (
                source
            )
        if OWN in tags(cell):
            assert not re.search(r"\b(train|test|digits|touching|mnist|sources)\b", source), source


@each_notebook
def test_it_says_whose_digits_are_shown(path):
    notebook = load(path)
    text = "".join(line for cell in notebook["cells"] if cell["cell_type"] == "markdown" for line in cell["source"])
    assert "no picture of a data set is kept in this repository" in text


def test_the_committed_lines_are_written_with_nothing_but_the_projects_own_digits():
    (output,) = code_cells(load(FOLDER / "05_synthesis.ipynb"))[0]["outputs"]
    made = made_sources()
    assert "".join(output["text"]).startswith(f"{len(made.images)} digits and letters as images, 1000 digits")


# --- the command that saves them -------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch, tmp_path):
    """`docs/notebooks.py` with a folder of its own, in which one notebook says which data it was run with."""
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    spec = importlib.util.spec_from_file_location("notebooks", FOLDER.parent / "docs" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    for name in (module.DATA, module.PICTURE):  # the command takes them out of the environment
        monkeypatch.delenv(name, raising=False)
    source = "import os; print(os.environ.get('RECOGNIZER_DATA'), os.environ.get('RECOGNIZER_PICTURE'))"
    cells = [nbformat.v4.new_code_cell(source) for _ in range(2)]
    cells[1].metadata["tags"] = [SHOWS_DATA]
    metadata = load(FOLDER / "05_synthesis.ipynb")["metadata"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "own.ipynb")
    return module


def printed(path):
    return ["".join(output["text"]).strip() for cell in code_cells(load(path)) for output in cell["outputs"]]


def test_figures_come_from_the_data_and_pictures_of_digits_do_not(command, tmp_path, monkeypatch):
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("RECOGNIZER_DATA", str(tmp_path))
    monkeypatch.setenv("RECOGNIZER_PICTURE", "mine.png")
    assert command.main([]) == 0
    assert printed(tmp_path / "own.ipynb") == [f"{tmp_path} None", "None None"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.ipynb"]


def test_a_notebook_that_fails_is_left_as_it_was(command, tmp_path, monkeypatch):
    before = (tmp_path / "own.ipynb").read_bytes()
    monkeypatch.setattr(command, "run", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command.main(["own.ipynb"])
    assert (tmp_path / "own.ipynb").read_bytes() == before


def test_an_unknown_notebook_is_named(command, capsys):
    with pytest.raises(SystemExit):
        command.main(["none.ipynb"])
    assert "there is no notebook none.ipynb" in capsys.readouterr().err
