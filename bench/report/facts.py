"""What the reports say, taken from the frames once: decided prices, results, efficiencies and requirements per unit.

No texts and no formats here. Every number stands in a frame of the run or is a sum or ratio of such numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.words.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import RunResult

Row = dict[str, Any]

#: Units at each end of a scheme's results whose rows and sheets the report of a large run has.
SHOWN_ENDS = 100


@dataclass(frozen=True, slots=True)
class SchemeFacts:
    """One scheme in the last settled year, with the prices of the next.

    Attributes
    ----------
    key : str
    units : tuple of str
    level_change : float or None
        Change of the price level from the last settled year to the next.
    cost, income, result : float or None
        Of the last settled year, in NOK.
    prices : tuple of rows
        Rows of ``prices`` for the price year.
    years : tuple of rows
        Rows of ``schemes``, by year.
    activity_income : float
        What all its units were paid for their volumes in the last settled year, in NOK.
    """

    key: str
    units: tuple[str, ...]
    level_change: float | None
    cost: float | None
    income: float | None
    result: float | None
    prices: tuple[Row, ...]
    years: tuple[Row, ...]
    activity_income: float

    @property
    def margin(self) -> float | None:
        """Result as a share of income, where that means something."""
        return share_of_income(self.result, self.income)


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """One unit: its rows of every frame, the latest first where there are several years.

    Attributes
    ----------
    key, scheme : str
    number : int
        Position in the run, from 1; part of the file name of its sheet.
    settlement : row or None
        Of the last settled year.
    history : tuple of rows
        Settlement rows by year.
    lines : tuple of rows
        Settlement lines of all years; of the last two in a large run.
    corrections : tuple of rows
        What the sum of corrections consists of, all years.
    efficiency, norm : row or None
    peers : tuple of rows
        Largest share first; where the model says what may be published of them, that and no more.
    requirements : tuple of rows
        By year.
    peers_norm : float or None
        The norm that the peers' shares are shares of, in NOK: the unit's norm where nothing but they make it, otherwise
        the one of their variant alone.
    """

    key: str
    scheme: str
    number: int
    settlement: Row | None
    history: tuple[Row, ...]
    lines: tuple[Row, ...]
    corrections: tuple[Row, ...]
    efficiency: Row | None
    norm: Row | None
    peers: tuple[Row, ...]
    requirements: tuple[Row, ...]
    peers_norm: float | None = None

    @property
    def peer_shares(self) -> list[tuple[str, float]]:
        """Peers with their shares of the norm, years of one together, the largest first; a withheld name is empty."""
        shares: dict[str, float] = {}
        for row in self.peers:
            peer = str(row["peer"] or "")
            shares[peer] = shares.get(peer, 0.0) + (row["norm_share"] or 0.0)
        return sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def on_frontier(self) -> bool:
        """Whether the unit is compared with nobody but itself in the same year."""
        return all((str(row["peer"]), row["peer_year"]) == (self.key, row["year"]) for row in self.peers)

    @property
    def result(self) -> float | None:
        """Result of the last settled year, in NOK."""
        return self.settlement["result"] if self.settlement else None

    @property
    def margin(self) -> float | None:
        """Result as a share of income, where that means something."""
        return share_of_income(self.result, self.settlement["income"]) if self.settlement else None

    @property
    def required_share(self) -> float | None:
        """Requirement of the first year, as a share of cost."""
        return float(self.requirements[0]["requirement"]) if self.requirements else None

    @property
    def required_total(self) -> float | None:
        """Fall in allowed cost over the whole requirement period, in NOK."""
        if not self.requirements:
            return None
        return float(self.requirements[0]["base_cost"] - self.requirements[-1]["allowed_cost"])


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the reports say about one run.

    Attributes
    ----------
    run : RunResult
    year, price_year : int or None
        Last settled year, and the year that is priced.
    schemes : tuple of SchemeFacts
    units : tuple of UnitFacts
    members : mapping of str to tuple of UnitFacts
        The units of each scheme.
    shown : tuple of UnitFacts
        Those with a row on the page and a sheet: all, or the ends of each scheme's results where the run is large.
    """

    run: RunResult
    year: Any
    price_year: Any
    schemes: tuple[SchemeFacts, ...]
    units: tuple[UnitFacts, ...]
    members: Mapping[str, tuple[UnitFacts, ...]]
    shown: tuple[UnitFacts, ...]

    @property
    def numbers(self) -> list[Row]:
        """Numbers of the model that could be another: no column names, no choices of rule, no counts of years.

        One that is the same in several schemes is one number, as in the table of assumptions.
        """
        names = {scheme.key for scheme in self.schemes}
        found: dict[tuple[Any, ...], Row] = {}
        for row in rows(self.run.assumptions):
            if isinstance(row["value"], float):
                path = ".".join(part for part in str(row["key"]).split(".") if part not in names)
                found.setdefault((path, row["from"], row["value"], row["status"], row["source"]), row)
        return list(found.values())

    @property
    def assumed(self) -> list[Row]:
        """Numbers no source confirms."""
        return [row for row in self.numbers if row["status"] == "assumed"]

    @property
    def failed_checks(self) -> list[Row]:
        """Identities whose difference exceeds the tolerance."""
        return [
            row
            for row in rows(self.run.checks)
            if row["difference"] is None or abs(row["difference"]) > row["tolerance"]
        ]

    def scheme(self, key: str) -> SchemeFacts:
        """Return one scheme."""
        return next(scheme for scheme in self.schemes if scheme.key == key)

    def has_grant(self, key: str) -> bool:
        """Tell whether any unit of a scheme was paid a block grant in the last settled year."""
        return any(unit.settlement and unit.settlement["block_income"] for unit in self.in_scheme(key))

    def in_scheme(self, key: str) -> tuple[UnitFacts, ...]:
        """Return the units of one scheme."""
        return self.members.get(key, ())

    def shown_in(self, key: str) -> list[UnitFacts]:
        """Return the units of one scheme that have a row and a sheet."""
        return [unit for unit in self.shown if unit.scheme == key]


