"""Where many pictures are read at once, checked, corrected and taken away as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from recognizer.web.batch import (
    COLUMNS,
    TEXT_COLUMN,
    Batch,
    edit_rows,
    in_one_line,
    picture_of,
    summary,
    table,
    to_check,
    to_csv,
    to_json,
    unpack,
)
from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say
from recognizer.web.limits import MAX_BATCH_FILES, MAX_FILE_BYTES
from recognizer.web.pictures import picture_file
from recognizer.web.result import Reader, said

_COLUMN_WIDTHS = ["7%", "24%", "19%", "36%", "14%"]
_MOST_WARNINGS = 3
# Gradio looks for it among an event function's defaults.
_PROGRESS = gr.Progress()

# Gradio refuses a whole choice of files where one of them is too large. Those are taken out before Gradio sees the
# choice, and named to the server, so that the others are read and each of these is a row with its reason. Where all are
# too large, Gradio says so itself.
_LEAVE_OUT_LARGE = f"""
() => {{
  if (window.batchMissing) return;
  window.batchMissing = [];
  const sift = (given, put) => {{
    const all = [...given];
    const small = all.filter((file) => file.size <= {MAX_FILE_BYTES});
    if (small.length === all.length || !small.length) return;
    const large = all.filter((file) => file.size > {MAX_FILE_BYTES});
    window.batchMissing.push(...large.map((file) => file.name));
    const kept = new DataTransfer();
    small.forEach((file) => kept.items.add(file));
    put(kept);
  }};
  const inside = (event) => event.target instanceof Element && event.target.closest("#batch-files");
  document.addEventListener("change", (event) => {{
    if (!inside(event) || event.target.type !== "file") return;
    sift(event.target.files, (kept) => {{ event.target.files = kept.files; }});
  }}, true);
  document.addEventListener("drop", (event) => {{
    if (!inside(event) || !event.dataTransfer) return;
    sift(event.dataTransfer.files, (kept) => {{
      event.preventDefault();
      event.stopImmediatePropagation();
      event.target.dispatchEvent(new DragEvent("drop", {{ dataTransfer: kept, bubbles: true, cancelable: true }}));
    }});
  }}, true);
}}
"""
_FORGET_LARGE = "() => { window.batchMissing = []; }"
_WITH_MISSING_AND_LANGUAGE = (
    "(...given) => [...given.slice(0, -2), JSON.stringify(window.batchMissing ?? []), document.documentElement.lang]"
)
# The file is made when it is asked for, so it holds every correction; then the button is emptied again, for Gradio would
# hand out the old file at the next press.
_SAVE = """
(file) => {
  if (!file) return null;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name;
  document.body.append(link);
  link.click();
  link.remove();
  return null;
}
"""


def build_batch_tab(tab: Any, page: Any, reader: Reader) -> None:
    """Build the tab's content inside `tab` of `page`, the surrounding gr.Blocks."""
    batch = gr.State(None, time_to_live=3600)
    chosen = gr.State(None, time_to_live=3600)
    language = language_input()
    missing = gr.Textbox("[]", visible=False)
    files = gr.File(
        label=text("BATCH_FILES"),
        file_count="multiple",
        file_types=["image", ".zip"],
        height=220,
        elem_id="batch-files",
    )
    gr.Markdown(text("BATCH_HINT"), elem_classes="hint")
    read = gr.Button(text("BATCH_READ"), variant="primary", elem_id="batch-read")
    stop = gr.Button(text("BATCH_STOP"), variant="stop", visible=False, elem_id="batch-stop")
    status = gr.HTML("", elem_id="batch-status")
    with gr.Column(visible=False, elem_id="batch-results") as results:
        only_doubtful = gr.Checkbox(label=text("BATCH_ONLY_DOUBTFUL"), elem_id="batch-filter")
        cells = gr.Dataframe(
            type="array",
            datatype=["number", "str", "str", "str", "str"],
            column_count=len(COLUMNS),
            column_widths=_COLUMN_WIDTHS,
            static_columns=[column for column in range(len(COLUMNS)) if column != TEXT_COLUMN],
            interactive=True,
            wrap=True,
            max_height=460,
            buttons=[],
            label=text("BATCH_TABLE"),
            show_label=False,
            elem_id="batch-table",
        )
        gr.Markdown(text("BATCH_TABLE_HINT"), elem_classes="hint")
        with gr.Row(visible=False, elem_id="batch-chosen") as details:
            with gr.Column(scale=3, min_width=280):
                picture = gr.Image(
                    label=text("BATCH_CHOSEN"),
                    alt_text=str(text("BATCH_CHOSEN_ALT")),
                    format="png",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="batch-picture",
                )
                reason = gr.HTML("", elem_id="batch-reason")
            with gr.Column(scale=2, min_width=240):
                number = gr.Textbox(
                    label=text("BATCH_CHOSEN_TEXT"), info=text("BATCH_CHOSEN_HINT"), max_lines=1, elem_id="batch-number"
                )
        with gr.Row():
            as_csv = gr.DownloadButton(text("BATCH_CSV"), elem_id="batch-csv")
            as_json = gr.DownloadButton(text("BATCH_JSON"), elem_id="batch-json")
        gr.Markdown(text("BATCH_CSV_HINT"), elem_classes="hint")

    private = {"api_visibility": "private"}
    speaking = {**private, "js": WITH_LANGUAGE}
    # What warns has to go through the queue: outside it, Gradio warns on the console alone.
    quiet = {"show_progress": "hidden"}
    at_once = {**quiet, "queue": False}
    shown = [read, stop, results, details, status, cells]
    running: dict[str, Batch] = {}

    def run(last: Batch | None, only: bool, tongue: str, request: gr.Request, progress: Any = _PROGRESS) -> list[Any]:
        batch = last or Batch()
        session = str(request.session_hash)
        running[session] = batch
        try:
            _read(reader, batch, tongue, progress)
        finally:
            running.pop(session, None)
        return _shown(batch, only, tongue)

    def leave(request: gr.Request) -> None:
        left = running.get(str(request.session_hash))
        if left is not None:
            left.stopped = True

    tab.select(None, None, None, js=_LEAVE_OUT_LARGE, **private)
    files.clear(None, None, None, js=_FORGET_LARGE, **private)
    read.click(
        _begin,
        [files, batch, only_doubtful, missing, language],
        [batch, *shown],
        # Gradio would refuse what it does not like the suffix of with a sentence of its own.
        preprocess=False,
        show_progress="hidden",
        trigger_mode="once",
        js=_WITH_MISSING_AND_LANGUAGE,
        **private,
    ).then(run, [batch, only_doubtful, language], shown, show_progress="full", show_progress_on=status, **speaking)
    page.unload(leave)
    stop.click(_stop, [batch, language], stop, **at_once, **speaking)
    only_doubtful.input(_table, [batch, only_doubtful, language], cells, **at_once, **speaking)
    # Whatever changes the table (a cell that was typed into, pasted or deleted) is told from what the rows hold.
    cells.input(
        _edit,
        [cells, batch, only_doubtful, language],
        [status, cells],
        trigger_mode="always_last",
        **quiet,
        **speaking,
    )
    cells.select(_choose, [batch, language], [chosen, details, picture, reason, number], **quiet, **speaking)
    gr.on(
        [number.submit, number.blur],
        _edit_chosen,
        [number, chosen, batch, only_doubtful, language],
        [number, status, cells],
        **quiet,
        **speaking,
    )
    for button, suffix, content in ((as_csv, "csv", to_csv), (as_json, "json", to_json)):
        button.click(_file_maker(suffix, content), [batch, language], button, **quiet, **speaking).then(
            None, button, button, js=_SAVE, **private
        )


