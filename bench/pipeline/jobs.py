"""A job: models, accounts and further tables, read from sources that are kept, ready to be run, simulated or compared.

Every result comes from a job, and every job from a :class:`bench.manifest.Record`. A saved result is verified by making
the job again from the record in its folder.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import resources
from bench.cells import guarded
from bench.errors import DataError, Issue, ModelError, OptionError
from bench.manifest import Kept, Record, kept
from bench.mapping import read_mapping
from bench.mapping.fitting import fitted, shaped
from bench.modelfile import Model, load_model, read_model
from bench.modelfile.setting import values_of
from bench.modelfile.showing import example_case, on_bundled_data
from bench.pipeline.further import Shape, read_further
from bench.pipeline.planned import Planned
from bench.pipeline.shaping import read_shaped
from bench.reading import source_bytes
from bench.units import Units

if TYPE_CHECKING:
    import pandas as pd

UNITS_FILE = "units.csv"

#: A table from memory has been accepted by its owner: reading it back must not judge it anew.
_ACCEPTED = ("negative-value", "no-input", "no-output", "scale-jump", "near-duplicate-name", "total-row")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a result is made from.

    Attributes
    ----------
    models : tuple of Model
        The first shaped to the data; more where systems are compared. Values that are set are not in them yet.
    units : Units
    tables : Mapping of str to DataFrame
    synthetic : bool
        Whether the numbers are made up.
    record : Record
        The sources and options all of this came from.
    values : Mapping of str to Any
        Values to set, by dotted key.
    found : tuple of Issue
        What was found in the further tables that does not stop them.
    planned : tuple of Planned
        Every volume and amount of a budget and of months, with its cell.
    """

    models: tuple[Model, ...]
    units: Units
    tables: Mapping[str, pd.DataFrame]
    synthetic: bool
    record: Record
    values: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[Issue, ...] = ()
    planned: tuple[Planned, ...] = ()

    def __post_init__(self) -> None:
        if self.record.kind not in ("run", "letters"):
            # Rules that are set may be those of one model alone; what is asked here, every model has a place for.
            asked = {key: value for key, value in self.values.items() if key.partition(".")[0] == "report"}
            refuse_small_counts((model.with_values(asked) for model in self.models), self.record.kind)

    @property
    def model(self) -> Model:
        """The first model with the values set."""
        return self.with_values(self.models[0])

    @property
    def accepted(self) -> frozenset[str]:
        """Rules that the model or whoever reads the file accepts."""
        return frozenset([*self.model.data.accept, *self.record.options.get("read", {}).get("accept", ())])

    def with_values(self, model: Model) -> Model:
        """Return a model with the job's values set in it."""
        return model.with_values(self.values) if self.values else model

    def noted(self, **options: Any) -> Record:
        """Return the record with further options."""
        return replace(self.record, options={**self.record.options, **options})


def refuse_small_counts(models: Iterable[Model], what: str) -> None:
    """Refuse what shows numbers of single units and has no way to withhold some, where a model asks for that."""
    for model in models:
        if model.report.small_counts:
            raise OptionError(
                f"model {model.name!r} withholds small counts in the report of a run; {what} cannot: set "
                "report.small_counts=0, and keep what is written to yourself"
            )


def file_job(
    kind: str,
    models: Sequence[str | Path | Model],
    file: str | Path | None,
    *,
    roles: Mapping[str, Any] | None = None,
    read: Mapping[str, Any] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    settings: Mapping[str, str] | None = None,
    mapping: str | Path | None = None,
) -> Job:
    """Return the job of models on a client's file, or on the first model's bundled data when there is none.

    Parameters
    ----------
    kind : {"run", "simulate", "compare", "advise", "letters", "validate-pack", "specs"}
    models : sequence of str, path or Model
    file : path, optional
    roles, read : mapping, optional
        Columns by role, and how the file is read; see :func:`bench.pipeline.run_file`.
    tables : mapping of str to path, optional
        Further tables by name; beside bundled data they take the place of those of the data set.
    settings : mapping of str to str, optional
        Values to set by dotted key, written as in a model file.
    mapping : path, optional
        The mapping file that ``roles`` and ``read`` come from; it is kept with the result.

    Raises
    ------
    OptionError, ResourceError, ModelError, DataError
        When something is missing or wrong; nothing has been computed then.
    """
    loaded = [model if isinstance(model, Model) else load_model(model) for model in models]
    if not loaded:
        raise OptionError("give at least one model")
    if file is None:
        if roles or read:
            raise OptionError("roles of columns were given, but no file to find them in")
        return _bundled(kind, loaded, tables or {}, settings or {})
    given = {"data": file, **{f"table.{name}": path for name, path in (tables or {}).items()}}
    given |= {"mapping": mapping} if mapping is not None else {}
    sources = _models(loaded) | _contents(given)
    options = {"roles": _plain(roles or {}), "read": _plain(read or {}), "set": dict(settings or {})}
    return job_of(Record(kind, kept(sources), _named(loaded) | options), loaded)


