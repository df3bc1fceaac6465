"""A job of the window: the command line itself, run beside the pages, with how far it is and what it said."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.cli.output import PROGRESS_MARK

#: Fixed time of every entry of a zip, so that the same folder gives the same bytes.
_TIME = (2000, 1, 1, 0, 0, 0)

#: Seconds a command has to put things away when it is stopped.
_PATIENCE = 10.0

#: Jobs that run at once: one has the machine to itself, the others wait their turn.
_TURN = threading.Semaphore(1)


@dataclass(slots=True)
class Work:
    """One command of ``bench``, in a process of its own: it can be stopped at any moment, and nothing is left then.

    Attributes
    ----------
    key, title : str
    languages : tuple of str
        Of the report.
    arguments : tuple of str
        What the command line is given after ``bench``, the folder to write apart.
    place : Path
        Where the command runs: file names in ``arguments`` are found from there.
    folder : Path
        What it writes.
    waiting : bool
        Whether another job has to end first.
    stage, done, total
        How far it is.
    said, warned : list of str
        What the command wrote, and what it wrote of errors and warnings.
    code : int, optional
        Exit code, when it has ended.
    """

    key: str
    title: str
    languages: tuple[str, ...]
    arguments: tuple[str, ...]
    place: Path
    folder: Path
    waiting: bool = True
    stage: str = ""
    done: int = 0
    total: int = 1
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    code: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[str] | None = None

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.ended.is_set()

    @property
    def succeeded(self) -> bool:
        """Whether there is a result."""
        return self.finished and self.code == 0 and self.folder.is_dir()

    @property
    def cancelled(self) -> bool:
        """Whether it ended because the user stopped it."""
        return self.finished and self.stopped.is_set() and not self.succeeded

    @property
    def pages(self) -> dict[str, str]:
        """Path of the result's first page by language."""
        from bench.report.words.texts import Texts

        found = {}
        for language in self.languages:
            below = f"{language}/" if len(self.languages) > 1 else ""
            page = below + Texts(language)("file.report")
            if (self.folder / page).is_file():
                found[language] = page
        return found

    def start(self) -> None:
        """Run it in a thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Stop it, or take it out of the queue; what it has begun to write is put away by the command itself."""
        self.stopped.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()

    def _run(self) -> None:
        try:
            while not self.stopped.is_set():
                if _TURN.acquire(timeout=0.2):
                    try:
                        self.waiting = False
                        self._command()
                    finally:
                        _TURN.release()
                    break
        finally:
            self.waiting = False
            self.ended.set()

    def _command(self) -> None:
        self._process = started([*self.arguments, "--out", str(self.folder)], self.place)
        if self.stopped.is_set():  # between the look and the start
            self._process.terminate()
        listening = threading.Thread(target=self._listen, daemon=True)
        listening.start()
        assert self._process.stdout is not None
        self.said += [line.rstrip("\n") for line in self._process.stdout]
        listening.join()
        try:
            self.code = self._process.wait(_PATIENCE if self.stopped.is_set() else None)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.code = self._process.wait()

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith(PROGRESS_MARK):
                stage, done, total = line[len(PROGRESS_MARK) :].rstrip("\n").split("\t")
                self.stage, self.done, self.total = stage, int(done), max(int(total), 1)
            elif line.strip():
                self.warned.append(line.rstrip("\n"))

    def zipped(self) -> bytes:
        """Return the result's folder as a zip; the same folder gives the same bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
            for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}", _TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, path.read_bytes())
        return buffer.getvalue()


def started(arguments: Sequence[str], place: Path) -> subprocess.Popen[str]:
    """Start a command of this very package, which tells its steps by line."""
    home = str(Path(__file__).resolve().parents[2])
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([home, *known]),
        "PYTHONIOENCODING": "utf-8",
        "BENCH_PROGRESS": "lines",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
