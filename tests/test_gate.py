"""The gate in front of the page: who passes, what anyone else is answered, and that all of Gradio lies behind it."""

import base64
import gc
import importlib.util
import re
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import gradio_client
import httpx
import pytest
from argon2 import PasswordHasher
from gradio_client.exceptions import AuthenticationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from recognizer.types import Reading, Trace
from recognizer.web import accounts as accounts_module
from recognizer.web import console, gate, strings
from recognizer.web.accounts import ATTEMPTS_FROM_ADDRESS, ATTEMPTS_ON_NAME, IDLE_TIME, LOCKED_FOR, Accounts
from recognizer.web.gate import COOKIE, KEY_HEADER, LONGEST_DELAY, Gate

ROOT = Path(__file__).resolve().parents[1]
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}

# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module", autouse=True)
def collect_garbage():
    """Collect what Gradio leaves open here, not in the middle of a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


class Site:
    """A page of one sentence behind the gate, with a clock and a sleep that take no time."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []
        self.accounts = Accounts(path, hasher=CHEAP, clock=lambda: self.now)
        self.accounts.add_user("Ada", PASSWORD)

        async def page(request: Request) -> JSONResponse:
            return JSONResponse({"user": gate.user_of(request)})

        async def socket(websocket: WebSocket) -> None:
            await websocket.accept()

        methods = ["GET", "POST", "PUT", "DELETE"]
        self.app = Starlette(
            routes=[WebSocketRoute("/socket", socket), Route("/{path:path}", page, methods=methods)],
            middleware=[Middleware(Gate, accounts=self.accounts, sleep=self.sleep, **options)],
        )
        self.visitor = self.new_visitor()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def new_visitor(self, address: str = "192.0.2.1", url: str = "http://numbers.test", **headers: str) -> TestClient:
        return TestClient(self.app, url, headers=headers, client=(address, 50000), follow_redirects=False)

    def log_in(self, name: str = "Ada", password: str = PASSWORD, visitor: TestClient | None = None, **headers: str):
        return (visitor or self.visitor).post("/login", data={"username": name, "password": password}, headers=headers)

    def register(self, name: str, password: str = PASSWORD, again: str | None = None, **headers: str):
        form = {"username": name, "password": password, "password_again": password if again is None else again}
        return self.visitor.post("/register", data=form, headers=headers)

    def user(self, visitor: TestClient | None = None) -> str | None:
        """Whom the page behind the gate takes a visitor for; None where the gate lets nobody through."""
        answer = (visitor or self.visitor).get("/")
        return answer.json()["user"] if answer.status_code == 200 else None


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "users.db")
    yield site
    site.accounts.close()


@pytest.fixture
def open_site(tmp_path):
    """With registration."""
    site = Site(tmp_path / "users.db", registration=True)
    yield site
    site.accounts.close()


def alert(answer: Any) -> str:
    """The problem that a page of the gate shows."""
    found = re.search(r'<p role="alert"[^>]*>(.*?)</p>', answer.text)
    return found.group(1) if found else ""


def cookie_attributes(answer: Any) -> set[str]:
    return {part.strip().lower() for part in answer.headers["Set-Cookie"].split(";")[1:]}


# Passing and not


