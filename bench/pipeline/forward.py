"""`simulate` and `compare`: from models and data to the forward-looking results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import DataError, ModelError, OptionError, ResourceError
from bench.modelfile import Model, load_model
from bench.modelfile.blocks import FIXED_SOURCES
from bench.modelfile.showing import on_bundled_data
from bench.pipeline.files import MODEL_FILE, Data, _csv, bundled_data, read_for, read_further
from bench.typing import Progress

if TYPE_CHECKING:
    import pandas as pd

    from bench.stykkpris.compare import Comparison
    from bench.stykkpris.simulation import Behaviour, Outlook, SimulationResult
    from bench.units import Units


DRAWS = 1000
YEARS = 10


def simulate(
    model: Model | str | Path,
    units: Units | None = None,
    *,
    years: Iterable[int] | None = None,
    seed: int,
    draws: int = DRAWS,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    outlook: Outlook | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SimulationResult:
    """Play a financing system forward, with uncertainty.

    Parameters
    ----------
    model : Model, str or path
    units : Units, optional
        Accounts; the model's own bundled data set when omitted.
    years : iterable of int, optional
        Years in a row; the ten after the last accounts when omitted.
    seed : int
        Same seed, same bytes, for any number of workers.
    draws : int
        Number of worlds.
    behaviour : Behaviour, str or mapping, optional
        ``"neutral"``, ``"assumed"`` (when omitted), or switches by name; every value is listed in the result.
    outlook : Outlook, optional
        Growth and noise; measured in the accounts when omitted.
    tables : mapping, optional
        ``budget``, ``months``, ``index``, as for :func:`bench.run`.
    workers : int
        Processes. Under ``joblib.parallel_config("dask")`` the blocks go to the cluster.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    SimulationResult

    Raises
    ------
    OptionError, DataError, ModelError, SettlementError
        See :mod:`bench.errors`.

    Examples
    --------
    >>> import bench
    >>> played = bench.simulate(bench.load_model("kristiansand"), years=range(2007, 2010), seed=1, draws=20)
    >>> [scheme.scheme.id for scheme in played.schemes]
    ['omsorg', 'utviklingshemmede', 'helse']
    """
    from bench.stykkpris.simulation import simulate as play

    loaded = _loaded(model) if units is not None else on_bundled_data(_loaded(model))
    data = bundled_data(loaded)[1] if units is None else Data(units, tables or {})
    norms, prices = _frontier(loaded, data)
    played = play(
        loaded,
        data.units,
        years=years if years is not None else _after(data.units, loaded),
        seed=seed,
        draws=draws,
        behaviour=behaviour,
        outlook=outlook,
        norms=norms,
        benchmark_prices=prices,
        tables=data.tables,
        workers=workers,
        progress=progress,
    )
    return replace(played, synthetic=data.synthetic, sources=data_sources([loaded], data))


def compare(
    models: Sequence[Model | str | Path],
    units: Units | None = None,
    *,
    years: Iterable[int] | None = None,
    seed: int = 1,
    draws: int = DRAWS,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    outlook: Outlook | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Play several systems on the same data and in the same worlds, and set them side by side.

    The first model gives the data: its schemes, services and columns, and its bundled data set when no units are
    given. Every other model's rules are put on them (:meth:`bench.modelfile.Model.applied_to`).

    Parameters
    ----------
    models : sequence of Model, str or path
        At least one.
    units, years, seed, draws, behaviour, outlook, tables, workers, progress
        As for :func:`simulate`.

    Returns
    -------
    Comparison

    Raises
    ------
    OptionError, DataError, ModelError, SettlementError
        A model whose rules need data that are not there is named.

    Examples
    --------
    >>> import bench
    >>> table = bench.compare(["kristiansand", "average-cost"], years=range(2007, 2010), draws=20)
    >>> table.names
    ('kristiansand', 'average-cost')
    """
    from bench.stykkpris.compare import compared
    from bench.stykkpris.criterion_values import system_of
    from bench.stykkpris.simulation import simulate as play
    from bench.stykkpris.simulation.simulate import prepare

    loaded = [_loaded(model) for model in models]
    if not loaded:
        raise OptionError("give at least one model to compare")
    if units is None:
        loaded[0] = on_bundled_data(loaded[0])
    first = loaded[0]
    data = bundled_data(first)[1] if units is None else Data(units, tables or {})
    span = tuple(years) if years is not None else _after(data.units, first)
    systems = []
    for done, model in enumerate(loaded):
        shaped = model if model is first or _fits(model, data.units) else model.applied_to(first)
        try:
            norms, prices = _frontier(shaped, data)
            given: dict[str, Any] = {
                "outlook": outlook, "norms": norms, "benchmark_prices": prices, "tables": data.tables,
            }  # fmt: skip
            prepared = prepare(shaped, data.units, span, **given)
            played = play(
                shaped, data.units, years=span, seed=seed, draws=draws, behaviour=behaviour, workers=workers, **given
            )
            systems.append(system_of(prepared, played))
        except DataError as error:
            issues = [replace(issue, message=f"{model.name}: {issue.message}") for issue in error.issues]
            raise DataError(issues) from error
        if progress is not None:
            progress("comparison", done + 1, len(loaded))
    found = compared(systems, _distinct([model.name for model in loaded]))
    return replace(found, synthetic=data.synthetic, sources=data_sources(loaded, data))


