"""What a network is asked is shared out to the cores, and comes back in its order."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from recognizer import onnx_session
from recognizer.checkpoint import load_checkpoint
from recognizer.onnx_session import OnnxSession


class Network:
    """In ONNX Runtime's place: doubles what it is asked, and remembers in which thread."""

    def __init__(self, wait=None):
        self.threads = set()
        self.asked = []
        self._wait = wait

    def run(self, _, inputs):
        (batch,) = inputs.values()
        self.threads.add(threading.get_ident())
        self.asked.append(len(batch))
        if self._wait:
            self._wait()
        return [2 * batch]


def served_by(network, monkeypatch, cores=2):
    session = OnnxSession(load_checkpoint())
    session._session = network
    monkeypatch.setattr(onnx_session, "CORES", cores)
    monkeypatch.setattr(onnx_session, "_HELPERS", ThreadPoolExecutor(max(1, cores - 1)))
    return session


def batches(*lengths):
    return [np.full((length, 3), index, np.float32) for index, length in enumerate(lengths)]


@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("lengths", [(), (5,), (1, 4, 2, 9, 1, 3)])
def test_answers_come_back_in_the_order_of_the_batches(monkeypatch, cores, lengths):
    asked = batches(*lengths)
    answers = served_by(Network(), monkeypatch, cores).run(asked)
    assert len(answers) == len(asked)
    for batch, answer in zip(asked, answers, strict=True):
        assert np.array_equal(answer, 2 * batch)


def test_batches_are_answered_side_by_side(monkeypatch):
    """Each of two waits until the other has begun, too: one after the other they would wait for ever."""
    network = Network(threading.Barrier(2, timeout=20).wait)
    served_by(network, monkeypatch).run(batches(4, 4))
    assert len(network.threads) == 2


def test_the_largest_batch_is_first(monkeypatch):
    network = Network()
    served_by(network, monkeypatch, cores=1).run(batches(1, 9, 4))
    assert network.asked == [9, 4, 1]


def test_a_picture_does_not_wait_for_helpers_that_are_busy_with_another(monkeypatch):
    session = served_by(Network(), monkeypatch)
    free = threading.Event()
    busy = onnx_session._HELPERS.submit(free.wait, 60)
    try:
        assert len(session.run(batches(2, 2, 2))) == 3
        assert not busy.done()
    finally:
        free.set()


@pytest.mark.parametrize("cores", [1, 2])
def test_what_goes_wrong_in_any_thread_is_raised(monkeypatch, cores):
    def fail():
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        served_by(Network(fail), monkeypatch, cores).run(batches(1, 2, 3))


@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("lengths", [(), (5,), (1, 4, 2, 9, 1, 3)])
def test_what_was_started_is_answered_in_the_order_of_the_batches(monkeypatch, cores, lengths):
    asked = batches(*lengths)
    finish = served_by(Network(), monkeypatch, cores).start(asked)
    for batch, answer in zip(asked, finish(), strict=True):
        assert np.array_equal(answer, 2 * batch)


def test_another_core_works_while_this_thread_goes_on(monkeypatch):
    begun = threading.Event()
    network = Network(begun.set)
    finish = served_by(network, monkeypatch).start(batches(3))
    assert begun.wait(20)
    finish()
    assert threading.get_ident() not in network.threads


def test_this_thread_helps_once_it_waits(monkeypatch):
    """The only helper is busy with another picture."""
    network = Network()
    session = served_by(network, monkeypatch)
    free = threading.Event()
    onnx_session._HELPERS.submit(free.wait, 60)
    try:
        assert len(session.start(batches(2, 2))()) == 2
        assert network.threads == {threading.get_ident()}
    finally:
        free.set()


def test_what_was_started_and_goes_wrong_is_raised(monkeypatch):
    def fail():
        raise RuntimeError("no memory")

    finish = served_by(Network(fail), monkeypatch).start(batches(1, 2, 3))
    with pytest.raises(RuntimeError, match="no memory"):
        finish()
