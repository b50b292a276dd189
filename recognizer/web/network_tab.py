"""What the networks are: their layers, their curves and how well they read, all from their manifests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gradio as gr
import pandas as pd

from recognizer.web import manifest as of
from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say
from recognizer.web.manifest import Manifest

# Both are seen well on white and on dark blue-grey.
_COLOURS = ("#3b6ff0", "#d97706")
_HEIGHT = 240

Update = Callable[[str | None], Any]
"""From a language to what a component becomes in it."""


def build_network_tab(tab: Any, manifests: Sequence[Manifest]) -> None:
    """Build the tab's content inside `tab`; it is filled in the visitor's language whenever the tab is opened.

    Args:
        tab: the gr.Tab around it.
        manifests: those of `manifest.load_manifests`; what one lacks is not shown.
    """
    gr.Markdown(text("NETWORK_INTRO"))
    parts: dict[Any, Update] = {}
    for manifest in manifests:
        parts |= _build_network(manifest)
    tab.select(
        lambda language: [update(language) for update in parts.values()],
        language_input(),
        list(parts),
        show_progress="hidden",
        api_visibility="private",
        js=WITH_LANGUAGE,
    )


def _build_network(manifest: Manifest) -> dict[Any, Update]:
    """The part of the tab about one network: its components that speak, and what each says."""
    name = manifest["name"]
    parts: dict[Any, Update] = {}
    with gr.Column(elem_id=f"network-{name}", elem_classes="network"):
        gr.Markdown(f"## {text(f'NETWORK_{name.upper()}')}")
        parts[gr.Markdown()] = partial(of.introduction, manifest)
        if of.figures(manifest):
            gr.Markdown(f"### {text('NETWORK_FIGURES')}")
            parts[gr.HTML()] = partial(of.figures, manifest)
            parts[gr.Markdown(elem_classes="hint")] = partial(of.figures_hint, manifest)
        if curves := of.available_curves(manifest):
            gr.Markdown(f"### {text('NETWORK_CURVES')}")
            with gr.Row():
                for curve in curves:
                    plot = gr.LinePlot(x="epoch", y="value", color="series", height=_HEIGHT, min_width=260)
                    parts[plot] = partial(_curve, manifest, curve)
            parts[gr.Markdown(elem_classes="hint")] = partial(of.curves_hint, manifest)
        if classes := of.by_class(manifest):
            gr.Markdown(f"### {text('NETWORK_CLASSES')}")
            limits = [of.axis_start(classes), 100]
            plot = gr.BarPlot(x="digit", y="accuracy", y_lim=limits, tooltip="all", height=_HEIGHT)
            parts[plot] = partial(_by_class, manifest)
            parts[gr.Markdown(elem_classes="hint")] = partial(of.by_class_hint, manifest)
            with gr.Accordion(text("NETWORK_TABLE"), open=False):
                parts[gr.HTML()] = partial(of.by_class_table, manifest)
        if of.layers(manifest):
            with gr.Accordion(text("NETWORK_LAYERS"), open=False):
                parts[gr.HTML()] = partial(of.layers, manifest)
                if of.has_any_width(manifest):
                    gr.Markdown(text("NETWORK_WIDTH_HINT"), elem_classes="hint")
        with gr.Accordion(text("NETWORK_FACTS"), open=False):
            parts[gr.HTML()] = partial(of.facts, manifest)
    return parts


def _curve(manifest: Manifest, name: str, language: str | None) -> Any:
    """A curve of the training as the value and titles of its plot."""
    curve = of.curve(manifest, name, language)
    rows = [
        (epoch, value, series)
        for series, values in curve.series.items()
        for epoch, value in zip(curve.epochs, values, strict=True)
    ]
    # The validation part has the accent's colour in every curve.
    colours = dict(zip(reversed(curve.series), _COLOURS, strict=False))
    return gr.LinePlot(
        pd.DataFrame(rows, columns=["epoch", "value", "series"]),
        x_title=say(language, "NETWORK_EPOCH"),
        y_title=curve.y_title,
        color_title=say(language, "NETWORK_SERIES"),
        color_map=colours,
        sort=curve.epochs,
    )


def _by_class(manifest: Manifest, language: str | None) -> Any:
    """The accuracy by class as the value and titles of its plot; the further columns stand in the tooltip."""
    names = ["digit", "accuracy", say(language, "NETWORK_RIGHT"), say(language, "NETWORK_INTERVAL_95")]
    rows = [(c.label, c.accuracy, c.right, c.interval) for c in of.by_class(manifest, language)]
    return gr.BarPlot(
        pd.DataFrame(rows, columns=names),
        x_title=say(language, "NETWORK_DIGIT"),
        y_title=say(language, "NETWORK_ACCURACY"),
    )