def _begin(given: Any, last: Batch | None, only_doubtful: bool, missing: str, language: str) -> list[Any]:
    """Take what was given for the batch, before it is read: the batch, and values of the tab's parts meanwhile."""
    sources = unpack(_uploads(given), _names(missing))
    if not sources:
        gr.Info(say(language, "BATCH_NO_FILES"))
        return [gr.skip()] * 7
    batch = last or Batch()
    batch.take(sources)
    return [
        batch,
        gr.Button(visible=False),
        gr.Button(visible=True, interactive=True, value=text("BATCH_STOP")),
        gr.Column(visible=bool(batch.rows)),
        gr.Row(visible=False),
        "",
        table(batch, only_doubtful, language),
    ]


def _read(reader: Reader, batch: Batch, language: str, progress: Any) -> None:
    """Read what is unread, until that is all or the batch is stopped; what was read stays in either case."""
    count = len(batch.unread)
    while batch.unread and not batch.stopped:
        done = count - len(batch.unread)
        words = say(language, "BATCH_READING", place=done + 1, count=count, name=batch.unread[0].name)
        progress(done / count, desc=words)
        batch.read_next(reader, language)


def _shown(batch: Batch, only_doubtful: bool, language: str) -> list[Any]:
    """Values of the tab's parts once reading has ended."""
    return [
        gr.Button(visible=True),
        gr.Button(visible=False),
        gr.Column(visible=bool(batch.rows)),
        gr.skip(),
        _status(batch, language),
        table(batch, only_doubtful, language),
    ]


