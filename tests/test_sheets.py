"""Contact sheets of lines, and the lines that they show."""

from dataclasses import replace

import numpy as np
import pytest

from recognizer.types import LINE_HEIGHT
from train import sheets
from train.examples import MadePicture, encode_png, put_ink, render_number, sheet
from train.sheets import CaptionedLine, line_sheet
from train.synthesis.made import made_sources
from train.synthesis.texts import DOODLE, MARKS, PRINTED, WORD_LETTER

pytestmark = pytest.mark.train
pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def sources():
    return made_sources(20)


def made_picture(text, seed=1, note="Plain"):
    ink = render_number(text, seed, 60)
    return MadePicture("made.png", text, note, encode_png(put_ink(sheet(*ink.shape), ink)))


def bar(width, height=LINE_HEIGHT, caption="1"):
    return CaptionedLine(np.zeros((height, width), np.uint8), caption)


def black_columns(row):
    """Widths of the black stretches of a row of a sheet."""
    edges = np.flatnonzero(np.diff(np.r_[0, (row == 0).all(axis=1), 0]))
    return (edges[1::2] - edges[::2]).tolist()


def test_lines_follow_one_another_at_one_height():
    page = line_sheet([bar(100), bar(40, 64), bar(300), bar(200), bar(90)])
    assert page.dtype == np.uint8
    assert page.shape[1:] == (1200, 3)
    # Twice the size of a line, and four of them side by side; the fifth begins a row.
    assert black_columns(page[60]) == [200, 40, 600]
    assert black_columns(page[160]) == [400, 180]


def test_a_line_that_is_too_long_is_shrunk_to_the_sheet():
    page = line_sheet([bar(50), bar(2000), bar(50)])
    assert [len(black_columns(page[y])) for y in (36, 134, 236)] == [1, 1, 1]
    assert black_columns(page[136]) == [1200 - 28]


def test_a_caption_has_its_room():
    page = line_sheet([bar(10, caption="a caption that is longer than its line"), bar(10)])
    first, second = np.flatnonzero(np.diff((page[60] == 0).all(axis=1).astype(int)) == 1)
    assert second - first > 150
    assert (page[:34, first : second - 14] < 128).any()


def test_captions_may_hold_every_mark():
    captions = [line_sheet([bar(10, caption=mark)])[:34].tobytes() for mark in ".,-=/:'$€£#*+()xa"]
    assert len(set(captions)) == len(captions)  # a mark that the font lacks looks as any other that it lacks


def test_no_line_is_an_empty_sheet():
    assert (line_sheet([]) == 255).all()


def test_the_steps_show_what_their_captions_say(sources):
    texts = sheets.text_lines(sources, 8)
    assert len(texts) == 8
    written = set("0123456789 " + MARKS + WORD_LETTER + DOODLE + PRINTED)
    assert all(line.caption == "(no text)" or (line.caption and set(line.caption) <= written) for line in texts)
    assert any(line.caption.isdigit() and line.picture.any() for line in texts)
    hands = sheets.hand_lines("253", sources, 5)
    assert len({line.caption for line in hands}) == 5
    assert all(line.picture.any() for line in hands)
    papers = sheets.paper_lines("253", sources, 5)
    assert all(line.picture.shape[0] == LINE_HEIGHT for line in papers)
    assert len({line.picture.tobytes() for line in papers}) == 5


def test_gaps_close(sources):
    widths = [line.picture.shape[1] for line in sheets.gap_lines("20479", sources)]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(sheets.GAPS)


def test_the_seed_decides_the_lines(sources):
    first, again, other = (sheets.synthesised_lines(sources, 4, seed) for seed in (1, 1, 2))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.picture, same.picture)
        assert one.caption == same.caption
        assert one.picture.shape[0] == LINE_HEIGHT
    assert [line.caption for line in first] != [line.caption for line in other]


def test_a_text_of_nothing_is_named_so(sources):
    lines = sheets.text_lines(sources, 300)
    assert "(no text)" in {line.caption for line in lines}
    line_sheet(lines)


def test_lines_are_cut_as_the_reader_finds_them(reader, write):
    for text in ("253", "365\n1024\n88"):
        picture = write(text)
        cut = sheets.cut_lines(picture)
        assert len(cut) == len(reader.read(picture).lines) == len(text.split("\n"))
        for line in cut:
            assert line.dtype == np.uint8
            assert line.shape[0] == LINE_HEIGHT
            assert line.max() > 200
            assert np.median(line) < 30
    assert sheets.cut_lines(np.full((100, 200, 3), 255, np.uint8)) == []


def test_each_cut_line_has_its_own_text():
    pictures = [made_picture("253\n9916"), made_picture("7", note="Light on dark")]
    assert [line.caption for line in sheets.picture_lines(pictures)] == [
        "253, plain",
        "9916, plain",
        "7, light on dark",
    ]


def test_lines_that_do_not_fit_the_text_share_it():
    page = replace(made_picture("253\n9916"), text="253\n9916\n7")
    assert [line.caption for line in sheets.picture_lines([page])] == ["253 | 9916 | 7, plain"] * 2
