"""The load command: what it prints, what it counts as failed, and that it leaves nothing running. No time is checked."""

import json
import math
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recognizer.web import load
from recognizer.web.load import Waits, main, table

ROOT = Path(__file__).resolve().parents[1]


class OtherPage(BaseHTTPRequestHandler):
    """Describes itself as the page does, and fails to answer."""

    def do_GET(self) -> None:
        config = {
            "api_prefix": "/gradio_api",
            "components": [{"id": 7, "props": {"elem_id": "canvas"}}],
            "dependencies": [{"id": 3, "targets": [[7, "input"]]}],
        }
        self._answer(200, json.dumps(config).encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(500, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_measures_prints_a_table_and_ends_its_server():
    done = subprocess.run(
        [sys.executable, "-m", "recognizer.web.load", "--visitors", "2", "--strokes", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (row,) = re.findall(r"^2 visitors at once +(\d+) +(\d+) ms +(\d+) ms +1500 ms +(\d+)", done.stdout, re.M)
    strokes, median, slow, failed = map(int, row)
    assert (strokes, failed) == (4, 0)
    assert 0 < median <= slow
    in_browser = re.search(r"^one visitor in a browser +2 +\d+ ms +\d+ ms +300 ms +0  (met|missed)$", done.stdout, re.M)
    assert in_browser or load.NO_BROWSER in done.stdout or load.NO_PLAYWRIGHT in done.stdout
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", done.stdout)[1])
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))


def test_strokes_without_an_answer_are_failures(other_page, monkeypatch, capsys):
    monkeypatch.setattr(load, "measure_in_browser", lambda url, strokes: load.NO_BROWSER)
    monkeypatch.setattr(load, "BETWEEN_STROKES", 0.01)
    assert main(["--url", other_page, "--visitors", "3", "--strokes", "2"]) == 1
    printed = capsys.readouterr().out
    assert load.NO_BROWSER in printed
    assert re.search(r"^3 visitors at once +6 +- +- +1500 ms +6  missed$", printed, re.M)


def test_what_is_not_the_page_is_a_sentence(capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        assert main(["--url", url]) == 1
    assert capsys.readouterr().err.startswith(load.NO_PAGE.split("{url}")[0] + url)


def test_without_playwright_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert load.measure_in_browser("http://127.0.0.1:9", 1) == load.NO_PLAYWRIGHT


@pytest.mark.parametrize(
    "arguments",
    [
        ("--visitors", "0"),
        ("--visitors", "1000"),
        ("--strokes", "-1"),
        ("--strokes", "x"),
        ("--url", "127.0.0.1:7860"),
        ("--url", "http://"),
        ("--url", "http://localhost:x"),
    ],
)
def test_bad_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_share_of_the_waits():
    waits = Waits([0.4, 0.1, 0.3, 0.2])
    assert waits.share(0.5) == 0.2
    assert waits.share(0.95) == 0.4
    assert math.isnan(Waits().share(0.95))


def test_table_says_whether_the_target_was_met():
    rows = table([("a", Waits([0.1] * 20), 0.3), ("b", Waits([0.1] * 18 + [2.0] * 2), 0.3)]).splitlines()
    assert len(rows) == 3
    assert rows[1].endswith("met")
    assert rows[2].endswith("missed")
    assert "2000 ms" in rows[2]
    assert len({row.rindex(" ms") for row in rows[1:]}) == 1
