"""The line network: a fully convolutional reader of whole numbers with CTC, 1,157,168 parameters.

Connectionist temporal classification (Graves et al. 2006, "Connectionist temporal classification: labelling unsegmented
sequence data with recurrent neural networks", ICML) needs no place of each digit, only the text. Convolutions instead of
recurrent layers, as in Yousef et al. 2020, "Accurate, data-efficient, unconstrained text recognition with convolutional neural
networks" (arXiv:1812.11894), for they train several times as fast on a processor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import layers

from recognizer.types import LINE_HEIGHT
from train.errors import RunError
from train.model import has_gpu

CLASSES = 12
"""CTC's blank, the digits, and one for every symbol that is no digit (see `recognizer.ctc`)."""
COLUMN = 4
"""Width of the last feature map's columns, in pixels of the line."""
FRAME = 2
"""Width of an output frame, in pixels: each column gives two, so that equal neighbours have room for a blank between."""
BLOCKS, REACH = 3, 21
"""Blocks that look along the line, and how many columns each sees: a date's second slash is judged by its first, a 1 by the
other 1s."""
_AVERAGED = 1 / 20
"""Share of the training that the running mean of the weights reaches back over, at most 1,000 steps."""


def build_sequence_model() -> keras.Model:
    """The network, not compiled.

    Input (N, 32, W, 1) float32 in [0, 1], white ink on black, W a multiple of 8; output (N, W / 2, 12) float32
    log-probabilities. An output frame sees 317 pixels of the line, a whole date; a string of 160 pixels costs 150 million
    multiply-adds. Under mixed precision the last layer stays in float32.
    """
    lines = layers.Input((LINE_HEIGHT, None, 1), name="lines")
    x = _convolution(lines, 24, 3, strides=2)  # (16, W / 2)
    x = _convolution(x, 48, 3)
    x = layers.Add()([x, _convolution(x, 48, 3)])
    x = layers.MaxPooling2D()(x)  # (8, W / 4)
    x = _convolution(x, 80, 3)
    x = layers.Add()([x, _convolution(x, 80, 3)])
    x = layers.MaxPooling2D((2, 1))(x)  # (4, W / 4): from here on only the height shrinks
    x = _convolution(x, 160, 3)
    x = layers.Add()([x, _convolution(x, 160, 3)])
    x = _convolution(x, 160, (LINE_HEIGHT // 8, 1), padding="valid")  # (1, W / 4)
    x = layers.Dropout(0.1)(x)
    x = layers.Add()([x, _convolution(x, 160, (1, 5))])
    x = layers.Add()([x, _convolution(x, 160, (1, 5))])
    for _ in range(BLOCKS):
        x = _look_along(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Conv2D(CLASSES * COLUMN // FRAME, 1, dtype="float32")(x)
    x = layers.Reshape((-1, CLASSES), dtype="float32")(x)
    return keras.Model(lines, layers.Activation("log_softmax", dtype="float32")(x), name="strings")


def _convolution(x: Any, filters: int, size: int | tuple[int, int], strides: int = 1, padding: str = "same") -> Any:
    """Convolution, batch normalisation, rectifier. No bias: the normalisation has one."""
    x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _look_along(x: Any) -> Any:
    """Residual bottleneck that looks far along the line (He et al. 2016, "Deep residual learning for image recognition",
    arXiv:1512.03385, figure 5). Before training it adds nothing, so that it can be put into a network that is trained already.
    """
    y = _convolution(x, 64, 1)
    y = _convolution(y, 64, (1, REACH))
    return layers.Add()([x, layers.Conv2D(x.shape[-1], 1, kernel_initializer="zeros")(y)])


def compile_sequence_model(model: keras.Model, learning_rate: float, steps: int) -> None:
    """Set CTC loss and AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization", arXiv:1711.05101), which
    also keeps a running mean of the weights (Polyak and Juditsky 1992).

    Args:
        model: the network.
        learning_rate: the first step's.
        steps: steps planned.
    """
    model.compile(
        keras.optimizers.AdamW(
            learning_rate,
            weight_decay=0.01,
            global_clipnorm=5.0,  # an unlucky batch early on would throw the weights far off
            use_ema=True,
            ema_momentum=1 - 1 / min(1000.0, max(2.0, _AVERAGED * steps)),
        ),
        # It takes logits; log-probabilities are logits too.
        keras.losses.CTC(),
        # As for the digit network: TensorFlow's XLA compiler is the slower one on a processor.
        jit_compile="auto" if has_gpu() or keras.backend.backend() == "jax" else False,
    )


def load_sequence_network(path: Path) -> keras.Model:
    """A line network in float32, for serving and evaluation; the precision it was trained in is left behind.

    Raises:
        RunError: the file is missing or damaged, or holds another network.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        network = build_sequence_model()
        _take_weights(network, path, fewer_blocks=False)
    finally:
        keras.config.set_dtype_policy(policy)
    return network


def start_from(network: keras.Model, path: Path) -> None:
    """Give a network the weights in a .keras file; if those are of a network with fewer blocks that look along the line, the
    other blocks stay as they are.

    Raises:
        RunError: the file is missing or damaged, or holds another network.
    """
    _take_weights(network, path, fewer_blocks=True)


def _take_weights(network: keras.Model, path: Path, fewer_blocks: bool) -> None:
    if not path.is_file():
        raise RunError(f"There are no weights at {path}: name a run folder, a checkpoint folder or a .keras file.")
    try:
        other = keras.saving.load_model(path, compile=False, safe_mode=True)
        own, theirs = ([layer for layer in model.layers if layer.weights] for model in (network, other))
        if fewer_blocks:
            own = [*own[: len(theirs) - 1], own[-1]]
        for layer, source in zip(own, theirs, strict=True):
            layer.set_weights(source.get_weights())
    except Exception as error:  # Keras, h5py and zipfile raise many kinds
        raise RunError(f"{path} is damaged, or holds another network than this version trains.") from error
