"""The tab about the networks: what it says is what the manifests say, and what they lack is not shown."""

import copy
import gc
import html
import re
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.checkpoint import DIGITS, SECOND_STRINGS, STRINGS, bundled_folder, load_checkpoint
from recognizer.web import manifest as of
from recognizer.web import strings
from recognizer.web.language import FOLDER, LANGUAGES, SOURCE, say

OPTIONAL = (
    "architecture",
    "calibration",
    "data",
    "date",
    "history",
    "init",
    "int8_distance",
    "libraries",
    "metrics",
    "onnx_difference",
    "parameters",
    "steps_run",
    "training",
    "training_minutes",
)


def shipped(name: str) -> dict[str, Any]:
    return copy.deepcopy(load_checkpoint(None, name).manifest)


@pytest.fixture(params=[DIGITS, STRINGS, SECOND_STRINGS])
def manifest(request: pytest.FixtureRequest) -> dict[str, Any]:
    if not (bundled_folder() / f"{request.param}.json").is_file():
        pytest.skip(f"no {request.param} ship")
    return shipped(request.param)


def bare(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a manifest must hold, and no more."""
    return {name: entry for name, entry in manifest.items() if name not in OPTIONAL}


def cells(table: str) -> list[list[str]]:
    """The text of each cell of an HTML table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [[plain(cell.replace("<br>", "\n")) for cell in row] for row in found]


def plain(text: str) -> str:
    """Without the spaces and joiners that keep a number on one line."""
    return html.unescape(text).replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{WORD JOINER}", "")


def test_figures_are_those_of_the_manifest(manifest):
    head, *rows = cells(of.figures(manifest))
    parts = [part for part in ("test", "validation") if part in manifest["metrics"]]
    assert head == [strings.NETWORK_FIGURE, *(getattr(strings, f"NETWORK_{part.upper()}") for part in parts)]
    by_name = {row[0]: row[1:] for row in rows}
    reads_digits = manifest["name"] == DIGITS
    accuracy = by_name[strings.NETWORK_ACCURACY_DIGITS if reads_digits else strings.NETWORK_ACCURACY_STRINGS]
    for part, said in zip(parts, accuracy, strict=True):
        entry = manifest["metrics"][part]
        low, high = (100 * end for end in entry["interval"])
        assert f"{100 * entry['accuracy']:.2f}%" in said
        assert f"({low:.2f}–{high:.2f}%)" in said
        assert f"{entry['correct']} of {entry['n']}" in said
    for part, column in zip(parts, zip(*by_name.values(), strict=True), strict=True):
        rejection = manifest["metrics"][part].get("rejection", {})
        for entry in (*rejection.get("recipes", {}).values(), *(rejection.get(n) for n in ("digits", "non_digits"))):
            assert entry is None or any(f"{100 * entry['share']:.2f}%" in said for said in column)


def test_a_changed_figure_changes_the_page(manifest):
    before = of.figures(manifest)
    part = next(iter(manifest["metrics"].values()))
    part["accuracy"] = 0.123456
    assert "12.35%" in plain(of.figures(manifest))
    assert "12.35%" not in plain(before)


def test_a_figure_that_one_part_lacks_is_a_dash():
    manifest = shipped(DIGITS)
    del manifest["metrics"]["test"]["ece"]
    row = next(row for row in cells(of.figures(manifest)) if row[0] == strings.NETWORK_ECE)
    assert row[1] == "–"
    assert row[2] != "–"


def test_layers_add_up_and_those_that_change_no_size_share_a_row(manifest):
    head, *rows, total = cells(of.layers(manifest))
    assert len(head) == 3
    assert len(rows) < len(manifest["architecture"])
    assert int(total[2]) == sum(int(row[2]) for row in rows) == manifest["parameters"]["total"]
    assert rows[0][0].startswith(say("en", "LAYER_CONV2D", window="3×3"))
    last = manifest["architecture"][-1]["output"]
    assert rows[-1][1] == "×".join("n" if size is None else str(size) for size in last)
    assert of.has_any_width(manifest) == any("n" in row[1] for row in rows)


def test_a_layer_without_a_word_keeps_keras_name():
    manifest = {"architecture": [{"kind": "Novelty", "output": [4], "parameters": 1, "activation": "gelu"}]}
    assert cells(of.layers(manifest))[1] == ["Novelty, gelu", "4", "1"]


def test_every_layer_and_source_that_ships_has_a_word(manifest):
    said = of.layers(manifest) + of.facts(manifest)
    for layer in manifest["architecture"]:
        assert not re.search(rf"\b{layer['kind']}\b", said.replace(strings.LAYER_DROPOUT, ""))
    assert "_share" not in said
    for name, entry in manifest["data"].items():
        source = say("en", "NETWORK_DATA_DIGITS", name=getattr(strings, f"NETWORK_DATA_{name.upper()}"), digits="")
        assert html.escape(source.split(":")[0]) in said
        assert str(entry["digits"]) in plain(said)


def test_curves_are_the_history(manifest):
    names = of.available_curves(manifest)
    assert names
    shown: set[tuple[float, ...]] = set()
    for name in names:
        curve = of.curve(manifest, name)
        assert len(curve.epochs) == manifest["epochs_run"]
        assert all(len(values) == len(curve.epochs) for values in curve.series.values())
        factor = of.CURVES[name][1]
        shown |= {tuple(round(value / factor, 9) for value in values) for values in curve.series.values()}
    history = manifest["history"]
    for column in ("loss", "val_loss", "accuracy", "val_accuracy", "val_cer"):
        assert column not in history or tuple(round(value, 9) for value in history[column]) in shown
    hint = of.curves_hint(manifest)
    assert f"epoch {manifest['best_epoch']} of {manifest['epochs_run']}" in hint


def test_accuracy_by_digit_comes_from_the_test_part():
    manifest = shipped(DIGITS)
    per_class = manifest["metrics"]["test"]["per_class"]
    shown = {entry.label: entry for entry in of.by_class(manifest)}
    assert list(shown) == list(per_class)
    for label, entry in per_class.items():
        assert shown[label].accuracy == pytest.approx(100 * entry["accuracy"], abs=0.005)
        assert plain(shown[label].right) == f"{entry['correct']} of {entry['n']}"
    assert of.by_class_hint(manifest).startswith(strings.NETWORK_TEST)
    assert len(cells(of.by_class_table(manifest))) == 11
    del manifest["metrics"]["test"]
    assert of.by_class_hint(manifest).startswith(strings.NETWORK_VALIDATION)
    assert [entry.label for entry in of.by_class(manifest)] == list(manifest["metrics"]["validation"]["per_class"])


@given(st.lists(st.floats(0, 100), min_size=1))
def test_the_axis_leaves_room_below_the_lowest_bar(accuracies):
    start = of.axis_start(of.ClassAccuracy("1", accuracy, "", "") for accuracy in accuracies)
    assert 0 <= start <= min(accuracies)
    assert start % 0.5 == 0
    if 50 < min(accuracies) < 100:
        assert start < min(accuracies)


def test_introduction_and_facts_give_the_manifests_numbers(manifest):
    said = plain(of.introduction(manifest))
    assert str(manifest["parameters"]["total"]) in said
    assert str(sum(source["digits"] for source in manifest["data"].values())) in said
    facts = plain(of.facts(manifest))
    assert manifest["date"] in facts
    assert f"{manifest['training_minutes']} minutes, {manifest['epochs_run']} epochs" in facts
    for name, digest in manifest["files"].items():
        assert f"{name} {digest[:12]}" in facts
        assert digest not in facts
    for name, value in manifest["training"].items():
        assert f"{name} {value}" in facts


def test_most_frequent_mistakes_are_told():
    manifest = shipped(DIGITS)
    said = of.figures_hint(manifest)
    for mistake in manifest["metrics"]["test"]["confusions"]:
        assert f"{mistake['digit']} read as {mistake['read_as']} ({mistake['count']})" in said


def test_what_a_manifest_lacks_is_not_shown(manifest):
    old = bare(manifest)
    assert of.introduction(old) == of.figures(old) == of.layers(old) == ""
    assert of.available_curves(old) == of.by_class(old) == []
    assert [row[0] for row in cells(of.facts(old)) if row] == [
        strings.NETWORK_INPUT,
        strings.NETWORK_ANSWERS,
        strings.NETWORK_FILES,
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plots_further_columns_have_names_that_vega_takes(language):
    if language != SOURCE and not (FOLDER / f"{language}.json").is_file():
        pytest.skip("not translated")
    names = [say(language, name) for name in ("NETWORK_RIGHT", "NETWORK_INTERVAL_95")]
    assert len({*names, "digit", "accuracy"}) == 4
    assert not any(re.search(r"[.\[\]\\\"']", name) for name in names)


def test_values_are_escaped():
    assert of.table(["<b>"], [["a&b", "<script>\n2"]]).count("<b>") == 0
    assert "&lt;script&gt;<br>2" in of.table([], [["a", "<script>\n2"]])


def test_manifests_of_a_folder(tmp_path):
    assert of.load_manifests(tmp_path) == []
    for file in ("digits.json", "digits.onnx"):
        (tmp_path / file).write_bytes((bundled_folder() / file).read_bytes())
    assert [manifest["name"] for manifest in of.load_manifests(tmp_path)] == [DIGITS]
    assert of.load_manifests()[0] == shipped(DIGITS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestTab:
    @pytest.fixture(autouse=True)
    def collect_garbage(self):
        """Collect what Gradio leaves open here, not in the middle of a later test."""
        yield
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    @staticmethod
    def build(manifests: list[dict[str, Any]]) -> Any:
        import gradio as gr

        from recognizer.web.network_tab import build_network_tab

        with gr.Blocks(analytics_enabled=False) as page, gr.Tabs(), gr.Tab("networks") as tab:
            build_network_tab(tab, manifests)
        return page

    def test_opening_the_tab_fills_every_part(self, manifest):
        page = self.build([manifest])
        (event,) = page.fns.values()
        filled = event.fn("en")
        assert len(filled) == len(event.outputs)
        assert all(filled)
        plots = [block.get_block_name() for block in event.outputs].count("nativeplot")
        assert plots == len(of.available_curves(manifest)) + bool(of.by_class(manifest))
        for block, value in zip(event.outputs, filled, strict=True):
            if block.get_block_name() == "nativeplot":
                data = value["value"] if isinstance(value, dict) else value.value
                assert data is not None

    def test_a_bare_manifest_builds_a_tab_without_plots(self, manifest):
        page = self.build([bare(manifest)])
        (event,) = page.fns.values()
        assert len(event.fn("en")) == len(event.outputs)
        assert not [block for block in page.blocks.values() if block.get_block_name() == "nativeplot"]

    def test_the_page_has_the_tab(self):
        from recognizer.types import Reading
        from recognizer.web.page import build_page

        class NoReader:
            def read(self, picture: Any) -> Reading:
                raise AssertionError

            trace = read

        page = build_page(NoReader())
        ids = {getattr(block, "elem_id", None) for block in page.blocks.values()}
        assert {f"network-{manifest['name']}" for manifest in of.load_manifests()} <= ids
