"""`simulate` and `compare`: from models and data to the forward-looking results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import DataError, ModelError, OptionError, ResourceError
from bench.modelfile import Model, load_model
from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.options import one_of
from bench.pipeline.jobs import Job, file_job, memory_job
from bench.pipeline.outlook.flip_maps import asked_of, compared_maps
from bench.pipeline.stages import run
from bench.report.faces import PageFace
from bench.typing import Progress

if TYPE_CHECKING:
    import pandas as pd

    from bench.stykkpris.simulation import Behaviour, Outlook, SimulationResult
    from bench.stykkpris.simulation.compare import Comparison
    from bench.units import Units


DRAWS = 1000
YEARS = 10
#: What an estimated frontier does in simulated years.
FRONTIERS = ("standing", "estimated")
MOST_YEARS = 200


def simulate(
    model: Model | str | Path,
    units: Units | None = None,
    *,
    years: Iterable[int] | None = None,
    seed: int,
    draws: int = DRAWS,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    frontier: str | None = None,
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
    frontier : {"standing", "estimated"}, optional
        Whether an estimated frontier stays where the accounts put it (when omitted), or is measured again in the
        accounts of every simulated year: yardstick competition as a closed loop.
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
    loaded = model if isinstance(model, Model) else load_model(model)
    return simulated(
        _job("simulate", [loaded], units, tables),
        years=years,
        seed=seed,
        draws=draws,
        behaviour=behaviour,
        frontier=frontier,
        outlook=outlook,
        workers=workers,
        progress=progress,
    )


def simulated(
    job: Job,
    *,
    years: Iterable[int] | None = None,
    seed: int | None = None,
    draws: int | None = None,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    frontier: str | None = None,
    outlook: Outlook | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SimulationResult:
    """Play a job's model forward; what is not given is as the job's record says, so that a result is made again."""
    asked, model = _Asked.of(job, years, seed, draws, behaviour, outlook, frontier), job.model
    with model.placing():
        return _played(job, asked, model, workers=workers, progress=progress)


def _played(job: Job, asked: _Asked, model: Model, *, workers: int, progress: Progress | None) -> SimulationResult:
    from bench.stykkpris.simulation import simulate as play

    measured: dict[str, Any] = {**_frontier(model, job), **_measures(model, job, asked.frontier)}
    played = play(
        model,
        job.units,
        years=asked.years,
        seed=asked.seed,
        draws=asked.draws,
        behaviour=asked.behaviour,
        outlook=asked.outlook,
        **measured,
        tables=job.tables,
        workers=workers,
        progress=progress,
    )
    record = job.noted(**asked.options())
    face, made = PageFace("simulation"), record.manifest()
    return replace(played, synthetic=job.synthetic, sources=record.files, manifest=made, face=face)


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
    flip: Sequence[str] = (),
    between: Sequence[str] = (),
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

    flip : sequence of str
        Pairs of drivers, such as ``"fixed_share,growth"``, to map the best system over: ``fixed_share, volatility,
        common, growth``.
    between : sequence of str
        Systems to set against each other in the maps, by name; the first four when omitted.

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
    if not models:
        raise OptionError("give at least one model to compare")
    loaded = [model if isinstance(model, Model) else load_model(model) for model in models]
    return compared(
        _job("compare", loaded, units, tables),
        years=years,
        seed=seed,
        draws=draws,
        behaviour=behaviour,
        outlook=outlook,
        flip=flip,
        between=between,
        workers=workers,
        progress=progress,
    )


def compared(
    job: Job,
    *,
    years: Iterable[int] | None = None,
    seed: int | None = None,
    draws: int | None = None,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    outlook: Outlook | None = None,
    flip: Sequence[str] = (),
    between: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Play a job's models in the same worlds; what is not given is as the job's record says."""
    from bench.stykkpris.simulation import simulate as play
    from bench.stykkpris.simulation.compare import compared as side_by_side
    from bench.stykkpris.simulation.criterion_values import system_of
    from bench.stykkpris.simulation.simulate import prepare

    named = {key: list(value) for key, value in (("flip", flip), ("between", between)) if value}
    job = replace(job, record=job.noted(**named)) if named else job
    asked = _Asked.of(job, years, seed, draws, behaviour, outlook)
    first, names = job.models[0], _distinct([model.name for model in job.models])
    mapped = job.record.options if job.record.kind == "compare" else {}
    pairs, mapped_names = asked_of(mapped, names)
    systems = []
    for done, model in enumerate(job.models):
        shaped = job.with_values(shaped_to(model, first, job))
        try:
            measured = _frontier(shaped, job)
            given: dict[str, Any] = {
                "outlook": asked.outlook, "tables": job.tables, **measured,
            }  # fmt: skip
            prepared = prepare(shaped, job.units, asked.years, **given)
            played = play(
                shaped,
                job.units,
                years=asked.years,
                seed=asked.seed,
                draws=asked.draws,
                behaviour=asked.behaviour,
                workers=workers,
                **given,
            )
            systems.append(system_of(prepared, played))
        except DataError as error:
            issues = [replace(issue, message=f"{model.name}: {issue.message}") for issue in error.issues]
            raise DataError(issues) from error
        if progress is not None:
            progress("comparison", done + 1, len(job.models))
    found = side_by_side(systems, names)
    record = job.noted(**asked.options())
    face, made = PageFace("compare"), record.manifest()
    shown = {name: system.model for name, system in zip(names, systems, strict=True) if name in mapped_names}
    ordered = {name: shown[name] for name in mapped_names}
    maps = tuple(compared_maps(job, ordered, pairs, asked.years, asked.seed))
    return replace(found, maps=maps, synthetic=job.synthetic, sources=record.files, manifest=made, face=face)