def facts(run: RunResult) -> Facts:
    """Take the facts from a run's frames."""
    year = _last(run.settlement, run.schemes, run.norms, run.efficiency)
    price_year = _last(run.prices)
    membership = _membership(run)
    groups = {name: _by_unit(_read(run, name)) for name in _PER_UNIT}
    if run.model.publication is not None:
        groups["peers"] = _by_unit(run.published_peers)
    norm_of = _norm_of_peers(run)
    units = tuple(
        _unit(name, scheme, number, groups, year, norm_of=norm_of)
        for number, (name, scheme) in enumerate(membership.items(), start=1)
    )
    gathered: dict[str, list[UnitFacts]] = {}
    for unit in units:
        gathered.setdefault(unit.scheme, []).append(unit)
    members = {key: tuple(found) for key, found in gathered.items()}
    schemes = tuple(_scheme(run, key, members.get(key, ()), year, price_year) for key in _scheme_keys(run, membership))
    return Facts(run, year, price_year, schemes, units, members, _shown(units, members) if run.is_large else units)


def _read(run: RunResult, name: str) -> pd.DataFrame:
    """Return a frame as far as units are told from it: of the many lines of a large run, the last two years."""
    frame: pd.DataFrame = getattr(run, name)
    if name == "settlement_lines" and run.is_large:
        return frame[frame["year"].isin(sorted(frame["year"].unique())[-2:])]
    return frame


def _shown(units: tuple[UnitFacts, ...], members: Mapping[str, tuple[UnitFacts, ...]]) -> tuple[UnitFacts, ...]:
    """Return the units with the largest surpluses and deficits of each scheme, in the order of the data."""
    kept: set[str] = set()
    for found in members.values():
        ranked = sorted(found, key=lambda unit: (-(unit.result or 0.0), unit.key))
        kept |= {unit.key for unit in (*ranked[:SHOWN_ENDS], *ranked[-SHOWN_ENDS:])}
    return tuple(unit for unit in units if unit.key in kept)


def _scheme_keys(run: RunResult, membership: dict[str, str]) -> list[str]:
    """Schemes in the order of the data; one whose units are all held back still has its prices."""
    return list(dict.fromkeys([*membership.values(), *(run.prices["scheme"].astype(str) if run.holds_back else ())]))


