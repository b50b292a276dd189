"""A checkpoint loads only when it is whole, and says in a sentence what is wrong when it is not."""

import hashlib
import json

import pytest

from recognizer.checkpoint import FORMAT_VERSION, bundled_folder, load_checkpoint, sha256_of, verify_file
from recognizer.classifier import DigitClassifier
from recognizer.errors import CheckpointError
from recognizer.types import CLASS_NAMES, NO_DIGIT

NETWORK = b"not a network, but a file with a hash"


@pytest.fixture
def folder(tmp_path):
    """A checkpoint that is whole as far as its manifest goes."""
    (tmp_path / "digits.onnx").write_bytes(NETWORK)
    (tmp_path / "digits.json").write_text(json.dumps(manifest()))
    return tmp_path


def manifest(**changes):
    files = {"digits.onnx": hashlib.sha256(NETWORK).hexdigest()}
    whole = {"format": FORMAT_VERSION, "files": files, "classes": list(CLASS_NAMES), "input": {}}
    return {key: value for key, value in {**whole, **changes}.items() if value != "left out"}


def sentence_of(folder, **options):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(folder, **options)
    sentence = str(caught.value)
    assert str(folder) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_bundled_weights_are_whole():
    checkpoint = load_checkpoint()
    assert checkpoint.folder == bundled_folder()
    assert checkpoint.class_names == (*CLASS_NAMES, NO_DIGIT)
    assert checkpoint.temperature > 0
    for path in (checkpoint.onnx_path, checkpoint.served_path):
        assert checkpoint.manifest["files"][path.name] == sha256_of(path)
    assert checkpoint.served_path.name == "digits.int8.onnx"


def test_bundled_folder_inside_the_package_is_preferred(monkeypatch, tmp_path):
    package = tmp_path / "recognizer"
    package.mkdir()
    monkeypatch.setattr("recognizer.checkpoint.__file__", str(package / "checkpoint.py"))
    assert bundled_folder() == tmp_path / "checkpoints"
    (package / "checkpoints").mkdir()
    assert bundled_folder() == package / "checkpoints"


def test_whole_checkpoint_loads_from_path_and_text(folder):
    for form in (folder, str(folder)):
        checkpoint = load_checkpoint(form)
        assert checkpoint.onnx_path == folder / "digits.onnx"
        assert checkpoint.keras_path == folder / "digits.keras"
        assert checkpoint.temperature == 1


def test_temperature_is_the_manifests(folder):
    (folder / "digits.json").write_text(json.dumps(manifest(calibration={"temperature": 1.7})))
    assert load_checkpoint(folder).temperature == 1.7


def test_missing_folder_and_missing_name(folder):
    assert "no checkpoint" in sentence_of(folder / "none")
    assert "letters.json" in sentence_of(folder, name="letters")


def test_manifest_that_is_a_folder(folder):
    (folder / "digits.json").unlink()
    (folder / "digits.json").mkdir()
    sentence_of(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'{"format": 1,'])
def test_damaged_manifest(folder, content):
    (folder / "digits.json").write_bytes(content)
    assert "damaged" in sentence_of(folder)


@pytest.mark.parametrize("content", ["[]", "1", "null", '"text"', "{}", '{"format": 999}'])
def test_manifest_of_another_format(folder, content):
    (folder / "digits.json").write_text(content)
    assert f"format {FORMAT_VERSION}" in sentence_of(folder)


@pytest.mark.parametrize("key", ["files", "classes", "input"])
def test_missing_entry_is_named(folder, key):
    (folder / "digits.json").write_text(json.dumps(manifest(**{key: "left out"})))
    assert f"'{key}'" in sentence_of(folder)


@pytest.mark.parametrize("files", [[], None, "digits.onnx", 5], ids=repr)
def test_files_entry_of_another_kind(folder, files):
    (folder / "digits.json").write_text(json.dumps(manifest(files=files)))
    sentence_of(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": 5},
        {"calibration": None},
        {"calibration": {"temperature": "warm"}},
        {"calibration": {"temperature": 0}},
    ],
    ids=repr,
)
def test_damaged_entries(folder, changes):
    (folder / "digits.json").write_text(json.dumps(manifest(**changes)))
    with pytest.raises(CheckpointError, match=r"\.$"):
        use(load_checkpoint(folder))


def use(checkpoint):
    return len(checkpoint.class_names) / checkpoint.temperature


def test_missing_network(folder):
    (folder / "digits.onnx").unlink()
    assert "missing" in sentence_of(folder)


@pytest.mark.parametrize("content", [b"", NETWORK[:-1], NETWORK + b"!"])
def test_changed_network(folder, content):
    (folder / "digits.onnx").write_bytes(content)
    assert "SHA-256" in sentence_of(folder)


def test_network_that_the_manifest_does_not_name(folder):
    (folder / "digits.json").write_text(json.dumps(manifest(files={})))
    assert "SHA-256" in sentence_of(folder)


def test_the_network_in_integers_is_served_where_there_is_one(folder):
    assert load_checkpoint(folder).served_path == folder / "digits.onnx"
    quick = folder / "digits.int8.onnx"
    quick.write_bytes(b"not the one")
    assert load_checkpoint(folder).served_path == folder / "digits.onnx"
    files = {**manifest()["files"], quick.name: hashlib.sha256(b"the one").hexdigest()}
    (folder / "digits.json").write_text(json.dumps(manifest(files=files)))
    assert "SHA-256" in sentence_of(folder)
    quick.write_bytes(b"the one")
    assert load_checkpoint(folder).served_path == quick
    quick.unlink()
    assert load_checkpoint(folder).served_path == folder / "digits.onnx"


def test_other_files_are_checked_on_demand(folder):
    checkpoint = load_checkpoint(folder)
    verify_file(checkpoint, checkpoint.onnx_path)
    with pytest.raises(CheckpointError, match=r"missing.*\.$"):
        verify_file(checkpoint, checkpoint.keras_path)
    checkpoint.keras_path.write_bytes(b"anything")
    with pytest.raises(CheckpointError, match=r"SHA-256.*\.$"):
        verify_file(checkpoint, checkpoint.keras_path)


def test_network_that_is_none_fails_in_a_sentence(folder):
    with pytest.raises(CheckpointError, match=r"^ONNX Runtime cannot load .*digits\.onnx.*\.$"):
        DigitClassifier(load_checkpoint(folder))
