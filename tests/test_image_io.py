"""Any picture becomes the RGB array that a person sees; anything else becomes one clear sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFile

from recognizer.errors import ImageArrayError, ImageLoadError, ImageTooLargeError, RecognizerError
from recognizer.image_io import MAX_PIXELS, load_image, to_grey

HEIGHT, WIDTH = 12, 17
GREY = np.linspace(0, 255, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint8)
RGB = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=2)
GREY_AS_RGB = np.repeat(GREY[:, :, None], 3, axis=2)


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be of this size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def sentence_of(source, kind: type[RecognizerError] = ImageLoadError) -> str:
    """The one sentence that loading `source` fails with."""
    with pytest.raises(kind) as caught:
        load_image(source)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence.split()) >= 5
    return sentence


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [str, Path, lambda p: p.read_bytes(), lambda p: bytearray(p.read_bytes())])
def test_path_and_bytes_give_the_pixels_of_the_file(tmp_path, form):
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(RGB))
    assert np.array_equal(load_image(form(path)), RGB)


def test_bytes_path_and_memoryview_work_too(tmp_path):
    path = tmp_path / "pícture 1.png"
    path.write_bytes(encoded(RGB))
    assert np.array_equal(load_image(memoryview(path.read_bytes())), RGB)

    class Named:
        def __fspath__(self):
            return bytes(path)

    assert np.array_equal(load_image(Named()), RGB)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_formats_keep_the_picture(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    loaded = load_image(encoded(GREY, kind, **options))
    assert np.abs(loaded.astype(int) - GREY_AS_RGB).max() <= (12 if kind == "JPEG" else 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F"])
def test_pillow_modes_keep_black_white_and_order(mode):
    ramp = Image.fromarray(np.tile(np.arange(0, 256, 15, dtype=np.uint8), (4, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(np.asarray(ramp).astype(np.int32) * 257)
    elif mode == "PA":
        image = ramp.convert("P").convert("PA")
    elif mode in ("YCbCr", "CMYK"):
        image = ramp.convert("RGB").convert(mode)
    else:
        image = ramp.convert(mode)
    assert image.mode == mode
    loaded = load_image(image)
    assert loaded.shape == (4, 18, 3)
    assert loaded.dtype == np.uint8
    assert loaded[0, 0].max() <= 2
    assert loaded[0, -1].min() >= 253
    if mode != "1":  # dithered
        assert np.abs(loaded[:, :, 0].astype(int) - np.asarray(ramp)).max() <= 2


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(mode):
    image = Image.new(mode, (3, 1), (0, 0, 0, 0)[-len(mode) :])
    image.putpixel((1, 0), (0, 0, 0, 255)[-len(mode) :])
    image.putpixel((2, 0), (0, 0, 0, 128)[-len(mode) :])
    white, black, half = load_image(encoded(image))[0, :, 0].tolist()
    assert (white, black) == (255, 0)
    assert abs(half - 127) <= 1


def test_transparent_palette_colour_lies_on_white():
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    image.putpalette([10, 20, 30, 200, 0, 0])
    assert load_image(encoded(image, transparency=0))[0].tolist() == [[255, 255, 255], [200, 0, 0]]
    assert load_image(encoded(image))[0].tolist() == [[10, 20, 30], [200, 0, 0]]


def test_transparent_grey_and_rgb_colour_lie_on_white():
    grey = encoded(np.array([[7, 9]], np.uint8), transparency=7)
    assert load_image(grey)[0, :, 0].tolist() == [255, 9]
    rgb = encoded(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), transparency=(1, 2, 3))
    assert load_image(rgb)[0].tolist() == [[255, 255, 255], [4, 5, 6]]


def test_16_bit_file_is_not_clipped():
    levels = np.array([[0, 255, 256, 32768, 65535]], np.uint16)
    assert load_image(encoded(levels))[0, :, 0].tolist() == [0, 1, 1, 128, 255]


ORIENTATIONS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
    8: lambda a: np.rot90(a, -1),
}
"""How a camera stores an upright picture, by its EXIF orientation."""


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_orientation_is_heeded(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(ORIENTATIONS[orientation](RGB))
    data = encoded(stored, exif=exif)
    assert np.array_equal(load_image(data), RGB)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(load_image(image), RGB)
        assert image.getexif()[0x0112] == orientation


# --- arrays ----------------------------------------------------------------------------------------------------------


def test_grey_arrays_with_and_without_channel_agree():
    assert np.array_equal(load_image(GREY), GREY_AS_RGB)
    assert np.array_equal(load_image(GREY[:, :, None]), GREY_AS_RGB)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.uint32, np.float16, np.float32, np.float64])
def test_number_types_holding_0_to_255_agree(dtype):
    assert np.array_equal(load_image(RGB.astype(dtype)), RGB)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_from_0_to_1_are_scaled(dtype):
    assert np.array_equal(load_image(RGB.astype(dtype) / dtype(255)), RGB)


def test_16_bit_array_is_scaled():
    assert np.array_equal(load_image(RGB.astype(np.uint16) * 257), RGB)


def test_bool_array_is_black_and_white():
    assert np.array_equal(load_image(GREY > 99)[:, :, 1], np.where(GREY > 99, 255, 0))


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_alpha_of_an_array_lies_on_white(scale):
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [100, 0, 0, 128], [255, 255, 255, 255]]])
    array = pixels.astype(np.uint8) if scale == 1 else pixels * scale
    rows = load_image(array)[0].astype(int)
    assert rows[0].tolist() == [255, 255, 255]
    assert rows[1].tolist() == [0, 0, 0]
    assert np.abs(rows[2] - [177, 127, 127]).max() <= 1


def test_views_and_other_byte_orders_work():
    assert np.array_equal(load_image(RGB[::-1, ::2]), RGB[::-1, ::2])
    assert np.array_equal(load_image((GREY.astype(">u2")) * 257), GREY_AS_RGB)
    assert np.array_equal(load_image(np.asfortranarray(RGB)), RGB)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_array_and_png_of_it_agree(array):
    assert np.array_equal(load_image(array), load_image(encoded(array)))


@pytest.mark.parametrize("array", [RGB, GREY, RGB.astype(float), np.dstack([RGB, GREY])], ids=lambda a: str(a.shape))
def test_callers_array_is_neither_changed_nor_shared(array):
    mine = array.copy()
    loaded = load_image(mine)
    assert not np.shares_memory(loaded, mine)
    loaded[:] = 77
    assert np.array_equal(mine, array)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_callers_pillow_image_is_neither_changed_nor_shared(mode):
    image = Image.fromarray(RGB).convert(mode)
    before = image.tobytes(), image.mode, dict(image.info)
    load_image(image)[:] = 77
    assert (image.tobytes(), image.mode, dict(image.info)) == before


def test_grey_is_luminance():
    pixels = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    white, black, red, green, blue = to_grey(pixels)[0].tolist()
    assert (white, black) == (255, 0)
    assert green > red > blue > black


# --- what is no picture ----------------------------------------------------------------------------------------------


def test_missing_path_is_named(tmp_path):
    assert str(tmp_path / "none.png") in sentence_of(tmp_path / "none.png")


def test_folder_is_named(tmp_path):
    sentence = sentence_of(str(tmp_path))
    assert str(tmp_path) in sentence
    assert "folder" in sentence


@pytest.mark.parametrize("path", ["a" * 5000 + ".png", "nul\0byte.png", "file.png/inside.png"])
def test_impossible_paths_fail_in_a_sentence(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.png").write_bytes(encoded(RGB))
    sentence_of(path)


def test_empty_file_is_named(tmp_path):
    path = tmp_path / "empty.png"
    path.touch()
    sentence = sentence_of(path)
    assert str(path) in sentence
    assert "empty" in sentence
    assert "empty" in sentence_of(b"")


def test_text_file_called_png_is_named(tmp_path):
    path = tmp_path / "text.png"
    path.write_text("no picture\n" * 50)
    assert str(path) in sentence_of(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_file_is_named(tmp_path, kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    data = encoded(noise, kind)
    path = tmp_path / f"cut.{kind.lower()}"
    path.write_bytes(data[: int(share * len(data))])
    assert str(path) in sentence_of(path)


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0"]))
def test_random_bytes_fail_in_a_sentence(data, magic):
    sentence_of(magic + data)


@given(st.integers(20, 400), st.binary(min_size=1, max_size=4))
def test_damaged_jpeg_is_read_or_fails_in_a_sentence(position, damage):
    data = bytearray(encoded(RGB, "JPEG"))
    data[position : position + len(damage)] = damage
    try:
        loaded, sentence = load_image(bytes(data)), "Read."
    except ImageLoadError as error:
        loaded, sentence = np.zeros((1, 1, 3), np.uint8), str(error)
    assert loaded.ndim == 3
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("side", [50_000, 9_000], ids=["50,000", "just too large"])
def test_huge_header_fails_before_any_pixel_is_decoded(tmp_path, monkeypatch, side):
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(side, side))

    def load(self):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    sentence = sentence_of(path, ImageTooLargeError)
    assert str(path) in sentence
    assert "megapixels" in sentence


def test_huge_pillow_image_and_array_fail():
    side = int(MAX_PIXELS**0.5) + 1
    assert f"{side}x{side}" in sentence_of(np.broadcast_to(np.uint8(0), (side, side)), ImageTooLargeError)
    with Image.open(io.BytesIO(png_header(9_000, 9_000))) as image:
        assert "9000x9000" in sentence_of(image, ImageTooLargeError)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 2), (2, 3, 5), (1, 2, 3, 3), ()])
def test_wrong_shape_is_named(shape):
    assert str(shape) in sentence_of(np.zeros(shape, np.uint8), ImageArrayError)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0, 3), (4, 0, 4)])
def test_array_without_pixels_is_named(shape):
    assert str(shape) in sentence_of(np.zeros(shape, np.uint8), ImageArrayError)


def test_pillow_image_without_pixels_fails():
    sentence_of(Image.new("RGB", (0, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_number_fail(value):
    assert "NaN" in sentence_of(np.full((4, 4), value), ImageArrayError)


@pytest.mark.parametrize(
    "array", [np.array([[-1.0, 0.5]]), np.array([[0, 256]]), np.array([[-1, 3]]), np.array([[256.5]])]
)
def test_values_out_of_range_are_named(array):
    assert f"{array.min():g}" in sentence_of(array, ImageArrayError)


@pytest.mark.parametrize("dtype", [complex, object, "U3", "datetime64[s]"])
def test_dtypes_of_no_picture_fail(dtype):
    sentence_of(np.zeros((3, 3), dtype), ImageArrayError)


@pytest.mark.parametrize("source", [None, [[0, 1]], 5, {"image": 1}], ids=lambda s: type(s).__name__)
def test_objects_of_other_types_are_named(source):
    assert type(source).__name__ in sentence_of(source)


def test_all_errors_are_recognizer_errors():
    assert issubclass(ImageTooLargeError, ImageLoadError)
    assert issubclass(ImageArrayError, ImageLoadError)
    assert issubclass(ImageLoadError, RecognizerError)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 1, 4)])
def test_one_pixel_is_a_picture(value, shape):
    array = np.full(shape, value, np.uint8)
    if shape[-1] == 4:
        array[..., 3] = 255
    assert load_image(array).tolist() == [[[value] * 3]]
