"""Where a picture is given, and its number read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from recognizer.errors import RecognizerError
from recognizer.types import Reading, RgbImage
from recognizer.web import strings
from recognizer.web.canvas import build_canvas, read_drawing
from recognizer.web.edit import clean_number, has_shape_of, replace_digit
from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say
from recognizer.web.limits import MAX_PIXELS_DECODED, too_many_pixels
from recognizer.web.pictures import picture_file
from recognizer.web.result import Reader, Result, corrected_verdict, digit_choices, look, said, verdict

EXAMPLES_FOLDER = Path(__file__).parent / "examples"

KeepCorrection = Callable[[RgbImage, str, Reading], None]
"""Takes a picture, (height, width, 3) uint8 RGB, its number as a person corrected it, and what had been read; raises
`RecognizerError` with a sentence."""

# The browser's own voice, digit by digit; lines are told apart by a pause.
_SPEAK = """
(number) => {
  speechSynthesis.cancel();
  const words = number.split("\\n").map((line) => line.split("").join(" ")).join(". ");
  const voice = new SpeechSynthesisUtterance(words);
  voice.lang = document.documentElement.lang;
  voice.rate = 0.9;
  if (words) speechSynthesis.speak(voice);
}
"""

# Gradio's picture takes what is pasted by its button alone.
TAKE_PASTED = """
() => document.addEventListener("paste", (event) => {
  const picture = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (!picture || !document.querySelector("#sources")?.checkVisibility()) return;
  event.preventDefault();
  const files = new DataTransfer();
  files.items.add(picture);
  const upload = document.querySelector("input[type=file]:has(+ #pasted)");
  upload.files = files.files;
  upload.dispatchEvent(new Event("change", { bubbles: true }));
})
"""
"""For the page's load: Ctrl+V hands a picture to the tab while it is shown."""

# Of a page with accounts whose session has ended, the server gives away nothing but that.
_TELL_REFUSAL = f"""
async () => {{
  const answer = await fetch("config", {{ method: "HEAD" }}).catch(() => null);
  return answer?.status === 401
    ? {json.dumps(said("problem", str(text("ACCOUNT_NEEDED"))))}
    : {json.dumps(said("problem", str(text("LIMIT_RATE"))))};
}}
"""


@dataclass(frozen=True, slots=True)
class ReadTab:
    """The parts of the tab that the page builds on."""

    result: Any
    """gr.State with the `Result` of the last picture, None before the first."""
    translated: dict[Any, Callable[[str], Any]]
    """Components whose texts Gradio does not translate by itself, and what each becomes in a language."""


