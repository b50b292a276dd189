"""Where a picture is given, and its number read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from recognizer.types import Reading
from recognizer.web import strings
from recognizer.web.canvas import build_canvas, read_drawing
from recognizer.web.result import Reader, Result, digit_choices, look, verdict, waiting

EXAMPLES_FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class ReadTab:
    """The parts of the tab that other tabs build on."""

    result: Any
    """gr.State with the `Result` of the last picture, None before the first."""


def build_read_tab(reader: Reader, examples_folder: Path = EXAMPLES_FOLDER) -> ReadTab:
    """Build the tab inside the surrounding gr.Blocks."""
    result = gr.State(None, time_to_live=3600)
    examples = load_examples(examples_folder)
    with gr.Row(elem_classes="read-columns"):
        with gr.Column(min_width=280), gr.Tabs(elem_id="sources") as sources:
            with gr.Tab(strings.DRAW_TAB, id="draw"):
                canvas = build_canvas()
                gr.Markdown(strings.CANVAS_HINT, elem_classes="hint")
            with gr.Tab(strings.PICTURE_TAB, id="picture"):
                picture = _picture_input()
                gr.Markdown(strings.PICTURE_HINT, elem_classes="hint")
        with gr.Column(min_width=280, elem_id="result"):
            number = gr.Textbox(
                label=strings.NUMBER, lines=1, max_lines=8, interactive=False, buttons=["copy"], elem_id="number"
            )
            verdict_text = gr.HTML(waiting(), elem_id="verdict")
            with gr.Column(visible=False, elem_id="details") as details:
                annotated = gr.Image(
                    label=strings.ANNOTATED,
                    alt_text=strings.ANNOTATED_ALT,
                    format="png",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="annotated",
                )
                digit = gr.Radio(label=strings.DIGITS, elem_id="digit")
                probabilities = gr.Label(label=strings.PROBABILITIES, show_heading=False, elem_id="probabilities")
        with gr.Column(min_width=280, visible=bool(examples)):
            gallery = _examples_gallery(examples)

    shown = [number, verdict_text, details, annotated, digit, probabilities, result]
    private = {"api_visibility": "private", "trigger_mode": "always_last"}
    # The canvas reports each stroke by `change`; strokes drawn while one reading runs are read together after it.
    canvas.change(
        lambda drawing: _show(read_drawing(reader, drawing)), canvas, shown, show_progress="hidden", **private
    )
    # `upload` comes from a chosen, dropped, pasted and photographed picture alike. Without preprocessing the reader gets
    # the uploaded file itself: Gradio would open it with Pillow and answer a bare "Error" where that fails, while the
    # reader's own loader says what is wrong.
    picture.upload(
        lambda file: _show_upload(reader, file),
        picture,
        [picture, *shown],
        preprocess=False,
        show_progress="minimal",
        show_progress_on=number,
        **private,
    )
    picture.clear(lambda: _show(None), None, shown, show_progress="hidden", **private)

    def show_example(event: gr.SelectData) -> list[Any]:
        return _show_example(reader, examples, event.index)

    gallery.select(
        show_example,
        None,
        [gallery, sources, picture, *shown],
        show_progress="minimal",
        show_progress_on=number,
        **private,
    )
    digit.input(
        lambda index, last: _bars(last.reading if last else Reading(), index),
        [digit, result],
        probabilities,
        show_progress="hidden",
        **private,
    )
    _add_endpoint(reader, picture, number)
    return ReadTab(result)


def _add_endpoint(reader: Reader, picture: Any, number: Any) -> None:
    """Let programs call the reader: endpoint "read", picture in, text and the whole reading as JSON out."""

    def read(file: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
        result = _look_at_upload(reader, file)
        if result.problem:
            raise gr.Error(result.problem, print_exception=False)
        return result.reading.text, result.reading.to_dict()

    gr.Button(visible=False).click(
        read,
        picture,
        [number, gr.JSON(visible=False)],
        preprocess=False,
        api_name="read",
        api_description=strings.API_READ,
    )


def load_examples(folder: Path = EXAMPLES_FOLDER) -> list[dict[str, str]]:
    """The project's example pictures: path and caption of each that is listed and present."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    entries = json.loads(listing.read_text(encoding="utf-8"))
    return [
        {"path": str(folder / entry["file"]), "caption": str(entry["caption"])}
        for entry in entries
        if (folder / entry["file"]).is_file()
    ]


def _picture_input() -> Any:
    return gr.Image(
        label=strings.PICTURE,
        sources=["upload", "clipboard", "webcam"],
        webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": {"facingMode": {"ideal": "environment"}}}),
        type="filepath",
        image_mode=None,
        height=360,
        elem_id="picture",
    )


def _examples_gallery(examples: list[dict[str, str]]) -> Any:
    return gr.Gallery(
        [(example["path"], example["caption"]) for example in examples],
        label=strings.EXAMPLES,
        columns=4,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="examples",
    )


def _show(result: Result | None) -> list[Any]:
    """Values of the result column for a result; None empties it."""
    if result is None:
        return ["", waiting(), gr.Column(visible=False), None, gr.Radio(choices=[], value=None), None, None]
    reading = result.reading
    choices = digit_choices(reading)
    return [
        reading.text,
        verdict(result),
        gr.Column(visible=bool(choices)),
        result.annotated,
        gr.Radio(choices=choices, value=0 if choices else None),
        _bars(reading, 0),
        result,
    ]


def _look_at_upload(reader: Reader, file: dict[str, Any] | None) -> Result:
    """Read what a browser or a program sent as a picture: only ever a file among the uploads."""
    path = Path(file["path"]).resolve() if file and file.get("path") else None
    if path is None or not path.is_relative_to(Path(get_upload_folder()).resolve()):
        return Result(problem=strings.NO_PICTURE)
    return look(reader, str(path))


def _show_upload(reader: Reader, file: dict[str, Any] | None) -> list[Any]:
    """Values of the picture input and the result column; an unreadable file is taken out of the input again."""
    result = _look_at_upload(reader, file)
    return [None if result.problem else gr.skip(), *_show(result)]


def _show_example(reader: Reader, examples: list[dict[str, str]], index: int) -> list[Any]:
    """Values of the gallery, the source tabs, the picture input and the result column for a chosen example."""
    path = examples[index]["path"]
    # Unselected at once, so that the same example can be chosen again.
    return [gr.Gallery(selected_index=None), gr.Tabs(selected="picture"), path, *_show(look(reader, path))]


def _bars(reading: Reading, index: int | None) -> dict[str, float] | None:
    """Probabilities of one digit for gr.Label."""
    if index is None or not 0 <= index < len(reading.digits):
        return None
    return reading.digits[index].probabilities
