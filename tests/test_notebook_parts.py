"""What the notebooks call: conversions, digits at hand, tables, sheets, classifiers to compare with."""

import numpy as np
import pytest
from made_digits import make_digits, write_npz

from recognizer.image_io import load_image
from recognizer.normalize import normalize, normalize_steps
from recognizer.types import CLASS_NAMES
from train import conversions, plots, sheets
from train.at_hand import EMNIST, MNIST, digits_at_hand, mnist_at_hand
from train.data import Digits, load_characters
from train.emnist_strings import Recipe, make_string
from train.errors import DataError
from train.rivals import Result, compare_classifiers, first, optimizer_rows, result_rows, shares
from train.synthesis.made import made_digits


@pytest.fixture(scope="module")
def digits():
    return made_digits(60)


# --- conversions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", CLASS_NAMES)
def test_the_published_steps_end_where_the_readers_do(digit):
    character = conversions.character(digit)
    assert character.shape == (128, 128)
    assert set(np.unique(character)) == {0, 255}
    steps = list(conversions.emnist_steps(character).values())
    assert steps[-1].shape == (28, 28)
    assert steps[-1].max() == 255
    assert conversions.mean_difference(normalize(character), steps[-1]) < 6


def test_the_readers_steps_are_those_of_its_conversion():
    character = conversions.character("7")
    steps = normalize_steps(character)
    assert steps is not None
    np.testing.assert_array_equal(steps.stretched, normalize(character))
    assert max(steps.resized.shape) == 96
    assert steps.centred.shape == steps.blurred.shape == (112, 112)
    assert normalize_steps(np.zeros((5, 5), np.uint8)) is None


def test_mnists_form_is_smaller_and_centred_by_mass(digits):
    mnist = np.stack([conversions.to_mnist(image) for image in digits.images])
    assert mnist.shape == digits.images.shape
    ours, theirs = conversions.placement(digits.images), conversions.placement(mnist)
    assert ours["longer side"] == pytest.approx(24, abs=1)
    assert theirs["longer side"] == pytest.approx(20, abs=1)
    box, mass = "box's centre off the middle by", "centre of mass off the middle by"
    assert theirs[mass] < 0.6 < ours[mass]
    assert ours[box] < 0.6 < theirs[box]
    rows = conversions.placement_rows({"one": digits, "two": Digits(mnist, digits.labels)}, count=20)
    assert [row["digits"] for row in rows] == ["one", "two"]


# --- digits at hand --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [None, "", "nowhere"])
def test_made_digits_stand_in(folder, tmp_path):
    path = digits_at_hand(folder, tmp_path, train=40, test=20)
    train, test = load_characters(path)
    assert (len(train), len(test)) == (40, 20)
    assert np.bincount(test.labels).tolist() == [2] * 10
    assert not (train.images[:, None] == test.images[None]).all(axis=(2, 3)).any(), "no digit is in both"
    mnist = mnist_at_hand(folder, 20)
    assert np.bincount(mnist.labels).tolist() == [2] * 10


def test_real_digits_are_taken_where_they_are(tmp_path):
    folder, work = tmp_path / "here", tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    work.mkdir()
    write_npz(folder / EMNIST)
    assert digits_at_hand(folder, work) == folder / EMNIST
    assert not list(work.iterdir())
    made = make_digits(12)
    np.savez(folder / MNIST, x_test=made.images, y_test=made.labels)
    np.testing.assert_array_equal(mnist_at_hand(folder).images, made.images)
    np.savez(folder / MNIST, x_test=made.images[:, :20], y_test=made.labels)
    with pytest.raises(DataError, match="instead of"):
        mnist_at_hand(folder)


def test_made_digits_follow_their_seed(digits):
    np.testing.assert_array_equal(made_digits(60).images, digits.images)
    assert (made_digits(60, seed=1).images != digits.images).any()


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_a_table_sets_figures_to_the_right():
    pytest.importorskip("IPython")
    from train.show import table

    rows = [{"name": "a|b", "right": "–", "time": "1 s"}, {"name": "c", "right": "99 %", "time": "20 s"}]
    assert table(rows).data == (
        "| name | right | time |\n| --- | ---: | ---: |\n| a\\|b | – | 1 s |\n| c | 99 % | 20 s |"
    )


def test_large_pictures_are_shown_as_jpeg():
    pytest.importorskip("IPython")
    from train.show import picture

    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3)).astype(np.uint8)
    assert picture(noise).data.startswith(b"\xff\xd8")
    assert picture(np.zeros((40, 40), np.uint8)).data.startswith(b"\x89PNG")