@pytest.mark.parametrize("path", ["/", "/x", "/gradio_api/info", "/gradio_api/startup-events/x", "//login", "/LOGIN"])
def test_without_a_session_a_program_is_told_so(site, path):
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        answer = site.visitor.request(method, f"http://numbers.test{path}")
        assert answer.status_code == 401
        if method != "HEAD":
            assert answer.json() == {"detail": strings.ACCOUNT_NEEDED}
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "target"), [("/", "login"), ("/config", "login"), ("/config/", "../login"), ("/a/b?c=/d", "../login")]
)
def test_without_a_session_a_browser_is_led_to_the_form(site, path, target):
    answer = site.visitor.get(path, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["Location"] == target
    assert answer.next_request is not None
    assert answer.next_request.url.path == "/login"
    assert site.visitor.post(path, headers=BROWSER).status_code == 401


def test_an_upload_is_told_in_plain_text_as_the_page_shows_it(site):
    answer = site.visitor.post("/gradio_api/upload", files={"files": b"x"})
    assert answer.status_code == 401
    assert answer.text == strings.ACCOUNT_NEEDED


def test_web_sockets_are_closed(site):
    site.log_in()
    with pytest.raises(WebSocketDisconnect), site.visitor.websocket_connect("/socket"):
        pass


@pytest.mark.parametrize("path", ["/gradio_api/startup-events", "/manifest.json", "/pwa_icon", "/pwa_icon/192"])
def test_what_is_open_is_open_for_looking_only(site, path):
    assert site.visitor.get(path).json() == {"user": None}
    assert site.visitor.post(path).status_code == 401


def test_user_passes_after_logging_in(site):
    assert site.user() is None
    answer = site.log_in("aDA")
    assert answer.json() == {"success": True}
    assert site.user() == "Ada"
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert site.visitor.request(method, "/anything").json() == {"user": "Ada"}


def test_browser_is_led_from_the_form_to_the_page(site):
    page = site.visitor.get("/login", headers=BROWSER)
    assert page.status_code == 200
    assert alert(page) == ""
    answer = site.log_in(**BROWSER)
    assert answer.status_code == 303
    assert answer.next_request.url.path == "/"
    assert site.user() == "Ada"
    assert site.visitor.get("/login", headers=BROWSER).next_request.url.path == "/"


def test_forms_may_be_sent_as_multipart_too(site):
    answer = site.visitor.post("/login", files={"username": (None, "Ada"), "password": (None, PASSWORD)})
    assert answer.json() == {"success": True}


def test_cookie_is_kept_from_scripts_and_other_sites(site):
    answer = site.log_in()
    assert answer.headers["Set-Cookie"].startswith(f"{COOKIE}=")
    assert cookie_attributes(answer) == {"httponly", "samesite=lax", "path=/", f"max-age={7 * 24 * 3600}"}


@pytest.mark.parametrize("proxied", [False, True])
def test_cookie_travels_encrypted_only_where_the_page_does(site, proxied):
    headers = {"X-Forwarded-Proto": "https"} if proxied else {}
    visitor = site.new_visitor(url="http://numbers.test" if proxied else "https://numbers.test", **headers)
    answer = site.log_in(visitor=visitor)
    assert answer.headers["Set-Cookie"].startswith(f"__Host-{COOKIE}=")
    assert cookie_attributes(answer) >= {"secure", "httponly", "path=/"}
    token = answer.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
    visitor.cookies.clear()
    assert visitor.get("/", headers={"Cookie": f"__Host-{COOKIE}={token}"}).status_code == 200
    assert visitor.get("/", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "ü", '"', "%00"])
def test_made_up_tokens_open_nothing(site, token):
    header = f"{COOKIE}={token}".encode()
    assert site.visitor.get("/", headers=[(b"Cookie", header)]).status_code == 401


def test_session_ends_on_logging_out(site):
    site.log_in()
    cookies = dict(site.visitor.cookies)
    answer = site.visitor.post("/logout", headers=BROWSER)
    assert answer.status_code == 303
    assert answer.next_request.url.path == "/login"
    assert dict(site.visitor.cookies) == {}
    site.visitor.cookies.update(cookies)  # kept by someone
    assert site.user() is None
    assert site.visitor.post("/logout").json() == {"success": True}


def test_logging_out_takes_more_than_a_link(site):
    site.log_in()
    answer = site.visitor.get("/logout", headers=BROWSER)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert site.user() == "Ada"


def test_session_ends_with_time_and_with_its_user(site):
    site.log_in()
    site.now += IDLE_TIME
    assert site.user() is None
    site.log_in()
    assert site.user() == "Ada"
    site.accounts.remove_user("Ada")
    assert site.user() is None


def test_each_log_in_makes_a_new_token_and_ends_the_old(site):
    site.log_in()
    former = dict(site.visitor.cookies)
    site.log_in()
    assert dict(site.visitor.cookies) != former
    other = site.new_visitor()
    other.cookies.update(former)
    assert site.user(other) is None