def memory_job(kind: str, models: Sequence[Model], units: Units, tables: Mapping[str, pd.DataFrame]) -> Job:
    """Return the job of models on a table from memory, written down so that its result can be made again."""
    sources = _models(models) | {"data": (UNITS_FILE, _csv(units.frame))}
    sources |= {f"table.{name}": (f"{name}.csv", _csv(table)) for name, table in tables.items()}
    read = {"decimal": ".", "delimiter": ",", "encoding": "utf-8", "accept": list(_ACCEPTED)}
    options = {"read": read, "findings": [_stated(issue) for issue in units.warnings]}
    return Job(tuple(models), units, tables, False, Record(kind, kept(sources), _named(models) | options))


def job_of(record: Record, models: Sequence[Model] | None = None, *, synthetic: bool = False) -> Job:
    """Read a record's sources.

    Parameters
    ----------
    record : Record
    models : sequence of Model, optional
        The record's models, when they are loaded already.
    synthetic : bool
        Whether the record's data are made up.
    """
    sources, options = record.sources, record.options
    if models is None:
        models = [read_model(one.data, one.title) for role, one in sources.items() if role.split(".")[0] == "model"]
    first = with_roles(models[0], options.get("roles", {}))
    values = values_of(options.get("set", {}))
    units = read_for(first.with_values(values) if values else first, opened(sources["data"]), options.get("read", {}))
    if "findings" in options:
        units = replace(units, warnings=tuple(Issue(**found) for found in options["findings"]))
    signs = {
        key: options.get("read", {})[key]
        for key in ("currency", "decimal", "thousands")
        if key in options.get("read", {})
    }
    read = {
        role.removeprefix("table."): read_further(role.removeprefix("table."), opened(one), **signs)
        for role, one in sources.items()
        if role.startswith("table.")
    }
    if "mapping" in sources:
        said = read_mapping(sources["mapping"].data, sources["mapping"].title)
        for part in said.table:
            if part.name not in read:
                book = opened(sources["data"])
                shape = Shape(**part.shape())
                read[part.name] = read_further(
                    part.name, book, sheet=part.sheet, columns=part.columns, shape=shape, **signs
                )
    tables = {name: part.frame for name, part in read.items()}
    found = tuple(issue for part in read.values() for issue in part.warnings)
    planned = tuple(one for part in read.values() for one in part.planned)
    return Job((first, *models[1:]), units, tables, synthetic, record, values, found, planned)


def _bundled(kind: str, models: Sequence[Model], tables: Mapping[str, str | Path], settings: Mapping[str, str]) -> Job:
    """Return the job on the first model's bundled data: its data set, another model's, or the case it is shown on."""
    first, *others = models
    first = on_bundled_data(first)
    own = _contents({f"table.{name}": path for name, path in tables.items()})
    options: dict[str, Any] = {"set": dict(settings)}
    case = example_case(first)
    if case is not None:
        from bench.stykkpris.cases import case_units

        first, units = case_units(first, case)
        made = memory_job(kind, [first, *others], units, {})
        sources = kept({role: (one.title, one.data) for role, one in made.record.sources.items()} | own)
        record = Record(kind, sources, {**made.record.options, **options})
        return job_of(record, [first, *others], synthetic=True)
    if first.meta.dataset is None:
        raise ModelError("the model has no data set of its own: give a file", file=first.file, key="meta.dataset")
    data = resources.dataset(first.meta.dataset)
    data.verify()
    wanted = {name: file for name, file in first.data.tables.model_dump().items() if file}
    found = _contents({"data": data.path(), **{f"table.{name}": data.folder / file for name, file in wanted.items()}})
    record = Record(
        kind,
        kept(_models([first, *others]) | found | own),
        {**_named([first, *others]), "dataset": data.name, **options},
    )
    return job_of(record, [first, *others], synthetic=data.synthetic)


