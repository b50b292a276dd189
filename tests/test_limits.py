"""Every limit of the page, each exceeded, after which the page has to read on."""

import asyncio
import json
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_browser import BROWSER, browser  # noqa: F401
from made_server import result_of, served, start_reading, upload
from PIL import Image
from test_web import StubReader, reading_of

from recognizer.types import Trace
from recognizer.web import console, launch, limits, strings
from recognizer.web.limits import (
    BURST_SECONDS,
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    MAX_PIXELS_DECODED,
    MAX_UPLOAD_BYTES,
    MOST_VISITORS,
    Limits,
    Rates,
    delete_old_files,
    too_many_pixels,
    visitor_of,
)

ROOT = Path(__file__).resolve().parents[1]
VISITOR = {"X-Forwarded-For": "203.0.113.9, 8.8.8.8"}


def png(width: int = 40, height: int = 20) -> bytes:
    """A black picture; one bit a pixel, so that even a huge one is small."""
    content = BytesIO()
    Image.new("1", (width, height)).save(content, "PNG")
    return content.getvalue()


def header_only(width: int, height: int) -> bytes:
    """A PNG that ends where its pixels begin."""
    fields = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + fields + struct.pack(">II", zlib.crc32(fields), 1000) + b"IDAT"
    )


class TestPixels:
    @pytest.mark.parametrize(
        ("size", "too_many"),
        [((8000, 6250), False), ((8001, 6250), True), ((100_000, 100_000), True), ((20_000, 20_000), True)],
    )
    def test_header_alone_tells(self, size, too_many, tmp_path):
        path = tmp_path / "photo.png"
        path.write_bytes(header_only(*size))
        assert too_many_pixels(path) is too_many
        assert too_many_pixels(path.read_bytes()) is too_many

    def test_limit_is_fifty_megapixels(self):
        assert MAX_PIXELS_DECODED == 8000 * 6250

    @pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
    def test_what_is_no_picture_is_left_to_the_loader(self, content, tmp_path):
        assert too_many_pixels(content) is False
        assert too_many_pixels(tmp_path / "missing.png") is False


class TestSweep:
    def test_old_files_go_and_new_and_kept_ones_stay(self, tmp_path):
        old, kept = tmp_path / "a" / "old.png", tmp_path / "b" / "example.png"
        for path in (old, kept):
            path.parent.mkdir()
            path.write_bytes(b"x")
        delete_old_files(tmp_path, time.time() - 60)
        assert old.is_file()
        delete_old_files(tmp_path, time.time() + 60, frozenset({kept}))
        assert not old.parent.exists()
        assert kept.is_file()

    def test_a_file_copied_with_its_old_date_is_new_here(self, tmp_path):
        path = tmp_path / "example.png"
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
        delete_old_files(tmp_path, time.time() - 60)
        assert path.is_file()

    def test_nothing_lies_there_for_an_hour(self):
        from recognizer.web.page import UPLOADS_KEPT

        assert UPLOADS_KEPT + launch.SWEEP_EVERY <= 3600 - 600


def scope_of(client: tuple[str, int] | None, forwarded: str = "") -> dict:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return {"type": "http", "method": "POST", "path": "/", "client": client, "headers": headers}


