"""``bench check``: what is in a file, everything that is wrong with it, and the run that follows from it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bench.cli.findings import counted, finding_lines, said
from bench.cli.output import free_name, show, show_json
from bench.cli.roles import LANGUAGE, chosen_language, dialect_options, given, mapped, role_options
from bench.cli.run import SETTING, dialect, named_tables
from bench.errors import DataError, Issue
from bench.report.words.findings import described as described_word
from bench.report.words.findings import word

if TYPE_CHECKING:
    from bench.reading import Report

#: The model whose rules are applied when roles are given and no model.
GENERAL = "average-cost"


@click.command()
@click.argument("file", type=click.Path())
@click.option("--model", metavar="MODEL", help="Apply this model's rules; it also gives the columns their roles.")
@SETTING
@click.option("--table", "tables", multiple=True, callback=named_tables, metavar="NAME=PATH", help="A further table.")
@click.option("--year", type=int, metavar="YEAR", help="Year of a table that has no column for it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@LANGUAGE
@role_options
@dialect_options
@click.pass_context
def check(
    context: click.Context,
    /,
    file: str,
    model: str | None,
    settings: dict[str, str],
    tables: dict[str, str],
    year: int | None,
    form: str,
    **options: Any,
) -> None:
    """Read FILE (CSV, Excel or ODS) and show its dialect, its columns and every problem in it.

    Without roles the columns are only described. With them, or with --model, every rule of a run is applied, by
    running; what check lets pass, run does. The last line is the run that follows.
    """
    from bench.mapping.budgets import told
    from bench.reading import check_file

    path = options["mapping"]
    described = mapped(path, options)
    roles = _described(described)
    if model is not None:
        roles = {**_roles_of(model, settings, described), **given(**{name: roles.get(name) for name in roles})}
    report = check_file(file, **roles)
    misplaced = told(file, described.get("sheet")) if isinstance(described.get("sheet"), str) else None
    if misplaced is not None:
        misplaced = replace(misplaced, file=file, severity="error" if roles.get("id") else "warning")
        report = replace(report, issues=(misplaced, *report.issues))
    if model is not None or (roles.get("id") and described.get("outputs")):
        columns, read = dialect(options)
        shaped = {**columns, **given(year=year)}
        issues = _issues_of_a_run(model or GENERAL, file, shaped, read, tables, settings, path)
        report = replace(report, issues=issues)
    if path is not None:
        from bench.mapping import with_lines

        report = replace(report, issues=with_lines(path, report.issues))
    line = "" if report.errors else run_line(context, file, model or GENERAL, report if model is None else None)
    if form == "json":
        content = {**replace(report, issues=said(report.issues)).to_dict(), "next": line}
        show_json(content)
    else:
        _show(report)
    if report.errors:
        show(f"{counted(report.errors)}.", err=True)
        raise click.exceptions.Exit(DataError.exit_code)
    if line and form == "text":
        show(f"\n{word('Next', chosen_language())}:\n  {line}")


def _show(report: Report) -> None:
    """Write what is in the file, and one line for each cause of a finding."""
    language = chosen_language()

    def say(text: str) -> str:
        return described_word(text, language)

    show(report.described(say))
    show(f"\n{report.counts(say)}")
    for severity, text in finding_lines(report.issues):
        show(f"  {severity} {text}")


def _described(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return roles and dialect as :func:`bench.reading.check_file` takes them."""
    named = {name: value for name, value in options.items() if name not in ("mapping", "cost", "inputs", "year")}
    cost, inputs = options.get("cost"), tuple(options.get("inputs") or ())
    return given(inputs=inputs or ((cost,) if cost else ()), **named)


def _roles_of(model: str, settings: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the roles a model gives columns; none when the command line shapes the model to the columns."""
    from bench.modelfile import load_model
    from bench.modelfile.setting import values_of

    loaded = load_model(model)
    if options.get("id"):
        return {}
    return (loaded.with_values(values_of(settings)) if settings else loaded).read_options()


def _issues_of_a_run(
    model: str,
    file: str,
    roles: Mapping[str, Any],
    read: Mapping[str, Any],
    tables: Mapping[str, str],
    settings: Mapping[str, str],
    mapping: str | None,
) -> tuple[Issue, ...]:
    """Return what a run would say of the data: its refusal, or its warnings."""
    from bench.pipeline import run_file

    try:
        result = run_file(model, file, roles=roles, read=read, tables=tables, settings=settings, mapping=mapping)
    except DataError as error:
        return error.issues
    return result.warnings


def run_line(context: click.Context, file: str, model: str, report: Report | None) -> str:
    """Return the command that runs what was checked; empty where the columns' roles are not known.

    Parameters
    ----------
    context : click.Context
        Its options are those of the run.
    file, model : str
    report : Report, optional
        Gives the roles that the command line does not.
    """
    words = ["bench", "run", model, file]
    for parameter in context.command.params:
        name = parameter.name or ""
        stated = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if isinstance(parameter, click.Option) and name in context.params and name not in ("model", "form") and stated:
            words += _option(parameter.opts[0], name, context.params[name])
    stated_options = {word for word in words if word.startswith("--")}
    if report is not None and "--map" not in stated_options:
        roles = {role: [one.name for one in report.columns if one.role == role] for role in ("id", "period", "scheme")}
        inputs = [column.name for column in report.columns if column.role == "inputs"]
        outputs = [column.name for column in report.columns if column.role == "outputs"]
        roles |= {"cost": inputs[:1], "outputs": outputs}
        if not (roles["id"] and roles["cost"] and roles["outputs"]):
            return ""
        for role, names in roles.items():
            if names and f"--{role}" not in stated_options and not (role == "cost" and "--inputs" in stated_options):
                words += [f"--{role}", ",".join(names)]
    return shlex.join([*words, "--out", free_name("resultat")])


def _option(flag: str, name: str, value: Any) -> list[str]:
    """Return an option as it is written on the command line."""
    if isinstance(value, Mapping):
        return [word for key, one in value.items() for word in (flag, f"{key}={_text(one)}")]
    if name in ("leave_out", "where") or (
        isinstance(value, Sequence) and not isinstance(value, str) and name == "join"
    ):
        return [word for one in value for word in (flag, str(one))]
    if isinstance(value, (list, tuple)):
        return [flag, ",".join(map(str, value))]
    return [flag, str(value)]


def _text(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
