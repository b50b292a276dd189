"""How the last picture was read, step by step."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recognizer.web import strings
from recognizer.web.result import Result


def build_stages_tab(tab: Any, result: Any) -> None:
    """Build the tab's content inside `tab`; it is filled from `result` whenever the tab is opened.

    Filling it only then keeps seven pictures off the wire for each stroke drawn on the other tab.
    """
    intro = gr.Markdown(strings.STAGES_WAITING)
    columns: list[Any] = []
    pictures: list[Any] = []
    with gr.Row(visible=False, elem_classes="stages") as steps:
        for name, (title, sentence) in strings.STAGES.items():
            with gr.Column(min_width=260, elem_classes="stage", elem_id=f"step-{name}") as column:
                pictures.append(
                    gr.Image(
                        label=title,
                        alt_text=sentence,
                        format="png",
                        interactive=False,
                        buttons=["fullscreen"],
                        elem_id=f"stage-{name}",
                    )
                )
                gr.Markdown(sentence, elem_classes="hint")
            columns.append(column)
    tab.select(_fill, result, [intro, steps, *columns, *pictures], show_progress="hidden", api_visibility="private")


def _fill(result: Result | None) -> list[Any]:
    stages = result.stages if result else {}
    return [
        strings.STAGES_INTRO.format(count=len(stages)) if stages else strings.STAGES_WAITING,
        gr.Row(visible=bool(stages)),
        *(gr.Column(visible=name in stages) for name in strings.STAGES),
        *(stages.get(name) for name in strings.STAGES),
    ]
