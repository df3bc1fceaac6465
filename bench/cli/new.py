"""``bench new``: a commented model file for a client's own columns."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.cli.output import free_name, holds_section, say, show, show_issues, spoken
from bench.cli.roles import LANGUAGE, dialect_options, mapped, role_options
from bench.errors import DataError


@click.command()
@click.argument("file", type=click.Path())
@click.option("--out", required=True, type=click.Path(), metavar="MODEL.toml", help="Model file to write.")
@click.option("--overwrite", "--force", is_flag=True, help="Replace the model file when it exists.")
@click.option("--year", type=int, metavar="YEAR", help="Year of a table that has no column for it.")
@click.option("--title", metavar="TEXT", help="What reports call the model; from the name of the file when omitted.")
@role_options
@LANGUAGE
@dialect_options
def new(file: str, out: str, overwrite: bool, year: int | None, title: str | None, **options: Any) -> None:
    """Write a model for the columns of FILE: schemes, services, measures, and shares to fill in. It runs at once.

    Columns without a role are suggested from their names; give --map or the roles when the suggestion is wrong.
    """
    from bench.mapping import load_mapping, propose
    from bench.modelfile.load import read_model
    from bench.modelfile.texts.new import new_model, plain_id
    from bench.report.placing import FilePlace

    target, path = Path(out), options["mapping"]
    place = FilePlace(target, overwrite, (file, *([path] if path else [])), partial(holds_section, "meta"))
    place.refuse_taken()
    options["year"] = year
    known = mapped(path, options)
    asked = {key: value for key, value in known.items() if key != "mapping" and value not in (None, (), "", {})}
    proposal = propose(file, **asked)
    roles, read = proposal.mapping.columns(), proposal.mapping.read()
    report = proposal.report
    assert report is not None
    missing = [name for name in ("id", "cost", "outputs") if name not in roles]
    if missing or report.units is None:
        if not missing and report.errors:  # the columns are clear: it is the data that are not
            raise DataError(report.errors)
        show_issues(report.errors)
        wanted = " ".join(f"--{name} COLUMN" for name in missing) or f"--map mapping.toml (made by bench map {file})"
        say(f"Error: the columns of {file} are not clear: give {wanted}", err=True)
        raise click.exceptions.Exit(DataError.exit_code)
    units = report.units
    schemes = {name: list(units.for_scheme(name).outputs) for name in units.schemes} or {"all": list(units.outputs)}
    tables = load_mapping(path).table if path else []
    text = new_model(
        plain_id(target.stem),
        title=title,
        id=roles["id"],
        cost=roles["cost"],
        schemes=schemes,
        period=roles.get("period"),
        scheme=roles.get("scheme"),
        inputs=roles.get("inputs", ()),
        environment=roles.get("environment", ()),
        extra=read.get("extra", ()),
        year=roles.get("year"),
        budget=any("budget_volume" in (*part.columns, part.quantity) for part in tables),
        index=any(part.name == "index" for part in tables),
    )
    text = "".join(_commented(line) for line in text.splitlines(keepends=True))
    read_model(text.encode(), str(target))
    place.put(text.encode())
    show_issues(report.warnings)
    say(f"written to {target}")
    say("Run it with")
    how = f" --map {shlex.quote(path)}" if path else "".join(_options(read, options))
    when = f" --year {roles['year']}" if "year" in roles else ""
    show(f"  bench run {shlex.quote(out)} {shlex.quote(file)}{how}{when} --out {free_name('resultat')}")


def _commented(line: str) -> str:
    """Return a line of a model file, its comment in the language that was asked for."""
    bare = line.strip()
    if not bare.startswith("# "):
        return line
    return line.replace(bare, f"# {spoken(bare[2:])}")


def _options(read: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """The options that the run needs again, as they are written on the command line."""
    made = []
    for name, value in read.items():
        option = f" --{name.replace('_', '-')} "
        if name in ("leave_out", "where"):
            made += [option + shlex.quote(one) for one in value]
        elif name == "scale":
            made += [option + shlex.quote(f"{column}={factor:.15g}") for column, factor in value.items()]
        elif name == "accept":
            made.append(option + ",".join(value))
        elif name == "sheet":
            made.append(option + shlex.quote(",".join(value) if isinstance(value, list) else value))
        elif name not in ("extra", "join"):
            made.append(option + shlex.quote(str(value)))
    return made
