"""Colours, fonts and spacing of the page. Fonts come from Gradio's own files or the system, never from the network."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

INK = gr.themes.Color(
    name="ink",
    c50="#eff4ff",
    c100="#dbe6fe",
    c200="#bfd3fe",
    c300="#93b4fd",
    c400="#6090fa",
    c500="#3b6ff0",
    c600="#1d4ed8",
    c700="#1c44b8",
    c800="#1c3a92",
    c900="#1b3374",
    c950="#142048",
)


def theme() -> Any:
    """Ink on paper: warm white by day, deep blue-grey by night, one blue for all that can be pressed."""
    return gr.themes.Base(
        primary_hue=INK,
        secondary_hue=INK,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=[LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
    ).set(
        body_background_fill="#faf8f4",
        body_background_fill_dark="#12151c",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1a1f29",
        background_fill_secondary="#f5f2ec",
        background_fill_secondary_dark="#161a22",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1a1f29",
        block_border_color="#e4dfd5",
        block_border_color_dark="#2c3442",
        border_color_primary="#e4dfd5",
        border_color_primary_dark="#2c3442",
        block_label_text_color="#57534e",
        block_label_text_color_dark="#c3c8d2",
        block_title_text_color="#57534e",
        block_title_text_color_dark="#c3c8d2",
        body_text_color_subdued="#6b655e",
        body_text_color_subdued_dark="#a3acba",
        # The 500 of Gradio's defaults has too little contrast as text, or behind white text; see .dark in CSS, too.
        color_accent="*primary_600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_border_color="*primary_600",
        link_text_color_visited="*secondary_600",
        link_text_color_dark="*secondary_400",
        link_text_color_hover_dark="*secondary_300",
        link_text_color_active_dark="*secondary_400",
        link_text_color_visited_dark="*secondary_400",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1a1f29",
        table_even_background_fill_dark="#1a1f29",
        table_odd_background_fill_dark="#161a22",
        table_row_focus_dark="#22304f",
        button_secondary_background_fill_dark="#2c3442",
        button_secondary_background_fill_hover_dark="#3a4457",
        checkbox_background_color_dark="#12151c",
        checkbox_border_color="#8a847b",
        checkbox_border_color_dark="#7d8797",
        checkbox_label_background_fill_selected="*primary_600",
        checkbox_label_background_fill_selected_dark="*primary_600",
        checkbox_label_text_color_selected="#ffffff",
        checkbox_label_text_color_selected_dark="#ffffff",
    )


CSS = """
:root body.dark, .dark { --color-accent: var(--primary-400); }
/* What has the keyboard's focus, Gradio leaves to the browser to mark, in places to nobody. The mark is inside where a
   block would cut it off; around the whole of a choice and a picture, whose own colours may be those of the mark. */
html body .gradio-container :focus-visible { outline: 3px solid var(--color-accent) !important; outline-offset: 2px; }
.gradio-container :is([role=tab], .upload-container, .thumbnail-item):focus-visible { outline-offset: -3px; }
.gradio-container .icon-button:focus-visible { outline-offset: 0; }
.gradio-container :is(label:has(> [type=radio]:focus-visible), .block:has(> .image-container > button:focus-visible)) {
  outline: 3px solid var(--color-accent); outline-offset: 2px; }
.gradio-container :is([type=radio], .image-container > button):focus-visible { outline: none !important; }
/* Without a width its margins would let it grow as wide as all the tabs' names side by side, off a phone's screen. Gradio
   takes away the right margin alone. */
.gradio-container main { width: 100%; max-width: 1160px; margin: 0 auto !important; }
#masthead { display: flex; flex-wrap: nowrap; align-items: center; gap: 16px; padding: 4px 0; }
#masthead > .column { gap: 0; min-width: 0 !important; }
#logo { flex: none; width: auto; min-width: 0; }
#masthead svg { flex: none; width: 64px; height: 48px; }
#masthead h1 { font-size: 1.6rem; line-height: 1.2; font-weight: 700; margin: 0; }
#masthead p { margin: 2px 0 0; color: var(--body-text-color-subdued); }
#shared { border-left: 4px solid #c2410c; padding: 8px 12px; background: var(--background-fill-secondary);
  border-radius: 6px; }