_PER_UNIT = ("settlement", "settlement_lines", "corrections", "efficiency", "peers", "norms", "requirements")


def share_of_income(result: float | None, income: float | None) -> float | None:
    """Return result over income; None without income, and where the result is larger than the income.

    A grant that covers a part of the cost by design makes a deficit of several hundred per cent, which says nothing.

    Examples
    --------
    >>> share_of_income(-5.0, 100.0)
    -0.05
    >>> share_of_income(-300.0, 100.0) is None
    True
    """
    if result is None or income is None or income <= 0 or abs(result) > income:
        return None
    return float(result / income)


def rows(frame: pd.DataFrame) -> list[Row]:
    """Return a frame as rows, missing values as None."""
    names = [str(name) for name in frame.columns]
    columns = [
        [None if is_missing(value) else value for value in frame.iloc[:, place].tolist()] for place in range(len(names))
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _last(*frames: pd.DataFrame) -> Any:
    for frame in frames:
        if len(frame):
            return frame["year"].max()
    return None


def _membership(run: RunResult) -> dict[str, str]:
    """Unit to scheme, in the order of the data; also for a run without settlement."""
    units = run.units
    schemes = units.frame[units.scheme] if units.scheme is not None else [""] * len(units.frame)
    found = {str(name): str(scheme) for name, scheme in zip(units.frame[units.id], schemes, strict=True)}
    if units.scheme is None:
        for frame in (run.settlement, run.norms, run.efficiency):
            found.update(zip(frame["unit"].astype(str), frame["scheme"].fillna("").astype(str), strict=True))
    return found


def _scheme(run: RunResult, key: str, members: tuple[UnitFacts, ...], year: Any, price_year: Any) -> SchemeFacts:
    years = tuple(rows(run.schemes[run.schemes["scheme"] == key].sort_values("year")))
    prices = run.prices[(run.prices["scheme"] == key) & (run.prices["year"] == price_year)]
    now = next((row for row in years if row["year"] == year), None)
    change = None
    if now and now["next_price_level"] and now["price_level"]:
        change = now["next_price_level"] / now["price_level"] - 1
    return SchemeFacts(
        key=key,
        units=tuple(unit.key for unit in members),
        level_change=change,
        cost=now["cost"] if now else None,
        income=now["income"] if now else None,
        result=now["result"] if now else None,
        prices=tuple(rows(prices)),
        years=years,
        activity_income=sum(unit.settlement["activity_income"] for unit in members if unit.settlement),
    )


def _by_unit(frame: pd.DataFrame) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows(frame):
        groups.setdefault(str(row["unit"]), []).append(row)
    return groups


def _norm_of_peers(run: RunResult) -> str:
    """Column of ``norms`` that the peers' shares are shares of."""
    variants = run.model.frontier.variants
    alone = len(variants) == 1 and run.model.norm.source in ("frontier", variants[0].method)
    return "norm" if alone else "dea_norm"


def _unit(
    name: str, scheme: str, number: int, groups: dict[str, dict[str, list[Row]]], year: Any, *, norm_of: str
) -> UnitFacts:
    def of(frame: str) -> list[Row]:
        return groups[frame].get(name, [])

    history = sorted(of("settlement"), key=lambda row: row["year"])
    return UnitFacts(
        key=name,
        scheme=scheme,
        number=number,
        settlement=next((row for row in history if row["year"] == year), None),
        history=tuple(history),
        lines=tuple(of("settlement_lines")),
        corrections=tuple(of("corrections")),
        efficiency=_latest(of("efficiency")),
        norm=_latest(of("norms")),
        peers=tuple(_latest_peers(of("peers"))),
        requirements=tuple(sorted(of("requirements"), key=lambda row: row["year"])),
        peers_norm=(_latest(of("norms")) or {}).get(norm_of),
    )


def _latest(found: list[Row]) -> Row | None:
    return max(found, key=lambda row: (row["year"] is not None, row["year"]), default=None) if found else None


def _latest_peers(found: list[Row]) -> list[Row]:
    latest = _latest(found)
    kept = [row for row in found if latest is not None and row["year"] == latest["year"]]
    return sorted(kept, key=lambda row: (-(row["norm_share"] or 0.0), str(row["peer"])))