def test_what_users_see_stays_out_of_the_browsers_cache(site):
    site.log_in()
    assert site.visitor.get("/").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in site.visitor.get("/assets/index.js").headers


def test_the_program_itself_comes_in_by_its_key_and_only_where_there_is_one(tmp_path):
    for key in ("secret", ""):
        site = Site(tmp_path / f"{key}.db", key=key)
        assert site.user(site.new_visitor(**{KEY_HEADER: key})) == (gate.OWN_NAME if key else None)
        assert site.user(site.new_visitor(**{KEY_HEADER: "guess"})) is None
        visitor = site.new_visitor(**{KEY_HEADER: key})
        site.log_in(visitor=visitor)
        assert site.user(visitor) == "Ada"  # as whom the key is used counts first
        site.accounts.close()


# Requests from elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://numbers.test:8080"},
        {"Origin": "http://numbers.test.evil.test"},
        {"Origin": "null"},
        {"Origin": "http://evil.test", "X-Forwarded-Host": "evil.test"},
    ],
)
def test_other_sites_post_nothing(open_site, headers):
    open_site.log_in()
    for path in ("/login", "/register", "/logout", "/gradio_api/queue/join"):
        form = {"username": "Eve", "password": PASSWORD, "password_again": PASSWORD}
        answer = open_site.visitor.post(path, data=form, headers=headers)
        assert answer.status_code == 403
        assert answer.json() == {"detail": strings.ACCOUNT_ELSEWHERE}
    shown = open_site.visitor.post("/login", headers={**headers, **BROWSER})
    assert shown.status_code == 403
    assert alert(shown) == strings.ACCOUNT_ELSEWHERE
    assert open_site.user() == "Ada"
    assert [user.name for user in open_site.accounts.users()] == ["Ada"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": "http://behind-a-proxy.test"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://numbers.test"},
        {"Origin": "https://numbers.test"},
    ],
)
def test_the_page_itself_posts(site, headers):
    assert site.log_in(**headers).json() == {"success": True}
    assert site.visitor.post("/gradio_api/queue/join", headers=headers).json() == {"user": "Ada"}


def test_links_from_other_sites_lead_in_and_their_scripts_do_not(site):
    site.log_in()
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert site.visitor.get("/", headers=link).json() == {"user": "Ada"}
    script = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    assert site.visitor.get("/config", headers=script).status_code == 403


# Attempts


def test_wrong_password_and_unknown_name_are_answered_alike(site):
    for headers in ({}, BROWSER):
        answers = [site.log_in(name, "wrong password", **headers) for name in ("Ada", "Bob")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].text.replace("Ada", "Bob") == answers[1].text
        assert answers[0].headers.keys() == answers[1].headers.keys()
        assert "Set-Cookie" not in answers[0].headers
        assert strings.ACCOUNT_WRONG in answers[0].text
    assert site.user() is None


def test_each_failure_is_answered_later(site):
    for i in range(8):
        site.log_in(f"user{i}", "wrong password")
    assert site.slept == sorted(site.slept)
    assert site.slept[:3] == [0.5, 1, 2]
    assert set(site.slept[3:]) == {LONGEST_DELAY}
    site.slept.clear()
    site.log_in()
    assert site.slept == []


