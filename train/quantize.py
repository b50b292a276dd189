"""The networks in 8-bit integers, as the reader serves them: two to four times as fast on a processor, and as good.

Weights and what passes between the layers become integers (Jacob et al. 2018, "Quantization and training of neural networks for
efficient integer-arithmetic-only inference", arXiv:1712.05877), weights with a scale for each channel. The ranges are those
met on pictures of digits in this project's own hands, so that no data set is needed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.errors import ExportError

TOLERANCE = 0.02
"""How far the answers may be from those of the network in floating point on average, see `mean_distance`."""

Batch = npt.NDArray[np.float32]


def _as_they_are(answer: Batch) -> Batch:
    return answer


def quantize_and_compare(
    path: Path,
    to: Path,
    batches: Sequence[Batch],
    others: Sequence[Batch],
    probabilities: Callable[[Batch], Batch] = _as_they_are,
) -> float:
    """Write an ONNX network again with 8-bit integers, as `quantize` does, and compare both on other pictures.

    Returns:
        How far they are from each other on `others`, as `mean_distance` gives it.

    Raises:
        ExportError: ONNX Runtime cannot do it.
    """
    quantize(path, to, batches)
    return mean_distance(path, to, others, probabilities)


def quantize(path: Path, to: Path, batches: Sequence[Batch]) -> None:
    """Write an ONNX network again with 8-bit integers.

    The first layer stays in floating point, for on a picture of one channel integers gain nothing, and so does the last, whose
    numbers are the answer.

    Args:
        path: the .onnx file of the network, of one input.
        to: the .onnx file to write.
        batches: pictures as the network takes them, whose ranges count.

    Raises:
        ExportError: ONNX Runtime cannot do it.
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        try:
            # Folds batch normalization into the convolutions before it.
            quant_pre_process(path, prepared, skip_symbolic_shape=True)
            graph = onnx.load(prepared).graph
            products = [node.name for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
            quantization.quantize_static(
                prepared,
                to,
                _reader(graph.input[0].name, batches),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Gemm", "MatMul", "MaxPool", "Relu", "Add", "Mul"],
                nodes_to_exclude=[products[0], products[-1]],
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                per_channel=True,
                # Weights of 7 bits: processors without VNNI add up products in 16 bits, which those of 8 would overflow.
                reduce_range=True,
            )
        except Exception as error:  # ONNX and its runtime raise many kinds
            raise ExportError(
                f"The network cannot be brought to 8-bit integers ({type(error).__name__}: {error})."
            ) from error


def _reader(name: str, batches: Sequence[Batch]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Batches(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left: Iterator[Batch] = iter(batches)

        def get_next(self) -> dict[str, Batch] | None:
            batch = next(self._left, None)
            return None if batch is None else {name: batch}

    return Batches()


def mean_distance(
    path: Path, other: Path, batches: Sequence[Batch], probabilities: Callable[[Batch], Batch] = _as_they_are
) -> float:
    """How far the answers of two ONNX networks are from each other.

    Args:
        path: the one, of one input and one output.
        other: the other, likewise.
        batches: pictures as both take them.
        probabilities: from an answer, (..., classes), to probabilities.

    Returns:
        The mean total variation distance: half the sum of the absolute differences of the probabilities, 0 to 1; the
        most that the probability of anything is off by.
    """
    import onnxruntime as ort

    sessions = [ort.InferenceSession(str(file), providers=["CPUExecutionProvider"]) for file in (path, other)]
    total, count = 0.0, 0
    for batch in batches:
        one, two = (
            probabilities(np.asarray(session.run(None, {session.get_inputs()[0].name: batch})[0], np.float32))
            for session in sessions
        )
        distances = np.abs(one - two).sum(axis=-1) / 2
        total, count = total + float(distances.sum()), count + distances.size
    return total / max(1, count)
