"""``bench letters`` and ``bench validate-pack``: what is sent to the units, as Word and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.cli.output import progress_bar, say
from bench.cli.roles import dialect_options, role_options
from bench.cli.run import chosen_languages, dialect, named_settings, named_tables
from bench.errors import ResourceError
from bench.manifest import read_manifest

if TYPE_CHECKING:
    from bench.results import Result

_LANGUAGE = click.option(
    "--language", callback=chosen_languages, default="nb", show_default=True, metavar="nb|en|nb,en"
)
_OUT = click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist.")


def _free(out: str) -> None:
    """Refuse a name that is taken, before anything is computed."""
    target = Path(out)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ResourceError(f"{target} exists already: choose another folder")


def _saved(result: Result, out: str, language: tuple[str, ...], file: str | None) -> None:
    """Write the folder and say how many letters are in it."""
    result.save(out, language=language, inputs=[file] if file is not None else [])
    written = read_manifest(out).report
    count = sum(not name.startswith(f"{written.sources}/") for name in written.files)
    say(f"{count} files written to {out}")


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@_OUT
@_LANGUAGE
@click.option(
    "--set",
    "settings",
    multiple=True,
    callback=named_settings,
    metavar="KEY=VALUE",
    help="A value of the model to set, by its dotted key.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    callback=named_tables,
    metavar="NAME=PATH",
    help="A further table: budget, months or index.",
)
@role_options
@dialect_options
def letters(
    model: str,
    file: str | None,
    out: str,
    language: tuple[str, ...],
    settings: dict[str, str],
    tables: dict[str, str],
    **options: Any,
) -> None:
    """Run MODEL on FILE and write the decision memo, and a letter to every unit.

    A unit's letter says its price, requirement and norm, how certain the number is, with its score under every
    combination of choices that could have been made, and what it may appeal.

    Needs the extra ``letters``.
    """
    from bench.pipeline.beside import lettered
    from bench.pipeline.jobs import file_job

    _free(out)
    mapping = options["mapping"]
    roles, read = dialect(options)
    with progress_bar() as progress:
        job = file_job(
            "letters",
            [model],
            file,
            roles=roles,
            read=read,
            tables=tables,
            settings=settings,
            mapping=mapping,
        )
        result = lettered(job, progress=progress)
    _saved(result, out, language, file)


@click.command("validate-pack")
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@_OUT
@_LANGUAGE
@role_options
@dialect_options
def validate_pack(model: str, file: str | None, out: str, language: tuple[str, ...], **options: Any) -> None:
    """Write every unit its own numbers as MODEL would read them from FILE, to be checked before scores are computed.

    Needs the extra ``letters``.
    """
    from bench.pipeline.beside import read_back
    from bench.pipeline.jobs import file_job

    _free(out)
    mapping = options["mapping"]
    roles, read = dialect(options)
    job = file_job("validate-pack", [model], file, roles=roles, read=read, mapping=mapping)
    _saved(read_back(job), out, language, file)
