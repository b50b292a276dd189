"""The network answers with calibrated probabilities, one row a crop, however many there are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from recognizer import classifier as module
from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.normalize import normalize, to_network_input
from recognizer.types import NO_DIGIT
from train.examples import render_number


def at_temperature(temperature):
    checkpoint = load_checkpoint()
    return DigitClassifier(
        replace(checkpoint, manifest={**checkpoint.manifest, "calibration": {"temperature": temperature}})
    )


@pytest.fixture(scope="module")
def classifier():
    return at_temperature(1.0)


@pytest.fixture(scope="module")
def crops():
    """Every digit in two hands, and noise, of which the network is in doubt."""
    noise = np.random.default_rng(0).integers(0, 256, (10, 28, 28), np.uint8)
    digits = [normalize(render_number(str(i % 10), i, 60)) for i in range(20)]
    return np.stack([*digits, *noise])


@pytest.fixture(scope="module")
def raw(crops):
    """What the network itself answers."""
    session = onnxruntime.InferenceSession(str(load_checkpoint().served_path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: to_network_input(crops)})[0]


def test_made_digits_are_recognised(classifier, crops):
    labels = classifier.predict(crops[:20]).argmax(axis=1)
    assert np.count_nonzero(labels == np.arange(20) % 10) >= 19


def test_dashes_and_two_digits_at_once_are_recognised_as_none(classifier):
    dash = np.zeros((30, 90), np.uint8)
    dash[10:18] = 255
    pairs = [normalize(render_number(text, seed, 60)) for seed, text in enumerate(("28", "35", "64", "90"))]
    probabilities = classifier.predict(np.stack([normalize(dash), *pairs]))
    assert probabilities[:, classifier.class_names.index(NO_DIGIT)].min() > 0.5


def test_rows_are_probabilities(classifier, crops):
    probabilities = classifier.predict(crops)
    assert probabilities.shape == (30, 11)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_nothing_gives_no_rows(classifier):
    probabilities = classifier.predict(np.zeros((0, 28, 28), np.uint8))
    assert probabilities.shape == (0, 11)
    assert probabilities.dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 27, 28), (1, 28, 28, 1), (28, 28), (2, 784)])
def test_wrong_shape_is_named(classifier, shape):
    with pytest.raises(ValueError, match="28, 28"):
        classifier.predict(np.zeros(shape, np.uint8))


def test_crops_are_not_changed(classifier, crops):
    before = crops.copy()
    classifier.predict(crops)
    assert np.array_equal(crops, before)


def test_large_batch_equals_single_calls(classifier, crops, monkeypatch):
    singles = np.concatenate([classifier.predict(crop[None]) for crop in crops])
    assert np.allclose(classifier.predict(crops), singles, atol=1e-5)
    monkeypatch.setattr(module, "_MAX_BATCH", 7)
    assert np.allclose(classifier.predict(crops), singles, atol=1e-5)


def test_more_than_one_batch_keeps_the_order(classifier, crops):
    many = np.concatenate([crops] * (module._MAX_BATCH // len(crops) + 2))
    assert len(many) > module._MAX_BATCH
    probabilities = classifier.predict(many).reshape(-1, len(crops), 11)
    assert np.allclose(probabilities, classifier.predict(crops)[None], atol=1e-5)


def test_temperature_one_is_the_network_itself(classifier, crops, raw):
    assert np.allclose(classifier.predict(crops), raw, atol=1e-5)


def test_temperature_softens_and_keeps_the_order(classifier, crops):
    plain, soft = classifier.predict(crops), at_temperature(2.5).predict(crops)
    assert np.array_equal(plain.argmax(axis=1), soft.argmax(axis=1))
    assert np.all(soft.max(axis=1) <= plain.max(axis=1) + 1e-6)
    assert soft.max(axis=1).mean() < plain.max(axis=1).mean()
    assert np.allclose(soft.sum(axis=1), 1, atol=1e-5)


def test_softened_rows_are_worked_out_by_hand():
    # At temperature 2 the odds are their square roots: 16 : 4 : 1 becomes 4 : 2 : 1.
    soft = module._soften(np.array([[16, 4, 1], [1, 1, 1]], np.float32) / np.array([[21], [3]], np.float32), 2.0)
    assert np.allclose(soft, [[4 / 7, 2 / 7, 1 / 7], [1 / 3, 1 / 3, 1 / 3]], atol=1e-6)


def test_certain_rows_stay_finite():
    soft = module._soften(np.eye(10, dtype=np.float32), 0.5)
    assert np.isfinite(soft).all()
    assert np.allclose(soft, np.eye(10), atol=1e-6)


def test_class_names_are_the_manifests(classifier):
    assert classifier.class_names == load_checkpoint().class_names


def test_threads_get_the_same_answers(classifier, crops):
    alone = classifier.predict(crops)
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: classifier.predict(crops), range(12)):
            assert np.allclose(answer, alone, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 5, 20])
def test_what_is_classified_beside_other_work_is_the_same(classifier, crops, count):
    finish = classifier.start(crops[:count])
    expected = classifier.predict(crops[:count])
    assert finish().shape == expected.shape == (count, 11)
    assert np.allclose(finish(), expected, atol=1e-5)
