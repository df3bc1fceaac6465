"""What the pages work on: files and models that were handed in, and jobs, in one folder that is deleted at the end."""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.app.work import Work, started
from bench.errors import BenchError, ResourceError
from bench.manifest import Kept
from bench.mapping import propose
from bench.mapping.proposal import Proposal
from bench.pipeline.appeal import CellChange, corrected

#: Largest upload, in bytes, all files of one form together.
MOST = 200 * 1024 * 1024

#: Bytes of a file's name that are kept, its ending apart.
_NAME = 180

#: How a session's folder is called, and the file in it that holds the port its server answers on.
_PREFIX, _PORT = "bench-open-", "port"


def sweep() -> None:
    """Delete what sessions left behind that were ended by force: their servers answer no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            port = int((folder / _PORT).read_text(encoding="ascii"))
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except ConnectionRefusedError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError):
            continue  # somebody else's, or one that is just being made


@dataclass(slots=True)
class HandedIn:
    """A file and how it is read.

    Attributes
    ----------
    key : str
    path : Path
    proposal : Proposal
    given : dict
        What the user said about it, as the command line would.
    reasons : dict
        Why a finding is accepted, by rule.
    corrections : list of CellChange
        Cells of this copy that were corrected in the window.
    """

    key: str
    path: Path
    proposal: Proposal
    given: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    corrections: list[CellChange] = field(default_factory=list)

    @property
    def mapping(self) -> Path:
        """The mapping file beside it."""
        return self.path.with_suffix(self.path.suffix + ".mapping.toml")

    @property
    def ready(self) -> bool:
        """Whether a model can be run on it."""
        roles, report = self.proposal.mapping.roles, self.proposal.report
        return report is not None and not report.errors and bool(roles.id and roles.cost)

    def look(self) -> None:
        """Look into the file with what the user has said."""
        self.proposal = propose(self.path, **self.given)
        mapping = self.proposal.mapping
        accept = [
            part.model_copy(update={"reason": self.reasons.get(part.rule, part.reason)}) for part in mapping.accept
        ]
        self.proposal.mapping = mapping.model_copy(update={"accept": accept})
        self.mapping.write_text(self.proposal.to_toml(), encoding="utf-8")

    def say(self, given: dict[str, Any], reasons: dict[str, str]) -> None:
        """Read the file as the user says; what cannot be is refused and the file stays as it was read.

        Raises
        ------
        BenchError
        """
        before = self.given, self.reasons
        self.given, self.reasons = given, reasons
        try:
            self.look()
        except BenchError:
            self.given, self.reasons = before
            self.look()
            raise

    def correct(self, change: CellChange) -> None:
        """Write another value into a cell of this copy of the file.

        Raises
        ------
        BenchError
            When the cell cannot be written; the copy is as it was then.
        """
        before = self.path.read_bytes()
        self.path.write_bytes(corrected(Kept(self.path.name, self.path.name, before), change).data)
        try:
            self.look()
        except BenchError:
            self.path.write_bytes(before)
            self.look()
            raise
        self.corrections.append(change)


@dataclass(slots=True)
class OwnModel:
    """A model file of the user's: handed in, or made here for the columns of a file."""

    key: str
    path: Path

    @property
    def title(self) -> str:
        """Name of the file."""
        return self.path.name


class Desk:
    """Everything one session of the app has in hand."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.files: dict[str, HandedIn] = {}
        self.models: dict[str, OwnModel] = {}
        self.works: dict[str, Work] = {}

    def answers_at(self, port: int) -> None:
        """Write down where the server answers, so that a later session knows whether this one still lives."""
        (self.folder / _PORT).write_text(str(port), encoding="ascii")

    def close(self) -> None:
        """Stop what runs and delete every upload and result."""
        for work in self.works.values():
            work.stop()
        for work in self.works.values():
            work.ended.wait(15.0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name: str) -> tuple[str, Path]:
        """Return a key and where a file of that name may be written; only the last part of a name counts."""
        key = secrets.token_hex(6)
        last = Path(name.replace("\\", "/").replace("\0", "")).name or "fil"
        end = Path(last).suffix
        # A file system takes 255 bytes, and the name of the mapping file beside it is longer.
        clean = last.removesuffix(end).encode()[:_NAME].decode(errors="ignore") + end
        folder = self.folder / key
        folder.mkdir()
        return key, folder / clean

    def take(self, key: str, path: Path) -> HandedIn:
        """Look into an uploaded table.

        Raises
        ------
        BenchError
            When there is no table in it; the upload is deleted then.
        """
        try:
            found = HandedIn(key, path, propose(path))
            found.look()
        except BenchError:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        self.files[key] = found
        return found

    def take_model(self, key: str, path: Path) -> OwnModel:
        """Take in a model file.

        Raises
        ------
        BenchError
            When it is no model; it is deleted then.
        """
        from bench.modelfile import load_model

        try:
            load_model(path)
        except BenchError:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        self.models[key] = OwnModel(key, path)
        return self.models[key]

    def new_model(self, file: HandedIn, name: str, language: str) -> OwnModel:
        """Make a model for a file's columns with ``bench new``.

        Raises
        ------
        ResourceError
            With what the command said, when it made none.
        """
        key, path = self.place(f"{_slug(name)}.toml")
        arguments = ["new", file.path.name, "--map", file.mapping.name, "--out", str(path), "--language", language]
        arguments += ["--title", name]
        said = started(arguments, file.path.parent).communicate(timeout=300)[1]
        if not path.is_file():
            shutil.rmtree(path.parent, ignore_errors=True)
            raise ResourceError("\n".join(line for line in said.splitlines() if line.strip()))
        self.models[key] = OwnModel(key, path)
        return self.models[key]

    def drop(self, key: str) -> None:
        """Delete a file or a model."""
        found = self.files.pop(key, None) or self.models.pop(key, None)
        if found is not None:
            shutil.rmtree(found.path.parent, ignore_errors=True)

    def start(
        self, title: str, languages: Sequence[str], arguments: Sequence[str], place: Path | None = None, name: str = ""
    ) -> Work:
        """Run a command beside the pages; its folder is called by ``name``, or by the title."""
        key = secrets.token_hex(6)
        home = self.folder / f"job-{key}"
        home.mkdir()
        work = Work(key, title, tuple(languages), tuple(arguments), place or home, home / _slug(name or title))
        self.works[key] = work
        work.start()
        return work

    def forget(self, key: str) -> None:
        """Stop a job and delete its result."""
        work = self.works.pop(key, None)
        if work is not None:
            work.stop()
            work.ended.wait(15.0)
            shutil.rmtree(work.folder.parent, ignore_errors=True)


def _slug(title: str) -> str:
    return re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:60] or "resultat"
