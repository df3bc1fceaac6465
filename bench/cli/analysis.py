"""What the commands that only analyse share: a file in, a folder with a page, a workbook and tables out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bench.catalogue import METHODS
from bench.cli.output import progress_bar, show_issues
from bench.cli.roles import Command, applied, dialect_options, given, role_options
from bench.cli.run import RESUME, chosen_languages, roles_and_dialect
from bench.envelopment.inference.kept_draws import kept_draws
from bench.pipeline.asking.file_analysis import KINDS, Question, analyse_file


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
    click.echo(found.text)
    click.echo(f"written to {folder}")