def build_read_tab(
    reader: Reader, examples_folder: Path = EXAMPLES_FOLDER, keep_correction: KeepCorrection | None = None
) -> ReadTab:
    """Build the tab inside the surrounding gr.Blocks.

    Args:
        reader: what reads the pictures.
        examples_folder: the pictures to click on, with their examples.json.
        keep_correction: takes a picture and its corrected number where a visitor asks for it; None keeps nothing.
    """
    result = gr.State(None, time_to_live=3600)
    examples = load_examples(examples_folder)
    with gr.Row(elem_classes="read-columns"):
        with gr.Column(min_width=280), gr.Tabs(elem_id="sources") as sources:
            with gr.Tab(text("DRAW_TAB"), id="draw"):
                canvas = build_canvas()
                gr.Markdown(text("CANVAS_HINT"), elem_classes="hint")
            with gr.Tab(text("PICTURE_TAB"), id="picture"):
                picture = _picture_input()
                gr.Markdown(text("PICTURE_HINT"), elem_classes="hint")
        with gr.Column(min_width=280, elem_id="result"):
            number = gr.Textbox(
                label=text("NUMBER"),
                lines=1,
                max_lines=8,
                interactive=True,
                placeholder=text("NUMBER_HINT"),
                buttons=["copy"],
                elem_id="number",
            )
            speak = gr.Button(text("SPEAK"), size="sm", elem_id="speak")
            verdict_text = gr.HTML(_waiting(), elem_id="verdict")
            with gr.Column(visible=False, elem_id="keep") as keeping:
                gr.Markdown(text("KEEP_HINT"), elem_classes="hint")
                keep = gr.Button(text("KEEP"), size="sm")
            with gr.Column(visible=False, elem_id="details") as details:
                annotated = gr.Image(
                    label=text("ANNOTATED"),
                    alt_text=str(text("ANNOTATED_ALT")),
                    format="png",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="annotated",
                )
                digit = gr.Radio(label=text("DIGITS"), elem_id="digit")
                gr.Markdown(text("CORRECT_HINT"), elem_classes="hint")
                bars = gr.Label(label=text("PROBABILITIES"), show_heading=False, elem_id="probabilities")
        with gr.Column(min_width=280, visible=bool(examples)):
            gallery = _examples_gallery(examples)

    pasted = gr.UploadButton(text("PICTURE"), visible="hidden", elem_id="pasted")
    language = language_input()
    shown = [number, verdict_text, details, annotated, digit, bars, result, keeping]
    private = {"api_visibility": "private", "trigger_mode": "always_last"}
    speaking = {**private, "js": WITH_LANGUAGE}
    # Strokes drawn while one reading runs are read together after it. Without the queue the answer comes in one exchange.
    drawn = canvas.input(
        lambda drawing, tongue: _show(read_drawing(reader, drawing, tongue), tongue),
        [canvas, language],
        shown,
        show_progress="hidden",
        queue=False,
        **speaking,
    )
    # Why a request was refused that did not go through the queue, Gradio's page keeps to itself.
    drawn.failure(None, None, verdict_text, js=_TELL_REFUSAL, show_progress="hidden", api_visibility="private")
    # `upload` comes from a chosen, dropped, pasted and photographed picture alike. Without preprocessing the reader gets
    # the uploaded file itself: Gradio would open it with Pillow and answer a bare "Error" where that fails, while the
    # reader's own loader says what is wrong.
    picture.upload(
        lambda file, tongue: _show_upload(reader, file, tongue),
        [picture, language],
        [picture, *shown],
        preprocess=False,
        show_progress="minimal",
        show_progress_on=number,
        **speaking,
    )
    pasted.upload(
        lambda file, tongue: _show_pasted(reader, file, tongue),
        [pasted, language],
        [sources, picture, *shown],
        preprocess=False,
        show_progress="minimal",
        show_progress_on=number,
        **speaking,
    )
    picture.clear(lambda: _show(None), None, shown, show_progress="hidden", **private)

    def show_example(tongue: str, event: gr.SelectData) -> list[Any]:
        return _show_example(reader, examples, event.index, tongue)

    gallery.select(
        show_example,
        language,
        [gallery, sources, picture, *shown],
        show_progress="minimal",
        show_progress_on=number,
        **speaking,
    )
    quiet = {"show_progress": "hidden", "queue": False}
    digit.input(_bars, [digit, result], bars, **quiet, **private)
    annotated.select(_choose, result, [digit, bars], **quiet, **private)
    corrected = [number, verdict_text, digit, keeping]
    keeps = keep_correction is not None

    def correct_digit(
        index: int | None, typed: str, last: Result | None, tongue: str, event: gr.SelectData
    ) -> list[Any]:
        return _correct_digit(index, typed, last, tongue, str(event.value), keeps)

    # Through the queue: what gr.Info says comes no other way.
    bars.select(correct_digit, [digit, number, result, language], corrected, show_progress="hidden", **speaking)
    number.input(
        lambda typed, last, tongue: _correct(typed, last, tongue, keeps)[1:],
        [number, result, language],
        corrected[1:],
        **quiet,
        **speaking,
    )
    number.blur(clean_number, number, number, **quiet, **private)
    speak.click(None, number, None, js=_SPEAK, api_visibility="private")
    if keep_correction is not None:
        keep.click(
            lambda typed, last, tongue: _keep(keep_correction, typed, last, tongue),
            [number, result, language],
            [verdict_text, keeping],
            **speaking,
        )
    _add_endpoint(reader)
    return ReadTab(result, {gallery: lambda tongue: gr.Gallery(_captioned(examples, tongue))})