@pytest.mark.parametrize(
    ("client", "forwarded", "visitor"),
    [
        # This computer itself.
        (("127.0.0.1", 50000), "", None),
        (("::1", 50000), "", None),
        # The same network, whatever the visitor says of himself.
        (("192.168.1.7", 50000), "", "192.168.1.7"),
        (("192.168.1.7", 50000), "8.8.8.8", "192.168.1.7"),
        (("::ffff:192.168.1.7", 50000), "", "192.168.1.7"),
        # Behind a proxy on this computer: uvicorn has put the last foreign address there, with port 0.
        (("8.8.8.8", 0), "8.8.8.8", "8.8.8.8"),
        (("8.8.8.8", 0), "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        (("8.8.8.8", 0), "8.8.8.8, 127.0.0.1", "8.8.8.8"),
        # A share server of several machines.
        (("172.31.0.5", 0), "1.1.1.1, 8.8.8.8, 172.31.0.5", "8.8.8.8"),
        (("172.31.0.5", 0), "nonsense, 8.8.8.8, 10.0.0.1, 172.31.0.5", "8.8.8.8"),
        (("192.168.1.7", 0), "192.168.1.7", "192.168.1.7"),
        # A proxy that tells nothing of whom it asks for: no longer this computer's owner.
        (("127.0.0.1", 0), "127.0.0.1", "127.0.0.1"),
        # One visitor has 2**64 addresses.
        (("2a00:1450:4001:82f::200e", 50000), "", "2a00:1450:4001:82f::/64"),
        (("2a00:1450:4001:82f::1", 0), "2a00:1450:4001:82f::1", "2a00:1450:4001:82f::/64"),
        (("unix", 0), "", "unix"),
        (None, "", ""),
    ],
)
def test_requests_count_for_the_visitor_who_made_them(client, forwarded, visitor):
    assert visitor_of(scope_of(client, forwarded)) == visitor


class TestRates:
    @given(
        rate=st.floats(0.1, 100),
        pauses=st.lists(st.floats(0, 5), min_size=1, max_size=200),
    )
    def test_no_more_pass_than_the_burst_and_the_rate_allow(self, rate, pauses):
        now = 0.0
        rates = Rates(rate, clock=lambda: now)
        passed = 0
        for pause in pauses:
            now += pause
            passed += rates.wait("a") == 0
        assert passed <= max(1, rate * BURST_SECONDS) + rate * now + 1e-6

    @given(rate=st.floats(0.1, 100))
    def test_who_waits_as_told_may_go_on(self, rate):
        now = 0.0
        rates = Rates(rate, clock=lambda: now)
        while not (wait := rates.wait("a")):
            pass
        assert rates.wait("b") == 0
        now += wait + 1e-6
        assert rates.wait("a") == 0

    def test_table_of_visitors_is_bounded(self):
        rates = Rates(0.1, clock=lambda: 0.0)
        assert rates.wait("first") == 0
        assert rates.wait("first") > 0
        for number in range(MOST_VISITORS - 1):
            rates.wait(str(number))
        assert rates.wait("first") > 0
        for number in range(MOST_VISITORS):
            rates.wait(str(number))
        assert rates.wait("first") == 0


def ask(
    app: Limits, path: str, *chunks: bytes, method: str = "POST", headers: dict | None = None, **scope
) -> list[dict]:
    """The messages that come of a request, of the application or of the limits in front of it."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict] = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    named = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    asyncio.run(
        app(
            {"type": "http", "method": method, "path": path, "client": ("8.8.8.8", 50000), "headers": named, **scope},
            receive,
            send,
        )
    )
    return sent


def answer(*parts: bytes, status: int = 200):
    """An application that reads the request and answers in parts."""

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


class TestMiddleware:
    def test_streams_pass_part_by_part(self):
        sent = ask(Limits(answer(b"a", b"b")), "/gradio_api/mcp/")
        assert [message.get("body") for message in sent] == [None, b"a", b"b", b""]

    def test_rate_holds_for_posts_of_one_visitor_and_answers_in_his_language(self):
        app = Limits(answer(b"ok"), rate=0.1)
        assert ask(app, "/gradio_api/queue/join")[0]["status"] == 200
        refused = ask(app, "/gradio_api/queue/join", headers={"Accept-Language": "en-GB,en;q=0.9"})
        assert refused[0]["status"] == 429
        assert int(dict(refused[0]["headers"])[b"retry-after"]) in range(1, 12)
        said = json.loads(refused[1]["body"])
        assert said["detail"] == said["error"] == strings.LIMIT_RATE  # where Gradio's page looks for it
        assert ask(app, "/gradio_api/upload")[1]["body"].decode() == strings.LIMIT_RATE
        assert ask(app, "/gradio_api/queue/data", method="GET")[0]["status"] == 200
        assert ask(app, "/gradio_api/queue/join", client=("9.9.9.9", 50000))[0]["status"] == 200
        assert ask(app, "/gradio_api/queue/join", client=("127.0.0.1", 50000))[0]["status"] == 200

    def test_rate_0_is_no_limit(self):
        app = Limits(answer(), rate=0)
        assert {ask(app, "/gradio_api/queue/join")[0]["status"] for _ in range(50)} == {200}

    @pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/mcp/"])
    def test_body_is_bounded_whether_or_not_its_length_is_announced(self, path):
        app = Limits(answer(b"ok"))
        half = bytes(MAX_BODY_BYTES // 2)
        assert ask(app, path, half, half)[0]["status"] == 200
        for refused in (ask(app, path, half, half, b"1"), ask(app, path, headers={"Content-Length": "99999999"})):
            assert refused[0]["status"] == 413
            assert json.loads(refused[1]["body"])["detail"] == strings.LIMIT_BODY

    def test_body_is_bounded_where_the_application_turns_the_error_into_its_own(self):
        async def app(scope, receive, send):
            status = 200
            try:
                while (await receive()).get("more_body"):
                    pass
            except Exception:
                status = 400
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b"There was an error parsing the body"})

        sent = ask(Limits(app), "/gradio_api/call/read", bytes(MAX_BODY_BYTES), b"1")
        assert [message.get("status") for message in sent] == [413, None]

    def test_uploads_have_room_for_a_batch(self):
        length = {"Content-Length": str(MAX_UPLOAD_BYTES)}
        assert ask(Limits(answer()), "/gradio_api/upload", headers=length)[0]["status"] == 200
        length = {"Content-Length": str(MAX_UPLOAD_BYTES + 1)}
        assert ask(Limits(answer()), "/gradio_api/upload", headers=length)[0]["status"] == 413

    def test_full_queue_is_a_sentence_for_browsers_and_programs(self):
        full = Limits(answer(b'{"detail":"Queue is full. Max size is 64 and size is 64."}', status=503))
        program = ask(full, "/gradio_api/call/read")
        page = ask(full, "/gradio_api/queue/join", headers={"Accept-Language": "en"})
        assert [program[0]["status"], page[0]["status"]] == [503, 429]
        for sent in (program, page):
            assert json.loads(sent[1]["body"])["detail"] == strings.LIMIT_QUEUE
            assert len(sent) == 2

    def test_any_other_503_is_left_alone(self):
        sent = ask(Limits(answer(b"Queue is stopped.", status=503)), "/gradio_api/queue/join")
        assert sent[0]["status"] == 503
        assert sent[1]["body"] == b"Queue is stopped."

    def test_what_passes_by_the_queue_is_bounded_too(self):
        async def many():
            gate, statuses = asyncio.Event(), []

            async def app(scope, receive, send):
                await gate.wait()
                await send({"type": "http.response.start", "status": 200, "headers": []})

            limited = Limits(app)

            async def one():
                async def send(message):
                    if "status" in message:
                        statuses.append(message["status"])

                scope = {"type": "http", "method": "POST", "path": "/gradio_api/run/predict", "headers": []}
                await limited({**scope, "client": ("127.0.0.1", 50000)}, None, send)

            tasks = [asyncio.create_task(one()) for _ in range(limits.MOST_AT_ONCE + 3)]
            await asyncio.sleep(0)
            refused = list(statuses)
            gate.set()
            await asyncio.gather(*tasks)
            await one()
            return refused, statuses

        refused, statuses = asyncio.run(many())
        assert refused == [503] * 3
        assert statuses.count(200) == limits.MOST_AT_ONCE + 1

    @pytest.mark.parametrize(
        "path",
        [
            "/gradio_api/file=http://example.com/x.png",
            "/gradio_api/file=https://example.com/x.png",
            "/gradio_api/file/http://example.com/x.png",
            "/gradio_api/process_recording",
            "/gradio_api/deep_link",
            "/pwa_icon/100000",
            "/pwa_icon/1920",
        ],
    )
    def test_what_the_page_has_no_use_for_is_closed(self, path):
        for method in ("GET", "HEAD", "POST"):
            assert ask(Limits(answer()), path, method=method)[0]["status"] == 404

    @pytest.mark.parametrize("path", ["/", "/gradio_api/file=/tmp/x/http.png", "/pwa_icon/192", "/pwa_icon/512"])
    def test_what_the_page_is_made_of_is_open(self, path):
        assert ask(Limits(answer()), path, method="GET")[0]["status"] == 200


class PatientReader(StubReader):
    """Reads only while it may."""

    def __init__(self) -> None:
        super().__init__(reading_of("253"))
        self.may_read = threading.Event()
        self.may_read.set()

    def trace(self, picture: object) -> Trace:
        self.may_read.wait(60)
        return super().trace(picture)


# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestServedPage:
    @pytest.fixture(scope="class")
    def reader(self):
        return PatientReader()

    @pytest.fixture(scope="class")
    def address(self, reader, tmp_path_factory):
        with served(reader, tmp_path_factory.mktemp("uploads"), rate=2) as address:
            yield address

    @staticmethod
    def reads(address: str, **headers: str) -> bool:
        path = upload(address, png(), **headers).json()[0]
        return '"253"' in result_of(address, start_reading(address, path, **headers))

    def test_too_fast_a_visitor_is_told_to_wait_and_reads_on(self, address):
        for _ in range(2 * BURST_SECONDS):
            last = upload(address, png(), **VISITOR)
        while last.status_code == 200:
            last = upload(address, png(), **VISITOR)
        assert last.status_code == 429
        assert last.text == strings.LIMIT_RATE
        assert self.reads(address, **{"X-Forwarded-For": "1.1.1.1"})  # another visitor
        assert self.reads(address)  # the owner
        time.sleep(2 * int(last.headers["Retry-After"]))  # for the two requests that a reading takes
        assert self.reads(address, **VISITOR)

    def test_full_queue_is_told_and_empties(self, address, reader):
        from recognizer.web.page import QUEUE_LENGTH

        path = upload(address, png()).json()[0]
        reader.may_read.clear()
        try:
            started = []
            while len(started) < 2 * QUEUE_LENGTH:
                started.append(start_reading(address, path))
                if started[-1].status_code != 200:
                    break
        finally:
            reader.may_read.set()
        assert len(started) - 1 >= QUEUE_LENGTH
        assert started[-1].status_code == 503
        assert started[-1].json()["detail"] == strings.LIMIT_QUEUE
        assert "Retry-After" in started[-1].headers
        assert all("event: complete" in result_of(address, one) for one in started[:-1])
        assert self.reads(address)

    def test_larger_files_are_refused(self, address):
        assert upload(address, bytes(MAX_FILE_BYTES)).status_code == 200
        refused = upload(address, bytes(MAX_FILE_BYTES + 1))
        assert refused.status_code == 413
        assert "maximum allowed size" in refused.text
        assert self.reads(address)

    def test_larger_requests_are_refused(self, address):
        data = b'{"data": ["' + bytes(MAX_BODY_BYTES) + b'"]}'
        for content in (data, iter([data])):  # with its length announced, and without
            refused = httpx.post(
                f"{address}/gradio_api/call/read", content=content, headers={"Content-Type": "application/json"}
            )
            assert refused.status_code == 413
            assert refused.json()["detail"] == strings.LIMIT_BODY
        assert self.reads(address)

    def test_pictures_of_more_pixels_are_refused_before_they_are_decoded(self, address, reader):
        shown = len(reader.shown)
        path = upload(address, png(7100, 7100), "poster.png").json()[0]
        refused = result_of(address, start_reading(address, path))
        assert "event: error" in refused
        assert strings.PROBLEM_TOO_LARGE.format(name="poster.png", most=50) in refused
        assert len(reader.shown) == shown
        assert self.reads(address)

    @pytest.mark.browser
    @pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the PATH")
    def test_page_says_so_to_too_fast_a_visitor_and_reads_on(
        self,
        address,
        browser,  # noqa: F811
        tmp_path,
        monkeypatch,
    ):
        from playwright.sync_api import expect

        picture = tmp_path / "number.png"
        picture.write_bytes(png())
        context = browser.new_context(extra_http_headers={"X-Forwarded-For": "9.9.9.9"}, locale="en")
        page = context.new_page()
        verdict = page.locator("#verdict")

        def draw() -> None:
            box = page.locator("#canvas svg").bounding_box()
            page.mouse.move(box["x"] + 50, box["y"] + 50)
            page.mouse.down()
            page.mouse.move(box["x"] + 100, box["y"] + 150, steps=5)
            page.mouse.up()

        def show() -> None:
            page.get_by_role("tab", name=strings.PICTURE_TAB, exact=True).click()
            page.set_input_files("#picture input[type=file]", picture)

        try:
            page.goto(address)
            page.locator("#canvas svg").wait_for()
            page.wait_for_timeout(1000)
            for act in (draw, show):
                with monkeypatch.context() as patch:
                    patch.setattr(Rates, "wait", lambda *_: 1.0)
                    act()
                    expect(page.get_by_text(strings.LIMIT_RATE).first).to_be_visible(timeout=30_000)
                act()
                expect(verdict).to_contain_text("97 %", timeout=30_000)
        finally:
            context.close()

    def test_nothing_passes_by_the_queue(self, address):
        path = upload(address, png()).json()[0]
        data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
        assert httpx.post(f"{address}/gradio_api/run/read", json=data).status_code == 404

    def test_nobody_learns_how_much_the_page_is_used(self, address):
        for path in ("/monitoring", "/monitoring/summary"):
            assert httpx.get(address + path).status_code == 403


def run_python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "tests",
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


START = """
import os, signal, sys, threading, time
import httpx
from made_server import free_port, result_of, start_reading, upload
from test_limits import png
from test_web import StubReader, reading_of
from recognizer.web import launch

address = f"http://127.0.0.1:{(port := free_port())}"

def serve(work, *options):
    def run():
        try:
            while True:
                try:
                    httpx.get(address)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            work()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, daemon=True).start()
    return launch.serve(launch.parse_options(["--port", str(port), *options]), StubReader(reading_of("253")))
