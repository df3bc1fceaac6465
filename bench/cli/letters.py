"""``bench letters`` and ``bench validate-pack``: what is sent to the units, as Word and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.output import progress_bar, say
from bench.cli.roles import dialect_options, role_options
from bench.cli.run import chosen_languages, dialect, named_settings, named_tables
from bench.errors import ResourceError

_LANGUAGE = click.option(
    "--language", callback=chosen_languages, default="nb", show_default=True, metavar="nb|en|nb,en"
)
_OUT = click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist.")


def _folders(out: str, languages: tuple[str, ...]) -> dict[str, Path]:
    """Return a folder per language; a taken name is refused before anything is computed."""
    target = Path(out)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ResourceError(f"{target} exists already: choose another folder")
    return {language: target / language if len(languages) > 1 else target for language in languages}


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
    from bench.pipeline import run_file
    from bench.pipeline.specs import curves_of
    from bench.report.edition import Edition
    from bench.report.letters.contents import decision_letters, memo_letter
    from bench.report.letters.files import write_letters

    folders = _folders(out, language)
    mapping = options["mapping"]
    roles, read = dialect(options)
    with progress_bar() as progress:
        result = run_file(
            model, file, roles=roles, read=read, tables=tables, settings=settings, mapping=mapping, progress=progress
        )
    curves = curves_of(result)
    count = 0
    for chosen, folder in folders.items():
        edition = Edition.of(result, chosen)
        count += len(write_letters([memo_letter(edition), *decision_letters(edition, curves)], folder))
    say(f"{count} files written to {out}")


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
    from bench.pipeline.jobs import file_job, refuse_small_counts
    from bench.report.letters.contents import validation_letters
    from bench.report.letters.files import write_letters

    folders = _folders(out, language)
    mapping = options["mapping"]
    roles, read = dialect(options)
    job = file_job("run", [model], file, roles=roles, read=read, mapping=mapping)
    refuse_small_counts([job.model], "validate-pack")
    count = 0
    for chosen, folder in folders.items():
        made = validation_letters(job.model, job.units, chosen, synthetic=job.synthetic)
        count += len(write_letters(made, folder))
    say(f"{count} files written to {out}")
