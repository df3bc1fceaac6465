"""`settle`: a model and a table in, prices and settlement out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.errors import OptionError
from bench.modelfile import Model
from bench.results import COLUMNS
from bench.stykkpris.frames import SettledScheme
from bench.stykkpris.identities import Ledger
from bench.stykkpris.kept_savings import Reach, check_kept, kept_rows
from bench.stykkpris.next_bill import bill_rows
from bench.stykkpris.payers import payer_rows, receipt_rows
from bench.stykkpris.purchaser_account import PurchaserAccount
from bench.stykkpris.requirement_effect import check_requirement, requirement_rows
from bench.stykkpris.result import StykkprisResult
from bench.stykkpris.rounding import exact
from bench.stykkpris.rules.indexation import Index
from bench.stykkpris.scheme_data import SchemeData, scheme_data
from bench.stykkpris.tables import ExtraTables, extra_tables, named_services
from bench.stykkpris.year.books import Required
from bench.stykkpris.year.course import run_years
from bench.stykkpris.year.yardstick import Given
from bench.typing import FloatArray, Progress

if TYPE_CHECKING:
    from bench.units import Units


def settle(
    model: Model,
    units: Units,
    *,
    norms: pd.DataFrame | None = None,
    benchmark_prices: pd.DataFrame | None = None,
    requirements: pd.DataFrame | None = None,
    peers: pd.DataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    progress: Progress | None = None,
) -> StykkprisResult:
    """Run the financing system of a model on a table: prices, settlement and the purchaser's account of every year.

    Parameters
    ----------
    model : Model
        From :func:`bench.load_model`.
    units : Units
        Cost in NOK and volumes, one row per unit and year.
    norms : DataFrame, optional
        Columns ``scheme, unit, year, norm`` (NOK); needed where the price looks to the frontier.
    benchmark_prices : DataFrame, optional
        Columns ``scheme, service, source`` and ``price``; needed where multipliers are the weights.
    requirements : DataFrame, optional
        Columns ``scheme, unit, year, individual, general`` (shares of what was allowed the year before) and
        ``base_cost, gap`` (NOK); taken out of the price or the grant as ``requirement.feeds`` says.
    peers : DataFrame, optional
        Columns ``scheme, unit, year, peer, intensity, norm_share``: each unit's weight in the norms, for what it keeps
        of a saving of its own.
    tables : mapping, optional
        ``"budget``, ``"months"``, ``"index"``: see :mod:`bench.stykkpris.tables`.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    StykkprisResult

    Raises
    ------
    DataError
        When the data lack what the rules need: a column, a year of accounts, a volume, a norm.
    ModelError
        When a value is in force on no date a year needs.
    SettlementError
        When an accounting identity fails.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": ["A", "B"], "cost": [90.0, 110.0], "days": [10.0, 10.0]})
    >>> model = bench.load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days"])
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["cost"], outputs=["days"])
    >>> settle(model, units).settlement[["unit", "result"]].values.tolist()
    [['A', 10.0], ['B', -10.0]]
    """
    model = model.expanded(units)
    parts = scheme_data(model, units)
    extra = extra_tables(tables).within({part.scheme.id: named_services(part.scheme) for part in parts})
    index = Index(model.indexation, extra.index)
    settled = []
    with exact():
        for done, data in enumerate(parts):
            course = run_years(
                model,
                data,
                index,
                yardstick_of(data, norms, benchmark_prices),
                required_of(model, data, requirements),
            )
            settled.append(SettledScheme(course))
            if progress is not None:
                progress("settlement", done + 1, len(parts))
        return _result(model, settled, extra, [reach_of(model, part, peers, norms) for part in parts])


def yardstick_of(data: SchemeData, norms: pd.DataFrame | None, benchmark_prices: pd.DataFrame | None) -> Given:
    """Return what frames of norms and benchmark prices say about a scheme, by year."""
    return Given(norm=_norms(norms, data), prices=_multipliers(benchmark_prices, data))


def reach_of(model: Model, data: SchemeData, peers: pd.DataFrame | None, norms: pd.DataFrame | None = None) -> Reach:
    """Return each unit's weight in the norms of the newest accounts; with several frontiers the mean of them.

    A reference of fixed years does not move with a saving that comes after them: nobody has weight in it. But a unit
    that is ahead of it, where scores above one do not count, has its own cost for its norm.
    """
    n, rule = len(data.units), model.frontier_for(data.scheme.id)
    fixed = rule.reference is not None and bool(rule.reference.years)
    years = (rule.window or 1) if rule.periods == "average" else 1
    weight, own = np.zeros(n), np.zeros(n)
    if peers is None or peers.empty:
        return Reach(weight, own, years)
    _need(peers, ("scheme", "unit", "year", "peer", "intensity", "norm_share"), "peers")
    part = peers[peers["scheme"] == data.scheme.id]
    part = part[part["year"] == part["year"].max()]
    frontiers = part["variant"].nunique() if "variant" in part.columns else 1
    place = {unit: i for i, unit in enumerate(data.units)}
    rows = zip(part["unit"], part["peer"], part["intensity"], part["norm_share"], strict=True)
    for unit, peer, intensity, share in rows:
        if str(peer) in place:
            weight[place[str(peer)]] += 0.0 if fixed else float(intensity) / frontiers
            own[place[str(peer)]] += float(share) / frontiers if unit == peer else 0.0
    if fixed and not model.norm.above_one and norms is not None and "efficiency" in norms.columns:
        now = norms[(norms["scheme"] == data.scheme.id) & (norms["year"] == part["year"].max())]
        for unit, score in zip(now["unit"].astype(str), now["efficiency"], strict=True):
            if unit in place and score >= 1.0:
                weight[place[unit]] = own[place[unit]] = 1.0
    return Reach(weight, own, years)


def required_of(model: Model, data: SchemeData, frame: pd.DataFrame | None) -> Required | None:
    """Return the requirement of a scheme's units; a unit without accounts in its base year has no individual part."""
    rule = model.requirement
    if rule is None or rule.feeds == "information" or data.years[-1] + 1 < rule.first_year:
        return None
    if frame is None:
        raise OptionError(
            f"the requirement of {rule.first_year} feeds the {rule.feeds}: give requirements, as bench.run finds them"
        )
    _need(frame, ("scheme", "unit", "year", "individual", "general", "base_cost", "gap"), "requirements")
    part = frame[frame["scheme"] == data.scheme.id]
    if part.empty:
        return None
    individual: dict[int, FloatArray] = {}
    general: dict[int, FloatArray] = {}
    for year in sorted({int(year) for year in part["year"]}):
        rows = part[part["year"] == year]
        by_unit = rows.set_index(rows["unit"].astype(str)).reindex(data.units)
        individual[year] = by_unit["individual"].fillna(0.0).to_numpy(dtype=np.float64)
        common = by_unit["general"].fillna(float(rows["general"].max()))
        general[year] = common.to_numpy(dtype=np.float64)
    first = part[part["year"] == part["year"].min()]
    base = first.set_index(first["unit"].astype(str)).reindex(data.units)
    return Required(
        feeds=rule.feeds,
        individual=individual,
        general=general,
        base_cost=base["base_cost"].fillna(0.0).to_numpy(dtype=np.float64),
        gap=base["gap"].fillna(0.0).to_numpy(dtype=np.float64),
    )


