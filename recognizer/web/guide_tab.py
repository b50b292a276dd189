"""How to use the page, how to photograph well, and what goes wrong: with pictures, and what the reader reads in each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say
from recognizer.web.result import percent

GUIDE_FOLDER = Path(__file__).parent / "guide"
LISTING = "guide.json"
TOUR, TOUR_STILL = "tour.webp", "tour-still.webp"
"""The tour, and what visitors see of it who want nothing to move."""

Update = Callable[[str | None], str]
"""From a language to what a caption says in it."""


def build_guide_tab(tab: Any, folder: Path = GUIDE_FOLDER) -> None:
    """Build the tab's content inside `tab`; captions get the visitor's language whenever the tab is opened.

    Args:
        tab: the gr.Tab around it.
        folder: holds the pictures and guide.json, which `python -m train guide` writes, and the tour of docs/tour.py. What
            is not there is not shown.
    """
    guide = load_guide(folder)
    captions: dict[Any, Update] = {}
    with gr.Row(elem_id="guide-start"):
        with gr.Column(min_width=280):
            gr.Markdown(f"## {text('GUIDE_STEPS')}")
            gr.Markdown(text("GUIDE_STEPS_LIST"))
            gr.Markdown(f"## {text('GUIDE_READS')}")
            gr.Markdown(text("GUIDE_READS_LIST"))
        if (folder / TOUR).is_file():
            with gr.Column(min_width=280, scale=2):
                _picture(folder / TOUR, "GUIDE_TOUR_ALT", elem_id="tour")
                _picture(folder / TOUR_STILL, "GUIDE_TOUR_ALT", elem_id="tour-still")
    if guide["photos"]:
        gr.Markdown(f"## {text('GUIDE_PHOTOS')}")
        captions |= _caption(lambda language: say(language, "GUIDE_PHOTOS_HINT", tried=guide["tried"]))
        with gr.Row(elem_classes="guide-grid pairs"):
            for entry in guide["photos"]:
                captions |= _photo_pair(folder, entry, guide["tried"])
    if guide["limits"]:
        gr.Markdown(f"## {text('GUIDE_LIMITS')}")
        captions |= _caption(lambda language: say(language, "GUIDE_LIMITS_HINT", tried=guide["tried"]))
        with gr.Row(elem_classes="guide-grid"):
            for entry in guide["limits"]:
                captions |= _limit(folder, entry, guide["tried"])
    if captions:
        tab.select(
            lambda language: [caption(language) for caption in captions.values()],
            language_input(),
            list(captions),
            show_progress="hidden",
            api_visibility="private",
            js=WITH_LANGUAGE,
        )


def load_guide(folder: Path = GUIDE_FOLDER) -> dict[str, Any]:
    """What guide.json says: `tried`, `photos` and `limits`; without the file there are none."""
    if not (folder / LISTING).is_file():
        return {"tried": 0, "photos": [], "limits": []}
    found: dict[str, Any] = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    return found


def outcome(entry: Mapping[str, Any], tried: int, language: str | None = None) -> str:
    """How a picture is read, and how many like it are misread, as Markdown.

    Args:
        entry: holds what is `read` in it, the `confidence`, and how many of those `tried` are `misread`.
        tried: how many pictures like it were read.
        language: tag of the visitor's language.
    """
    number, sure = " / ".join(entry["read"].split("\n")), percent(entry["confidence"], language)
    read = say(language, "GUIDE_READ", number=number, percent=sure) if number else say(language, "GUIDE_NOTHING")
    return f"{read} {say(language, 'GUIDE_MISREAD', misread=entry['misread'], tried=tried)}"


def _photo_pair(folder: Path, entry: Mapping[str, Any], tried: int) -> dict[Any, Update]:
    """A card of a well and a badly photographed number."""
    good, bad = entry["good"], entry["bad"]
    with gr.Column(min_width=280, elem_id=f"guide-{entry['name']}"):
        gr.Markdown(f"**{text('GUIDE_' + entry['name'].upper())}**")
        with gr.Row():
            with gr.Column(min_width=120, elem_classes="good"):
                _picture(folder / good["file"], "GUIDE_GOOD_ALT")
                captions = _caption(partial(outcome, good, tried))
            with gr.Column(min_width=120, elem_classes="bad"):
                _picture(folder / bad["file"], "GUIDE_BAD_ALT")
                captions |= _caption(partial(outcome, bad, tried))
    return captions


def _limit(folder: Path, entry: Mapping[str, Any], tried: int) -> dict[Any, Update]:
    """A card of something that is read wrongly."""
    name = f"GUIDE_{entry['name'].upper()}"
    with gr.Column(min_width=220, elem_id=f"guide-{entry['name']}", elem_classes="bad"):
        _picture(folder / entry["file"], name)
        gr.Markdown(f"**{text(name)}**")
        return _caption(partial(outcome, entry, tried))


def _picture(path: Path, alt: str, elem_id: str | None = None) -> None:
    gr.Image(
        str(path),
        alt_text=str(text(alt)),
        show_label=False,
        container=False,
        interactive=False,
        buttons=[],
        elem_id=elem_id,
    )


def _caption(update: Update) -> dict[Any, Update]:
    """A caption whose words are put together for the visitor's language; English until the tab is opened."""
    return {gr.Markdown(update(None), elem_classes="hint"): update}