"""


def test_uploads_are_deleted_while_the_page_runs_and_examples_stay(tmp_path):
    done = run_python(
        START
        + """
from pathlib import Path
from recognizer.web import page
launch.SWEEP_EVERY = page.UPLOADS_KEPT = 1

def work():
    root = Path(os.environ["GRADIO_TEMP_DIR"])
    path = Path(upload(address, png()).json()[0])
    examples = [file for file in root.rglob("*") if file.is_file() and file != path]
    forgotten = root / "forgotten" / "picture.png"  # as Gradio leaves what came by MCP
    forgotten.parent.mkdir()
    forgotten.write_bytes(png())
    was_there = path.is_file()
    while path.exists() or forgotten.parent.exists():
        time.sleep(0.2)
    kept = bool(examples) and all(file.is_file() for file in examples)
    path = upload(address, png()).json()[0]
    print(was_there, kept, "253" in result_of(address, start_reading(address, path)))

sys.exit(serve(work))
""",
        GRADIO_TEMP_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert "True True True" in done.stdout
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_nothing_is_sent_anywhere():
    done = run_python(
        START
        + """
asked = set()

def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        asked.add(arguments[1][0])
    if event == "socket.getaddrinfo":
        asked.add(arguments[0])

sys.addaudithook(watch)

