"""``bench map``: propose how a file is read, and write it down."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bench.cli.output import free_name, holds_section, say, show, show_issues, spoken
from bench.cli.roles import LANGUAGE, dialect_options, given, role_options
from bench.errors import DataError

if TYPE_CHECKING:
    from bench.mapping import Proposal


@click.command("map")
@click.argument("file", type=click.Path())
@click.option("--out", default="mapping.toml", show_default=True, type=click.Path(), help="Mapping file to write.")
@click.option("--overwrite", "--force", is_flag=True, help="Replace the mapping file when it exists.")
@click.option("--yes", is_flag=True, help="Take what is proposed without asking.")
@click.option("--year", type=int, metavar="YEAR", help="Year of a table that has no column for it.")
@role_options
@LANGUAGE
@dialect_options
def map(file: str, out: str, overwrite: bool, yes: bool, **options: Any) -> None:
    """Look into FILE and write how it is read to a commented mapping: sheets, header, roles, measures, rows left out.

    On a terminal sheet, header, roles, factors and rows left out are asked for, with what was found as the answer; an
    empty line keeps it. The mapping is taken by --map of check,
    new, run, simulate and compare, and is kept with every result.
    """
    from bench.mapping import propose
    from bench.report.placing import FilePlace

    place = FilePlace(out, overwrite, (file,), partial(holds_section, "roles"))
    place.refuse_taken()
    options.pop("mapping")
    known = given(**options)
    proposal = propose(file, **known)
    if not yes and sys.stdin.isatty():
        known |= _asked_layout(proposal)
        proposal = propose(file, **known)
        answers = _asked(proposal.mapping.roles.model_dump())
        known |= {key: value for key, value in answers.items() if value}
        proposal = propose(file, **known)
        known |= _asked_rows(proposal, known)
        proposal = propose(file, **known)
    place.put(proposal.to_toml(spoken).encode())
    say(f"written to {out}")
    for line in proposal.comments:
        say(f"  {line}")
    report = proposal.report
    assert report is not None
    show_issues(report.warnings)
    roles = proposal.mapping.roles
    if report.errors or not (roles.id and roles.cost and roles.outputs):
        show_issues(report.errors)
        say(f"Error: the mapping is not complete: edit {out} and try it with", err=True)
        show(f"  bench check {_quoted(file)} --map {_quoted(out)}", err=True)
        raise click.exceptions.Exit(DataError.exit_code)
    say("Go on with")
    show(f"  bench check {_quoted(file)} --map {_quoted(out)}")
    show(f"  bench new {_quoted(file)} --map {_quoted(out)} --out {free_name('modell.toml')}")


def _asked_layout(proposal: Proposal) -> dict[str, Any]:
    """Ask for the sheet of a workbook and the row of the header, with what was found as the answer."""
    made: dict[str, Any] = {}
    sheet = proposal.mapping.layout.sheet
    if sheet is not None:
        found = sheet if isinstance(sheet, str) else ", ".join(sheet)
        names = [
            name.strip()
            for name in click.prompt(spoken("Sheet; several with commas (sheet)"), default=found).split(",")
        ]
        if names != ([sheet] if isinstance(sheet, str) else sheet):
            made["sheet"] = names[0] if len(names) == 1 else names
    assert proposal.report is not None
    row = re.fullmatch(r"(\d+)(?:[–-](\d+))?", proposal.report.dialect.get("header_row", ""))
    if row is not None:
        said = click.prompt(
            spoken("Row of the header, 0 for none (header)"), default=int(row[1]), type=click.IntRange(min=0)
        )
        if said != int(row[1]):
            made["header"] = said
    return made


def _asked_rows(proposal: Proposal, known: dict[str, Any]) -> dict[str, Any]:
    """Ask for the factor of each number column in doubt and for the rows that are no units."""
    mapping, report = proposal.mapping, proposal.report
    assert report is not None
    unclear = {issue.column for issue in report.issues if issue.rule in ("unclear-measure", "measure-conflict")}
    scale = dict(known.get("scale") or {})
    for column in [*mapping.scale, *sorted(unclear - set(mapping.scale))]:
        found = float(mapping.scale.get(column, 1.0))
        said = click.prompt(
            spoken(f"Factor of {column}, 1000 for thousands, 1 for whole numbers (scale)"), default=found
        )
        if said != found or column in unclear:
            scale[column] = float(said)
    kept, accept = [], list(known.get("accept") or ())
    for entry in mapping.leave_out:
        if click.confirm(spoken(f"Leave out {entry.unit} ({entry.reason})?"), default=True):
            kept.append(entry.unit)
        elif "total-row" not in accept:  # what is kept although it looks like a total is a unit
            accept.append("total-row")
    more = click.prompt(spoken("Other units to leave out, with commas (leave_out)"), default="", show_default=False)
    if len(kept) == len(mapping.leave_out):  # they are found again, each with its reason
        kept = list(known.get("leave_out") or ())
    kept += [name.strip() for name in more.split(",") if name.strip()]
    made = {"scale": scale, "leave_out": kept, "accept": accept}
    return {name: value for name, value in made.items() if value}


def _asked(roles: dict[str, Any]) -> dict[str, Any]:
    """Ask for each role with what was found as the answer; an empty answer keeps it, a dash takes it away."""
    answers = dict(roles)
    for role, text in _QUESTIONS.items():
        found = roles[role]
        shown = (" + " if role == "cost" else ", ").join(found) if isinstance(found, list) else found or ""
        answer = click.prompt(f"{spoken(text)} ({role})", default=shown, show_default=True).strip()
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
