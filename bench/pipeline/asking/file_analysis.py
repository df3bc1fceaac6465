"""One file analysed by one method, without any financing: what ``bench dea`` and ``bench sfa`` make, and make again.

The analysis is a result like a run: it keeps its source, is saved with a manifest, and is verified from its folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from bench.catalogue import METHODS
from bench.errors import DataError, Issue, OptionError, ResourceError, nearest
from bench.manifest import Record, kept
from bench.mapping.fitting import misplaced
from bench.pipeline.asking.library import Request, asked, further_columns
from bench.pipeline.jobs import opened
from bench.reading import read_units, source_bytes
from bench.report.faces import PageFace
from bench.results import FileAnalysis

if TYPE_CHECKING:
    from bench.units import Units

#: Kinds of result that are made from a file without a model, and the room of the library that each asks.
KINDS = {"dea": "envelopment", "sfa": "stochastic"}

#: What a stochastic frontier takes where nothing is said.
SFA_DEFAULTS = {"kind": "cost", "form": "translog", "distribution": "half-normal", "normalise": "mean",
                "covariance": "hessian"}  # fmt: skip

#: Options of a command that are keys of a method too.
_METHOD_OPTIONS = {
    "dea": ("rts", "orientation"),
    "sfa": ("kind", "form", "distribution", "panel", "shape", "rts"),
}

#: A formula that only computes: names, numbers, signs, and calls of these functions of one or more terms.
_PLAIN_CALLS = {"log", "log10", "log1p", "exp", "sqrt", "I", "C", "center", "scale", "poly"}
_PLAIN_SIGNS = re.compile(r"[\w\s~+\-*/:^(),.|&]*")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a file.

    Attributes
    ----------
    method : str, optional
        Word of a method; a radial measure or a stochastic frontier when omitted.
    keys : sequence of str
        ``KEY=VALUE`` of the method.
    input_prices : sequence of str
        Columns with the prices of the inputs.
    programs : sequence of str
        Units whose linear program is written.
    rts, orientation, periods : str, optional
        Of an envelopment.
    kind, form, distribution, panel, shape, normalise, covariance : str, optional
        Of a stochastic frontier.
    formula, u : str, optional
        The frontier, and the spread of inefficiency, as formulas.
    """

    method: str | None = None
    keys: Sequence[str] = ()
    input_prices: Sequence[str] = ()
    programs: Sequence[str] = ()
    rts: str | None = None
    orientation: str | None = None
    periods: str | None = None
    kind: str | None = None
    form: str | None = None
    distribution: str | None = None
    panel: str | None = None
    shape: str | None = None
    normalise: str | None = None
    covariance: str | None = None
    formula: str | None = None
    u: str | None = None

    def said(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what was said of these options."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def plain(self) -> dict[str, Any]:
        """Return everything that was said, as JSON has it."""
        found = {name: list(value) if isinstance(value, (list, tuple)) else value
                 for name, value in asdict(self).items()}  # fmt: skip
        return {name: value for name, value in found.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class _Found:
    table: Units
    title: str
    summary: Any
    tables: Mapping[str, pd.DataFrame]
    warnings: tuple[Issue, ...] = ()


def analyse_file(
    kind: Literal["dea", "sfa"],
    file: str | Path,
    question: Question,
    *,
    roles: Mapping[str, Any],
    read: Mapping[str, Any] | None = None,
    mapping: str | Path | None = None,
) -> FileAnalysis:
    """Ask one method about one file.

    Parameters
    ----------
    kind : {"dea", "sfa"}
        Envelopment, or a stochastic frontier.
    file : path
    question : Question
    roles : mapping
        ``id``, ``period``, ``cost`` or ``inputs``, ``outputs``, ``environment``: columns by role.
    read : mapping, optional
        How the file is read: keywords of :func:`bench.read_units`.
    mapping : path, optional
        The mapping file that ``roles`` and ``read`` come from; it is kept with the result.

    Raises
    ------
    OptionError, DataError, SolverError, EstimationError
        What is asked cannot be, the file has problems, or the method refuses; nothing is written.
    """
    paths = {"data": file, **({"mapping": mapping} if mapping is not None else {})}
    sources = {role: (Path(path).name, source_bytes(path)[1]) for role, path in paths.items()}
    options = {"asked": question.plain(), "roles": _json(roles), "read": _json(read or {})}
    return made(Record(kind, kept(sources), options))


def remade(record: Record) -> FileAnalysis:
    """Make an analysis again from what was kept of it, by anyone: a formula is evaluated only where it just computes.

    Raises
    ------
    ResourceError
        For a formula that is not made of names, numbers, signs and the usual functions.
    """
    said = record.options.get("asked", {})
    for text in (said.get("formula"), said.get("u")):
        if text is not None and not is_plain_formula(text):
            raise ResourceError(
                f"the folder's formula {text!r} may do more than compute, and a folder may come from anyone: "
                "make the analysis again yourself with bench sfa --formula if you trust it"
            )
    return made(record)


def made(record: Record) -> FileAnalysis:
    """Make an analysis from its sources and options."""
    kind: Literal["dea", "sfa"] = "dea" if record.kind == "dea" else "sfa"
    question = Question(**record.options.get("asked", {}))
    roles, read = dict(record.options.get("roles", {})), dict(record.options.get("read", {}))
    reader = _Reader(opened(record.sources["data"]), roles, read)
    _refuse_contradictions(kind, question, roles)
    if question.method is not None:
        found = _by_method(kind, question, reader)
    elif kind == "dea":
        found = _radial(question, reader)
    else:
        found = _fitted(question, reader)
    summary = found.summary
    html = summary._repr_html_() if hasattr(summary, "_repr_html_") else f"<pre>{summary}</pre>"
    issues = (*found.table.warnings, *found.warnings)
    return FileAnalysis(
        kind=kind,
        title=found.title,
        text=str(summary),
        html=html,
        tables=found.tables,
        warnings=issues,
        manifest=record.manifest(),
        sources=record.files,
        programs=_programs(found.table, question),
        face=PageFace("analysis"),
    )


def is_plain_formula(text: str) -> bool:
    """Whether evaluating a formula can only compute.

    Examples
    --------
    >>> is_plain_formula("log(cost) ~ log(days) + I(year**2)")
    True
    >>> [is_plain_formula(text) for text in ("y ~ open('x')", "y ~ x.__class__", "y ~ exec(x)", "y ~ `a b`")]
    [False, False, False, True]
    """
    bare = re.sub(r"`[^`\n]*`", "name", text)
    calls = re.findall(r"([\w.]+)\s*\(", bare)
    dotted = re.search(r"[^\W\d][\w]*\s*\.|\.\s*[^\W\d]", bare)
    known = all(name in _PLAIN_CALLS for name in calls) and not re.search(r"\)\s*\(", bare)
    return bool(_PLAIN_SIGNS.fullmatch(bare)) and known and dotted is None and "lambda" not in bare


def _json(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def _refuse_contradictions(kind: str, question: Question, roles: Mapping[str, Any]) -> None:
    if (question.formula is not None or question.u is not None) and question.method is not None:
        raise OptionError("--formula and --u are the frontier's own: leave --method out")
    if question.u is not None and question.formula is None:
        raise OptionError("--u is a formula and goes with --formula")
    if question.keys and question.method is None:
        raise OptionError("--key belongs to --method")
    if kind == "dea" and question.method is None and question.rts is None:
        raise OptionError("Missing option '--rts': returns to scale have no default, on purpose")
    if kind == "sfa" and question.method is None and question.rts is not None:
        raise OptionError("--rts belongs to --method: a stochastic frontier estimates its returns to scale")
    if question.programs and question.rts is None:
        raise OptionError("--lp needs --rts")
    for name in ("cost", "inputs", "outputs"):
        if question.formula is not None and roles.get(name):
            raise OptionError(f"--{name} and --formula both say what the frontier is of: leave one out")


@dataclass(frozen=True, slots=True)
class _Reader:
    """The file with its roles, to be read when it is known which columns a method looks at."""

    source: Any
    roles: Mapping[str, Any]
    read: Mapping[str, Any]

    def table(self, question: Question, **more: Any) -> Units:
        """Read the table with roles added or replaced."""
        roles = {**self.roles, **self.read, **more}
        roles.pop("year", None)  # one period, whatever it is called
        cost, inputs = roles.pop("cost", None), tuple(roles.pop("inputs", ()) or ())
        if cost is not None and inputs and cost not in inputs:
            raise OptionError(f"--cost {cost} must be one of --inputs, or leave one of the two out")
        roles["inputs"] = inputs or ((cost,) if cost is not None else ())
        roles.setdefault("input_prices", tuple(question.input_prices))
        said = {name: value for name, value in roles.items() if value not in (None, (), "", [], {})}
        missing = [name for name in ("id", "inputs", "outputs") if name not in said]
        if missing:
            names = {"id": "--id", "inputs": "--cost (or --inputs)", "outputs": "--outputs"}
            raise OptionError(f"say which columns to use: give {', '.join(names[name] for name in missing)}")
        try:
            return read_units(self.source, **said)
        except DataError as error:
            raise DataError(misplaced(error.issues, self.source, said)) from error


def _radial(question: Question, reader: _Reader) -> _Found:
    from bench.envelopment import dea

    units = reader.table(question)
    result = dea(units, slacks=True, **question.said(("rts", "orientation", "periods")))
    tables = {
        "efficiency": result.to_frame(),
        "peers": result.peers(),
        "targets": result.targets(),
        "slacks": result.slacks(),
    }
    if result.prices is not None:
        tables["multipliers"] = result.multipliers()
    labelled = {name: frame if frame.index.nlevels == 1 and frame.index.name is None else frame.reset_index()
                for name, frame in tables.items()}  # fmt: skip
    title = f"DEA: {question.rts}, {question.orientation or 'input'}"
    return _Found(units, title, result.summary(), labelled)


def _fitted(question: Question, reader: _Reader) -> _Found:
    from bench.stochastic import sfa

    stated = {**SFA_DEFAULTS, **question.said((*SFA_DEFAULTS, "panel", "shape"))}
    if question.formula is None:
        units = reader.table(question)
        result = sfa(units, environment=units.environment, **stated)
    else:
        units = reader.table(question, **_of_formula(question.formula, question.u, reader))
        own = {name: value for name, value in stated.items() if name not in ("form", "normalise")}
        covariates: dict[str, Any] = {"u": question.u} if question.u is not None else {}
        result = sfa(question.formula, units, environment=units.environment, **covariates, **own)
    tables = {
        "coefficients": result.coefficients().reset_index(),
        "variances": result.variances().rename_axis("parameter").reset_index(),
        "efficiency": result.to_frame().reset_index(),
        "elasticities": result.elasticities.reset_index(),
    }
    if question.formula is None:
        tables["shape"] = result.shape_violations()
    if result.design.kind == "cost":
        tables["marginal_costs"] = result.marginal_costs()
    summary = result.summary()
    return _Found(units, summary.title, summary, tables, tuple(result.warnings))


def _of_formula(formula: str, spread: str | None, reader: _Reader) -> dict[str, Any]:
    """Return the roles of the columns a formula names: they need none beside id, period and environment."""
    from bench.stochastic.frontier.formula import formula_columns

    dependent, others = formula_columns(formula, [spread] if spread is not None else [])
    elsewhere = (*(reader.roles.get("environment") or ()), reader.roles.get("period"))
    return {"inputs": dependent, "outputs": tuple(name for name in others if name not in elsewhere)}


def _by_method(kind: str, question: Question, reader: _Reader) -> _Found:
    """Ask any method of a room by its word and keys, checked as in a model file.

    Raises
    ------
    OptionError
        For a method of the other room, a key it does not take, or a value outside its range.
    """
    room, method = KINDS[kind], str(question.method)
    spec = METHODS.get(method)
    if spec is None or spec.room != room:
        names = [name for name, entry in METHODS.items() if entry.room == room]
        other = "" if spec is None else f": it belongs to bench {'sfa' if kind == 'dea' else 'dea'}"
        raise OptionError(f"no method {method!r} here{other or nearest(method, names)}; there are {', '.join(names)}")
    stated = _stated(method, question.keys, question.said(_METHOD_OPTIONS[kind]))
    own = stated.stated_keys()
    roles = reader.roles
    outputs = tuple(roles.get("outputs") or ())
    bad = tuple(own.get("bad", ()))
    environment = tuple(stated.environment or roles.get("environment") or ())
    conditions = tuple(dict.fromkeys((*(roles.get("environment") or ()), *environment)))
    taken = {*outputs, *bad, *conditions, *(roles.get("inputs") or ()), roles.get("cost")}
    further = further_columns(method, own, {name for name in taken if name})
    table = reader.table(
        question,
        outputs=(*outputs, *bad),
        environment=conditions,
        input_prices=tuple(question.input_prices) or tuple(further["input_prices"]),
        output_prices=tuple(further["output_prices"]),
        extra=tuple(dict.fromkeys((*(reader.read.get("extra") or ()), *further["extra"]))),
    )
    said = {name: value for name in ("rts", "orientation", "direction", "kind", "form", "distribution")
            if (value := getattr(stated, name)) is not None}  # fmt: skip
    answer = asked(
        Request(method, own, {**said, "environment": environment, **question.said(("periods",))}), table
    )  # fmt: skip
    tables = {"result": answer.frame, **answer.more}
    summary = answer.found.summary() if hasattr(answer.found, "summary") else answer.frame.to_string(index=False)
    return _Found(table, f"{spec.en} ({method})", summary, tables, tuple(answer.warnings))


def _stated(method: str, keys: Sequence[str], chosen: Mapping[str, Any]) -> Any:
    """The method with its keys, checked as in a model file."""
    from pydantic import ValidationError

    from bench.modelfile import Analysis as Section
    from bench.modelfile.setting import value_of

    raw: dict[str, Any] = {"id": "command", "method": method, **chosen}
    for text in keys:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise OptionError(f"--key {text}: write KEY=VALUE, such as --key 'scaling=[0.8, 1.25]'")
        raw[name.strip()] = value_of(name.strip(), value)
    try:
        stated = Section.model_validate(raw)
    except ValidationError as error:
        said = [f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}" if detail["loc"] else detail["msg"]
                for detail in error.errors(include_url=False)]  # fmt: skip
        raise OptionError("; ".join(said)) from None
    if "rts" in METHODS[method].needs and stated.rts is None:
        raise OptionError(f"method {method!r} needs --rts: it has no default, on purpose")
    return stated


def _programs(table: Units, question: Question) -> dict[str, bytes]:
    """Return the program of each unit as a file; the number in its name is the unit's row."""
    from tempfile import TemporaryDirectory

    from bench.envelopment import write_unit_lp

    found: dict[str, bytes] = {}
    with TemporaryDirectory() as folder:
        for unit in question.programs:
            side = question.orientation or "input"
            path = write_unit_lp(table, unit, f"{folder}/program.lp", rts=str(question.rts), orientation=side)
            name = re.sub(r"[^A-Za-z0-9_.-]+", "_", unit).strip("._") or "unit"
            found[f"lp/{table.names.index(unit) + 1}-{name}.lp"] = path.read_bytes()
    return found
