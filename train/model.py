"""The digit network, and a smaller one to compare it with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers

from recognizer.types import CLASS_NAMES, CROP_SIZE, NO_DIGIT
from train.run import LEARNING_RATES, NETWORKS

OUTPUTS = (*CLASS_NAMES, NO_DIGIT)
"""Classes of the network: the ten digits, and what is none. A network may be built without the last."""


def build_model(outputs: int = len(OUTPUTS), model: str = "seed") -> keras.Model:
    """A network, not compiled; its name is that of `model`.

    Input (N, 28, 28, 1) float32 in [0, 1], white ink on black; output (N, outputs) float32 probabilities. Under mixed precision
    the last layer stays in float32, for a softmax in half precision loses small probabilities.

    Args:
        outputs: number of classes.
        model: one of `MODELS`.
    """
    return MODELS[model](outputs)


def _seed(outputs: int) -> keras.Model:
    """The published network: five 3x3 convolutions in three blocks and two dense layers; 867,691 parameters."""
    return keras.Sequential(
        [
            layers.Input((CROP_SIZE, CROP_SIZE, 1)),
            *_convolution(32),
            *_convolution(32),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            *_convolution(64),
            *_convolution(64),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            *_convolution(128),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            *_dense(512),
            *_dense(256),
            layers.Dense(outputs, activation="softmax", dtype="float32"),
        ],
        name="seed",
    )


def _small(outputs: int) -> keras.Model:
    """A residual network (He et al. 2016, arXiv:1512.03385) without dense layers; a fifth of the parameters."""
    image = layers.Input((CROP_SIZE, CROP_SIZE, 1))
    x = _normalized(image, 24)
    for filters in (40, 80):
        x = _normalized(x, filters, strides=2)
        inner = _normalized(_normalized(x, filters), filters, activation=None)
        x = layers.Activation("relu")(layers.Add()([x, inner]))
        x = layers.Dropout(0.25)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(outputs, activation="softmax", dtype="float32")(x), name="small")


MODELS: Mapping[str, Callable[[int], keras.Model]] = dict(zip(NETWORKS, (_seed, _small), strict=True))
"""The networks to choose from, by name."""


def model_of(network: keras.Model) -> str:
    """Which of `MODELS` a network is; those of before there was a choice have another name, and are the first."""
    return network.name if network.name in MODELS else "seed"


def _normalized(x: Any, filters: int, strides: int = 1, activation: str | None = "relu") -> Any:
    """Convolution without bias, batch normalization, activation."""
    x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation(activation)(x) if activation else x


def _convolution(filters: int) -> list[keras.Layer]:
    return [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.BatchNormalization()]


def _dense(units: int) -> list[keras.Layer]:
    return [layers.Dense(units, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5)]


def start_from(model: keras.Model, other: keras.Model) -> None:
    """Give a network the weights of another; what the last layer has more outputs of stays as it was initialised.

    Raises:
        ValueError: the networks differ in more than the number of outputs, or `other` has more of them.
    """
    new, old = model.get_weights(), other.get_weights()
    kernel, bias = old[-2:]
    if kernel.shape[0] != new[-2].shape[0] or kernel.shape[1] > new[-2].shape[1]:
        raise ValueError(f"The last layer is {kernel.shape}, which does not fit into {new[-2].shape}.")
    new[:-2] = old[:-2]
    new[-2][:, : kernel.shape[1]] = kernel
    new[-1][: len(bias)] = bias
    model.set_weights(new)


def compile_model(
    model: keras.Model,
    optimizer: str = "adam",
    learning_rate: float | None = None,
    label_smoothing: float = 0.0,
    ema: float = 0.0,
) -> None:
    """Set optimizer, categorical cross-entropy and accuracy.

    Args:
        model: the network.
        optimizer: of `LEARNING_RATES`.
        learning_rate: None takes the optimizer's usual one.
        label_smoothing: share of each label that goes to the others.
        ema: momentum of the moving average of the weights that `callbacks.standard_callbacks` validates and saves; 0 for none.
    """
    rate = LEARNING_RATES[optimizer] if learning_rate is None else learning_rate
    options: dict[str, Any] = {"momentum": 0.9, "nesterov": True} if optimizer == "sgd" else {}
    if ema:
        options |= {"use_ema": True, "ema_momentum": ema}
    chosen = keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate, **options}})
    model.compile(
        chosen,
        keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=["accuracy"],
        # Measured on two cores: TensorFlow's XLA compiler trains this network at a fifth of the speed of its plain graph.
        jit_compile="auto" if has_gpu() or keras.backend.backend() == "jax" else False,
    )


def suit_short_run(model: keras.Model, steps: int) -> None:
    """Let batch normalization forget the statistics that it starts with in a run of few steps.

    Keras's momentum of 0.99 takes a thousand steps, until when the network, asked rather than trained, answers nonsense. A run
    of two thousand steps or more keeps it.
    """
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = min(layer.momentum, max(0.8, 1 - 20 / steps))


def has_gpu() -> bool:
    """Whether the backend sees a GPU."""
    try:
        return bool(keras.distribution.list_devices("gpu"))
    except (AttributeError, ImportError, NotImplementedError, RuntimeError, ValueError):
        return False  # the backend cannot say, or says that there is none


def set_precision(precision: str) -> str:
    """Set Keras's dtype policy before a model is built; returns the policy's name.

    Args:
        precision: "float32", "mixed_float16", "mixed_bfloat16", or "auto" for float16 on a GPU and float32 elsewhere.
    """
    if precision == "auto":
        precision = "mixed_float16" if has_gpu() else "float32"
    keras.config.set_dtype_policy(precision)
    return precision


def parameter_counts(model: keras.Model) -> dict[str, int]:
    """Number of parameters, in all and trainable."""
    return {
        "total": int(model.count_params()),
        "trainable": sum(math.prod(weight.shape) for weight in model.trainable_weights),
    }
