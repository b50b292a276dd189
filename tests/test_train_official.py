"""The official archive: fetched past its retired address, checked, and read by extra-keras-datasets' own loader."""

import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_digits import make_digits

from train.errors import DataError
from train.official import CACHE_NAME, fetch

ROOT = Path(__file__).resolve().parent.parent
WEB_PAGE = b"<!DOCTYPE html><html>This page has moved.</html>"


def miniature() -> bytes:
    """An archive of the official layout, with 30 digits to train on and 20 to test on."""
    savemat = pytest.importorskip("scipy.io").savemat
    digits = make_digits(50)

    def part(index: slice) -> dict[str, np.ndarray]:
        # MATLAB stores pictures column by column.
        columns = digits.images[index].transpose(0, 2, 1).reshape(-1, 784)
        return {"images": columns, "labels": digits.labels[index, None]}

    mat, archive = io.BytesIO(), io.BytesIO()
    savemat(mat, {"dataset": {"train": part(slice(0, 30)), "test": part(slice(30, 50)), "mapping": np.arange(10)}})
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("matlab/emnist-digits.mat", mat.getvalue())
        file.writestr("matlab/emnist-letters.mat", b"not needed")
    return archive.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Answers as NIST's does: the archive to a browser, an error to other programs."""

    content = b""
    cut = 0
    asked = 0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        if "Mozilla" not in self.headers.get("User-Agent", ""):
            self.send_error(403)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: len(self.server.content) - self.server.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/matlab.zip"


def test_a_good_archive_is_put_in_its_place(server: Server, tmp_path: Path) -> None:
    server.content = b"PK made archive"
    place = tmp_path / "datasets" / CACHE_NAME
    fetch(url_of(server), place, hashlib.sha256(server.content).hexdigest())
    assert place.read_bytes() == server.content
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize(
    ("content", "cut", "complaint"),
    [
        (WEB_PAGE, 0, "answered with a web page"),
        (b"\x00\x01", 0, "another kind of file"),
        (b"PK another archive", 0, "SHA-256 differs"),
        (b"PK " + bytes(5000), 100, "cannot be downloaded"),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, content: bytes, cut: int, complaint: str
) -> None:
    server.content, server.cut = content, cut
    place = tmp_path / "datasets" / CACHE_NAME
    with pytest.raises(DataError, match=complaint) as caught:
        fetch(url_of(server), place, hashlib.sha256(b"PK good").hexdigest())
    assert "--data" in str(caught.value)
    assert list(place.parent.iterdir()) == []


def test_no_answer_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be downloaded"):
        fetch("http://127.0.0.1:9/matlab.zip", tmp_path / CACHE_NAME, "0" * 64)
    assert list(tmp_path.iterdir()) == []


LOAD = """
import json, sys
from train.errors import DataError
from train.official import load_official
answers = []
for _ in range(2):
    train, test, place = load_official(sys.argv[1], sys.argv[2])
    answers.append([train.images.tolist(), train.labels.tolist(), len(test), test.labels.tolist()])
assert answers[0] == answers[1]
try:
    load_official(sys.argv[1], "0" * 64)
except DataError as error:
    answers.append(str(error))
print(json.dumps(answers[1:]))
"""


@pytest.mark.train
def test_the_real_loader_reads_a_miniature_archive(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("extra_keras_datasets")
    server.content = miniature()
    home, work = tmp_path / "keras", tmp_path / "work"
    place = home / "datasets" / CACHE_NAME
    place.parent.mkdir(parents=True)
    place.write_bytes(WEB_PAGE)  # what the loader's own download leaves behind
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LOAD, url_of(server), hashlib.sha256(server.content).hexdigest()],
        env={**os.environ, "KERAS_HOME": str(home), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=work,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (images, labels, test_count, test_labels), refusal = json.loads(done.stdout.splitlines()[-1])
    digits = make_digits(50)
    np.testing.assert_array_equal(np.array(images), digits.images[:30])  # upright
    assert labels == digits.labels[:30].tolist()
    assert (test_count, test_labels) == (20, digits.labels[30:].tolist())
    assert server.asked == 1  # the second time it came from the cache
    assert list(work.iterdir()) == []
    assert "not the known EMNIST archive" in refusal
    assert place.read_bytes() == server.content
