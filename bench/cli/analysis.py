"""What the commands that only analyse share: a file in, a folder with a page, a workbook and tables out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from bench.catalogue import METHODS
from bench.cli.output import progress_bar, say, show, show_issues, spoken
from bench.cli.roles import Command, applied, chosen_language, dialect_options, given, role_options
from bench.cli.run import RESUME, chosen_languages, roles_and_dialect
from bench.envelopment.inference.kept_draws import kept_draws
from bench.pipeline.asking.file_analysis import KINDS, Question, analyse_file
from bench.report.words.findings import word


def split_prices(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split ``a,b`` and repeated options into one tuple of names."""
    return tuple(name.strip() for text in values for name in text.split(",") if name.strip())


_OUTPUT = (
    click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist."),
    click.option("--overwrite", "--force", is_flag=True, help="Replace an earlier analysis in the folder."),
    click.option(
        "--language",
        callback=chosen_languages,
        default="nb",
        show_default=True,
        metavar="nb|en|nb,en",
        help="Language of the headings, and of the findings when it is given.",
    ),
    click.option(
        "--input-prices",
        "input_prices",
        multiple=True,
        callback=split_prices,
        metavar="A,B",
        help="Columns with the prices of the inputs.",
    ),
    RESUME,
)


def analysis_options(kind: str) -> Callable[[Command], Command]:
    """Return a decorator that adds the method, the roles, the dialect and the output."""
    names = [name for name, spec in METHODS.items() if spec.room == KINDS[kind]]
    method = (
        click.option("--method", metavar="NAME", help=f"Another method: {', '.join(names)}. Its page: bench explain."),
        click.option(
            "--key", "keys", multiple=True, metavar="KEY=VALUE", help="Key of the method, as a model file writes it."
        ),
    )

    def decorate(command: Command) -> Command:
        return applied((*method, *_OUTPUT), role_options(dialect_options(command)))

    return decorate


#: A line of a summary: its label, what stands between, and its value.
_LABELLED = re.compile(r"(?P<label>\S(?:.*?\S)?)(?P<between>\s{2,}(?:= )?|\s= (?!\d\s{2}))(?P<value>\S.*)", re.DOTALL)


def _labelled(line: str) -> str:
    """Return a line of a summary in the language that was asked for; its value stays where it stood, or after it."""
    found = _LABELLED.fullmatch(line)
    if found is None:
        return spoken(line)
    label, between = found["label"], found["between"]
    said, counted = spoken(label), re.fullmatch(r"\d+ of \d+", found["value"]) is not None
    room = len(label) + len(between) - len(between.lstrip())
    gap = " " if len(said) >= room and not between.strip() else ""
    value = found["value"].replace(" of ", f" {word('of', chosen_language())} ") if counted else spoken(found["value"])
    return f"{said.ljust(room)}{gap}{between.lstrip()}{value}"


def analyse(
    kind: Any, file: str, question: Question, *, out: str, overwrite: bool, language: Any, options: dict[str, Any]
) -> None:
    """Ask the question of the file, write the folder and say what was found."""
    mapping, kept = options.get("mapping"), options.pop("resume")
    roles, read = roles_and_dialect(options)
    with progress_bar() as progress, kept_draws(kept, progress):
        found = analyse_file(kind, file, question, roles=given(**roles), read=read, mapping=mapping)
    inputs = [file, *([mapping] if mapping is not None else [])]
    folder = found.save(out, language=language, overwrite=overwrite, inputs=inputs)
    show_issues(found.warnings)
    show("\n".join(map(_labelled, found.text.split("\n"))))
    say(f"written to {folder}")
