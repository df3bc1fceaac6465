"""From files to a run and back: reading, keeping the sources, running saved sources again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import resources
from bench.errors import DataError, ModelError, OptionError
from bench.modelfile import Model, load_model
from bench.pipeline.shaping import read_shaped
from bench.typing import Progress
from bench.units import Units

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import RunResult


MODEL_FILE = "model.toml"
UNITS_FILE = "units.csv"

#: A table from memory has been accepted by its owner: reading it back must not judge it anew.
_ACCEPTED = ("negative-value", "no-input", "no-output", "scale-jump", "near-duplicate-name", "total-row")


def run_file(
    model: str | Path | Model,
    file: str | Path | None = None,
    *,
    roles: Mapping[str, Any] | None = None,
    read: Mapping[str, Any] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RunResult:
    """Run a model on a client's file and keep both as the result's sources.

    Parameters
    ----------
    model : str, path or Model
        A bundled name or the path of a model file.
    file : path, optional
        CSV, Excel or ODS; the model's own bundled data set when omitted.
    roles : mapping, optional
        ``id``, ``period``, ``scheme``, ``cost``, ``inputs``, ``outputs``, ``environment``: columns of the file, for a
        model that takes any table (see :meth:`bench.modelfile.Model.with_roles`); ``year`` for a table without one.
    read : mapping, optional
        Keywords of :func:`bench.read_units` that describe the file: sheet, decimal sign, accepted rules.
    tables : mapping of str to path, optional
        Further tables, by the names in the model's ``[data.tables]``.
    workers, progress
        As for :func:`bench.run`.

    Raises
    ------
    ModelError
        When the model has no data set of its own and no file is given.
    """
    from bench.pipeline.stages import assemble

    loaded = model if isinstance(model, Model) else load_model(model)
    if file is None:
        if roles or read:
            raise OptionError("roles of columns were given, but no file to find them in")
        return bundled(loaded, tables=tables, workers=workers, progress=progress)
    source = Path(file)
    shaped = with_roles(loaded, roles or {})
    report = progress or (lambda stage, done, total: None)
    report("reading", 0, 1)
    units, found = read_for(shaped, source, read or {}), dict(tables or {})
    frames = {name: read_further(name, Path(path)) for name, path in found.items()}
    report("reading", 1, 1)
    sources = {MODEL_FILE: loaded.source, source.name: source.read_bytes()}
    sources |= {Path(path).name: Path(path).read_bytes() for path in found.values()}
    options = {
        "data": source.name,
        "roles": _plain(roles or {}),
        "read": _plain(read or {}),
        "tables": {name: Path(path).name for name, path in found.items()},
    }
    return assemble(shaped, units, frames, sources=sources, options=options, workers=workers, progress=progress)


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Accounts with their further tables, and where they come from.

    Attributes
    ----------
    units : Units
    tables : Mapping of str to DataFrame
    synthetic : bool
        Whether the numbers are made up.
    sources : Mapping of str to bytes, optional
        The model file and the files the data were read from.
    options : Mapping
        How the sources are read again, as the manifest keeps it.
    """

    units: Units
    tables: Mapping[str, pd.DataFrame]
    synthetic: bool = False
    sources: Mapping[str, bytes] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def bundled_data(model: Model, tables: Mapping[str, str | Path] | None = None) -> tuple[Model, Data]:
    """Return a model's own bundled data: its data set, or the case it is shown on; and the model that reads them.

    Parameters
    ----------
    model : Model
    tables : mapping of str to path, optional
        Further tables in the place of those of the data set.

    Raises
    ------
    ModelError
        When it has none.
    """
    from bench.modelfile.showing import example_case
    from bench.stykkpris.cases import case_units

    own = {name: Path(path) for name, path in (tables or {}).items()}
    case = example_case(model)
    if case is not None:
        model, made = case_units(model, case)
        frames = {name: read_further(name, path) for name, path in own.items()}
        kept, how = library_sources(model, made, frames)
        return model, Data(made, frames, True, kept, how)
    if model.meta.dataset is None:
        raise ModelError("the model has no data set of its own: give a file", file=model.file, key="meta.dataset")
    data = resources.dataset(model.meta.dataset)
    data.verify()
    wanted = {name: file for name, file in model.data.tables.model_dump().items() if file}
    paths = {name: data.folder / file for name, file in wanted.items()} | own
    sources = {MODEL_FILE: model.source, data.path().name: data.path().read_bytes()}
    sources |= {path.name: path.read_bytes() for path in paths.values()}
    options = {
        "data": data.path().name,
        "dataset": data.name,
        "roles": {},
        "read": {},
        "tables": {name: path.name for name, path in paths.items()},
    }
    frames = {name: read_further(name, path) for name, path in paths.items()}
    return model, Data(read_for(model, data.path(), {}), frames, data.synthetic, sources, options)