def work():
    path = upload(address, png()).json()[0]
    read = "253" in result_of(address, start_reading(address, path))
    print("asked", read, sorted({str(host) for host in asked}))

sys.exit(serve(work))
"""
    )
    assert done.returncode == 0, done.stderr
    assert "asked True ['127.0.0.1']" in done.stdout


def test_share_serves_this_computer_only_and_prints_the_public_link():
    done = run_python(
        START
        + """
import gradio.networking

def tunnel(local_host, local_port, **others):
    print("tunnel to", local_host, local_port == port, file=sys.stderr)
    return "http://abc.gradio.live"

gradio.networking.setup_tunnel = tunnel
sys.exit(serve(lambda: None, "--share"))
"""
    )
    assert done.returncode == 0, done.stderr
    assert "tunnel to 127.0.0.1 True" in done.stderr
    assert console.PUBLIC_ADDRESS.format(url="https://abc.gradio.live") in done.stdout
    assert "Running on public URL" not in done.stdout  # said once


def test_share_without_a_tunnel_is_one_sentence():
    done = run_python(
        START
        + """
import gradio.networking

def tunnel(**others):
    raise RuntimeError("no such host")

gradio.networking.setup_tunnel = tunnel
sys.exit(serve(lambda: None, "--share"))
"""
    )
    assert done.returncode == 1
    assert done.stderr.startswith(console.SHARE_FAILED)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("rate", ["-1", "nan", "fast"])
def test_bad_rates_are_refused(rate, capsys):
    with pytest.raises(SystemExit):
        launch.parse_options(["--rate", rate])
    assert "is no rate" in capsys.readouterr().err
