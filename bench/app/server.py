"""The pages of ``bench open`` and the server behind them."""

from __future__ import annotations

import functools
import hmac
import secrets
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bench import resources
from bench.app.desk import MOST, Desk, HandedIn
from bench.errors import BenchError

#: Roles that are asked for, in the order of the form; those with one column first.
ONE, MANY = ("id", "period", "scheme", "cost"), ("outputs", "environment", "extra")

#: Rows of the file that are shown.
_SHOWN = 12

_COOKIE = "bench"


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
        host = (request.headers.get("host") or "").rsplit(":", 1)[0]
        given = request.query_params.get("token") or request.cookies.get(_COOKIE) or ""
        origin = request.headers.get("origin")
        foreign = origin is not None and origin != f"http://{request.headers.get('host')}"
        if host not in ("127.0.0.1", "localhost") or foreign or not hmac.compare_digest(given, self.token):
            await PlainTextResponse("403", status_code=403)(scope, receive, send)
            return
        if request.query_params.get("token"):
            response: Response = RedirectResponse(request.url.path, status_code=303)
            response.set_cookie(_COOKIE, self.token, httponly=True, samesite="strict")
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


@functools.lru_cache(maxsize=2)
def texts(language: str) -> Mapping[str, str]:
    """Return the app's texts in a language."""
    return tomllib.loads(files("bench.app").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bench.app", "templates"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """The handlers, with what they work on."""

    def __init__(self, desk: Desk, language: str):
        self.desk, self.language = desk, language

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill in a page."""
        t = texts(self.language)
        text = _templates().get_template(template).render(t=t, language=self.language, desk=self.desk, **values)
        return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-store"})

    async def home(self, request: Request) -> Response:
        """Show what is in hand, and the form to hand in more."""
        return self.show("home.html.j2", models=_models(self.language), error="")

    async def switch(self, request: Request) -> Response:
        """Change the language."""
        chosen = request.path_params["language"]
        self.language = chosen if chosen in ("nb", "en") else self.language
        return RedirectResponse("/", status_code=303)

    async def upload(self, request: Request) -> Response:
        """Take in one or several files; too large a form is refused before it is read."""
        t = texts(self.language)
        if int(request.headers.get("content-length") or 0) > MOST:
            return self.show("home.html.j2", 413, models=_models(self.language), error=t["too_large"])
        form = await request.form(max_files=50)
        given = [part for part in form.getlist("file") if isinstance(part, UploadFile) and part.filename]
        if not given:
            return self.show("home.html.j2", 400, models=_models(self.language), error=t["no_file"])
        last = ""
        for part in given:
            key, path = self.desk.place(str(part.filename))
            path.write_bytes(await part.read())
            try:
                last = self.desk.take(key, path).key
            except BenchError as error:
                text = f"{path.name}: {error}"
                return self.show("home.html.j2", 400, models=_models(self.language), error=text)
        return RedirectResponse(f"/files/{last}", status_code=303)

    def _file(self, request: Request) -> HandedIn | None:
        return self.desk.files.get(request.path_params["key"])

    async def file(self, request: Request) -> Response:
        """Show a file: its columns and their roles, its first rows, and every problem in its cell."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        report = found.proposal.report
        assert report is not None
        roles = found.proposal.mapping.roles.model_dump()
        held = {name: role for role in ONE if (name := roles.get(role))}
        held |= {name: role for role in MANY for name in roles.get(role) or ()}
        head, rows = _preview(found)
        return self.show(
            "file.html.j2",
            file=found,
            report=report,
            held=held,
            roles=(*ONE, *MANY),
            head=head,
            rows=rows,
            models=_models(self.language),
            layout=found.proposal.mapping.layout,
        )

    async def roles(self, request: Request) -> Response:
        """Take the roles, the header row, and the findings the user accepts with a reason."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        form = await request.form()
        given: dict[str, Any] = {}
        many: dict[str, list[str]] = {role: [] for role in MANY}
        for key, value in form.items():
            if not key.startswith("role:") or not value:
                continue
            column, role = key.removeprefix("role:"), str(value)
            if role in ONE:
                given[role] = column
            elif role in MANY:
                many[role].append(column)
        given |= {role: columns for role, columns in many.items() if columns}
        header, sheet = str(form.get("header") or ""), str(form.get("sheet") or "")
        if header.isdigit():
            given["header"] = int(header)
        if sheet:
            given["sheet"] = sheet
        found.reasons = {
            key.removeprefix("reason:"): str(value).strip()
            for key, value in form.items()
            if key.startswith("reason:") and str(value).strip()
        }
        if found.reasons:
            given["accept"] = tuple(found.reasons)
        before = found.given
        found.given = given
        try:
            found.look()
        except BenchError:
            found.given = before
            found.look()
        return RedirectResponse(f"/files/{found.key}#problems", status_code=303)

    async def drop(self, request: Request) -> Response:
        """Delete a file."""
        self.desk.drop(request.path_params["key"])
        return RedirectResponse("/", status_code=303)

    async def run(self, request: Request) -> Response:
        """Start a run of a model on a file, or on the model's own data."""
        form = await request.form()
        model = str(form.get("model") or "")
        if model not in resources.model_names():
            return RedirectResponse("/", status_code=303)
        lines = [line.partition("=") for line in str(form.get("set") or "").splitlines()]
        settings = {key.strip(): value.strip() for key, sign, value in lines if sign}
        found = self.desk.files.get(str(form.get("file") or ""))
        work = self.desk.start(model, self.language, self.desk.runner(found, model, settings))
        return RedirectResponse(f"/jobs/{work.key}", status_code=303)

    async def job(self, request: Request) -> Response:
        """Show how far a job is, or what came of it."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None:
            return RedirectResponse("/", status_code=303)
        return self.show("job.html.j2", work=work)

    async def cancel(self, request: Request) -> Response:
        """Stop a job."""
        work = self.desk.works.get(request.path_params["key"])
        if work is not None:
            work.stopped.set()
        return RedirectResponse(f"/jobs/{request.path_params['key']}", status_code=303)

    async def result(self, request: Request) -> Response:
        """Hand out a file of a result; nothing outside its folder."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None or not work.finished:
            return PlainTextResponse("404", status_code=404)
        wanted = (work.folder / request.path_params["path"]).resolve()
        if not wanted.is_relative_to(work.folder.resolve()) or not wanted.is_file():
            return PlainTextResponse("404", status_code=404)
        return FileResponse(wanted)

    async def zip(self, request: Request) -> Response:
        """Hand out a result as a zip."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None or not work.folder.is_dir():
            return PlainTextResponse("404", status_code=404)
        name = f"{work.folder.name}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(work.zipped(), media_type="application/zip", headers=headers)


def _models(language: str) -> list[tuple[str, str]]:
    from bench.modelfile import load_model

    return [(name, load_model(name).title(language)) for name in resources.model_names()]


def _preview(found: HandedIn) -> tuple[list[str], list[tuple[int, list[tuple[str, str]]]]]:
    """Return column names and the first rows, every cell with what is wrong in it."""
    from bench.reading.load import read_table

    layout = found.proposal.mapping.layout.model_dump(exclude_none=True)
    options = {k: v for k, v in layout.items() if k in ("sheet", "header", "delimiter", "encoding")}
    try:
        table = read_table(found.path, **options)
    except BenchError:
        return [], []  # What is wrong with the file stands among the findings.
    report = found.proposal.report
    assert report is not None
    wrong: dict[str, str] = {}
    for issue in report.issues:
        wrong.setdefault(issue.cell, f"{issue.message} → {issue.remedy}")
    rows = []
    block = table.blocks[0]
    for k in range(min(_SHOWN, block.stop - block.start)):
        cells = [
            ("" if column[block.start + k] is None else str(column[block.start + k]), wrong.get(block.cell(k, j), ""))
            for j, column in enumerate(table.cells)
        ]
        rows.append((k + 1, cells))
    return list(table.columns), rows


def application(desk: Desk, token: str, language: str = "nb") -> Starlette:
    """Return the app; every request needs the token."""
    pages = Pages(desk, language)
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/language/{language}", pages.switch, methods=["POST"]),
            Route("/files", pages.upload, methods=["POST"]),
            Route("/files/{key}", pages.file),
            Route("/files/{key}/roles", pages.roles, methods=["POST"]),
            Route("/files/{key}/delete", pages.drop, methods=["POST"]),
            Route("/run", pages.run, methods=["POST"]),
            Route("/jobs/{key}", pages.job),
            Route("/jobs/{key}/cancel", pages.cancel, methods=["POST"]),
            Route("/jobs/{key}/zip", pages.zip),
            Route("/jobs/{key}/result/{path:path}", pages.result),
        ],
        middleware=[Middleware(OnlyMe, token=token)],
    )


def serve(port: int, language: str, opened: Any) -> None:
    """Serve until the user stops it; ``opened`` gets the address, and what was handed in is deleted at the end."""
    import socket

    import uvicorn

    token = secrets.token_urlsafe(24)
    desk = Desk()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", port))
    try:
        opened(f"http://127.0.0.1:{listening.getsockname()[1]}/?token={token}")
        config = uvicorn.Config(application(desk, token, language), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        desk.close()
