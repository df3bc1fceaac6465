"""`simulate`: years of a financing system for many draws at once, in blocks that no number of workers moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.errors import OptionError
from bench.modelfile import Model
from bench.options import MOST_DRAWS
from bench.stykkpris.engine import required_of, yardstick_of
from bench.stykkpris.rules.indexation import Index
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation.behaviour import Behaviour, behaviour_of
from bench.stykkpris.simulation.draws import blocks, stream
from bench.stykkpris.simulation.growth import growth_of
from bench.stykkpris.simulation.incentives import incentive_power
from bench.stykkpris.simulation.outlook import Outlook
from bench.stykkpris.simulation.result import SchemePaths, SimulationResult
from bench.stykkpris.simulation.setting import Setting, setting_of, start, truncated
from bench.stykkpris.simulation.structure import refuse_rules
from bench.stykkpris.simulation.year import Outcome, Shocks, answer, plan, produce
from bench.stykkpris.tables import extra_tables
from bench.stykkpris.year.books import Books
from bench.stykkpris.year.yardstick import Measure
from bench.typing import FloatArray, Progress

if TYPE_CHECKING:
    import pandas as pd

    from bench.units import Units


#: What is kept per unit, by name.
UNIT_PATHS = (
    "income", "cost", "opening", "closing", "settled", "dispensation", "quality", "weighted", "needed", "served"
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Every scheme's setting and opening, and the years to play."""

    model: Model
    settings: tuple[Setting, ...]
    openings: tuple[Books, ...]
    years: tuple[int, ...]
    played: tuple[int, ...]