def test_waiting_for_an_answer_keeps_nobody_else_waiting(tmp_path):
    """The wait and the hashing leave the event loop free."""
    held = threading.Event()

    class SlowHasher(PasswordHasher):
        def verify(self, *given: Any) -> Any:
            assert held.wait(30)
            return super().verify(*given)

    async def go() -> None:
        site = Site(tmp_path / "users.db")
        site.accounts._hasher = SlowHasher(time_cost=1, memory_cost=8, parallelism=1)
        transport = httpx.ASGITransport(app=site.app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://numbers.test") as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(3):
                tasks.start_soon(lambda: client.post("/login", data={"username": "Ada", "password": "wrong password"}))
            with anyio.fail_after(30):
                assert (await client.get("/login", headers=BROWSER)).status_code == 200
            held.set()
        assert len(site.slept) == 3
        site.accounts.close()

    anyio.run(go)


@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_name_is_locked_for_everyone_and_the_sentence_says_how_long(site, headers):
    for i in range(ATTEMPTS_ON_NAME):
        visitor = site.new_visitor(f"192.0.2.{i}")
        assert site.log_in("ada", "wrong password", visitor, **headers).status_code == 401
    site.now += 60
    locked = site.log_in(**headers)
    assert locked.status_code == 429
    assert strings.ACCOUNT_LOCKED.format(minutes=14) in locked.text
    assert int(locked.headers["Retry-After"]) == pytest.approx(14 * 60, abs=1)
    assert "Set-Cookie" not in locked.headers
    site.now += LOCKED_FOR - 60
    assert site.log_in().status_code == 200


def test_address_is_locked_whatever_the_names(site):
    site.accounts.add_user("Bob", PASSWORD)
    for i in range(ATTEMPTS_FROM_ADDRESS):
        assert site.log_in(f"user{i}", "wrong password").status_code == 401
    assert site.log_in("Bob").status_code == 429
    assert site.log_in("Bob", visitor=site.new_visitor("192.0.2.2")).status_code == 200


def test_lock_spares_those_who_are_in(site):
    site.log_in()
    other = site.new_visitor("192.0.2.2")
    for _ in range(ATTEMPTS_ON_NAME + 1):
        last = site.log_in("Ada", "wrong password", other)
    assert last.status_code == 429
    assert site.user() == "Ada"


def test_forwarded_addresses_count_only_behind_a_proxy_here(site):
    """uvicorn reads the header, by the rules that Gradio starts it with; visitors cannot choose their address."""
    behind = ProxyHeadersMiddleware(site.app, trusted_hosts="127.0.0.1,::1")

    def failures(peer: str, forwarded: list[str]) -> list[int]:
        client = TestClient(behind, "http://numbers.test", client=(peer, 50000))
        answers = []
        for address in forwarded:
            form = {"username": "no name", "password": "wrong password"}
            answers.append(client.post("/login", data=form, headers={"X-Forwarded-For": address}).status_code)
        return answers

    many = [f"8.8.4.{i}" for i in range(ATTEMPTS_FROM_ADDRESS + 1)]
    assert failures("127.0.0.1", many) == [401] * len(many)
    assert failures("203.0.113.9", many)[-2:] == [401, 429]
    assert failures("127.0.0.1", [f"{made_up}, 8.8.8.8" for made_up in many])[-2:] == [401, 429]


# Registration


def test_registering_lets_in_at_once(open_site):
    answer = open_site.register(" New.User ", **BROWSER)
    assert answer.status_code == 303
    assert answer.next_request.url.path == "/"
    assert open_site.user() == "New.User"
    assert open_site.log_in("new.user", visitor=open_site.new_visitor()).status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "again", "status", "sentence"),
    [
        ("ab", PASSWORD, None, 400, "ACCOUNT_NAME"),
        ("<b>bold</b>", PASSWORD, None, 400, "ACCOUNT_NAME"),
        ("Bob", "xyz123!", None, 400, "ACCOUNT_PASSWORD_SHORT"),
        ("Bob", "x" * 201, None, 400, "ACCOUNT_PASSWORD_LONG"),
        ("bob.the.builder", "Bob.The.Builder", None, 400, "ACCOUNT_PASSWORD_NAME"),
        ("Bob", PASSWORD, PASSWORD + "!", 400, "ACCOUNT_PASSWORDS_DIFFER"),
        ("Bob", PASSWORD, "", 400, "ACCOUNT_PASSWORDS_DIFFER"),
        ("ADA", PASSWORD, None, 409, "ACCOUNT_TAKEN"),
    ],
)
def test_what_may_not_be_registered_is_told(open_site, name, password, again, status, sentence):
    sentence = getattr(strings, sentence).format(least=3 if "NAME" in sentence else 10, most=32, name=name)
    answer = open_site.register(name, password, again)
    assert answer.status_code == status
    assert answer.json()["detail"].split(":")[0] == sentence.split(":")[0]
    shown = open_site.register(name, password, again, **BROWSER)
    assert shown.status_code == status
    assert alert(shown)
    assert "<b>bold" not in shown.text
    assert password not in shown.text
    assert "Set-Cookie" not in shown.headers
    assert [user.name for user in open_site.accounts.users()] == ["Ada"]


