"""Who may import what: the rules that keep the reader small and its stages apart."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = (
    "image_io",
    "binarize",
    "rulings",
    "segment",
    "split",
    "normalize",
    "classifier",
    "lattice",
    "lines",
    "sequence",
    "decode",
)
STAGE_MAY_IMPORT = {"types", "errors", "checkpoint", "components", "onnx_session", "ctc"}  # what no stage stands behind
HEAVY = {"gradio", "train", "matplotlib", "tensorflow", "keras"}


def imported_modules(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    package = path.relative_to(ROOT).parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*package[: len(package) - node.level + 1], node.module or ""]) if node.level else node.module
            )
            assert base is not None
            base = base.rstrip(".")
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def imports_any(path: Path, packages: set[str]) -> set[str]:
    return {name for name in imported_modules(path) if any(name == p or name.startswith(f"{p}.") for p in packages)}


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


WEB = files("recognizer/web")
CORE = [path for path in files("recognizer") if path not in WEB]


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_reader_stays_light(path):
    assert not imports_any(path, HEAVY | {"recognizer.web"})


@pytest.mark.parametrize("path", [*WEB, ROOT / "app.py"], ids=name_of)
def test_page_does_not_train(path):
    assert not imports_any(path, {"train", "tensorflow", "keras"})


@pytest.mark.parametrize("path", files("train"), ids=name_of)
def test_training_does_not_serve(path):
    assert not imports_any(path, {"gradio", "recognizer.web"})


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_one_another(stage):
    own = {
        name.split(".")[1]
        for name in imported_modules(ROOT / f"recognizer/{stage}.py")
        if name.startswith("recognizer.")
    }
    assert own <= STAGE_MAY_IMPORT
