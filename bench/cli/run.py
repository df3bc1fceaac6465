"""``bench run``: a file in, a signed price book out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from bench.cli.output import progress_bar, say, show, show_issues
from bench.cli.roles import (
    DIALECT_NAMES,
    Command,
    applied,
    chosen_language,
    dialect_options,
    given,
    mapped,
    remember_language,
    role_options,
)
from bench.errors import ResourceError

#: Names ``--table`` knows; those of ``[data.tables]`` in a model file.
TABLES = ("budget", "months", "index")


def shaped_roles(cost: str | None, inputs: tuple[str, ...], **options: Any) -> dict[str, Any]:
    """Return the roles given on the command line, or nothing when none was."""
    roles = given(cost=cost, inputs=inputs, **options)
    if not roles:
        return {}
    if cost is None and len(inputs) == 1:
        roles["cost"] = inputs[0]
    missing = [name for name in ("id", "cost") if name not in roles]
    if missing:
        hint = " (with several --inputs, --cost says which of them is money)" if len(inputs) > 1 else ""
        raise click.UsageError(f"to give columns roles, also give {', '.join('--' + m for m in missing)}{hint}")
    return roles


def named_tables(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``name=path`` options."""
    found = {}
    for value in values:
        name, sign, path = value.partition("=")
        if not sign or name not in TABLES:
            raise click.BadParameter(f"{value!r}: write NAME=PATH, with NAME one of {', '.join(TABLES)}")
        found[name] = path
    return found


def refuse_taken(out: str, overwrite: bool, inputs: Iterable[str | None] = ()) -> Path:
    """Return the target folder, or refuse it before anything is computed."""
    from bench.report.placing import refuse_taken as refuse
    from bench.report.placing import resolved

    target = Path(out)
    if not overwrite and target.is_dir() and any(target.iterdir()):
        raise ResourceError(f"{target} exists already: choose another folder, or give --overwrite")
    refuse(resolved(target), overwrite, [path for path in inputs if path is not None])
    return target


def named_settings(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``KEY=VALUE`` options; a key that is set twice is refused."""
    found: dict[str, str] = {}
    for text in values:
        key, sign, value = text.partition("=")
        key = key.strip()
        if not sign or not key:
            raise click.BadParameter(f"{text!r}: write KEY=VALUE, such as scheme.*.price.gain=0.5")
        if key in found:
            raise click.BadParameter(f"{key} is set twice: {found[key]} and {value}")
        found[key] = value
    return found


def own_files(*names: str | None) -> list[str]:
    """Return those of the names that are files of the user's; bundled models and alternatives are none."""
    paths = [name if Path(name).exists() else name.rpartition("@")[0] for name in names if name]
    return [path for path in paths if path and Path(path).is_file()]


#: ``--set``: what every command that takes a model takes too.
SETTING = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=named_settings,
    metavar="KEY=VALUE",
    help="Set a value of the model by its dotted key; scheme.* means every scheme. May be repeated.",
)


def chosen_languages(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Read ``nb``, ``en`` or both."""
    words = tuple(dict.fromkeys(word.strip() for word in value.lower().split(",")))
    if not words or not set(words) <= {"nb", "en"}:
        raise click.BadParameter(f"{value!r}: write nb, en or nb,en")
    return tuple(remember_language(context, parameter, words))


def dialect(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the options, and those of a mapping, into roles that shape a model and the file's dialect."""
    roles, read = roles_and_dialect(options)
    return shaped_roles(**roles), read


def roles_and_dialect(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the options, and those of a mapping, into roles as they were given and the file's dialect."""
    options = mapped(options.pop("mapping", None), options)
    read = given(**{name: options.pop(name, None) for name in DIALECT_NAMES})
    extra = options.pop("extra")
    if extra:
        read["extra"] = list(extra)
    return options, read


#: What every command that writes a folder asks for: where, in which language, and further tables.
OUTPUT = (
    click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist."),
    click.option("--overwrite", "--force", is_flag=True, help="Replace the folder when it exists."),
    click.option(
        "--language",
        callback=chosen_languages,
        default="nb",
        show_default=True,
        metavar="nb|en|nb,en",
        help="Language of the report; both are written in a folder each.",
    ),
    SETTING,
    click.option(
        "--table",
        "tables",
        multiple=True,
        callback=named_tables,
        metavar="NAME=PATH",
        help="A further table: budget, months or index.",
    ),
)


#: Where long resampling keeps its draws.
RESUME = click.option(
    "--resume",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Keep the draws of a bootstrap in DIR, and go on from those that are there.",
)


#: How the tables of a run are written.
FORMAT = click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "parquet"]),
    help="Tables as CSV; parquet is written beside it (extra parquet).",
)


def output_options(command: Command) -> Command:
    """Add the options of what is written."""
    return applied(OUTPUT, command)


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@output_options
@FORMAT
@RESUME
@click.option(
    "--data-of", "data_of", metavar="OTHER", help="Put MODEL's rules on the schemes and data of another model."
)
@click.option(
    "--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Threads; never moves a number."
)
@click.option("--year", type=int, metavar="YEAR", help="Year of a table that has no column for it.")
@role_options
@dialect_options
def run(
    model: str,
    file: str | None,
    out: str,
    formats: tuple[str, ...],
    resume: str | None,
    data_of: str | None,
    overwrite: bool,
    language: tuple[str, ...],
    settings: dict[str, str],
    tables: dict[str, str],
    workers: int,
    year: int | None,
    **options: Any,
) -> None:
    """Run MODEL on FILE and write page, workbook, price book, unit sheets, tables and manifest to DIR.

    MODEL is a bundled name (see ``bench models``) or the path of a model file. Without FILE the model's own bundled
    data are used. Roles (--id, --cost, --outputs …) shape a general model such as average-cost to the columns of FILE.
    """
    from bench.envelopment import kept_draws
    from bench.modelfile import load_model
    from bench.pipeline import run_file

    mapping = options["mapping"]
    roles, read = dialect(options)
    shaped = {**roles, **given(year=year)}
    if file is None and (read or shaped):
        raise click.UsageError("roles and dialect describe a FILE: give one")
    inputs = own_files(model, file, mapping, *tables.values())
    target = refuse_taken(out, overwrite, inputs)
    with progress_bar() as progress, kept_draws(resume, progress):
        rules = model if data_of is None else load_model(model).applied_to(load_model(data_of))
        result = run_file(
            rules,
            file,
            roles=shaped,
            read=read,
            tables=tables,
            settings=settings,
            mapping=mapping,
            workers=workers,
            progress=progress,
        )
        folder = result.save(
            target, language=language, formats=formats, overwrite=overwrite, inputs=inputs, progress=progress
        )
    show_issues(result.warnings)
    show(result.summary(chosen_language()))
    say(f"written to {folder}")