/* Labels stand above pictures; floating over them, as by default, they would hide a part. */
#annotated > label, #examples > label, .stage .block > label { position: static; width: fit-content; }
#annotated .icon-button-wrapper, .stage .icon-button-wrapper { top: -26px; border: 0; box-shadow: none; }
#annotated .image-container, .stage .image-container { overflow: visible; }
.html-container { padding: 0 !important; }
.read-columns { display: grid !important; grid-template-columns: minmax(0, 6fr) minmax(0, 5fr);
  grid-template-rows: auto 1fr; gap: 16px 24px; }
#result { grid-column: 2; grid-row: 1 / span 2; }
.hint, .hint p { color: var(--body-text-color-subdued); font-size: .9rem; }

#annotated img { max-height: 460px; object-fit: contain; }
#number textarea { font-family: var(--font-mono); font-size: clamp(2rem, 7vw, 3.25rem); line-height: 1.25;
  font-weight: 700; letter-spacing: .06em; color: var(--body-text-color); -webkit-text-fill-color: currentColor;
  opacity: 1; user-select: text; overflow-wrap: anywhere; }
#speak { width: fit-content; flex: none; }
#verdict { padding: 0; }
.verdict { border-radius: 8px; padding: 10px 14px; border-left: 4px solid var(--neutral-400);
  background: var(--background-fill-secondary); }
.verdict p { margin: 0; }
.verdict p + p { margin-top: 4px; }
.verdict.sure { border-left-color: #15803d; }
.verdict.corrected { border-left-color: #1d4ed8; }
.verdict.unsure, .verdict.problem { border-left-color: #c2410c; }
.verdict.sure p:first-child, .verdict.unsure p:first-child, .verdict.problem p:first-child { font-weight: 700; }
#examples { height: auto !important; flex-grow: 0; }
#examples .grid-wrap { height: auto !important; min-height: 0; max-height: none !important; padding: 8px; }
#examples .grid-container { grid-auto-rows: auto; padding-top: 0; }
#examples .thumbnail-item, #examples .thumbnail-lg { aspect-ratio: auto; height: auto; background: none;
  overflow: hidden; display: flex; flex-direction: column; }
#examples .thumbnail-item img { aspect-ratio: 2; height: auto; width: 100%; object-fit: contain; }
#examples .caption-label { position: static; max-width: none; width: 100%; border: 0; border-radius: 0;
  opacity: 1 !important; white-space: normal; text-align: left; background: none; font-size: .8rem; line-height: 1.25;
  padding: 4px 8px; color: var(--body-text-color-subdued); }
.stages { display: grid !important; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
#step-lines { grid-column: 1 / -1; }
#digit label { font-family: var(--font-mono); }

/* The tab about the networks. */
.network { border-top: 1px solid var(--border-color-primary); padding-top: 8px; }
.network h2 { margin: 8px 0 0; }
.network h3 { margin: 12px 0 0; }
.facts { overflow-x: auto; }
.facts table { border-collapse: collapse; width: 100%; font-size: .9rem; }
.facts table, .facts thead, .facts tbody, .facts tr { border: 0 !important; }
.facts table th, .facts table td { padding: 5px 12px 5px 0 !important; text-align: left; vertical-align: top;
  font-weight: 400; border: 0; border-bottom: 1px solid var(--border-color-primary); font-variant-numeric: tabular-nums; }
.facts table thead th { font-weight: 700; }
.facts table td { overflow-wrap: break-word; }
.facts table th { hyphens: auto; }
@media (max-width: 640px) {
  .facts table { font-size: .8rem; }
  .facts table th, .facts table td { padding-right: 8px !important; }
}

/* The tab of many pictures. */
#batch-files .file-preview { font-size: .9rem; }
#batch-status:has(.progress-level) { min-height: 72px; }
#batch-status .wrap:has(.progress-level) .progress-text { display: none; }
#batch-status .progress-level { width: 100%; }
#batch-status .progress-level-inner { font-family: var(--font); overflow-wrap: anywhere; }
#batch-status .progress-bar-wrap { width: 100%; border-radius: 6px; overflow: hidden; }
/* The table keeps to what it is for here: no locks on columns, no handles for rows, none added or taken away, and headers
   that are no input fields. The menu of a header is there to sort. */
#batch-table [aria-label="Static column"], #batch-table .body-cell .cell-menu-button,
#batch-table .selection-button, #batch-table .cell-menu button:nth-last-of-type(-n+3) { display: none; }
#batch-table .header-cell { pointer-events: none; }
#batch-table .header-cell .cell-menu-button { pointer-events: auto; display: flex; }
#batch-table .header-cell, #batch-table .body-cell { font-family: var(--font); overflow-wrap: anywhere; }
#batch-table .body-cell[data-col="2"] { font-family: var(--font-mono); font-weight: 700; }
#batch-picture > label { position: static; width: fit-content; max-width: 100%; }
#batch-picture .icon-button-wrapper { top: -26px; border: 0; box-shadow: none; }
#batch-picture .image-container { overflow: visible; }
#batch-picture img { max-height: 380px; object-fit: contain; }
#batch-number input, #batch-number textarea { font-family: var(--font-mono); font-size: 1.5rem; font-weight: 700;
  letter-spacing: .06em; }
@media (max-width: 640px) {
  /* Confidence stands beyond the right edge: the table scrolls there. */
  #batch-table .virtual-table-viewport { max-height: 55vh !important; }
  #batch-table [data-heading="0"] .cell-wrap, #batch-table [data-col="0"] .cell-wrap { padding-inline: 4px; }
  #batch-table .header-cell .cell-menu-button { display: none; }
  #batch-table .cell-wrap { padding-inline: 6px; }
  #batch-table .header-table, #batch-table .virtual-body { width: 388px !important; }
  #batch-table :is(.header-cell, .body-cell, .sizing-body td) { width: var(--width) !important;
    min-width: var(--width) !important; max-width: var(--width) !important; flex-basis: var(--width) !important; }
  #batch-table :is([data-heading="0"], [data-col="0"], td:nth-child(1)) { --width: 32px; }
  #batch-table :is([data-heading="1"], [data-col="1"], td:nth-child(2)) { --width: 84px; }
  #batch-table :is([data-heading="2"], [data-col="2"], td:nth-child(3)) { --width: 72px; }
  #batch-table :is([data-heading="3"], [data-col="3"], td:nth-child(4)) { --width: 108px; }
  #batch-table :is([data-heading="4"], [data-col="4"], td:nth-child(5)) { --width: 92px; }
}

