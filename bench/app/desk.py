"""What the pages work on: files that were handed in, and jobs that run, in one folder that is deleted at the end."""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.mapping import propose
from bench.mapping.proposal import Proposal

#: Largest upload, in bytes, all files of one form together.
MOST = 200 * 1024 * 1024

#: Fixed time of every entry of a zip, so that the same folder gives the same bytes.
_TIME = (2000, 1, 1, 0, 0, 0)


class Cancelled(Exception):
    """The user stopped a job."""


@dataclass(slots=True)
class HandedIn:
    """A file and how it is read.

    Attributes
    ----------
    key : str
    path : Path
    given : dict
        What the user said about it, as the command line would.
    reasons : dict
        Why a finding is accepted, by rule.
    proposal : Proposal
    """

    key: str
    path: Path
    proposal: Proposal
    given: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def mapping(self) -> Path:
        """The mapping file beside it."""
        return self.path.with_suffix(self.path.suffix + ".mapping.toml")

    def look(self) -> None:
        """Look into the file with what the user has said."""
        self.proposal = propose(self.path, **self.given)
        text = self.proposal.to_toml()
        for rule, reason in self.reasons.items():
            proposed = next((a.reason for a in self.proposal.mapping.accept if a.rule == rule), None)
            if proposed is not None:
                text = text.replace(f'"{proposed}"', f'"{_quoted(reason)}"')
        self.mapping.write_text(text, encoding="utf-8")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


@dataclass(slots=True)
class Work:
    """A job: what it does, how far it is, and what came of it."""

    key: str
    title: str
    language: str
    folder: Path
    stage: str = ""
    done: int = 0
    total: int = 1
    error: BenchError | None = None
    finished: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Note how far the engine is, and stop it when the user asked for it."""
        if self.stopped.is_set():
            raise Cancelled
        self.stage, self.done, self.total = stage, done, max(total, 1)

    @property
    def cancelled(self) -> bool:
        """Whether it ended because the user stopped it."""
        return self.finished and self.stopped.is_set() and not self.folder.exists()

    @property
    def page(self) -> str:
        """Name of the result's first page."""
        return "rapport.html" if self.language == "nb" else "report.html"

    def zipped(self) -> bytes:
        """Return the result's folder as a zip; the same folder gives the same bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
            for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}", _TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, path.read_bytes())
        return buffer.getvalue()


class Desk:
    """Everything one session of the app has in hand."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-open-"))
        self.files: dict[str, HandedIn] = {}
        self.works: dict[str, Work] = {}

    def close(self) -> None:
        """Stop what runs and delete every upload and result."""
        for work in self.works.values():
            work.stopped.set()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name: str) -> tuple[str, Path]:
        """Return a key and where a file of that name may be written; only the last part of a name counts."""
        key = secrets.token_hex(6)
        clean = Path(name.replace("\\", "/")).name or "fil"
        folder = self.folder / key
        folder.mkdir()
        return key, folder / clean

    def take(self, key: str, path: Path) -> HandedIn:
        """Look into an uploaded file.

        Raises
        ------
        BenchError
            When there is no table in it.
        """
        found = HandedIn(key, path, propose(path))
        found.look()
        self.files[key] = found
        return found

    def drop(self, key: str) -> None:
        """Delete a file."""
        found = self.files.pop(key, None)
        if found is not None:
            shutil.rmtree(found.path.parent, ignore_errors=True)

    def start(self, title: str, language: str, make: Callable[[Work], Any]) -> Work:
        """Run a job beside the pages; ``make`` returns a result that is saved to the job's folder."""
        key = secrets.token_hex(6)
        home = self.folder / f"job-{key}"
        home.mkdir()
        work = Work(key, title, language, home / _slug(title))
        self.works[key] = work
        threading.Thread(target=self._run, args=(work, make), daemon=True).start()
        return work

    def _run(self, work: Work, make: Callable[[Work], Any]) -> None:
        try:
            result = make(work)
            result.save(work.folder, language=work.language, progress=work.progress)
        except BenchError as error:
            work.error = error
        except Cancelled:
            pass
        finally:
            work.finished = True

    def runner(self, file: HandedIn | None, model: str, settings: Mapping[str, str]) -> Callable[[Work], Any]:
        """Return what runs a model on a file, by the same way as ``bench run``."""
        from bench.cli.run import dialect
        from bench.pipeline import run_file

        def make(work: Work) -> Any:
            if file is None:
                return run_file(model, settings=settings, progress=work.progress)
            roles, read = dialect({"mapping": str(file.mapping), **_EMPTY})
            return run_file(
                model,
                file.path,
                roles=roles if _takes_any_table(model) else {},
                read=read,
                settings=settings,
                mapping=file.mapping,
                progress=work.progress,
            )

        return make


#: Options of the command line that were not given.
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("id", "period", "scheme", "cost")),
    **dict.fromkeys(("inputs", "outputs", "environment", "extra"), ()),
}


def _takes_any_table(model: str) -> bool:
    from bench.modelfile import load_model

    return load_model(model).meta.dataset is None


def _slug(title: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in title.lower()).strip("-") or "resultat"
