"""The network, its batches, and that it learns."""

import numpy as np
import pytest
from made_digits import make_digits

keras = pytest.importorskip("keras")

from train.augment import Augmentation  # noqa: E402
from train.batches import DigitBatches, arrays, one_hot  # noqa: E402
from train.clean import keep_well_segmented  # noqa: E402
from train.data import StrokedDigits  # noqa: E402
from train.model import build_model, compile_model, parameter_counts, set_precision, start_from  # noqa: E402
from train.nondigits import Sources  # noqa: E402
from train.run import LEARNING_RATES  # noqa: E402

pytestmark = [
    pytest.mark.train,
    # Keras's variables do not know the argument that numpy 2 asks for.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def float32():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


def strokes(count: int) -> StrokedDigits:
    """Ones, drawn with a flag."""
    flag = np.array([[0, 30], [20, 0], [20, 88]], np.float32)
    return StrokedDigits(((flag,),) * count, np.ones(count, np.uint8))


def test_the_network_is_the_published_one() -> None:
    model = build_model()
    assert parameter_counts(model) == {"total": 867_691, "trainable": 865_515}
    kinds = [type(layer).__name__ for layer in model.layers]
    conv, dense = ["Conv2D", "BatchNormalization"], ["Dense", "BatchNormalization", "Dropout"]
    block = ["MaxPooling2D", "Dropout"]
    assert kinds == [*conv * 2, *block, *conv * 2, *block, *conv, *block, "Flatten", *dense * 2, "Dense"]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.25] * 3 + [0.5] * 2
    assert [layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)] == [32, 32, 64, 64, 128]
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 11)
    assert build_model(10).output_shape == (None, 10)


def test_probabilities_stay_in_float32_under_mixed_precision() -> None:
    assert set_precision("mixed_bfloat16") == "mixed_bfloat16"
    model = build_model()
    assert model.layers[0].compute_dtype == "bfloat16"
    answers = keras.ops.convert_to_numpy(model(np.zeros((2, 28, 28, 1), np.float32)))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("optimizer", list(LEARNING_RATES))
def test_each_optimizer_starts_at_its_usual_rate(optimizer: str) -> None:
    model = build_model()
    compile_model(model, optimizer)
    assert type(model.optimizer).__name__.lower() == optimizer
    assert float(model.optimizer.learning_rate) == pytest.approx(LEARNING_RATES[optimizer])


def test_batches_hold_every_digit_once_and_start_over_shuffled() -> None:
    digits = make_digits(50)
    batches = DigitBatches(digits, strokes(7), batch_size=16, seed=3)
    assert len(batches) == 4

    def epoch(number: int) -> tuple[np.ndarray, np.ndarray]:
        batches.epoch = number
        parts = [batches[i] for i in range(len(batches))]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]).argmax(axis=1)

    images, labels = epoch(0)
    assert images.shape == (57, 28, 28, 1)
    assert images.dtype == np.float32
    assert 0.0 == images.min() < images.max() == 1.0
    assert sorted(labels) == sorted([*digits.labels, *[1] * 7])
    shown = {
        (image * 255).round().astype(np.uint8).tobytes(): label for image, label in zip(images, labels, strict=True)
    }
    for image, label in zip(digits.images, digits.labels, strict=True):
        assert shown[image[..., None].tobytes()] == label
    assert (epoch(1)[1] != labels).any()
    np.testing.assert_array_equal(epoch(0)[0], images)


def test_a_batch_depends_on_seed_epoch_and_number_alone() -> None:
    def batch(seed: int, epoch: int, before: int) -> np.ndarray:
        batches = DigitBatches(make_digits(64), strokes(9), batch_size=8, seed=seed, augmentation=Augmentation())
        batches.epoch = epoch
        for i in range(before):
            batches[i]
        return batches[3][0]

    np.testing.assert_array_equal(batch(1, 2, before=0), batch(1, 2, before=7))
    assert (batch(1, 2, 0) != batch(1, 3, 0)).any()
    assert (batch(1, 2, 0) != batch(2, 2, 0)).any()