/* The guide. Whoever wants nothing to move sees a still picture of the tour. */
#guide-start { align-items: flex-start; gap: 32px; }
#tour-still { display: none; }
@media (prefers-reduced-motion: reduce) { #tour { display: none; } #tour-still { display: block; } }
#tour img, #tour-still img { border: 1px solid var(--border-color-primary); border-radius: 8px; }
.guide-grid { display: grid !important; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr));
  gap: 24px 16px; }
.guide-grid.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); }
.guide-grid .column { gap: 6px; }
/* Pictures are loaded as they come into view: their room is kept, or the page would jump. */
.guide-grid .image-frame { width: 100%; }
.guide-grid img { width: 100%; height: auto; aspect-ratio: 24 / 11; object-fit: cover; border-radius: 6px; }
.guide-grid .good img { border-bottom: 4px solid #15803d; }
.guide-grid .bad img { border-bottom: 4px solid #c2410c; }

@media (max-width: 640px) {
  .read-columns { display: flex !important; flex-direction: column; }
  #examples .grid-container { grid-template-columns: repeat(2, 1fr) !important; }
  #picture { height: 280px !important; }
  #masthead { align-items: flex-start; }
  #masthead svg { width: 48px; height: 36px; }
  #masthead h1 { font-size: 1.25rem; }
}
"""

HEAD = f"""<meta name="theme-color" content="{INK.c600}">
<link rel="apple-touch-icon" href="/pwa_icon/192">
<style media="(max-width: 640px)">
  .gradio-container .app {{ padding: 12px !important; }}
  footer .show-api ~ .divider {{ display: none; }} /* Gradio leaves out the link before it. */
</style>"""
"""What a phone makes of the page where Gradio's manifest does not say it: colour of its bar, and the icon on iOS; and what
it does to Gradio's frame of the page, of which CSS within @media cannot speak: Gradio confines it to what is in the frame."""

LOGO = """<svg viewBox="0 0 64 48" aria-hidden="true" fill="none" stroke-linecap="round" stroke-linejoin="round">
<rect x="1" y="1" width="62" height="46" rx="8" fill="#ffffff" stroke="#d9d2c5"/>
<path d="M1 36H63" stroke="#bfd3fe"/>
<path d="M10 15 16 10V36" stroke="#1d4ed8" stroke-width="3.4"/>
<path d="M24 16c2-8 13-7 12 1-1 6-8 12-13 19 5-2 10-1 14-1" stroke="#1d4ed8" stroke-width="3.4"/>
<path d="M44 12c6-4 12-1 11 4-1 4-5 5-8 5 5 0 10 2 9 8-1 7-9 8-14 4" stroke="#1d4ed8" stroke-width="3.4"/>
</svg>"""