def test_registrations_are_limited_by_address(open_site, monkeypatch):
    monkeypatch.setattr(accounts_module, "REGISTRATIONS_FROM_ADDRESS", 3)
    open_site.register("user", "short")  # what is refused at sight does not count
    statuses = [open_site.register(name).status_code for name in ("Ada", "user1", "user2", "user3")]
    assert statuses == [409, 200, 200, 429]
    assert [user.name for user in open_site.accounts.users()] == ["Ada", "user1", "user2"]


def test_nobody_registers_where_the_owner_does_not_allow_it(site):
    assert "/register" not in site.visitor.get("/login", headers=BROWSER).text
    shown = site.visitor.get("/register", headers=BROWSER)
    assert shown.status_code == 403
    assert alert(shown) == strings.ACCOUNT_NO_REGISTRATION
    assert site.register("Eve").status_code == 403
    assert [user.name for user in site.accounts.users()] == ["Ada"]


# Forms and pages


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"username=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data"),
        (b"--y\r\n\r\n--y--", "multipart/form-data; boundary=x"),
        (b"a=1&" * 50, "application/x-www-form-urlencoded"),
    ],
)
def test_unreadable_forms_are_refused(open_site, content, kind):
    for path in ("/login", "/register"):
        answer = open_site.visitor.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == 400
        assert answer.json() == {"detail": strings.ACCOUNT_FORM}


def test_forms_of_unknown_length_are_refused(site):
    answer = site.visitor.post(
        "/login", content=iter([b"username=Ada"]), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("content", [b"", b"username=Ada", b"password=x", b"username=%ff%00&password=%zz", b"a=b=c&&;"])
def test_odd_forms_are_wrong_passwords(site, content):
    answer = site.visitor.post("/login", content=content, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 401


def test_a_database_that_fails_lets_nobody_in(site):
    site.log_in()
    site.accounts.path.write_bytes(b"\xff" * 4096)
    for answer in (site.visitor.get("/"), site.log_in(), site.visitor.post("/logout")):
        assert answer.status_code == 503
        assert answer.json() == {"detail": strings.ACCOUNTS_DOWN}
    shown = site.log_in(**BROWSER)
    assert shown.status_code == 503
    assert alert(shown) == strings.ACCOUNTS_DOWN


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/login", {"username": "username", "password": "current-password"}),
        (
            "/register",
            {"username": "username", "password": "new-password", "password_again": "new-password"},
        ),
    ],
)
def test_pages_stand_alone_and_their_fields_are_labelled(open_site, path, fields):
    page = open_site.visitor.get(path, headers=BROWSER)
    assert page.status_code == 200
    assert re.findall(r"(?:src|href)=\"(?!data:)([^\"]+)", page.text) == ["register" if path == "/login" else "login"]
    assert "<script" not in page.text
    assert 'name="viewport"' in page.text
    assert "prefers-color-scheme: dark" in page.text
    found = dict(re.findall(r'<input id="(\w+)"[^>]*autocomplete="([\w-]+)"', page.text))
    assert found == fields
    for field in fields:
        assert f'<label for="{field}">' in page.text
    described = set(" ".join(re.findall(r'aria-describedby="([^"]*)"', page.text)).split())
    assert described <= set(re.findall(r'\bid="([^"]+)"', page.text))
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_problem_is_told_with_the_field_that_has_the_focus(site):
    shown = site.log_in('A"><script>', "wrong password", **BROWSER)
    assert "<script" not in shown.text
    focused = re.search(r"<input [^>]*\bautofocus\b[^>]*>", shown.text).group(0)
    assert 'name="password"' in focused
    assert 'aria-describedby="problem"' in focused
    assert 'role="alert" id="problem"' in shown.text