def _job(kind: str, models: Sequence[Model], units: Units | None, tables: Mapping[str, pd.DataFrame] | None) -> Job:
    return file_job(kind, models, None) if units is None else memory_job(kind, models, units, tables or {})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is played: as the caller says, else as the record says, else as usual."""

    years: tuple[int, ...]
    seed: int
    draws: int
    behaviour: Behaviour
    outlook: Outlook | None
    frontier: str

    @classmethod
    def of(
        cls,
        job: Job,
        years: Iterable[int] | None,
        seed: int | None,
        draws: int | None,
        behaviour: Behaviour | str | Mapping[str, Any] | None,
        outlook: Outlook | None,
        frontier: str | None = None,
    ) -> _Asked:
        from bench.stykkpris.simulation import Outlook
        from bench.stykkpris.simulation.behaviour import behaviour_of

        said = job.record.options
        span = said.get("years")
        kept = range(span[0], span[1] + 1) if span else _after(job.units, job.models[0])
        world = said.get("outlook")
        wanted = tuple(islice(kept if years is None else years, MOST_YEARS + 1))
        if len(wanted) > MOST_YEARS:
            raise OptionError(f"at most {MOST_YEARS} years can be simulated")
        usual = _after(job.units, job.models[0])[0]
        if wanted and isinstance(wanted[0], int) and wanted[0] > usual + MOST_YEARS:
            raise OptionError(f"the accounts end in {usual - 1}: years from {wanted[0]} on are out of their reach")
        return cls(
            wanted,
            int(said.get("seed", 1) if seed is None else seed),
            int(said.get("draws", DRAWS) if draws is None else draws),
            behaviour_of(said.get("behaviour") if behaviour is None else behaviour),
            outlook if outlook is not None else Outlook(**world) if world else None,
            one_of(str(said.get("frontier", "standing") if frontier is None else frontier), FRONTIERS, "frontier"),
        )

    def options(self) -> dict[str, Any]:
        """Return them as the manifest keeps them."""
        kept: dict[str, Any] = {
            "years": [int(self.years[0]), int(self.years[-1])],
            "seed": self.seed,
            "draws": self.draws,
            "behaviour": asdict(self.behaviour),
        }
        if self.frontier != "standing":
            kept["frontier"] = self.frontier
        return kept if self.outlook is None else {**kept, "outlook": asdict(self.outlook)}


def _after(units: Units, model: Model) -> tuple[int, ...]:
    """Return the ten years after the last accounts."""
    periods = units.periods if units.period is not None else [model.data.year]
    try:
        last = max(int(period) for period in periods)
    except (TypeError, ValueError) as error:
        raise OptionError("say which years to simulate: the data have no years") from error
    return tuple(range(last + 1, last + 1 + YEARS))


def shaped_to(model: Model, first: Model, job: Job) -> Model:
    """Return a model as it is where it reads the job's table, else its rules on the first model's columns."""
    return model if model is first or _fits(model, job.units) else model.applied_to(first)


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


def _measures(model: Model, job: Job, frontier: str) -> dict[str, Any]:
    """Return each scheme's frontier as a function of accounts, where it is measured again."""
    if frontier == "standing":
        return {}
    from bench.pipeline.loop.measuring import measure_of
    from bench.stykkpris.scheme_data import scheme_data

    whole = model.expanded(job.units)
    return {"measures": {data.scheme.id: measure_of(whole, data) for data in scheme_data(whole, job.units)}}


def _frontier(model: Model, job: Job) -> dict[str, pd.DataFrame]:
    """Return norms, benchmark prices and requirements where prices or grants read them, else nothing."""
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
    required = model.requirement is not None and model.requirement.feeds != "information"
    if not (norms or required) and all(price.update != "multipliers" for price in prices):
        return {}
    try:
        found = run(model, job.units, tables=job.tables)
    except ResourceError as error:
        raise ModelError(str(error), file=model.file) from error
    return {"norms": found.norms, "benchmark_prices": found.benchmark_prices, "requirements": found.requirements}