def _norms(frame: pd.DataFrame | None, data: SchemeData) -> dict[int, FloatArray]:
    if frame is None:
        return {}
    _need(frame, ("scheme", "unit", "year", "norm"), "norms")
    part = frame[frame["scheme"] == data.scheme.id]
    place = {unit: i for i, unit in enumerate(data.units)}
    found: dict[int, FloatArray] = {}
    for unit, year, norm in zip(part["unit"], part["year"], part["norm"], strict=True):
        of_year = found.setdefault(int(year), np.full(len(data.units), np.nan))
        if str(unit) in place:
            of_year[place[str(unit)]] = float(norm)
    return found


def _multipliers(frame: pd.DataFrame | None, data: SchemeData) -> dict[int, FloatArray]:
    """Benchmark prices by the year of their accounts; a frame without years holds from the first accounts on."""
    if frame is None:
        return {}
    _need(frame, ("scheme", "service", "source", "price"), "benchmark_prices")
    source = data.scheme.price.multiplier_source
    part = frame[(frame["scheme"] == data.scheme.id) & (frame["source"] == source)]
    years = part["year"] if "year" in part.columns else [data.years[0] - data.scheme.price.lag] * len(part)
    found: dict[int, FloatArray] = {}
    for service, year, price in zip(part["service"], years, part["price"], strict=True):
        of_year = found.setdefault(int(year), np.full(len(data.services), np.nan))
        if str(service) in data.services:
            of_year[data.services.index(str(service))] = float(price)
    return found