def _status(batch: Batch, language: str) -> str:
    if not batch.rows:
        return ""
    done = not batch.unread and not to_check(batch) and batch.given <= MAX_BATCH_FILES
    return str(said("sure" if done else "unsure", *summary(batch, language)))


def _stop(batch: Batch | None, language: str) -> Any:
    if batch is not None:
        batch.stopped = True
    return gr.Button(value=say(language, "BATCH_STOPPING"), interactive=False)


def _table(batch: Batch | None, only_doubtful: bool, language: str) -> Any:
    return table(batch or Batch(), only_doubtful, language)


def _edit(cells: list[list[Any]], batch: Batch | None, only_doubtful: bool, language: str) -> list[Any]:
    """Take over what was changed in the table."""
    typed = [(row[0], row[TEXT_COLUMN]) for row in cells if len(row) == len(COLUMNS)]
    return _take_over(typed, batch, only_doubtful, language)


def _take_over(typed: list[tuple[Any, Any]], batch: Batch | None, only_doubtful: bool, language: str) -> list[Any]:
    """Values of the status and the table after an edit; one that cannot stand is undone with a sentence."""
    if batch is None:
        gr.Warning(say(language, "BATCH_GONE"))
        return [gr.skip(), gr.skip()]
    refused = edit_rows(batch, typed, language)[:_MOST_WARNINGS]
    for sentence in refused if refused != batch.refused else []:
        gr.Warning(sentence)
    batch.refused = refused
    return [_status(batch, language), table(batch, only_doubtful, language)]


def _choose(batch: Batch | None, language: str, event: gr.SelectData) -> list[Any]:
    """Show the picture of the row that was clicked: its number, and values of the parts below the table."""
    # The row's own first cell tells which it is, for the table may be sorted and filtered.
    row = batch.row(event.row_value[0]) if batch and event.row_value else None
    if batch is None or row is None:
        return [None, gr.Row(visible=False), None, "", ""]
    batch.refused = []
    picture, problem = picture_of(row, language)
    return [
        row.number,
        gr.Row(visible=True),
        gr.Image(value=picture_file(picture), visible=picture is not None, label=row.source.name),
        said("problem", problem) if problem else "",
        in_one_line(row.text),
    ]


def _edit_chosen(typed: str, chosen: int | None, batch: Batch | None, only_doubtful: bool, language: str) -> list[Any]:
    """Take over what was typed below the picture of the chosen row."""
    row = batch.row(chosen) if batch else None
    if row is None or typed == in_one_line(row.text):
        return [gr.skip()] * 3
    status, cells = _take_over([(row.number, typed)], batch, only_doubtful, language)
    return [in_one_line(row.text), status, cells]


def _file_maker(suffix: str, content: Callable[[Batch], bytes]) -> Callable[[Batch | None, str], str | None]:
    """A function from a batch to the path of its file, among the files that Gradio hands out and sweeps away."""

    def make(batch: Batch | None, language: str) -> str | None:
        if batch is None:
            gr.Warning(say(language, "BATCH_GONE"))
            return None
        name = f"numbers-{date.today().isoformat()}.{suffix}"
        return str(save_bytes_to_cache(content(batch), name, get_upload_folder()))

    return make


def _uploads(given: Any) -> list[tuple[Path, str]]:
    """Path and name of each uploaded file; what does not lie among the uploads is no upload."""
    folder = Path(get_upload_folder()).resolve()
    found = []
    for file in given if isinstance(given, list) else []:
        if isinstance(file, dict) and file.get("path"):
            path = Path(str(file["path"])).resolve()
            if path.is_relative_to(folder):
                found.append((path, str(file.get("orig_name") or path.name)))
    return found


def _names(missing: str) -> list[str]:
    """Names of the files that the browser left out."""
    try:
        names = json.loads(missing)
    except ValueError:
        return []
    return [str(name) for name in names] if isinstance(names, list) else []