def _add_endpoint(reader: Reader) -> None:
    """Let programs call the reader: endpoint "read", picture in, text and the whole reading as JSON out."""

    # Name and docstring are what an MCP program is told; Gradio takes one line an argument.
    def read_number(picture: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
        """Read the number in a picture.

        Args:
            picture: public URL of a JPG, PNG, WebP, TIFF or other picture up to 10 MB, or a data URI in base64 up to 3 MB.
        """
        result = _look_at_upload(reader, picture)
        if result.problem:
            raise gr.Error(result.problem, print_exception=False)
        return result.reading.text, result.reading.to_dict()

    gr.Button(visible=False).click(
        read_number,
        # Components of its own, for Gradio's pages about the API show labels that the browser translates as bare keys.
        gr.Image(label=strings.API_PICTURE, type="filepath", visible=False),
        [gr.Textbox(label=strings.NUMBER, visible=False), gr.JSON(label=strings.API_READING, visible=False)],
        preprocess=False,
        api_name="read",
        api_description=strings.API_READ,
    )


def load_examples(folder: Path = EXAMPLES_FOLDER) -> list[Path]:
    """The project's example pictures: each that is listed and present."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    entries = json.loads(listing.read_text(encoding="utf-8"))
    return [path for path in (folder / entry["file"] for entry in entries) if path.is_file()]


def _picture_input() -> Any:
    return gr.Image(
        label=text("PICTURE"),
        sources=["upload", "clipboard", "webcam"],
        webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": {"facingMode": {"ideal": "environment"}}}),
        type="filepath",
        image_mode=None,
        height=360,
        elem_id="picture",
    )


def _examples_gallery(examples: list[Path]) -> Any:
    return gr.Gallery(
        _captioned(examples),
        label=text("EXAMPLES"),
        columns=4,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="examples",
    )


def _captioned(examples: list[Path], language: str | None = None) -> list[tuple[str, str]]:
    """Path and caption of each example; one that `strings` has no caption for is named by its file."""
    return [
        (str(path), say(language, name) if hasattr(strings, name) else path.stem)
        for path, name in ((path, f"EXAMPLE_{path.stem.upper()}") for path in examples)
    ]


def _waiting() -> str:
    return said("none", str(text("WAITING")))


def _show(result: Result | None, language: str | None = None) -> list[Any]:
    """Values of the result column for a result; None empties it."""
    if result is None:
        return ["", _waiting(), gr.Column(visible=False), None, gr.Radio(choices=[], value=None), None, None, _hidden()]
    reading = result.reading
    choices = digit_choices(reading)
    return [
        reading.text,
        verdict(result, language),
        gr.Column(visible=bool(choices)),
        picture_file(result.annotated),
        gr.Radio(choices=choices, value=0 if choices else None),
        _bars(0, result),
        result,
        _hidden(),
    ]


def _look_at_upload(reader: Reader, file: dict[str, Any] | None, language: str | None = None) -> Result:
    """Read what a browser or a program sent as a picture: only ever a file among the uploads."""
    path = Path(file["path"]).resolve() if file and file.get("path") else None
    if path is None or not path.is_relative_to(Path(get_upload_folder()).resolve()):
        return Result(problem=say(language, "NO_PICTURE"))
    if too_many_pixels(path):
        most = MAX_PIXELS_DECODED // 1_000_000
        return Result(problem=say(language, "PROBLEM_TOO_LARGE", name=path.name, most=most))
    return look(reader, str(path), language)


def _show_upload(reader: Reader, file: dict[str, Any] | None, language: str) -> list[Any]:
    """Values of the picture input and the result column; an unreadable file is taken out of the input again."""
    result = _look_at_upload(reader, file, language)
    return [None if result.problem else gr.skip(), *_show(result, language)]


def _show_pasted(reader: Reader, file: dict[str, Any] | None, language: str) -> list[Any]:
    """Values of the source tabs, the picture input and the result column; an unreadable file does not go into the input."""
    result = _look_at_upload(reader, file, language)
    return [gr.Tabs(selected="picture"), None if result.problem or not file else file["path"], *_show(result, language)]


def _show_example(reader: Reader, examples: list[Path], index: int, language: str) -> list[Any]:
    """Values of the gallery, the source tabs, the picture input and the result column for a chosen example."""
    path = str(examples[index])
    result = look(reader, path, language)
    # Unselected at once, so that the same example can be chosen again.
    return [gr.Gallery(selected_index=None), gr.Tabs(selected="picture"), path, *_show(result, language)]


def _bars(index: int | None, result: Result | None) -> dict[str, float] | None:
    """Probabilities of one digit for gr.Label."""
    if index is None or result is None or not 0 <= index < len(result.reading.digits):
        return None
    return result.reading.digits[index].probabilities


def _choose(result: Result | None, event: gr.SelectData) -> list[Any]:
    """The digit that was clicked on in the picture, and its probabilities."""
    x, y = event.index
    inside = (
        [i for i, box in enumerate(result.places) if box.x <= x < box.right and box.y <= y < box.bottom]
        if result
        else []
    )
    return [inside[0], _bars(inside[0], result)] if inside else [gr.skip(), gr.skip()]


def _correct(typed: str, result: Result | None, language: str | None, keeps: bool) -> list[Any]:
    """Values of number, verdict, digits and the offer to keep it, after the number was changed by hand to `typed`."""
    number = clean_number(typed)
    if result is None or result.problem:
        return [number, gr.skip(), gr.skip(), gr.skip()]
    if number == result.reading.text:  # changed back
        return [number, verdict(result, language), gr.Radio(choices=digit_choices(result.reading)), _hidden()]
    return [
        number,
        corrected_verdict(result, language),
        gr.Radio(choices=digit_choices(result.reading, number)),
        gr.Column(visible=keeps and bool(number)),
    ]


def _correct_digit(
    index: int | None, typed: str, result: Result | None, language: str | None, label: str, keeps: bool
) -> list[Any]:
    """As `_correct`, after a click on `label`, which digit `index` is instead."""
    number = clean_number(typed)
    if result is None or index is None:
        return [gr.skip()] * 4
    if not has_shape_of(number, result.reading):
        gr.Info(say(language, "CORRECT_BY_TYPING"))
        return [gr.skip()] * 4
    return _correct(replace_digit(number, index, label), result, language, keeps)


def _keep(keep: KeepCorrection, typed: str, result: Result | None, language: str | None) -> list[Any]:
    """Values of the verdict and of the offer to keep the correction, after it was taken up."""
    if result is None or result.picture is None:
        return [gr.skip(), _hidden()]
    try:
        keep(result.picture, clean_number(typed), result.reading)
    except RecognizerError as error:
        names = {"full": "KEEP_FULL", "text": "KEEP_EMPTY"}
        gr.Warning(say(language, names.get(getattr(error, "reason", ""), "KEEP_FAILED")))
        return [gr.skip(), gr.skip()]
    return [said("sure", say(language, "KEPT")), _hidden()]


def _hidden() -> Any:
    return gr.Column(visible=False)
