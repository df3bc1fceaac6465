"""What the command prints: errors, tables and progress, on the right stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, count
from pathlib import Path

import click

from bench.cli.findings import counted, finding_lines
from bench.cli.roles import chosen_language
from bench.errors import BenchError, DataError, Issue, ModelError
from bench.report.words.findings import in_language, word
from bench.typing import Progress

#: Signs that move a terminal's cursor, change its colours or title, or turn the direction of what is read.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write text to the terminal; what came from a file and would steer the terminal is written out instead.

    Every line of the command passes here: names in a folder, a manifest or a table may come from anyone.
    """
    click.echo(_STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text), err=err, nl=nl)


def show_json(content: object) -> None:
    """Write JSON to standard output; it reads back the same, and steers no terminal either."""
    show(json.dumps(content, ensure_ascii=False, indent=2))


def say(text: str, *, err: bool = False) -> None:
    """Write lines of the program's own in the language that was asked for; their indents stay."""
    show(spoken(text), err=err)


def spoken(text: str) -> str:
    """Return lines of the program's own in the language that was asked for."""
    language = chosen_language()
    if language == "en":
        return text
    lines = ((line, line.lstrip()) for line in text.split("\n"))
    return "\n".join(line[: len(line) - len(bare)] + in_language(bare, language) for line, bare in lines)


def show_error(error: BenchError) -> None:
    """Write an error to standard error: the data's problems by their cause, anything else as its message."""
    if isinstance(error, DataError):
        show_issues(error.issues)
        show(f"{counted(error.issues)}; {word('nothing was written', chosen_language())}.", err=True)
    else:
        language = chosen_language()
        words = partial(word, language=language)
        said = error.told(spoken, words) if isinstance(error, ModelError) else spoken(str(error))
        show(f"{'Feil' if language == 'nb' else 'Error'}: {said}", err=True)


def show_fault(error: Exception) -> None:
    """Write a fault of the engine's own as one line, and everything about it to a log file that can be sent."""
    import platform
    import sys
    import tempfile
    import traceback

    from bench import __version__

    kind = type(error).__name__
    head = f"stykkpris {__version__}, Python {platform.python_version()}, {platform.platform()}\n{sys.argv!r}\n\n"
    text = head + "".join(traceback.format_exception(error))
    said = " ".join(str(error).split())[:200].encode("utf-8", "replace").decode()
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="bench-fault-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as log:
            log.write(text)
        where = f"; please send the log file {log.name}"
    except OSError:
        where = ""
    say(f"Error: a fault in the program ({kind}: {said}); nothing was written{where}", err=True)


def show_issues(issues: Iterable[Issue]) -> None:
    """Write problems to standard error, errors before warnings, one line for each cause."""
    for severity, line in finding_lines(issues):
        show(f"{severity}: {line}", err=True)


def show_table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> None:
    """Write a small table to standard output in columns, its header in the language that was asked for."""
    header = [word(name, chosen_language()) for name in header]
    widths = [max(len(str(row[j])) for row in [header, *rows]) for j in range(len(header))]
    for row in [header, *rows]:
        show("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def holds_section(section: str, data: bytes) -> bool:
    """Tell whether bytes are a TOML file with a section of that name, as a mapping and a model are.

    Examples
    --------
    >>> holds_section("roles", b"[roles]\\nid = 'home'"), holds_section("roles", b"home,cost")
    (True, False)
    """
    import tomllib

    try:
        return section in tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return False


def free_name(name: str) -> str:
    """Return a name for a file or folder that is not taken yet: the name itself, or with a number.

    Examples
    --------
    >>> free_name("modell.toml")
    'modell.toml'
    >>> _ = Path("modell.toml").write_text("")
    >>> free_name("modell.toml")
    'modell-2.toml'
    """
    path = Path(name)
    tries = chain([path], (path.with_name(f"{path.stem}-{k}{path.suffix}") for k in count(2)))
    return str(next(one for one in tries if not one.exists()))


#: Begins a line that tells how far a command is, for a program that reads it.
PROGRESS_MARK = "\x1e"


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Give a ``progress(stage, done, total)`` that draws on a terminal, or None where there is none.

    With the variable ``BENCH_PROGRESS=lines`` in the environment every step is a line on standard error, for a program
    that runs the command and shows how far it is.
    """
    import os
    import sys

    if os.environ.get("BENCH_PROGRESS") == "lines":

        def line(stage: str, done: int, total: int) -> None:
            print(f"{PROGRESS_MARK}{stage}\t{done}\t{total}", file=sys.stderr, flush=True)

        yield line
        return
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bars:
        tasks: dict[str, object] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield report
