"""Keras without the noise."""

from __future__ import annotations

import os
import sys


def import_keras_quietly() -> None:
    """Import Keras without what TensorFlow's C++ parts write to stderr about processors and missing GPUs.

    They write before TF_CPP_MIN_LOG_LEVEL counts, past Python's sys.stderr. Errors are Python exceptions and still show.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
        import keras

        from train.model import has_gpu

        has_gpu()  # looking for a GPU writes too
        keras.ops.zeros(1)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
