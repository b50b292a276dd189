"""Programs call the reader: the examples of docs/api.md as they stand there, and what may not be read."""

import asyncio
import re
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gradio_client
import httpx
import pytest
from made_server import result_of, served, start_reading, upload
from PIL import Image
from test_limits import png

from recognizer.web import fetch, strings
from recognizer.web.limits import MAX_FILE_BYTES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTED_ADDRESS = "http://127.0.0.1:7860"

# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def examples(language: str) -> list[str]:
    """The code blocks of one language in docs/api.md."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found
    return found


@pytest.fixture(scope="module")
def address(reader, tmp_path_factory):
    with served(reader, tmp_path_factory.mktemp("uploads")) as address:
        yield address


@pytest.fixture(scope="module")
def folder(write, tmp_path_factory):
    """A folder with number.png, a picture of 253."""
    folder = tmp_path_factory.mktemp("program")
    Image.fromarray(write("253")).save(folder / "number.png")
    return folder


def run_example(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_documented_python_reads(address, folder):
    (example,) = examples("python")
    lines = run_example([sys.executable, "-c", example.replace(DOCUMENTED_ADDRESS, address)], folder).splitlines()
    assert lines[0] == "253"
    assert [line.split()[0] for line in lines[1:]] == list("253")


@pytest.mark.skipif(not (shutil.which("sh") and shutil.which("curl")), reason="needs sh and curl")
def test_documented_curl_reads(address, folder):
    (example,) = examples("sh")
    answer = run_example(["sh", "-c", example.replace(DOCUMENTED_ADDRESS, address)], folder)
    assert answer.startswith("event: complete")
    assert '"253"' in answer


def test_reading_holds_what_the_document_says(address, folder):
    client = gradio_client.Client(address, verbose=False)
    try:
        text, reading = client.predict(gradio_client.handle_file(str(folder / "number.png")), api_name="/read")
    finally:
        client.close()
    documented = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split("## What comes back")[1].split("## ")[0]
    for entry in (*reading, *reading["digits"][0], *reading["digits"][0]["box"]):
        assert f"`{entry}`" in documented
    assert reading["text"] == text


def test_page_about_the_api_tells_of_the_named_endpoint_only(address):
    told = httpx.get(f"{address}/gradio_api/info").json()
    assert list(told["named_endpoints"]) == ["/read"]
    assert told["unnamed_endpoints"] == {}
    read = told["named_endpoints"]["/read"]
    assert read["description"] == strings.API_READ
    assert [parameter["parameter_name"] for parameter in read["parameters"]] == ["picture"]
    assert [value["label"] for value in (*read["parameters"], *read["returns"])] == ["Picture", "Number", "Reading"]


def test_files_of_the_computer_are_not_read(address, folder):
    for path in (str(folder / "number.png"), "/etc/hostname", "../number.png", ""):
        answer = result_of(address, start_reading(address, path))
        assert "event: error" in answer
        assert "253" not in answer


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "0.0.0.0", "100.64.0.1"]
)
def test_private_addresses_are_not_fetched(address, host):
    port = address.rsplit(":", 1)[1]
    answer = result_of(address, start_reading(address, f"http://{host}:{port}/static/img/logo.svg"))
    assert "event: error" in answer
    assert strings.FETCH_PRIVATE in answer


def test_uploads_are_found_by_their_address_on_this_page(address, folder):
    path = upload(address, (folder / "number.png").read_bytes()).json()[0]
    for page in (address, "https://abc.gradio.live", "http://192.168.1.7:7860"):
        assert '"253"' in result_of(address, start_reading(address, f"{page}/gradio_api/file={path}"))
    answer = result_of(address, start_reading(address, f"{address}/gradio_api/file={folder / 'number.png'}"))
    assert strings.FETCH_PRIVATE in answer


def test_what_is_no_picture_is_a_sentence(address):
    path = upload(address, b"no picture", "holiday.png").json()[0]
    answer = result_of(address, start_reading(address, path))
    assert strings.PROBLEM_UNKNOWN_FORMAT.format(name="holiday.png") in answer


class Web(BaseHTTPRequestHandler):
    """A server on the web, as far as `fetch` can tell."""

    def do_GET(self) -> None:
        body = png()
        match self.path:
            case "/large":
                body = bytes(MAX_FILE_BYTES + 1)
            case "/packed":
                self.send_response(200)
                self.send_header("Content-Encoding", "gzip")
            case "/missing":
                self.send_response(404)
            case "/moved":
                self.send_response(302)
                self.send_header("Location", "/picture.png")
            case "/slow":
                time.sleep(3)
                self.send_response(200)
        if not hasattr(self, "_headers_buffer"):
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Host", self.headers["Host"])
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # the asker had enough
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class TestFetch:
    @pytest.fixture
    def web(self, monkeypatch):
        """A local server at the name pictures.example."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        async def public_address(host, port):
            assert host == "pictures.example"
            return "127.0.0.1"

        monkeypatch.setattr(fetch, "_public_address", public_address)
        monkeypatch.setattr(fetch, "SECONDS", 1)
        yield f"http://pictures.example:{server.server_port}"
        server.shutdown()
        server.server_close()

    @staticmethod
    def get(url: str) -> httpx.Response:
        async def get():
            async with httpx.AsyncClient(transport=fetch.PictureTransport()) as client:
                return await client.get(url)

        return asyncio.run(get())

    def test_picture_comes_from_the_address_that_was_checked_by_its_own_name(self, web):
        response = self.get(f"{web}/picture.png")
        assert response.content == png()
        assert response.headers["X-Host"] == web.removeprefix("http://")
        assert response.url.host == "pictures.example"

    def test_redirection_is_left_to_be_checked(self, web):
        response = self.get(f"{web}/moved")
        assert response.has_redirect_location
        assert response.url.host == "pictures.example"

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("large", strings.FETCH_TOO_LARGE.format(most=10)),
            ("packed", strings.FETCH_FAILED),
            ("missing", strings.FETCH_FAILED),
            ("slow", strings.FETCH_FAILED),
        ],
    )
    def test_what_is_not_fetched_is_a_sentence(self, web, path, sentence):
        import gradio as gr

        with pytest.raises(gr.Error) as caught:
            self.get(f"{web}/{path}")
        assert caught.value.message == sentence
        assert caught.value.print_exception is False

    def test_names_of_private_addresses_are_refused(self):
        import gradio as gr

        with pytest.raises(gr.Error) as caught:
            self.get("http://localhost/picture.png")
        assert caught.value.message == strings.FETCH_PRIVATE
