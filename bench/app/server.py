"""The server behind the pages: who is let in, which page is where, and how it ends."""

from __future__ import annotations

import hmac
import secrets
import signal
import socket
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.app.desk import Desk, sweep
from bench.app.pages import Pages


class OnlyMe:
    """Let in nobody but the browser that was opened: right host, right token."""

    def __init__(self, app: ASGIApp, token: str):
        self.app, self.token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        name, _, port = (request.headers.get("host") or "").rpartition(":")
        cookie = f"bench-{port}"  # Cookies are shared by all ports of a machine, and two windows may be open.
        given = request.query_params.get("token") or request.cookies.get(cookie) or ""
        origin = request.headers.get("origin")
        foreign = origin is not None and origin != f"http://{request.headers.get('host')}"
        # Other pages of this machine are of the same site, and their requests bring the cookie along.
        foreign |= request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        allowed = hmac.compare_digest(given.encode(), self.token.encode())
        if name not in ("127.0.0.1", "localhost") or foreign or not allowed:
            await PlainTextResponse("403", status_code=403)(scope, receive, send)
            return
        if request.query_params.get("token"):
            response: Response = RedirectResponse(request.url.path, status_code=303)
            response.set_cookie(cookie, self.token, httponly=True, samesite="strict")
            await response(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self.app(scope, receive, guarded)


def application(desk: Desk, token: str, language: str = "nb", end: Callable[[], None] | None = None) -> Starlette:
    """Return the app; every request needs the token, and ``end`` is called when the user closes it."""
    pages = Pages(desk, language, end)
    post = ["POST"]
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/{name}.js", pages.script),
            Route("/language/{language}", pages.switch, methods=post),
            Route("/close", pages.close, methods=post),
            Route("/files", pages.upload, methods=post),
            Route("/files/{key}", pages.file),
            Route("/files/{key}/reading", pages.reading, methods=post),
            Route("/files/{key}/cell", pages.cell, methods=post),
            Route("/files/{key}/copy", pages.copy),
            Route("/files/{key}/mapping", pages.mapping),
            Route("/files/{key}/model", pages.make_model, methods=post),
            Route("/files/{key}/delete", pages.drop, methods=post),
            Route("/models/{key}", pages.model, methods=["GET", "POST"]),
            Route("/models/{key}/copy", pages.copy),
            Route("/models/{key}/delete", pages.drop, methods=post),
            Route("/do/{kind}", pages.ask),
            Route("/do/{kind}", pages.do, methods=post),
            Route("/jobs/{key}", pages.job),
            Route("/jobs/{key}/state", pages.state),
            Route("/jobs/{key}/cancel", pages.cancel, methods=post),
            Route("/jobs/{key}/delete", pages.forget, methods=post),
            Route("/jobs/{key}/zip", pages.zip),
            Route("/jobs/{key}/result/{path:path}", pages.result),
        ],
        middleware=[Middleware(OnlyMe, token=token)],
        exception_handlers={HTTPException: pages.fault, Exception: pages.fault},
    )


def serve(port: int, language: str, opened: Any) -> None:
    """Serve until the user stops it; ``opened`` gets the address, and what was handed in is deleted at the end."""
    import uvicorn

    token = secrets.token_urlsafe(24)
    sweep()
    desk = Desk()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()  # A browser that is quicker than the server waits its turn instead of being turned away.
        desk.answers_at(listening.getsockname()[1])

        def end(*_: object) -> None:
            server.should_exit = True

        made = application(desk, token, language, end)
        server = uvicorn.Server(uvicorn.Config(made, log_level="warning", access_log=False))
        if hasattr(signal, "SIGHUP"):  # the terminal was closed
            signal.signal(signal.SIGHUP, end)
        opened(f"http://127.0.0.1:{listening.getsockname()[1]}/?token={token}")

        server.run(sockets=[listening])
    finally:
        listening.close()
        desk.close()
