"""The pages of ``bench open``: forms that are filled in here, and answers that are handed on."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from bench import resources
from bench.app.command import KINDS, OWN_FILE, Asked, shown
from bench.app.desk import MOST, Desk, HandedIn, OwnModel
from bench.app.forms import MANY, ONE, number_of, reading_of, settings_of, values_of, without_columns
from bench.app.looking import correctable, findings_of, header_of, lines_of, remarks_of, rows_of, said, sheets_of
from bench.app.words import texts
from bench.app.work import Work
from bench.cli.run import TABLES
from bench.errors import BenchError, DataError, OptionError
from bench.modelfile import load_model
from bench.pipeline.appeal import CellChange
from bench.pipeline.outlook.advise import HISTORIC, SYSTEMS
from bench.reading.addresses import column_letters
from bench.reading.profile import NUMERIC
from bench.report.words.findings import in_language
from bench.site.markdown import read_markdown

#: The model that is proposed for a file, and for a look without one.
_FOR_FILE, _FOR_LOOK = "average-cost", "kristiansand"

#: Worlds a first look is played in; the command line's own thousand takes minutes.
_DRAWS = "200"

_PIECE = 1 << 20

#: Files of one form, at most; their size is what counts.
_FILES = 1000

#: The scripts of the pages.
_SCRIPTS = ("drop", "progress")


@functools.lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bench.app", "templates"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.lru_cache(maxsize=2)
def _bundled(language: str) -> list[tuple[str, str]]:
    """Return the bundled models, name and title."""
    return [(name, load_model(name).title(language)) for name in resources.model_names()]


class Pages:
    """The handlers, with what they work on."""

    def __init__(self, desk: Desk, language: str, end: Callable[[], None] | None = None):
        self.desk, self.language, self.end = desk, language, end
        self._started: dict[str, str] = {}  # form that was sent -> job: a double click runs nothing twice

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill in a page."""
        t = texts(self.language)
        values = {"error": "", **values}
        text = _templates().get_template(template).render(t=t, language=self.language, desk=self.desk, **values)
        return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-store"})

    def say(self, error: BenchError) -> str:
        """Return an error in the language of the pages, one line for each problem."""
        if isinstance(error, DataError):
            return "\n".join(str(said(issue, self.language)) for issue in error.issues)
        return "\n".join(in_language(line, self.language) for line in str(error).splitlines())

    async def fault(self, request: Request, error: Exception) -> Response:
        """Say what went wrong on a page of the window; what was handed in is as it was."""
        t = texts(self.language)
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = str(error.detail) if isinstance(error, HTTPException) else f"{type(error).__name__}: {error}"
        told = told.replace(f"{self.desk.folder}", "")
        return self._home(status, f"{t['missing_page'] if status == 404 else t['fault']} ({told})")

    # -- the first page --------------------------------------------------------------------------------------

    async def home(self, request: Request) -> Response:
        """Show what is in hand, and the form to hand in more."""
        return self._home()

    def _home(self, status: int = 200, error: str = "") -> Response:
        return self.show("home.html.j2", status, kinds=[kind for kind in KINDS if kind not in OWN_FILE], error=error)

    async def script(self, request: Request) -> Response:
        """Hand out a script: files that are dropped on the page, and how far a job is; all else is a form."""
        if request.path_params["name"] not in _SCRIPTS:
            return PlainTextResponse("404", status_code=404)
        text = files("bench.app").joinpath(f"{request.path_params['name']}.js").read_text(encoding="utf-8")
        return Response(text, media_type="text/javascript; charset=utf-8")

    async def switch(self, request: Request) -> Response:
        """Change the language and stay where one was."""
        chosen = request.path_params["language"]
        self.language = chosen if chosen in ("nb", "en") else self.language
        back = urlsplit(request.headers.get("referer") or "/")
        stays = back.netloc == request.headers.get("host") and "/result/" not in back.path
        where = (back.path + (f"?{back.query}" if back.query else "")) if stays else "/"
        return RedirectResponse(where, status_code=303)

    async def close(self, request: Request) -> Response:
        """End the app; everything that was handed in is deleted then."""
        return HTMLResponse(
            self.show("closed.html.j2").body, background=BackgroundTask(self.end) if self.end is not None else None
        )

    async def upload(self, request: Request) -> Response:
        """Take in one or several files; too large a form is refused before it is kept."""
        t = texts(self.language)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST:
            # A browser shows an answer only when it has been allowed to send everything it wanted to.
            async for _ in request.stream():
                pass
            return self._home(413, t["too_large"])
        form = await request.form(max_files=_FILES)
        given = [part for part in form.getlist("file") if isinstance(part, UploadFile) and part.filename]
        if not given:
            return self._home(400, t["no_file"])
        taken: list[HandedIn | OwnModel] = []
        refused = []
        for part in given:
            try:
                taken.append(await self._take(part))
            except BenchError as error:
                refused.append(f"{part.filename}: {self.say(error)}")
        await form.close()
        if refused:
            return self._home(400, "\n".join(refused))
        if len(taken) > 1:
            return RedirectResponse("/#files", status_code=303)
        return RedirectResponse(_address(taken[0]), status_code=303)

    async def _take(self, part: UploadFile) -> HandedIn | OwnModel:
        key, path = self.desk.place(str(part.filename))
        with path.open("wb") as out:
            while piece := await part.read(_PIECE):
                out.write(piece)
        take = self.desk.take_model if path.suffix.lower() == ".toml" else self.desk.take
        found: HandedIn | OwnModel = await run_in_threadpool(take, key, path)
        return found

    # -- a file ----------------------------------------------------------------------------------------------

    def _file(self, request: Request) -> HandedIn | None:
        return self.desk.files.get(request.path_params["key"])

    async def file(self, request: Request) -> Response:
        """Show a file: where its table is, its columns and their roles, its rows, and every problem in its cell."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        return await run_in_threadpool(self._show_file, found)

    def _show_file(self, found: HandedIn, status: int = 200, error: str = "") -> Response:
        report = found.proposal.report
        assert report is not None
        mapping = found.proposal.mapping
        roles = mapping.roles.model_dump()
        held = {name: role for role in ONE if (name := roles.get(role))}
        for role in MANY:
            named = roles.get(role) or ()
            held |= dict.fromkeys([named] if isinstance(named, str) else named, role)
        chosen = mapping.layout.sheet
        head, rows = rows_of(found, self.language)
        # A sum of columns that was asked for is read beside them, and is none of the file's own.
        columns = [column for column in report.columns if not head or column.name in head]
        wrong = {cell.anchor for row in rows for cell in row.cells if cell.wrong}
        findings, lines = findings_of(found, self.language), lines_of(found)
        return self.show(
            "file.html.j2",
            status,
            error=error,
            file=found,
            mapping=mapping,
            report=report,
            columns=columns,
            at={column.name: place for place, column in enumerate(columns, start=1)},
            wrong=wrong,
            held=held,
            roles=(*ONE, *MANY),
            numeric=NUMERIC,
            sheets=sheets_of(found),
            chosen=[chosen] if isinstance(chosen, str) else chosen or ([report.sheet] if report.sheet else []),
            lines=lines,
            letters=[column_letters(k) for k in range(len(lines[0][1]))] if lines else [],
            header=header_of(found),
            closed=bool(report.errors) and not correctable(found),
            head=head,
            rows=rows,
            findings=findings,
            errors=sum(one.severity == "error" for one in findings),
            remarks=remarks_of(found, self.language),
            missing=[role for role in ("id", "cost", "outputs") if not roles.get(role)],
            kinds=KINDS,
        )

    async def reading(self, request: Request) -> Response:
        """Take how the file is read: sheets, header, roles, factors, rows left out, findings accepted with a reason."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        form = await request.form(max_fields=5000)
        try:
            given, reasons = reading_of(form.multi_items(), self.language)
            if any(given.get(key) != found.given.get(key) for key in ("sheet", "header")):
                given, reasons = without_columns(given), {}
            await run_in_threadpool(found.say, given, reasons)
        except BenchError as error:
            return await run_in_threadpool(self._show_file, found, 400, self.say(error))
        return RedirectResponse(f"/files/{found.key}#findings", status_code=303)

    async def cell(self, request: Request) -> Response:
        """Write another value into a cell of the copy that was handed in."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        form = await request.form()
        sheet, address, value = (str(form.get(name) or "").strip() for name in ("sheet", "cell", "value"))
        try:
            await run_in_threadpool(found.correct, CellChange(found.path.name, sheet, address, value))
        except BenchError as error:
            return await run_in_threadpool(self._show_file, found, 400, self.say(error))
        return RedirectResponse(f"/files/{found.key}#findings", status_code=303)

    async def copy(self, request: Request) -> Response:
        """Hand out a file as it is here, with its corrections, or a model."""
        key = request.path_params["key"]
        found = self.desk.files.get(key) or self.desk.models.get(key)
        if found is None:
            return PlainTextResponse("404", status_code=404)
        return FileResponse(found.path, filename=found.path.name)

    async def mapping(self, request: Request) -> Response:
        """Hand out how a file is read, which the command line takes with ``--map``."""
        found = self._file(request)
        if found is None:
            return PlainTextResponse("404", status_code=404)
        return FileResponse(found.mapping, filename=found.mapping.name)

    async def drop(self, request: Request) -> Response:
        """Delete a file or a model."""
        self.desk.drop(request.path_params["key"])
        return RedirectResponse("/", status_code=303)

    # -- a model of one's own --------------------------------------------------------------------------------

    async def make_model(self, request: Request) -> Response:
        """Make a model for the columns of a file."""
        found = self._file(request)
        if found is None:
            return RedirectResponse("/", status_code=303)
        form = await request.form()
        name = str(form.get("name") or "").strip() or found.path.stem
        try:
            made = await run_in_threadpool(self.desk.new_model, found, name, self.language)
        except BenchError as error:
            return await run_in_threadpool(self._show_file, found, 400, self.say(error))
        return RedirectResponse(f"{_address(made)}?file={found.key}", status_code=303)

    async def model(self, request: Request) -> Response:
        """Show a model of the user's as text, and take it changed; one that is no model is refused with its line."""
        found = self.desk.models.get(request.path_params["key"])
        if found is None:
            return RedirectResponse("/", status_code=303)
        file = self.desk.files.get(str(request.query_params.get("file") or ""))
        text, error, saved = found.path.read_text(encoding="utf-8"), "", False
        if request.method == "POST":
            before = text
            text = str((await request.form()).get("text") or "").replace("\r\n", "\n")
            found.path.write_text(text, encoding="utf-8")
            try:
                await run_in_threadpool(load_model, found.path)
                saved = True
            except BenchError as problem:
                error = self.say(problem).replace(str(found.path), found.path.name)
                found.path.write_text(before, encoding="utf-8")
        return self.show(
            "model.html.j2", 400 if error else 200, model=found, text=text, error=error, saved=saved, file=file
        )

    # -- what is done ----------------------------------------------------------------------------------------

    async def ask(self, request: Request) -> Response:
        """Ask for what a command needs."""
        kind = request.path_params["kind"]
        if kind not in KINDS:
            return RedirectResponse("/", status_code=303)
        return await run_in_threadpool(self._ask, kind, dict(request.query_params))

    def _ask(self, kind: str, answers: Mapping[str, Any], status: int = 200, error: str = "") -> Response:
        file = self.desk.files.get(str(answers.get("file") or ""))
        chosen = str(answers.get("model") or (_FOR_FILE if file is not None else _FOR_LOOK))
        t = texts(self.language)
        titles = dict(_bundled(self.language))
        own = [(f"own:{key}", f"{t['own_model']}: {model.title}") for key, model in self.desk.models.items()]
        try:
            values = [] if kind == "advise" else values_of(load_model(self._model(chosen)), self.language)
        except BenchError as problem:
            values, error = [], error or self.say(problem)
        return self.show(
            "ask.html.j2",
            status,
            error=error,
            kind=kind,
            file=file,
            others=[one for one in self.desk.files.values() if file is not None and one.key != file.key],
            tables=TABLES,
            models=[*own, *titles.items()],
            systems=[
                (name, t["historic"] if name == HISTORIC else load_model(name).title(self.language)) for name in SYSTEMS
            ],
            chosen=chosen,
            once=secrets.token_hex(6),
            values=values,
            answers=answers,
            draws=_DRAWS,
        )

    def _model(self, name: str) -> str:
        """Return a bundled name, or the path of a model of the user's."""
        own = self.desk.models.get(name.removeprefix("own:"))
        if own is not None:
            return str(own.path)
        if name not in resources.model_names():
            raise OptionError(f"there is no model {name!r} here")
        return name

    async def do(self, request: Request) -> Response:
        """Start a command; what cannot be is said beside the form, with the answers as they were given."""
        kind = request.path_params["kind"]
        if kind not in KINDS:
            return RedirectResponse("/", status_code=303)
        form = await request.form(max_fields=5000)
        answers: dict[str, Any] = {key: value for key, value in form.items() if isinstance(value, str)}
        answers["others"] = [str(name) for name in form.getlist("others")]
        answers["languages"] = [str(name) for name in form.getlist("languages")]
        if form.get("look"):  # Another model was chosen: its values are shown, and nothing is run.
            return await run_in_threadpool(self._ask, kind, answers)
        once = str(form.get("once") or secrets.token_hex(6))
        try:
            asked, place = await run_in_threadpool(self._asked, kind, answers, form)
            title, name = self._titled(asked, self.desk.files.get(str(answers.get("file") or "")))
            if self._started.get(once) not in self.desk.works:
                self._started[once] = self.desk.start(title, asked.languages, asked.arguments(), place, name).key
        except BenchError as error:
            return await run_in_threadpool(self._ask, kind, answers, 400, self.say(error))
        return RedirectResponse(f"/jobs/{self._started[once]}", status_code=303)

    def _asked(self, kind: str, answers: Mapping[str, Any], form: FormData) -> tuple[Asked, Path | None]:
        file = self.desk.files.get(str(answers.get("file") or ""))
        names = [] if kind == "advise" else [str(answers.get("model") or "")]
        names += [name for name in answers["others"] if kind in ("compare", "advise") and name not in names]
        if kind == "compare" and len(names) < 2:
            raise OptionError(texts(self.language)["one_system"])
        models = tuple(name if kind == "advise" and name in SYSTEMS else self._model(name) for name in names)
        if set(models) == set(SYSTEMS):
            models = ()  # what the command takes by itself
        known = values_of(load_model(models[0]), self.language) if kind != "advise" else []
        same = str(answers.get("shown") or "") == names[0] if names else True
        tables = {
            name: other.path for name in TABLES if (other := self.desk.files.get(str(form.get(f"table:{name}") or "")))
        }
        languages = tuple(answers["languages"]) or (self.language,)
        forward = kind != "run"
        asked = Asked(
            kind,
            models,
            Path(file.path.name) if file is not None else None,
            Path(file.mapping.name) if file is not None else None,
            languages if kind != "advise" else languages[:1],
            settings_of(answers if same else {"set": answers.get("set", "")}, known, self.language),
            tables,
            *(str(answers.get(name) or "").replace(" ", "") if forward else "" for name in ("years", "draws", "seed")),
            *(self._plain(answers, name) if kind == "advise" else "" for name in ("inhabitants", "setup")),
        )
        return asked, file.path.parent if file is not None else None

    def _plain(self, answers: Mapping[str, Any], name: str) -> str:
        """Return a number that was written in the language of the pages as the command line takes it."""
        text = str(answers.get(name) or "").strip()
        return f"{number_of(texts(self.language)[name], text, self.language):.15g}" if text else ""

    def _titled(self, asked: Asked, file: HandedIn | None) -> tuple[str, str]:
        """Return what a job is called on the pages, and what its folder is called."""
        t = texts(self.language)
        about = [load_model(asked.models[0]).title(self.language)] if asked.models and asked.kind != "advise" else []
        about += [file.path.name] if file is not None else []
        short = Path(asked.models[0]).stem if asked.models and asked.kind != "advise" else ""
        return f"{t['done_' + asked.kind]}: {', '.join(about)}", f"{t['slug_' + asked.kind]} {short}".strip()

    # -- jobs ------------------------------------------------------------------------------------------------

    async def job(self, request: Request) -> Response:
        """Show how far a job is, or what came of it."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None:
            return RedirectResponse("/", status_code=303)
        short = "\n".join(line for line in work.said if str(work.folder) not in line)
        if work.arguments[0] == "advise":  # which speaks Markdown: the first section tells it in short
            told = Markup(read_markdown(_first_section(short), lambda _: None).body)
        else:
            told = Markup('<pre tabindex="0">{}</pre>').format(short) if short else Markup()
        return self.show(
            "job.html.j2",
            work=work,
            stage=self._stage(work),
            command=shown(work.arguments, work.folder.name),
            said=told,
            warned=[line.replace(f"{self.desk.folder}", "") for line in work.warned],
        )

    async def state(self, request: Request) -> Response:
        """Tell how far a job is, for the script."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None:
            return JSONResponse({"finished": True})
        stage = self._stage(work)
        return JSONResponse({"finished": work.finished, "stage": stage, "done": work.done, "total": work.total})

    def _stage(self, work: Work) -> str:
        t = texts(self.language)
        if work.waiting:
            return t["waiting"]
        return t.get(f"stage_{work.stage.replace(' ', '_') or 'starting'}", work.stage)

    async def cancel(self, request: Request) -> Response:
        """Stop a job."""
        work = self.desk.works.get(request.path_params["key"])
        if work is not None:
            work.stop()
            await run_in_threadpool(work.ended.wait, 15.0)
        return RedirectResponse(f"/jobs/{request.path_params['key']}", status_code=303)

    async def forget(self, request: Request) -> Response:
        """Delete a job and its result."""
        await run_in_threadpool(self.desk.forget, request.path_params["key"])
        return RedirectResponse("/", status_code=303)

    async def result(self, request: Request) -> Response:
        """Hand out a file of a result; nothing outside its folder."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None or not work.succeeded:
            return PlainTextResponse("404", status_code=404)
        wanted = (work.folder / request.path_params["path"]).resolve()
        if not wanted.is_relative_to(work.folder.resolve()) or not wanted.is_file():
            return PlainTextResponse("404", status_code=404)
        return FileResponse(wanted)

    async def zip(self, request: Request) -> Response:
        """Hand out a result as a zip."""
        work = self.desk.works.get(request.path_params["key"])
        if work is None or not work.succeeded:
            return PlainTextResponse("404", status_code=404)
        headers = {"Content-Disposition": f'attachment; filename="{_ascii(work.folder.name)}.zip"'}
        return Response(await run_in_threadpool(work.zipped), media_type="application/zip", headers=headers)


def _first_section(markdown: str) -> str:
    """Return the text under the first heading of the second order."""
    lines = markdown.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("## ")]
    first, stop = (heads[0], heads[1] if len(heads) > 1 else len(lines)) if heads else (-1, len(lines))
    return "\n".join(lines[first + 1 : stop])


def _ascii(name: str) -> str:
    from bench.modelfile.texts.new import plain_id

    return plain_id(name)


def _address(found: HandedIn | OwnModel) -> str:
    return f"/{'models' if isinstance(found, OwnModel) else 'files'}/{found.key}"
