"""Readings in a table that a spreadsheet opens: what the command line and the web page write alike."""

from __future__ import annotations

from recognizer.types import Reading


def doubtful_places(reading: Reading, in_line: str = "line {line}: {places}") -> str:
    """Which digits to look at, counted from 1; "" where none is doubtful.

    Args:
        reading: what was read.
        in_line: how the places in one of several lines are written.

    Returns:
        "2 5"; of several lines "line 1: 2 5; line 3: 1", which no spreadsheet takes for a time.
    """
    places = [
        (number, " ".join(str(place) for place, digit in enumerate(line, 1) if digit.is_doubtful))
        for number, line in enumerate(reading.lines, 1)
    ]
    if len(places) == 1:
        return places[0][1]
    return "; ".join(in_line.format(line=number, places=found) for number, found in places if found)


def escape(text: str) -> str:
    """Any text in one printable line: what is no text, a tab or a line feed in it is written as an escape sequence."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def disarm(text: str) -> str:
    """A text, escaped; one that a spreadsheet would run as a formula is kept from that by a leading apostrophe."""
    text = escape(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