def _need(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    gone = [column for column in columns if column not in frame.columns]
    if gone:
        raise OptionError(f"{name} needs the column {gone[0]!r}")


def _result(model: Model, settled: list[SettledScheme], tables: ExtraTables, reaches: list[Reach]) -> StykkprisResult:
    ledger = Ledger()
    for scheme, reach in zip(settled, reaches, strict=True):
        scheme.check(ledger)
        check_kept(scheme, reach, ledger)
        check_requirement(scheme, ledger)
    purchaser: list[dict[str, Any]] = []
    follow: list[dict[str, Any]] = []
    if model.purchaser is not None and model.purchaser.holder != "provider":
        account = PurchaserAccount(model.purchaser, settled, tables)
        purchaser, follow = list(account.rows(ledger)), list(account.follow_up_rows())
    payers = [row for scheme in settled for row in payer_rows(scheme, ledger)]
    years = {year.year for scheme in settled for year in scheme.accounts}
    years |= {year for scheme in settled for year in scheme.made}
    return StykkprisResult(
        model=model,
        prices=_frame("prices", [row for s in settled for row in s.price_rows()]),
        schemes=_frame("schemes", [row for s in settled for row in s.scheme_rows()]),
        settlement=_frame("settlement", [row for s in settled for row in s.settlement_rows()]),
        settlement_lines=_frame("settlement_lines", [row for s in settled for row in s.line_rows()]),
        purchaser=_frame("purchaser", purchaser),
        assumptions=model.assumptions(years),
        checks=_frame("checks", ledger.rows),
        corrections=_frame("corrections", [row for s in settled for row in s.correction_rows()]),
        sharing=_frame("sharing", [row for s in settled for row in s.sharing_rows()]),
        payments=_frame("payments", [row for s in settled for row in s.payment_rows(tables)]),
        follow_up=_frame("follow_up", follow),
        receipts=_frame("receipts", [row for s in settled for row in receipt_rows(s)]),
        payers=_frame("payers", payers),
        bill=_frame("bill", [row for s in settled for row in bill_rows(s, model.purchaser, tables)]),
        requirement_effect=_frame("requirement_effect", [row for s in settled for row in requirement_rows(s)]),
        kept_savings=_frame(
            "kept_savings", [row for s, reach in zip(settled, reaches, strict=True) for row in kept_rows(s, reach)]
        ),
    )


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame with at least the contract's columns, those first."""
    columns = list(COLUMNS[name])
    extra = [column for column in (rows[0] if rows else {}) if column not in columns]
    frame = pd.DataFrame(rows, columns=[*columns, *extra])
    if "cost_year" in frame.columns:
        frame["cost_year"] = frame["cost_year"].astype("Int64")
    return frame
