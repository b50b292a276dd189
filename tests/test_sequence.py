"""The line network's answers come back line by line, whatever the lines' widths and number."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from recognizer import sequence as module
from recognizer.checkpoint import FORMAT_VERSION, load_checkpoint
from recognizer.ctc import CLASSES
from recognizer.errors import CheckpointError
from recognizer.sequence import SequenceReader

onnx = pytest.importorskip("onnx")


def column_network():
    """A network that sees one column of pixels of each frame alone: log-softmax of a linear function of them."""
    helper, values = onnx.helper, onnx.numpy_helper
    # (N, 32, W, 1) to (N, W / 2, 64): two columns a frame, the rows of the first and of the second
    constants = {
        "columns": np.array([0, -1, 64], np.int64),
        "weights": np.random.default_rng(0).normal(0, 0.4, (64, len(CLASSES))).astype(np.float32),
    }
    nodes = [
        helper.make_node("Transpose", ["lines"], ["upright"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["upright", "columns"], ["frames"]),
        helper.make_node("MatMul", ["frames", "weights"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "columns",
        [helper.make_tensor_value_info("lines", onnx.TensorProto.FLOAT, ["n", 32, "w", 1])],
        [helper.make_tensor_value_info("log_probs", onnx.TensorProto.FLOAT, ["n", "t", len(CLASSES)])],
        [values.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def expected(line, temperature=1.0):
    """What the network says about one line, worked out here."""
    weights = onnx.numpy_helper.to_array(column_network().graph.initializer[1])
    columns = np.zeros((line.shape[1] + line.shape[1] % 2, 32))
    columns[: line.shape[1]] = line.T / 255
    logits = columns.reshape(-1, 64) @ weights / temperature
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint folder with that network in the line network's place."""
    folder = tmp_path_factory.mktemp("checkpoints")
    content = column_network().SerializeToString()
    (folder / "strings.onnx").write_bytes(content)
    manifest = {
        "format": FORMAT_VERSION,
        "files": {"strings.onnx": hashlib.sha256(content).hexdigest()},
        "classes": list(CLASSES),
        "input": {},
    }
    (folder / "strings.json").write_text(json.dumps(manifest))
    for name, changes in {
        "warm": {"calibration": {"temperature": 2.5}},
        "digits": {"classes": list("0123456789")},
    }.items():
        (folder / f"{name}.onnx").write_bytes(content)
        files = {f"{name}.onnx": manifest["files"]["strings.onnx"]}
        (folder / f"{name}.json").write_text(json.dumps({**manifest, "files": files, **changes}))
    return folder


@pytest.fixture(scope="module")
def reader(folder):
    return SequenceReader(load_checkpoint(folder, "strings"))


def noise(*widths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (32, width), np.uint8) for width in widths]


def test_no_lines_give_no_answers(reader):
    assert reader.predict([]) == []


@pytest.mark.parametrize("width", [1, 2, 7, 8, 31, 32, 33, 160, 1601])
def test_a_frame_for_every_two_columns(reader, width):
    (line,) = noise(width)
    (answer,) = reader.predict([line])
    assert answer.shape == (-(-width // 2), len(CLASSES))
    assert answer.dtype == np.float32
    assert np.allclose(answer, expected(line), atol=1e-4)
    assert np.allclose(np.exp(answer).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("width", "padded"), [(1, 32), (32, 32), (33, 40), (160, 160), (161, 168)])
def test_the_network_sees_widths_that_it_takes(reader, monkeypatch, width, padded):
    batches = []
    monkeypatch.setattr(reader._session, "run", lambda all_: batches.extend(all_) or [np.zeros((1, padded // 2, 12))])
    (line,) = noise(width)
    reader.predict([line])
    (batch,) = batches
    assert batch.shape == (1, 32, padded, 1)
    assert batch.dtype == np.float32
    assert np.allclose(batch[0, :, :width, 0] * 255, line, atol=1e-3)
    assert not batch[0, :, width:].any()


def test_lines_of_many_widths_come_back_in_their_order(reader):
    lines = noise(90, 33, 8, 90, 160, 34, 89, 1, 33)
    for line, answer in zip(lines, reader.predict(lines), strict=True):
        assert np.allclose(answer, expected(line), atol=1e-4)


def test_lines_are_not_changed(reader):
    lines = noise(40, 50)
    before = [line.copy() for line in lines]
    reader.predict(lines)
    assert all(np.array_equal(line, copy) for line, copy in zip(lines, before, strict=True))


def test_lines_that_are_views_are_taken(reader):
    (page,) = noise(200)
    (answer,) = reader.predict([page[:, 20:81]])
    assert np.allclose(answer, expected(page[:, 20:81]), atol=1e-4)


def test_a_page_of_lines_goes_through_in_small_parts(reader, monkeypatch):
    lines = noise(*[64] * 20, 500, 500)
    sizes = []
    run = reader._session.run

    def watched(batches):
        sizes.extend(batch.shape for batch in batches)
        return run(batches)

    monkeypatch.setattr(module, "_MAX_COLUMNS", 200)
    monkeypatch.setattr(reader._session, "run", watched)
    answers = reader.predict(lines)
    assert max(count * width for count, _, width, _ in sizes if count > 1) <= 200
    assert sorted(count for count, *_ in sizes) == [1, 1, 2] + [3] * 6
    for line, answer in zip(lines, answers, strict=True):
        assert np.allclose(answer, expected(line), atol=1e-4)


def test_answers_do_not_keep_the_batch_in_memory(reader):
    for answer in reader.predict(noise(*[64] * 10)):
        assert answer.base is None


@pytest.mark.parametrize(
    "line",
    [
        np.zeros((31, 40), np.uint8),
        np.zeros((32, 0), np.uint8),
        np.zeros((32, 40, 1), np.uint8),
        np.zeros(32, np.uint8),
        np.zeros((32, 40), np.float32),
    ],
    ids=lambda line: f"{line.shape} {line.dtype}",
)
def test_wrong_lines_are_named(reader, line):
    with pytest.raises(ValueError, match="32, W"):
        reader.predict([np.zeros((32, 40), np.uint8), line])


def test_temperature_softens_and_stays_normalised(folder):
    (line,) = noise(100)
    (answer,) = SequenceReader(load_checkpoint(folder, "warm")).predict([line])
    assert answer.dtype == np.float32
    assert np.allclose(answer, expected(line, 2.5), atol=1e-4)
    assert np.allclose(np.exp(answer).sum(axis=1), 1, atol=1e-5)


def test_a_checkpoint_of_another_network_is_refused(folder):
    with pytest.raises(CheckpointError, match=r"'digits'.*no line network.*\.$"):
        SequenceReader(load_checkpoint(folder, "digits"))


def test_threads_get_the_same_answers(reader):
    lines = noise(90, 33, 8, 90)
    alone = reader.predict(lines)
    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(lambda _: reader.predict(lines), range(12)):
            assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(answers, alone, strict=True))


def test_lines_that_are_looked_at_beside_other_work_give_the_same_answers(reader):
    lines = noise(90, 33, 8, 90, 160)
    finish = reader.start(lines)
    for answer, expected_ in zip(finish(), reader.predict(lines), strict=True):
        assert np.allclose(answer, expected_, atol=1e-4)