def _models(models: Sequence[Model]) -> dict[str, tuple[str, bytes]]:
    """Return the models' files by role; a model from memory is written as its owner would have."""
    roles = ["model", *(f"model.{number}" for number in range(2, len(models) + 1))]
    return {role: (model.file or f"{model.name}.toml", model.source) for role, model in zip(roles, models, strict=True)}


def _named(models: Sequence[Model]) -> dict[str, Any]:
    names = [model.name for model in models]
    return {"model": names[0]} if len(names) == 1 else {"models": names}


def _contents(paths: Mapping[str, str | Path]) -> dict[str, tuple[str, bytes]]:
    """Return the files' names and bytes by role; files that share a name are told apart by the folders they lie in."""
    titles = _told_apart([Path(path) for path in paths.values()])
    return {role: (title, source_bytes(path)[1]) for (role, path), title in zip(paths.items(), titles, strict=True)}


def _told_apart(paths: Sequence[Path]) -> list[str]:
    """Return each path's name, with as many folders before it as tell it from the others, and no more.

    A result says nothing of where on a machine its files lay.

    Examples
    --------
    >>> _told_apart([Path("/home/kari/a/x.csv"), Path("/home/kari/b/x.csv"), Path("/home/kari/b/y.csv")])
    ['a/x.csv', 'b/x.csv', 'y.csv']
    """
    ends = [[str(Path(*path.parts[-length:])) for length in range(1, len(path.parts) + 1)] for path in paths]
    made = []
    for mine, path in zip(ends, paths, strict=True):
        others = {end.casefold() for other, theirs in zip(paths, ends, strict=True) if other != path for end in theirs}
        made.append(next((end for end in mine if end.casefold() not in others), str(path)))
    return made


class _Named(io.BytesIO):
    """Bytes in memory with the name that messages call them by."""

    def __init__(self, source: Kept):
        super().__init__(source.data)
        self.name = source.title


def opened(source: Kept) -> _Named:
    """Return a kept source as an open file with the name its owner gave it."""
    return _Named(source)


def with_roles(model: Model, roles: Mapping[str, Any]) -> Model:
    """Shape a model to a table's columns, and to the year of a table without one, when they are given.

    A model that has these columns already keeps what it says of them: its services, weights and measures.
    """
    columns = {key: value for key, value in roles.items() if key != "year"}
    made = shaped(model, columns) if columns and not _has_columns(model, columns) else model
    return made.with_values({"data.year": roles["year"]}) if "year" in roles else made


def _has_columns(model: Model, roles: Mapping[str, Any]) -> bool:
    own = (model.data.id, model.data.cost, model.data.period, model.data.scheme)
    asked = (roles["id"], roles["cost"], roles.get("period"), roles.get("scheme"))
    return own == asked and set(roles.get("outputs", ())) <= set(model.output_columns())


def read_for(model: Model, source: Any, read: Mapping[str, Any]) -> Units:
    """Read a file with the roles a model gives its columns."""
    from bench.reading import read_units

    roles = model.read_options()
    both = {
        name: [*roles[name], *(x for x in read.get(name, ()) if x not in roles[name])] for name in ("extra", "accept")
    }
    options = {**roles, **read, **both}
    try:
        if model.optional_columns() or model.data.empty == "zero":
            return read_shaped(model, source, options)
        return read_units(source, **options)
    except DataError as error:
        raise DataError(fitted(error.issues, model, source, read)) from error


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.copy()
    for name in frame.columns:
        if not hasattr(frame[name].dtype, "kind") or frame[name].dtype.kind not in "iufb":
            safe[name] = [_text(cell) for cell in frame[name]]
    safe.columns = [guarded(str(name)) for name in frame.columns]
    return str(safe.to_csv(index=False, na_rep=".", lineterminator="\n")).encode()


def _text(cell: Any) -> Any:
    return guarded(cell) if isinstance(cell, str) else cell


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    return {key: list(value) if isinstance(value, (tuple, list)) else value for key, value in options.items()}


def _stated(issue: Issue) -> dict[str, str]:
    return {name: value for name, value in asdict(issue).items() if value}