def test_pages_speak_the_browsers_language(open_site, monkeypatch):
    from recognizer.web import language

    german = {**language.sentences("en"), "LOG_IN": "Anmelden", "ACCOUNT_WRONG": "Das ist <falsch>."}
    english = language.sentences
    monkeypatch.setattr(language, "sentences", lambda tag: german if tag == "de" else english(tag))
    headers = {**BROWSER, "Accept-Language": "xx, de-AT;q=0.9, en;q=0.8"}
    page = open_site.visitor.get("/login", headers=headers)
    assert '<html lang="de">' in page.text
    assert "<h1>Anmelden</h1>" in page.text
    shown = open_site.log_in("Ada", "wrong password", **headers)
    assert alert(shown) == "Das ist &lt;falsch&gt;."
    told = open_site.log_in("Ada", "wrong password", **{"Accept-Language": "de"})
    assert told.json() == {"detail": "Das ist <falsch>."}


# Gradio behind the gate


class Nothing:
    """Reads no digit in anything."""

    def read(self, picture: Any) -> Reading:
        return Reading()

    def trace(self, picture: Any) -> Trace:
        import numpy as np

        grey = np.zeros((10, 10), np.uint8)
        return Trace(
            Reading(),
            np.zeros((10, 10, 3), np.uint8),
            grey,
            grey,
            grey,
            grey,
            (),
            np.zeros((0, 28, 28)),
            np.zeros((0, 10)),
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The real page behind the gate, with the user Ada; it serves MCP too where that is installed."""
    from recognizer.web.page import build_page

    accounts = Accounts(tmp_path_factory.mktemp("accounts") / "users.db", hasher=CHEAP)
    accounts.add_user("Ada", PASSWORD)
    page = build_page(Nothing(), accounts=True)
    with_mcp = importlib.util.find_spec("mcp") is not None
    page.launch(
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        mcp_server=with_mcp,
        **gate.launch_options(accounts, registration=False, key="only for this test"),
    )
    if with_mcp:
        gate.let_mcp_in(page, "only for this test")
    yield page
    page.close(verbose=False)
    accounts.close()


@pytest.fixture(scope="module")
def member(served):
    """A logged-in program."""
    with httpx.Client(base_url=served.local_url, timeout=30) as client:
        client.post("/login", data={"username": "Ada", "password": PASSWORD}).raise_for_status()
        yield client


@pytest.fixture(scope="module")
def stranger(served):
    with httpx.Client(base_url=served.local_url, timeout=30) as client:
        yield client


def leaves(routes: Any) -> set[tuple[str, str]]:
    """Method and path of every route, also of the routers in it, which FastAPI keeps whole or not by its version."""
    found = set()
    for route in routes:
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        if inner:
            found |= leaves(inner)
        else:
            path = re.sub(r"\{[^}]*\}", "1", route.path)
            found |= {(method, path) for method in getattr(route, "methods", None) or ("GET", "POST")}
    return found


def test_every_route_of_gradio_is_closed_without_a_session(served, stranger):
    from recognizer.web.limits import _CLOSED

    routes = leaves(served.app.routes)
    assert len(routes) > 60
    assert {("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/queue/join")} <= routes
    answered = {
        (method, path): stranger.request(method, path).status_code
        for method, path in sorted(routes)
        if not _CLOSED.match(path)  # to anyone, session or not
    }
    let_in = {where for where, status in answered.items() if status != 401}
    open_ones = ("/gradio_api/startup-events", "/manifest.json", "/pwa_icon", "/logout")  # the last answers 405
    assert let_in == {("GET", path) for path in open_ones}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/config"),
        ("GET", "/theme.css"),
        ("GET", "/robots.txt"),
        ("GET", "/static/img/logo_nosize.svg"),
        ("GET", "/assets/{script}"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/app_id"),
        ("GET", "/gradio_api/user"),
        ("GET", "/gradio_api/heartbeat/abc"),
        ("GET", "/gradio_api/queue/data?session_hash=abc"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/call/read"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file={example}"),
    ],
)
def test_each_kind_of_path_opens_with_a_session(served, stranger, member, method, path):
    from recognizer.web.read_tab import EXAMPLES_FOLDER

    script = re.search(r"assets/([\w.-]+\.js)", member.get("/").text)
    path = path.format(script=script.group(1) if script else "", example=EXAMPLES_FOLDER / "note.jpg")
    options: dict[str, Any] = {}
    if "upload" in path:
        options = {"files": {"files": ("a.txt", b"x")}}
    elif method == "POST":
        options = {"json": {"data": [None]}}
    with stranger.stream(method, path, **options) as answer:  # some answers never end
        assert answer.status_code == 401
    with member.stream(method, path, **options) as answer:
        assert answer.status_code not in (303, 401, 403, 404, 405)
        assert answer.status_code < 500
        cached = answer.headers.get("Cache-Control", "")
    assert ("no-store" in cached) is not path.startswith(("/assets/", "/static/"))


def test_gradio_knows_who_is_there(member):
    assert member.get("/gradio_api/user").json() == "Ada"
    assert member.get("/config").json()["username"] == "Ada"


def test_mcp_needs_a_session_and_reads_with_one(served, stranger, member):
    mcp = pytest.importorskip("mcp", reason="needs the mcp extra")
    http = pytest.importorskip("mcp.client.streamable_http")
    picture = base64.b64encode((ROOT / "tests" / "golden" / "page.png").read_bytes()).decode()

    async def call() -> Any:
        cookie = {"Cookie": f"{COOKIE}={member.cookies[COOKIE]}"}
        async with (
            http.streamablehttp_client(f"{served.local_url}gradio_api/mcp/", headers=cookie) as (down, up, _),
            mcp.ClientSession(down, up) as session,
        ):
            await session.initialize()
            (tool,) = (await session.list_tools()).tools
            (given,) = tool.inputSchema["properties"]
            return await session.call_tool(tool.name, {given: f"data:image/png;base64,{picture}"})

    assert stranger.post("gradio_api/mcp/", json={}).status_code == 401
    answer = anyio.run(call)
    assert not answer.isError
    assert "'digits': []" in answer.content[0].text


def test_page_has_the_way_out_only_where_there_are_accounts():
    from recognizer.web.page import build_page

    for accounts in (False, True):
        ids = {getattr(block, "elem_id", None) for block in build_page(Nothing(), accounts=accounts).blocks.values()}
        assert ({"account", "log-out"} <= ids) is accounts


def test_greeting_is_escaped():
    from recognizer.web.account_row import _greet

    assert _greet("en", SimpleNamespace(username="<b>")) == "<p>Logged in as &lt;b&gt;</p>"


def test_programs_log_in_to_the_app(tmp_path):
    """app.py as its owner starts it, a user added while it runs, and that user removed again."""
    database, port = tmp_path / "users.db", free_port()

    def users(*arguments: str, **options: Any) -> str:
        command = [sys.executable, str(ROOT / "app.py"), "users", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, **options).stdout

    server = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", str(port), "--auth", str(database)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == console.NO_USERS.format(path=database)
        assert server.stdout.readline().strip() == console.ADDRESS.format(url=url)
        users("add", str(database), "Ada", "--password-stdin", input=f"{PASSWORD}\n")
        for auth in (None, ("Ada", "wrong password")):
            with pytest.raises(AuthenticationError):
                gradio_client.Client(url, auth=auth, verbose=False)
        client = gradio_client.Client(url, auth=("ada", PASSWORD), verbose=False)
        picture = gradio_client.handle_file(str(ROOT / "tests" / "golden" / "page.png"))
        assert client.predict(picture, api_name="/read")[0] == "253\n9916\n807"
        users("remove", str(database), "Ada")
        with pytest.raises(httpx.HTTPStatusError):
            client.predict(picture, api_name="/read")
        client.close()
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=60)
    assert server.returncode == 0, said
    assert "Traceback" not in said, said
