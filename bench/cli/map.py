"""``bench map``: propose how a file is read, and write it down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.output import show_issues
from bench.cli.roles import LANGUAGE, dialect_options, given, role_options
from bench.errors import DataError, ResourceError


@click.command("map")
@click.argument("file", type=click.Path())
@click.option("--out", default="mapping.toml", show_default=True, type=click.Path(), help="Mapping file to write.")
@click.option("--overwrite", "--force", is_flag=True, help="Replace the mapping file when it exists.")
@click.option("--yes", is_flag=True, help="Take what is proposed without asking.")
@role_options
@LANGUAGE
@dialect_options
def map(file: str, out: str, overwrite: bool, yes: bool, **options: Any) -> None:
    """Look into FILE and write how it is read to a commented mapping: sheets, header, roles, measures, rows left out.

    On a terminal the roles are asked for, with what was found as the answer. The mapping is taken by --map of check,
    new, run, simulate and compare, and is kept with every result.
    """
    from bench.mapping import propose

    target = Path(out)
    if target.exists() and not overwrite:
        raise ResourceError(f"{target} exists already: choose another file with --out, or give --overwrite")
    options.pop("mapping")
    known = given(**options)
    proposal = propose(file, **known)
    if not yes and sys.stdin.isatty():
        answers = _asked(proposal.mapping.roles.model_dump())
        if answers != proposal.mapping.roles.model_dump():
            proposal = propose(file, **{**known, **{key: value for key, value in answers.items() if value}})
    target.write_text(proposal.to_toml(), encoding="utf-8")
    click.echo(f"written to {target}")
    for line in proposal.comments:
        click.echo(f"  {line}")
    report = proposal.report
    assert report is not None
    show_issues(report.warnings)
    roles = proposal.mapping.roles
    if report.errors or not (roles.id and roles.cost and roles.outputs):
        show_issues(report.errors)
        click.echo(f"Error: the mapping is not complete: edit {target} and try it with", err=True)
        click.echo(f"  bench check {_quoted(file)} --map {_quoted(out)}", err=True)
        raise click.exceptions.Exit(DataError.exit_code)
    click.echo("Go on with")
    click.echo(f"  bench check {_quoted(file)} --map {_quoted(out)}")
    click.echo(f"  bench new {_quoted(file)} --map {_quoted(out)} --out modell.toml")


def _asked(roles: dict[str, Any]) -> dict[str, Any]:
    """Ask for each role with what was found as the answer; an empty answer keeps it, a dash takes it away."""
    answers = dict(roles)
    for role, text in _QUESTIONS.items():
        found = roles[role]
        shown = (" + " if role == "cost" else ", ").join(found) if isinstance(found, list) else found or ""
        answer = click.prompt(f"{text} ({role})", default=shown, show_default=True).strip()
        answer = "" if answer == "-" else answer
        answers[role] = [part.strip() for part in answer.split(",") if part.strip()] if role in _LISTS else answer
    return answers


#: Roles of several columns; a cost of several is one name with + in it.
_LISTS = ("outputs", "environment")

_QUESTIONS = {
    "id": "Column that names the unit",
    "period": "Column with the year",
    "scheme": "Column with the financing scheme",
    "cost": "Column with the cost; several, with + between them, are added",
    "outputs": "Columns with the volume of each service",
    "environment": "Columns with conditions the unit cannot choose",
}


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
