"""The page in every language: the same sentences, nothing left in English, and nothing on the page that no language has."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from recognizer.web import strings
from recognizer.web.language import FOLDER, LANGUAGES, SOURCE, accepted_language, best_language, say, sentences

WEB = Path(strings.__file__).parent
TRANSLATED = [tag for tag in LANGUAGES if tag != SOURCE]
# Marks, and words that a language has taken over from English or shares with it.
ALIKE = {
    "*": {"NUMBER_HINT", "BATCH_NUMBER", "LAYER_DROPOUT", "ACTIVATION_SOFTMAX"},
    "fr": {"GUIDE_TAB"},
    "de": {"NETWORK_TRAINING", "NETWORK_SOFTWARE"},
}
MODULES = {
    path.stem: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(WEB.glob("*.py"))
    if path.stem not in ("strings", "console")
}


def placeholders(sentence: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def markup(sentence: str) -> dict[str, object]:
    """What of a sentence is Markdown or HTML, and what is said with it in every language."""
    return {
        "bold": sentence.count("**"),
        "links": re.findall(r"\]\(([^)]*)\)", sentence),
        "code": re.findall(r"`[^`]*`", sentence),
        "tags": re.findall(r"<[^>]*>", sentence),
        "lines": [re.match(r"(\d+\.|-|#+)? ?", line)[0] for line in sentence.split("\n")],
        "between lines": sentence.count("|"),
    }


@pytest.mark.parametrize("tag", TRANSLATED)
class TestTranslation:
    def test_has_the_names_of_english_in_their_order(self, tag):
        assert list(sentences(tag)) == list(sentences(SOURCE))

    def test_every_sentence_takes_the_same_values(self, tag):
        for name, english in sentences(SOURCE).items():
            assert placeholders(sentences(tag)[name]) == placeholders(english), name

    def test_every_sentence_has_the_same_markup(self, tag):
        for name, english in sentences(SOURCE).items():
            assert markup(sentences(tag)[name]) == markup(english), name

    def test_bold_ends_where_markdown_lets_it(self, tag):
        # Between a full stop and a letter, as they stand in Chinese, two stars would stay two stars.
        for name, sentence in sentences(tag).items():
            for inner, after in re.findall(r"\*\*(.+?)\*\*(.?)", sentence):
                assert re.search(r"[\w}]$", inner) or not re.match(r"\w", after), name
                assert inner == inner.strip(), name

    def test_says_something_and_no_space_too_much(self, tag):
        for name, sentence in sentences(tag).items():
            assert sentence, name
            assert sentence == sentence.strip(), name
            assert "  " not in sentence, name

    def test_nothing_is_left_in_english(self, tag):
        same = {name for name, english in sentences(SOURCE).items() if sentences(tag)[name] == english}
        assert same <= ALIKE["*"] | ALIKE.get(tag, set())

    def test_ends_as_a_sentence_where_english_does(self, tag):
        for name, english in sentences(SOURCE).items():
            assert english.endswith(".") <= sentences(tag)[name].endswith((".", "。", "।")), name

    def test_names_the_button_as_it_is_called(self, tag):
        assert sentences(tag)["BATCH_READ"] in sentences(tag)["BATCH_STOPPED"]

    def test_file_is_written_as_json_is_here(self, tag):
        text = (FOLDER / f"{tag}.json").read_text(encoding="utf-8")
        assert text == json.dumps(sentences(tag), ensure_ascii=False, indent=2) + "\n"


def test_english_quotes_the_button_too():
    assert strings.BATCH_READ in strings.BATCH_STOPPED


def test_there_is_a_file_for_every_language_and_no_other():
    assert {path.stem for path in FOLDER.iterdir()} == set(TRANSLATED)


@pytest.mark.parametrize(
    ("said", "best"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-ch", "de"),
        ("es-419", "es"),
        ("hi-IN", "hi"),
        ("zh", "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-GB", "en"),
        ("pt", "en"),
        ("den", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_nearest_language(said, best):
    assert best_language(said) == best


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("", "en"),
        ("*", "en"),
        ("fr", "fr"),
        ("pt-BR, de-AT;q=0.8, en;q=0.5", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("de;q=0.4, hi;q=0.9", "hi"),
        ("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("de;q=much, fr", "fr"),
        (";;;,,", "en"),
    ],
)
def test_language_that_is_asked_for_first(header, best):
    assert accepted_language(header) == best


@pytest.mark.parametrize("tag", LANGUAGES)
def test_sentences_are_filled_in(tag):
    said = say(tag, "PROBLEM_TOO_LARGE", name="{note}.jpg", most=50)
    assert "{note}.jpg" in said
    assert "50" in said
    assert say(None, "NUMBER") == say("", "NUMBER") == say("pt", "NUMBER") == strings.NUMBER


def called(function: ast.expr) -> str:
    """`gr.Tab` as "gr.Tab", `text` as "text"."""
    return ast.unparse(function) if isinstance(function, ast.Name | ast.Attribute) else ""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the page's modules, with where it stands."""
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{module}:{node.lineno}", node


