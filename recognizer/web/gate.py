"""The gate in front of the page: without a session nothing behind it answers, but the pages to log in and to register."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from hmac import compare_digest
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from gradio_client import Client
from starlette.authentication import SimpleUser
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from recognizer.web import account_pages
from recognizer.web.accounts import (
    LONGEST_SESSION,
    Accounts,
    AccountsError,
    LockedError,
    RefusedError,
    check_name,
    check_password,
    minutes_of,
)
from recognizer.web.language import accepted_language, say
from recognizer.web.limits import visitor_of

LOG_IN, LOG_OUT, REGISTER = "/login", "/logout", "/register"
OPEN = re.compile(r"/gradio_api/startup-events|/manifest\.json|/pwa_icon(/\d+)?")
"""What anyone may have: Gradio asks its own server for the first before it calls the page ready, and browsers that install
the page ask for its name and icon without a cookie."""
COOKIE = "handwritten-numbers"
KEY_HEADER = "X-Own-Key"
OWN_NAME = "(this program)"
"""Name of whoever comes in by the key; no user can have it."""
FIRST_DELAY, LONGEST_DELAY = 0.5, 4.0
"""Seconds that a failure's answer is held back: the first one's, doubled by each further one, and the longest."""
LARGEST_FORM = 10_000
"""Bytes."""
HASHED_AT_ONCE = 2
"""Passwords; each takes 64 MiB of memory while it is hashed."""

_KEPT_BY_BROWSERS = ("/assets/", "/static/")  # Gradio's own files, the same for everyone
_T = TypeVar("_T")


def launch_options(accounts: Accounts, *, registration: bool, key: str = "") -> dict[str, Any]:
    """Options of gr.Blocks.launch that put the page behind the gate; `gr.Request.username` then says who is there.

    Args:
        accounts: who may come in.
        registration: whether anyone may register.
        key: lets this program itself in, see `let_mcp_in`; none is let in by an empty one.
    """
    return {
        "app_kwargs": {"middleware": [Middleware(Gate, accounts=accounts, registration=registration, key=key)]},
        "auth_dependency": user_of,
    }


def let_mcp_in(page: Any, key: str) -> None:
    """Give Gradio's MCP server, which reads a picture by asking its own page, the key to the gate.

    Who calls it has passed the gate by then; as whom is known by that request's cookie, which it passes on.

    Args:
        page: gr.Blocks, launched with `mcp_server=True` and `launch_options(..., key=key)`.
        key: a secret of this run.
    """

    @cache
    def client() -> Client:
        return Client(
            page.local_url,
            download_files=False,
            verbose=False,
            analytics_enabled=False,
            ssl_verify=False,
            _skip_components=False,
            headers={"x-gradio-user": "mcp", KEY_HEADER: key},
        )

    page.mcp_server_obj._get_or_create_client = client


def user_of(request: Request) -> str | None:
    """Name of the user whom the gate let through, None for a request that did not pass it."""
    user = request.scope.get("user")
    return user.username if isinstance(user, SimpleUser) else None


class Gate:
    """ASGI middleware: finds the session of a request, and answers those that have none.

    Whom attempts count for is `limits.visitor_of`'s to say: X-Forwarded-For is believed from this computer only, where
    the share tunnel ends.
    """

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts,
        *,
        registration: bool = False,
        key: str = "",
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        """Arguments as of `launch_options`; and the application behind the gate, and what waits some seconds."""
        self._app = app
        self._accounts = accounts
        self._registration = registration
        self._key = key
        self._sleep = sleep
        self._hashing = anyio.CapacityLimiter(HASHED_AT_ONCE)
        self._own: dict[str, dict[str, Callable[[Request], Awaitable[Response]]]] = {
            LOG_IN: {"GET": self._show_log_in, "HEAD": self._show_log_in, "POST": self._log_in},
            REGISTER: {"GET": self._show_register, "HEAD": self._show_register, "POST": self._register},
            LOG_OUT: {"POST": self._log_out},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through with its user in `scope["user"]`."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # the page uses no web sockets
            await WebSocketClose(1008)(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD") and OPEN.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
        else:
            answer = await self._answer(Request(scope, receive))
            if answer is None:
                await self._app(scope, receive, _unkept(scope["path"], send))
            else:
                answer.headers["Cache-Control"] = "no-store"
                await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """The gate's own answer; None, with the user in the scope, where the request may pass."""
        path = request.scope["path"]
        own = self._own.get(path)
        try:
            if own is not None and request.method not in own:
                return Response(status_code=405, headers={"Allow": ", ".join(own)})
            if _comes_from_elsewhere(request):
                return self._refuse(request, 403, "ACCOUNT_ELSEWHERE")
            if own is not None:
                return await own[request.method](request)
            user = await self._user(request)
        except AccountsError:
            return self._refuse(request, 503, "ACCOUNTS_DOWN")
        except ClientDisconnect:
            return Response(status_code=400)  # nobody hears it
        if user is not None:
            request.scope["user"] = SimpleUser(user)
            return None
        if request.method in ("GET", "HEAD") and _shows_pages(request):
            # Relative, as the page may lie anywhere behind a proxy.
            return RedirectResponse("../" * (path.count("/") - 1) + LOG_IN[1:], status_code=303)
        return self._refuse(request, 401, "ACCOUNT_NEEDED")

    async def _show_log_in(self, request: Request) -> Response:
        if await self._user(request) is not None:
            return RedirectResponse("./", status_code=303)
        return self._page(request, LOG_IN)

    async def _show_register(self, request: Request) -> Response:
        if not self._registration:
            return self._refuse(request, 403, "ACCOUNT_NO_REGISTRATION")
        return self._page(request, REGISTER)

    async def _log_in(self, request: Request) -> Response:
        form = await _read_form(request)
        if form is None:
            return self._refuse(request, 400, "ACCOUNT_FORM")
        name, password = form.get("username", "").strip(), form.get("password", "")
        try:
            attempt = await _in_thread(lambda: self._accounts.begin_login(name, _visitor(request)))
        except LockedError as lock:
            return self._refuse_locked(request, lock, name)
        user = await _in_thread(lambda: self._accounts.verify(name, password), self._hashing)
        if user is None:
            await self._sleep(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt.failures - 1)))
            return self._refuse(request, 401, "ACCOUNT_WRONG", typed=name)
        await _in_thread(lambda: self._accounts.forgive(attempt, user))
        return await self._enter(request, user)

    async def _register(self, request: Request) -> Response:
        if not self._registration:
            return self._refuse(request, 403, "ACCOUNT_NO_REGISTRATION")
        form = await _read_form(request)
        if form is None:
            return self._refuse(request, 400, "ACCOUNT_FORM")
        name, password = form.get("username", "").strip(), form.get("password", "")
        try:
            check_name(name)
            check_password(name, password)
            if password != form.get("password_again"):
                raise RefusedError("ACCOUNT_PASSWORDS_DIFFER")
            await _in_thread(lambda: self._accounts.begin_registration(_visitor(request)))
            await _in_thread(lambda: self._accounts.add_user(name, password), self._hashing)
        except RefusedError as refusal:
            status = 409 if refusal.sentence == "ACCOUNT_TAKEN" else 400
            return self._refuse(request, status, refusal.sentence, refusal.values, typed=name)
        except LockedError as lock:
            return self._refuse_locked(request, lock, name)
        return await self._enter(request, name)

    async def _log_out(self, request: Request) -> Response:
        token = request.cookies.get(_cookie(request))
        if token:
            await _in_thread(lambda: self._accounts.close_session(token))
        answer = _done(request, LOG_IN[1:])
        answer.delete_cookie(_cookie(request), secure=_is_secure(request), httponly=True, samesite="lax")
        return answer

    async def _enter(self, request: Request, user: str) -> Response:
        """Open a session, in place of the one that the browser may have."""
        former = request.cookies.get(_cookie(request))
        if former:
            await _in_thread(lambda: self._accounts.close_session(former))
        token = await _in_thread(lambda: self._accounts.open_session(user))
        answer = _done(request, "./")
        answer.set_cookie(
            _cookie(request),
            token,
            max_age=LONGEST_SESSION,
            secure=_is_secure(request),
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _user(self, request: Request) -> str | None:
        token = request.cookies.get(_cookie(request))
        user = await _in_thread(lambda: self._accounts.session_user(token)) if token else None
        if (
            user is None
            and self._key
            and compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._key.encode())
        ):
            return OWN_NAME
        return user

    def _refuse_locked(self, request: Request, lock: LockedError, typed: str) -> Response:
        answer = self._refuse(request, 429, "ACCOUNT_LOCKED", {"minutes": minutes_of(lock.seconds)}, typed=typed)
        answer.headers["Retry-After"] = str(int(lock.seconds) + 1)
        return answer

    def _refuse(
        self, request: Request, status: int, sentence: str, values: dict[str, object] | None = None, typed: str = ""
    ) -> Response:
        """Say what is wrong: above the form for a browser that sent one, else as Gradio's page shows it."""
        said = say(_language(request), sentence, **(values or {}))
        if request.scope["path"] in self._own and _shows_pages(request):
            page = REGISTER if request.scope["path"] == REGISTER and self._registration else LOG_IN
            return self._page(request, page, status, said, typed)
        if request.scope["path"].endswith("/upload"):
            return PlainTextResponse(said, status)
        return JSONResponse({"detail": said}, status)

    def _page(self, request: Request, page: str, status: int = 200, problem: str = "", name: str = "") -> Response:
        language = _language(request)
        if page == REGISTER:
            content = account_pages.register_page(language, problem=problem, name=name)
        else:
            content = account_pages.log_in_page(language, problem=problem, name=name, registration=self._registration)
        return HTMLResponse(content, status, account_pages.HEADERS)


