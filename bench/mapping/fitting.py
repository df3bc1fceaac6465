"""A model and a file, or a command and a sheet, that do not fit one another: one message, with a way on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.errors import Issue, ModelError
from bench.mapping.budgets import told
from bench.modelfile import Model

#: Columns named of a model or a file.
_NAMED = 12


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f", … ({more} more)" if more > 0 else "")


def wanted(model: Model) -> list[str]:
    """Return the columns a model reads, each once, those that name things first."""
    roles = model.read_options()
    labels = [roles[name] for name in ("id", "period", "scheme") if roles.get(name)]
    numbers = [name for role in ("inputs", "outputs", "environment", "extra") for name in roles.get(role, ())]
    return list(dict.fromkeys([*labels, *numbers]))


def misplaced(issues: Sequence[Issue], source: Any, read: Mapping[str, Any]) -> list[Issue]:
    """Return one finding in place of missing columns where the sheet that was read is a budget and no accounts."""
    missing = [issue for issue in issues if issue.rule == "missing-column"]
    sheet = read.get("sheet")
    if not missing:
        return list(issues)
    source.seek(0)
    found = told(source, sheet if isinstance(sheet, str) else missing[0].sheet)
    return list(issues) if found is None else [replace(found, file=missing[0].file)]


def fitted(issues: Sequence[Issue], model: Model, source: Any, read: Mapping[str, Any]) -> list[Issue]:
    """Return one finding in place of many missing columns: a sheet that is no accounts, or a model of other columns.

    Parameters
    ----------
    issues : sequence of Issue
        Why the file was refused.
    model : Model
    source : open file
    read : Mapping
        How the file was read.
    """
    missing = [issue for issue in issues if issue.rule == "missing-column"]
    if not missing:
        return list(issues)
    other = misplaced(issues, source, read)
    if other != list(issues):
        return other
    names = wanted(model)
    gone = {issue.column for issue in missing} & set(names)
    services = {service.column for part in model.scheme for service in part.service}
    if len(gone) < 2 or (2 * len(gone) <= len(names) and not services <= gone):
        return list(issues)
    there = missing[0].remedy.partition("columns are: ")[2].split(", ")
    schemes = ", ".join(f"{part.id} ({_listed([one.column for one in part.service])})" for part in model.scheme)
    absent = _listed([name for name in names if name in gone])
    message = (
        f"the model {model.name!r} and the file do not fit: {len(gone)} of the {len(names)} columns it reads are not "
        f"there ({absent}); its schemes and services are {schemes}; the file has {_listed(there)}"
    )
    remedy = (
        "make a model of the file's own columns with: bench new FILE --out modell.toml; or let a general model take "
        "them, with --id, --cost and --outputs; or correct data and scheme.service.column in the model"
    )
    first = missing[0]
    rest = [issue for issue in issues if issue.rule != "missing-column" and issue.severity == "error"]
    return [Issue("model-does-not-fit", message, remedy, file=first.file, sheet=first.sheet), *rest]


def other_schemes(issues: Sequence[Issue], model: Model) -> list[Issue]:
    """Return one finding in place of one for each scheme, where file and model have none in common."""
    strange = [issue for issue in issues if issue.rule == "unknown-scheme"]
    empty = {issue for issue in issues if issue.rule == "empty-scheme"}
    if not strange or len(empty) < len(model.scheme):
        return list(issues)
    here = _listed(list(dict.fromkeys(issue.value for issue in strange)))
    message = f"the model has the schemes {_listed(list(model.scheme_ids))}, and the file {here}: none in common"
    remedy = (
        "call them alike in the file or in the model (scheme.id), or make a model of the file's own schemes with: "
        "bench new FILE --scheme COLUMN --out modell.toml"
    )
    made = replace(strange[0], rule="model-does-not-fit", message=message, remedy=remedy, value=here)
    return [made, *(issue for issue in issues if issue not in empty and issue not in strange)]


def shaped(model: Model, columns: Mapping[str, Any]) -> Model:
    """Return a model with these columns in place of its own.

    Raises
    ------
    ModelError
        When its rules hold for its own schemes and services alone: what it has, what was given, and a way on.
    """
    try:
        return model.with_roles(**columns)
    except ModelError as error:
        if error.key == "scheme.price.source":
            raise
        schemes = ", ".join(f"{part.id} ({_listed([one.column for one in part.service])})" for part in model.scheme)
        given = ", ".join(
            f"{role} {_listed(value) if isinstance(value, (list, tuple)) else value}" for role, value in columns.items()
        )
        raise ModelError(
            f"the model {model.name!r} has rules for schemes and services of its own ({schemes}) and cannot take other "
            f"columns ({given}): make a model of them with: bench new FILE --out modell.toml; or take a general model, "
            f"such as average-cost; or read a file with the model's own columns ({_listed(wanted(model))})",
            file=model.file,
            key="scheme",
        ) from error