def test_pen_widths_differ_from_epoch_to_epoch() -> None:
    batches = DigitBatches(make_digits(1).take(np.arange(0)), strokes(20), batch_size=20, seed=0)
    sums = []
    for epoch in range(2):
        batches.epoch = epoch
        sums.append(np.sort(batches[0][0].sum(axis=(1, 2, 3))))
    assert sums[0][-1] > 1.5 * sums[0][0]
    assert (sums[0] != sums[1]).any()


def test_a_share_of_each_batch_is_no_digit() -> None:
    digits = make_digits(50)
    batches = DigitBatches(digits, batch_size=20, seed=3, sources=Sources(digits), non_digits=0.2)
    assert len(batches) == 4
    images, labels = (np.concatenate(parts) for parts in zip(*(batches[i] for i in range(4)), strict=True))
    assert labels.shape == (50 + 3 * 4 + 0, 11)  # the last batch holds 2 digits, which is too few for a non-digit
    assert sorted(labels.argmax(axis=1)) == sorted([*digits.labels, *[10] * 12])
    made = images[labels[:, 10] == 1]
    assert (made.reshape(12, -1).max(axis=1) == 1).all()
    batches.epoch = 1
    assert (batches[0][0][16:] != images[16:20]).any(axis=(1, 2, 3)).all()
    assert one_hot(np.array([10], np.uint8), 11)[0, 10] == 1


def test_a_network_starts_from_one_with_fewer_outputs() -> None:
    ten, eleven = build_model(10), build_model(11)
    fresh = eleven.get_weights()
    start_from(eleven, ten)
    for one, other in zip(ten.get_weights()[:-2], eleven.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(one, other)
    kernel, bias = eleven.get_weights()[-2:]
    np.testing.assert_array_equal(kernel[:, :10], ten.get_weights()[-2])
    np.testing.assert_array_equal(kernel[:, 10], fresh[-2][:, 10])
    assert bias.shape == (11,)
    with pytest.raises(ValueError, match="does not fit"):
        start_from(ten, eleven)


def test_a_tiny_set_is_learnt_by_heart() -> None:
    """The whole network, dropout and all, brings its loss to a tenth: gradients reach it, labels fit images."""
    batches = DigitBatches(make_digits(40), batch_size=20, seed=0)
    model = build_model(10)
    compile_model(model)
    losses = model.fit(batches, epochs=25, verbose=0).history["loss"]
    assert min(losses) < losses[0] / 10


def test_with_learning_rate_0_training_and_validation_agree() -> None:
    """Both ways to the network, the batches' and the validation's, show it the same: same scaling, labels, weighting.

    Dropout is off and batch normalization uses its averages, for they differ in training by design.
    """
    digits = make_digits(50)
    model = build_model(10)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    compile_model(model, learning_rate=0.0)
    before = [weight.copy() for weight in model.get_weights()]
    batches = DigitBatches(digits, batch_size=16, seed=0)  # 16 does not divide 50
    history = model.fit(batches, validation_data=arrays(digits), validation_batch_size=50, epochs=2, verbose=0).history
    for name in ("loss", "accuracy"):
        assert history[name] == pytest.approx(history[f"val_{name}"], rel=1e-5)
        assert history[name][0] == pytest.approx(history[name][1], rel=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_strokes_with_a_wrong_label_are_left_out() -> None:
    """Of strokes that are all ones, the few labelled as sevens go and the ones stay."""
    rng = np.random.default_rng(0)
    bar = np.stack([np.zeros(20), np.linspace(0, 88, 20)], axis=1).astype(np.float32)
    lines = tuple((bar + rng.normal(0, 1.5, bar.shape).astype(np.float32),) for _ in range(400))
    labels = np.ones(400, np.uint8)
    wrong = np.array([3, 77, 200])
    labels[wrong] = 7
    kept, left_out = keep_well_segmented(StrokedDigits(lines, labels), make_digits(1000), seed=0)
    assert left_out.tolist() == wrong.tolist()
    assert len(kept) == 397
    assert (kept.labels == 1).all()