def pattern(node: ast.expr) -> str | None:
    """Regular expression of the strings that an expression may be, where something of them is written out; else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [pattern(part) if isinstance(part, ast.Constant) else ".*" for part in node.values]
        return "".join(part or "" for part in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (pattern(node.left) or ".*") + (pattern(node.right) or ".*")
    if isinstance(node, ast.IfExp):
        return f"(?:{pattern(node.body) or '.*'}|{pattern(node.orelse) or '.*'})"
    return None


def named(node: ast.expr) -> list[str]:
    """Names in `strings` that an expression may be; none where that cannot be told."""
    wanted = pattern(node)
    return [name for name in sentences(SOURCE) if re.fullmatch(wanted, name)] if wanted else []


def test_every_sentence_that_is_asked_for_is_there():
    for place, call in calls():
        argument = {"text": 0, "say": 1}.get(called(call.func))
        if argument is None or len(call.args) <= argument:
            continue
        node = call.args[argument]
        if isinstance(node, ast.IfExp):
            assert named(node.body), place
            assert named(node.orelse), place
        assert named(node) or pattern(node) is None, place


def test_every_sentence_is_used():
    used: set[str] = set()
    for tree in MODULES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used |= {node.value, node.value.upper()}  # an element's name may be a string's, in small letters
            elif isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.JoinedStr | ast.BinOp) and re.search("[A-Z]{3}_", pattern(node) or ""):
                used |= set(named(node))
    assert set(sentences(SOURCE)) - used == set()


# Of Gradio's components, what a visitor sees; the first argument is seen of those that are listed.
SEEN = {"label", "value", "placeholder", "info", "alt_text", "title", "x_title", "y_title", "color_title"}
SEEN_FIRST = {"Tab", "Button", "DownloadButton", "Markdown", "HTML", "Accordion", "Info", "Warning", "Error"}


def written_out(node: ast.expr) -> str:
    """Words of an expression that are written in it, without tags of HTML."""
    if isinstance(node, ast.Constant):
        words = node.value if isinstance(node.value, str) else ""
    elif isinstance(node, ast.JoinedStr):
        words = "".join(written_out(part) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        words = written_out(node.left) + written_out(node.right)
    elif isinstance(node, ast.IfExp):
        words = written_out(node.body) + written_out(node.orelse)
    else:
        words = ""
    return re.sub(r"<[^>]*>", "", words)


def test_components_show_no_word_that_is_not_translated():
    for place, call in calls():
        library, _, component = called(call.func).partition(".")
        if library != "gr":
            continue
        shown = [keyword.value for keyword in call.keywords if keyword.arg in SEEN]
        shown += call.args[:1] if component in SEEN_FIRST else []
        invisible = any(keyword.arg == "visible" and ast.unparse(keyword.value) == "False" for keyword in call.keywords)
        for node in shown:
            assert not re.search(r"\w", written_out(node)), f"{place}: {ast.unparse(node)}"
            assert invisible or not ast.unparse(node).startswith("strings."), f"{place}: {ast.unparse(node)}"


# Gradio and the libraries below it warn of their own deprecations while they are imported.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestBrowsersPart:
    def test_browser_and_server_speak_alike(self):
        """Whatever language Gradio shows the page in, the sentences of the server are of the same one."""
        from recognizer.web.i18n import translations

        given = translations().translations_dict
        assert set(LANGUAGES) <= set(given)
        for tag, known in given.items():
            assert known == sentences(best_language(tag))

    def test_only_sentences_that_are_there_can_be_shown(self):
        from recognizer.web.i18n import text

        assert "TITLE" in str(text("TITLE"))
        with pytest.raises(KeyError, match="NONSENSE"):
            text("NONSENSE")