@pytest.mark.train
def test_plots_of_the_notebooks_are_pictures(digits, tmp_path):
    pytest.importorskip("matplotlib")
    rows = [{"epoch": e, "loss": 1 / e, "val_loss": 1 / e, "accuracy": 0.5, "val_accuracy": 0.6} for e in (1.0, 2.0)]
    plots.save_class_counts({"train": digits.labels, "test": digits.labels[:20]}, tmp_path / "counts.png")
    plots.save_shares({"one": (0.9, (0.8, 0.95)), "two": (1.0, (0.99, 1.0))}, tmp_path / "shares.png")
    plots.save_optimizers({"adam": rows, "sgd": rows}, tmp_path / "optimizers.png")
    plots.save_probabilities(np.eye(11, dtype=np.float32)[:3], ["0", "1", "2"], tmp_path / "probabilities.png")
    assert len(list(tmp_path.glob("*.png"))) == 4
    for path in tmp_path.iterdir():
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_least_likely_come_first(digits):
    probabilities = np.full((60, 11), 0.01, np.float32)
    probabilities[np.arange(60), digits.labels] = 0.9
    probabilities[7] = np.eye(11)[10]  # no digit, it says
    probabilities[11] = np.eye(11)[4]  # a 1 as a 4
    probabilities[11, 1] = 0.001
    worst = sheets.least_likely(digits, probabilities, 3)
    assert [line.caption for line in worst] == ["7 as none, 1.00", "1 as 4, 1.00", "0 as 0, 0.90"]
    np.testing.assert_array_equal(worst[0].picture, digits.images[7])


def test_samples_means_and_steps_have_their_places(digits):
    sheet = sheets.sample_sheet(digits, each=5)
    assert sheet.shape == (10 * 60 + 4, 5 * 60 + 4, 3)
    means = sheets.mean_digits(digits)
    assert [line.caption for line in means] == list(CLASS_NAMES)
    one = digits.images[digits.labels == 3].astype(float).mean(axis=0)
    assert np.abs(means[3].picture - one).max() < 1
    (line,) = sheets.step_lines({"cropped": np.zeros((20, 30), np.uint8)})
    assert line.caption == "cropped, 30x20"


def test_pieces_of_touching_digits_hold_the_whole_and_its_parts(reader, digits):
    picture = make_string(digits, Recipe(2, touching=True), np.random.default_rng(1)).picture
    pieces = sheets.piece_lines(load_image(picture), reader._classifier)
    assert len(pieces) > 2
    assert all(line.picture.shape == (28, 28) for line in pieces)


def test_readings_are_laid_out_with_their_texts(reader, write, tmp_path):
    from train.examples import encode_png

    (tmp_path / "made.png").write_bytes(encode_png(write("253")))
    sheet = sheets.reading_sheet(reader, [tmp_path / "made.png"], 100)
    assert sheet.shape == (14 + 20 + 100 + 14, 1200, 3)


# --- classifiers -----------------------------------------------------------------------------------------------------


@pytest.mark.train
def test_every_classifier_learns_made_digits():
    pytest.importorskip("sklearn")
    results = compare_classifiers(made_digits(300), made_digits(50, seed=5))
    assert len(results) == 6
    for result in results:
        assert result.tested == 50
        assert result.accuracy > 0.5, result.name
        low, high = result.interval
        assert low - 1e-9 <= result.accuracy <= high + 1e-9


@pytest.mark.train
def test_the_network_learns_and_is_measured():
    pytest.importorskip("keras")
    from train.rivals import compare_optimizers, measure_network

    digits = made_digits(40)
    (rows,) = compare_optimizers(digits, digits, ("sgd",), epochs=2).values()
    assert [row["epoch"] for row in rows] == [1.0, 2.0]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(rows[0])

    class Zero:
        def predict(self, images, **_):
            return np.eye(11, dtype=np.float32)[np.zeros(len(images), int)]

    assert measure_network(Zero(), first(digits, 25), 1.0).correct == 3


@pytest.mark.train
def test_a_short_run_forgets_batch_normalizations_start():
    pytest.importorskip("keras")
    from train.model import build_model, suit_short_run

    network = build_model()
    momenta = lambda: {layer.momentum for layer in network.layers if hasattr(layer, "momentum")}  # noqa: E731
    suit_short_run(network, 5000)
    assert momenta() == {0.99}
    suit_short_run(network, 500)
    assert momenta() == {0.96}
    suit_short_run(network, 3)
    assert momenta() == {0.8}


def test_results_are_ranked():
    worse = Result("worse", 80, 100, 2.0, 1e-5)
    better = worse._replace(name="better", correct=90)
    rows = result_rows([worse, better._replace(fit_seconds=None)])
    assert [row["classifier"] for row in rows] == ["better", "worse"]
    assert rows[0]["learns in"] == "–"
    assert rows[1]["reads a digit in"] == "10 µs"
    assert list(shares([worse, better])) == ["better", "worse"]
    table = optimizer_rows({"adam": [{"epoch": 1.0, "val_accuracy": 0.5}]})
    assert table == [{"optimizer": "adam", "epoch 1": "50.0%"}]
