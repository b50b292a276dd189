"""Shared by all tests: one reader for the session, and numbers written by the project's own hand."""

import numpy as np
import pytest
from hypothesis import settings

from recognizer.reader import DigitReader
from train.examples import put_ink, render_number, sheet

# The same few examples every time: a suite that fails fails again, and on a busy machine none is late.
settings.register_profile("steady", deadline=None, max_examples=30, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def reader():
    """The reader with the weights that come with the package."""
    return DigitReader.from_checkpoint()


@pytest.fixture(scope="session")
def write():
    """Function from a text to an RGB picture of it, (height, width, 3) uint8, dark on white."""

    def write(text, seed=2023, height=90, **options):
        ink = render_number(text, seed, height, **options)
        return put_ink(sheet(*ink.shape), ink, (20, 20, 20))

    return write


@pytest.fixture(scope="session")
def page(write):
    """A number whose picture is read at its own size; read-only, so that no test changes another's."""
    picture = write("253")
    assert min(picture.shape[:2]) > 120
    assert max(picture.shape[:2]) < 1000
    picture.setflags(write=False)
    return np.asarray(picture)
