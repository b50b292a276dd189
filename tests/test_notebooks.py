"""Every notebook runs from top to bottom, and was committed with what it shows."""

import json
from pathlib import Path

import pytest

from train.synthesis.made import made_sources

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
MOST_BYTES = 1_500_000

each_notebook = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)


def code_cells(path):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


@pytest.mark.train
@each_notebook
def test_it_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.delenv("RECOGNIZER_DATA", raising=False)  # as for anybody who has no data
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    assert list(folder.iterdir()) == [], "a notebook leaves nothing behind"


@each_notebook
def test_it_was_committed_with_its_outputs(path):
    assert path.stat().st_size < MOST_BYTES
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_the_committed_lines_are_written_with_nothing_but_the_projects_own_digits():
    (output,) = code_cells(FOLDER / "05_synthesis.ipynb")[0]["outputs"]
    made = made_sources()
    assert "".join(output["text"]).startswith(f"{len(made.images)} digits and letters as images, 1000 digits")
