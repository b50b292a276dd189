"""How the last picture was read, step by step."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say
from recognizer.web.pictures import picture_file
from recognizer.web.result import STAGES, Result, stages_of


def build_stages_tab(tab: Any, result: Any) -> None:
    """Build the tab's content inside `tab`; it is filled from `result` whenever the tab is opened.

    Filling it only then keeps seven pictures off the wire for each stroke drawn on the other tab.
    """
    intro = gr.Markdown(text("STAGES_WAITING"))
    columns: list[Any] = []
    pictures: list[Any] = []
    with gr.Row(visible=False, elem_classes="stages") as steps:
        for name in STAGES:
            with gr.Column(min_width=260, elem_classes="stage", elem_id=f"step-{name}") as column:
                pictures.append(
                    gr.Image(
                        label=text(f"STAGE_{name.upper()}"),
                        alt_text=str(text(f"STAGE_{name.upper()}_HINT")),
                        format="png",
                        interactive=False,
                        buttons=["fullscreen"],
                        elem_id=f"stage-{name}",
                    )
                )
                gr.Markdown(text(f"STAGE_{name.upper()}_HINT"), elem_classes="hint")
            columns.append(column)
    tab.select(
        _fill,
        [result, language_input()],
        [intro, steps, *columns, *pictures],
        show_progress="hidden",
        api_visibility="private",
        js=WITH_LANGUAGE,
    )


def _fill(result: Result | None, language: str | None = None) -> list[Any]:
    stages = stages_of(result) if result else {}
    return [
        say(language, "STAGES_INTRO", count=len(stages)) if stages else text("STAGES_WAITING"),
        gr.Row(visible=bool(stages)),
        *(gr.Column(visible=name in stages) for name in STAGES),
        *(picture_file(stages.get(name)) for name in STAGES),
    ]