def _unkept(path: str, send: Send) -> Send:
    """Keep what a user sees out of the browser's cache, where the next one at the same computer would find it."""

    async def send_unkept(message: Message) -> None:
        if message["type"] == "http.response.start" and not path.startswith(_KEPT_BY_BROWSERS):
            MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
        await send(message)

    return send_unkept


async def _in_thread(work: Callable[[], _T], limiter: anyio.CapacityLimiter | None = None) -> _T:
    return await anyio.to_thread.run_sync(work, limiter=limiter)


async def _read_form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None where it is too large, of unknown length, or damaged."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > LARGEST_FORM:
        return None
    try:
        async with request.form(max_files=0, max_fields=10) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except (HTTPException, MultiPartException):
        return None


def _done(request: Request, target: str) -> Response:
    """Lead a browser on; a program is told that it worked, as Gradio's own log-in tells it."""
    if _shows_pages(request):
        return RedirectResponse(target, status_code=303)
    return JSONResponse({"success": True})


def _comes_from_elsewhere(request: Request) -> bool:
    """Whether a browser sends this on behalf of another site; following a link from there to here is no harm."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        follows_link = request.method in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Mode") == "navigate"
        return site not in ("same-origin", "none") and not follows_link
    # Browsers leave it out where the page is served without encryption, to the network.
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("Host")


def _shows_pages(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _language(request: Request) -> str:
    return accepted_language(request.headers.get("Accept-Language", ""))


def _is_secure(request: Request) -> bool:
    return request.scope["scheme"] == "https" or request.headers.get("X-Forwarded-Proto", "").startswith("https")


def _cookie(request: Request) -> str:
    """Name of the session's cookie; with the prefix, browsers take it from this very host only, and only encrypted."""
    return f"__Host-{COOKIE}" if _is_secure(request) else COOKIE


def _visitor(request: Request) -> str:
    return visitor_of(request.scope) or "this computer"