def file_data(model: Model, file: str | Path, *, read: Mapping[str, Any], tables: Mapping[str, str | Path]) -> Data:
    """Return a client's file, read with the roles a model gives its columns."""
    path = Path(file)
    sources = {path.name: path.read_bytes() if path.is_file() else b""}
    sources |= {Path(table).name: Path(table).read_bytes() for table in tables.values()}
    frames = {name: read_further(name, Path(table)) for name, table in tables.items()}
    return Data(read_for(model, path, read), frames, False, sources)


def _loaded(model: Model | str | Path) -> Model:
    return model if isinstance(model, Model) else load_model(model)


def data_sources(models: Sequence[Model], data: Data) -> dict[str, bytes]:
    """Return the bytes of models and data, for the folder a result is saved in."""
    sources = {f"{model.name}.toml": model.source for model in models}
    if data.sources is not None:
        return sources | {name: kept for name, kept in data.sources.items() if name != MODEL_FILE}
    sources["units.csv"] = _csv(data.units.frame)
    return sources | {f"{name}.csv": _csv(table) for name, table in data.tables.items()}


def _after(units: Units, model: Model) -> tuple[int, ...]:
    """Return the ten years after the last accounts."""
    periods = units.periods if units.period is not None else [model.data.year]
    try:
        last = max(int(period) for period in periods)
    except (TypeError, ValueError) as error:
        raise OptionError("say which years to simulate: the data have no years") from error
    return tuple(range(last + 1, last + 1 + YEARS))


def _fits(model: Model, units: Units) -> bool:
    """Whether a model reads this table as it is: every column it asks for, and every scheme."""
    options = model.read_options()
    asked = [options["id"], options["period"], options["scheme"]]
    asked += [name for role in ("inputs", "outputs", "environment", "extra") for name in options[role]]
    if any(name is not None and name not in units.frame.columns for name in asked):
        return False
    return options["scheme"] == units.scheme and (not units.schemes or set(units.schemes) == set(model.scheme_ids))


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that stand more than once."""
    made: list[str] = []
    for name in names:
        made.append(name if name not in made else f"{name} ({sum(m.split(' (')[0] == name for m in made) + 1})")
    return made


def _frontier(model: Model, data: Data) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return norms and benchmark prices where the price rule reads them, else nothing."""
    prices = [scheme.price for scheme in model.scheme]
    keyed = any(scheme.block.kind == "norm-share" for scheme in model.scheme)
    norms = keyed or any(
        price.source == "frontier"
        or (
            price.frontier_reference == "norm"
            and price.frontier_share.constant != 0.0
            and price.source not in (*FIXED_SOURCES, "none")
        )
        for price in prices
    )
    if not norms and all(price.update != "multipliers" for price in prices):
        return None, None
    from bench.pipeline.stages import run

    try:
        found = run(model, data.units, tables=data.tables)
    except ResourceError as error:
        raise ModelError(str(error), file=model.file) from error
    return found.norms, found.benchmark_prices