def prepare(
    model: Model,
    units: Units,
    years: Iterable[int],
    *,
    outlook: Outlook | None = None,
    norms: pd.DataFrame | None = None,
    benchmark_prices: pd.DataFrame | None = None,
    requirements: pd.DataFrame | None = None,
    measures: Mapping[str, Measure] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Prepared:
    """Read every scheme's setting off the accounts before the first year.

    Raises
    ------
    OptionError
        When the years are not whole years in a row, or the system starts after the first of them.
    DataError
        When there are no accounts before the first year.
    """
    wanted = _year_list(years)
    world = outlook or Outlook()
    model = model.expanded(units)
    index = Index(model.indexation, extra_tables(tables).index)
    settings, openings = [], []
    parts = [truncated(data, wanted[0]) for data in scheme_data(model, units)]
    base = max(data.years[-1] for data in parts)
    behind = [data.scheme.id for data in parts if data.years[-1] != base]
    if behind:
        raise OptionError(f"scheme {behind[0]!r} has no accounts for {base}, the last year of the others")
    first = min([*(data.years[0] for data in parts), *_price_years(model)])
    growth = growth_of(index, range(first + 1, wanted[-1] + 2), base, world)
    for data in parts:
        given = yardstick_of(data, norms, benchmark_prices)
        required = required_of(model, data, requirements)
        setting, opening = setting_of(
            model, data, index, growth, world, given, required, (measures or {}).get(data.scheme.id)
        )
        settings.append(setting)
        openings.append(opening)
    return Prepared(model, tuple(settings), tuple(openings), wanted, tuple(range(base + 1, wanted[-1] + 1)))


def simulate(
    model: Model,
    units: Units,
    *,
    years: Iterable[int],
    seed: int,
    draws: int = 1000,
    behaviour: Behaviour | str | Mapping[str, Any] | None = None,
    outlook: Outlook | None = None,
    norms: pd.DataFrame | None = None,
    benchmark_prices: pd.DataFrame | None = None,
    requirements: pd.DataFrame | None = None,
    measures: Mapping[str, Measure] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SimulationResult:
    """Play a financing system forward from its last accounts.

    Parameters
    ----------
    model : Model
    units : Units
        Accounts up to the year before the first simulated one; later years are left out.
    years : iterable of int
        Years in a row. Years between the accounts and the first of them are played but not reported.
    seed : int
        The same seed gives the same bytes, whatever the number of workers, and the same shocks for every model.
    draws : int
        Number of worlds; one is enough, and used, when nothing is random.
    behaviour : Behaviour, str or mapping, optional
        Responses; ``"neutral"`` for none, the preset ``"assumed"`` when omitted.
    outlook : Outlook, optional
        Growth and noise; measured in the accounts when omitted.
    norms, benchmark_prices, requirements, tables
        As for :func:`bench.stykkpris.settle`.
    measures : mapping of scheme to Measure, optional
        Schemes whose frontier is measured again in every simulated year; elsewhere it stands still.
    workers : int
        Processes; more through a joblib backend such as Dask.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    SimulationResult

    Raises
    ------
    OptionError, DataError, ModelError
        When years, data and rules do not fit together.
    SettlementError
        When an identity fails in any year of any draw.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"], "year": [2024, 2024], "cost": [90.0, 110.0], "days": [10.0, 10.0]})
    >>> model = bench.load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["days"])
    >>> units = bench.Units.from_frame(table, id="unit", period="year", inputs=["cost"], outputs=["days"])
    >>> played = simulate(model, units, years=range(2025, 2028), seed=1, behaviour="neutral")
    >>> played.draws, float(played.frame("schemes").query("measure == 'result'")["mean"].round(6).abs().max())
    (1, 0.0)
    """
    chosen = behaviour_of(behaviour)
    prepared = prepare(
        model,
        units,
        years,
        outlook=outlook,
        norms=norms,
        benchmark_prices=benchmark_prices,
        requirements=requirements,
        measures=measures,
        tables=tables,
    )
    for setting in prepared.settings:
        refuse_rules(setting, chosen)
    powers = _powers(prepared, chosen)
    count = _draw_count(prepared, chosen, draws)
    made = _all_blocks(prepared, chosen, seed, count, powers, workers, progress)
    return _assembled(prepared, chosen, outlook or Outlook(), seed, count, made, powers)


def _price_years(model: Model) -> list[int]:
    """Return the price years of amounts and stated prices: the index has to reach back to them."""
    years = [item.indexed_from for scheme in model.scheme for item in scheme.correction if item.indexed_from]
    prices = [service.price for scheme in model.scheme for service in scheme.service if service.price is not None]
    return years + [entry.from_.year for price in prices for entry in price.entries if entry.from_ is not None]


def _year_list(years: Iterable[int]) -> tuple[int, ...]:
    found = tuple(years)
    if not found:
        raise OptionError("give at least one year to simulate")
    if any(isinstance(year, bool) or not isinstance(year, int | np.integer) for year in found):
        raise OptionError("years are whole numbers")
    if list(found) != list(range(found[0], found[0] + len(found))):
        raise OptionError("years must follow each other, such as range(2026, 2036)")
    return tuple(int(year) for year in found)


def _powers(prepared: Prepared, behaviour: Behaviour) -> list[FloatArray | None]:
    """Incentive power of every unit, where initiative depends on it."""
    if not (behaviour.initiative and behaviour.ratchet):
        return [None] * len(prepared.settings)
    pairs = zip(prepared.settings, prepared.openings, strict=True)
    return [incentive_power(setting, opening).power for setting, opening in pairs]


def _draw_count(prepared: Prepared, behaviour: Behaviour, draws: int) -> int:
    if isinstance(draws, bool) or not isinstance(draws, int) or not 1 <= draws <= MOST_DRAWS:
        raise OptionError(f"draws is a whole number from 1 to {MOST_DRAWS}, not {draws!r}")
    world = prepared.settings[0].outlook
    moving = any(s.movement.demand.any() or s.movement.common.any() or s.movement.cost for s in prepared.settings)
    random = moving or world.deflator_error or world.estimate_error or (behaviour.grant and behaviour.budget_hold)
    return draws if random else 1


def _all_blocks(
    prepared: Prepared,
    behaviour: Behaviour,
    seed: int,
    draws: int,
    powers: Sequence[FloatArray | None],
    workers: int,
    progress: Progress | None,
) -> list[list[dict[str, FloatArray]]]:
    from joblib import Parallel, delayed

    jobs = blocks(draws)
    tasks = (delayed(play_block)(prepared, behaviour, seed, k, end - begin, powers) for k, begin, end in jobs)
    made = []
    for block in Parallel(n_jobs=workers if workers > 1 else None, return_as="generator")(tasks):
        made.append(block)
        if progress is not None:
            progress("simulation", len(made), len(jobs))
    return made


def play_block(
    prepared: Prepared,
    behaviour: Behaviour,
    seed: int,
    block: int,
    draws: int,
    powers: Sequence[FloatArray | None],
) -> list[dict[str, FloatArray]]:
    """Play all years of one block of draws; returns every scheme's paths, then the purchaser's."""
    growth = prepared.settings[0].growth.fresh()
    settings = [replace(setting, growth=growth) for setting in prepared.settings]
    states = [start(s, o, draws) for s, o in zip(settings, prepared.openings, strict=True)]
    streams = [_Streams(setting, seed, block, draws) for setting in settings]
    luck = stream(seed, block, "", "grant")
    errors = stream(seed, block, "", "deflator")
    world = settings[0].outlook
    kept = [_paths(setting, draws, len(prepared.years)) for setting in settings]
    whole = {
        name: np.zeros((draws, len(prepared.years))) for name in ("budget", "expected", "supplement", "cost_index")
    }
    index = np.ones(draws)
    for year in prepared.played:
        error = world.deflator_bias + world.deflator_error * errors.standard_normal(draws)
        index = index * (1.0 + growth.grow(year, error))
        shocks = [one.year() for one in streams]
        plans = [plan(s, st, behaviour, sh, year) for s, st, sh in zip(settings, states, shocks, strict=True)]
        granted = (luck.random(draws) < behaviour.grant).astype(np.float64)
        volume, price, added = answer(prepared.model.purchaser, plans, behaviour, granted, year, world.other_level_cost)
        at = year - prepared.years[0]
        for j, setting in enumerate(settings):
            states[j], outcome = produce(
                setting,
                states[j],
                behaviour,
                shocks[j],
                year,
                plans[j],
                volume_factor=volume,
                price_factor=price,
                supplement=added,
                power=powers[j],
            )
            if at >= 0:
                _keep(setting, kept[j], outcome, at, year)
        if at >= 0:
            whole["budget"][:, at] = sum(p.budget for p in plans)
            whole["expected"][:, at] = sum(p.expected for p in plans)
            whole["supplement"][:, at] = added
            whole["cost_index"][:, at] = index
    return [*kept, whole]


class _Streams:
    """A scheme's random numbers, year by year in a fixed order."""

    def __init__(self, setting: Setting, seed: int, block: int, draws: int):
        name = setting.scheme.id
        self.setting, self.shape = setting, (draws, *setting.need.shape)
        self.need, self.common, self.cost, self.estimate = (
            stream(seed, block, name, what) for what in ("need", "common", "cost", "estimate")
        )

    def year(self) -> Shocks:
        moves, (draws, n, services) = self.setting.movement, self.shape
        need = cost = estimate = None
        if moves.demand.any() or moves.common.any():
            # Half the variance is taken off, so that the mean growth is the stated one.
            need = self.need.standard_normal(self.shape)
            need *= moves.demand
            common = self.common.standard_normal((draws, 1, services)) * moves.common
            need += common - 0.5 * (moves.demand**2 + moves.common**2)
        if moves.cost:
            cost = moves.cost * self.cost.standard_normal((draws, n)) - 0.5 * moves.cost**2
        if self.setting.outlook.estimate_error:
            estimate = self.setting.outlook.estimate_error * self.estimate.standard_normal((draws, 1))
        return Shocks(need, cost, estimate)


def _paths(setting: Setting, draws: int, years: int) -> dict[str, FloatArray]:
    n, services = setting.need.shape
    made = {name: np.zeros((draws, years, n)) for name in UNIT_PATHS}
    made |= {name: np.zeros((draws, years, services)) for name in ("prices", "need", "decided", "covered")}
    made |= {
        name: np.zeros((draws, years)) for name in ("level", "payer", "pressure", "others", "other_level", "copaid")
    }
    made["receipts"] = np.zeros((draws, years, len(setting.scheme.receipt)))
    made["identity"] = np.zeros((1, 0))
    return made


def _keep(setting: Setting, kept: dict[str, FloatArray], outcome: Outcome, at: int, year: int) -> None:
    s = outcome.settled
    for name in ("income", "cost", "opening", "closing", "quality", "weighted", "needed", "served"):
        kept[name][:, at] = getattr(outcome, name)
    kept["settled"][:, at] = s.kept + s.carried
    kept["dispensation"][:, at] = s.dispensation
    kept["receipts"][:, at], kept["others"][:, at] = outcome.receipts, outcome.others
    kept["other_level"][:, at], kept["copaid"][:, at] = outcome.other_level, outcome.copaid
    kept["covered"][:, at] = outcome.covered
    kept["need"][:, at], kept["decided"][:, at] = outcome.need, outcome.decided
    if outcome.priced is not None:
        kept["prices"][:, at] = outcome.priced.prices
        kept["level"][:, at] = outcome.priced.level
    paid = outcome.income + s.dispensation + s.interest - s.returned - outcome.lapsed
    kept["payer"][:, at] = paid.sum(axis=-1)
    exposed = np.maximum(outcome.gap, 0.0) * outcome.cost
    carry = setting.scheme.settlement.carry_deficit.at(year)
    kept["pressure"][:, at] = carry * exposed.sum(axis=-1) / outcome.cost.sum(axis=-1)
    worst = max(outcome.identities.values(), default=0.0)
    kept["identity"] = np.append(kept["identity"], [[worst]], axis=1)


def _assembled(
    prepared: Prepared,
    behaviour: Behaviour,
    outlook: Outlook,
    seed: int,
    draws: int,
    made: list[list[dict[str, FloatArray]]],
    powers: Sequence[FloatArray | None],
) -> SimulationResult:
    def joined(position: int) -> dict[str, FloatArray]:
        names = made[0][position]
        return {name: np.concatenate([block[position][name] for block in made]) for name in names}

    schemes = []
    for j, setting in enumerate(prepared.settings):
        paths = joined(j)
        identity = paths.pop("identity")
        for values in paths.values():
            values.flags.writeable = False
        schemes.append(
            SchemePaths(
                scheme=setting.scheme,
                setting=setting,
                opening=prepared.openings[j],
                units=setting.data.units,
                present=setting.present,
                paths=paths,
                identity=float(identity.max(initial=0.0)),
                power=powers[j],
            )
        )
    whole = joined(len(prepared.settings))
    return SimulationResult(
        model=prepared.model,
        years=prepared.years,
        base=prepared.settings[0].base,
        draws=draws,
        seed=seed,
        behaviour=behaviour,
        outlook=outlook,
        schemes=tuple(schemes),
        whole=whole,
    )