def bundled(
    model: Model,
    *,
    tables: Mapping[str, str | Path] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RunResult:
    """Run a model on its bundled data set, on another model's (``meta.data_of``), or on a case (``meta.data_case``)."""
    from bench.modelfile.showing import on_bundled_data
    from bench.pipeline.stages import assemble

    model, data = bundled_data(on_bundled_data(model), tables)
    return assemble(
        model,
        data.units,
        data.tables,
        sources=data.sources or {},
        options=data.options,
        synthetic=data.synthetic,
        workers=workers,
        progress=progress,
    )


def rerun(folder: str | Path, options: Mapping[str, Any], *, progress: Progress | None = None) -> RunResult:
    """Run saved sources again.

    Parameters
    ----------
    folder : path
        Folder with the sources a result was saved with.
    options : mapping
        ``options`` of the result's manifest.
    """
    from bench.pipeline.stages import assemble

    base = Path(folder)
    loaded = load_model(base / MODEL_FILE)
    shaped = with_roles(loaded, options["roles"])
    units = read_for(shaped, base / options["data"], options["read"])
    frames = {name: read_further(name, base / file) for name, file in options["tables"].items()}
    names = [MODEL_FILE, options["data"], *options["tables"].values()]
    kept = {key: value for key, value in options.items() if key not in ("model", "synthetic", "language")}
    return assemble(
        shaped,
        units,
        frames,
        sources={name: (base / name).read_bytes() for name in names},
        options=kept,
        synthetic=bool(options["synthetic"]),
        progress=progress,
    )


def with_roles(model: Model, roles: Mapping[str, Any]) -> Model:
    """Shape a model to a table's columns, and to the year of a table without one, when they are given."""
    columns = {key: value for key, value in roles.items() if key != "year"}
    shaped = model.with_roles(**columns) if columns else model
    return shaped.with_values({"data.year": roles["year"]}) if "year" in roles else shaped


def read_for(model: Model, path: Path, read: Mapping[str, Any]) -> Units:
    """Read a file with the roles a model gives its columns."""
    from bench.reading import read_units

    roles = model.read_options()
    both = {
        name: [*roles[name], *(x for x in read.get(name, ()) if x not in roles[name])] for name in ("extra", "accept")
    }
    options = {**roles, **read, **both}
    if model.optional_columns() or model.data.empty == "zero":
        return read_shaped(model, path, options)
    return read_units(path, **options)


def read_further(name: str, path: Path) -> pd.DataFrame:
    """Read a further table: its number columns strictly, every other column as text.

    Raises
    ------
    DataError
        With every cell that is not a number.
    """
    import pandas as pd

    from bench.reading import parse_numbers, read_table
    from bench.stykkpris.tables import NAMES, NUMBERS

    table = read_table(path)
    numeric = {word for number in NUMBERS for word in (number, NAMES[number])}
    found: dict[str, Any] = {}
    issues = list(table.issues)
    for column in table.columns:
        cells = table.column(column)
        if column not in numeric:
            found[column] = [str(cell) for cell in cells]
            continue
        numbers = parse_numbers(cells)
        issues += [table.issue(p.rule, p.message, p.remedy, p.row, column) for p in numbers.problems]
        found[column] = numbers.values
    if any(issue.severity == "error" for issue in issues):
        raise DataError(issues)
    return pd.DataFrame(found)


def library_sources(
    model: Model, units: Units, tables: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Write down a table that came from memory, so that its result can be made again from a file."""
    sources = {MODEL_FILE: model.source, UNITS_FILE: _csv(units.frame)}
    sources |= {f"{name}.csv": _csv(table) for name, table in tables.items()}
    return sources, {
        "data": UNITS_FILE,
        "roles": {},
        "read": {"decimal": ".", "delimiter": ",", "encoding": "utf-8", "accept": list(_ACCEPTED)},
        "tables": {name: f"{name}.csv" for name in tables},
    }


def _csv(frame: pd.DataFrame) -> bytes:
    return str(frame.to_csv(index=False, na_rep=".", lineterminator="\n")).encode()


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    return {key: list(value) if isinstance(value, (tuple, list)) else value for key, value in options.items()}
