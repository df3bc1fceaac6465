"""The page of a simulation: price and cost with bands, every unit's prospects, the payer, stability and incentives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.charts.simulation import chart, payer_chart, prospects, scheme_names, stability_maps, unit_chart
from bench.report.pages.forward import Part, Words, assumption_table, cell, page_files, render
from bench.report.tables.page import Cell, Table, signed
from bench.typing import FloatArray

__all__ = ["chart", "files", "page", "scheme_names", "sections", "stability_table"]

#: A change smaller than this, of which the draws do not agree on the sign, is none.
SAME = 0.005

if TYPE_CHECKING:
    from bench.stykkpris.simulation.incentives import IncentivePower
    from bench.stykkpris.simulation.result import SimulationResult
    from bench.stykkpris.simulation.stability import Stability


def files(result: SimulationResult, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, charts and tables in one language as (stage, path in the folder, bytes)."""
    import pandas as pd

    from bench.stykkpris.simulation.stability import to_frame

    words = Words(language, tuple(written))
    power, rest = result.incentives(), result.stability()
    parts = sections(result, words, power, rest)
    frames = result.frames()
    frames |= {"stability": to_frame(rest), "incentives": pd.concat([p.to_frame() for p in power], ignore_index=True)}
    yield from page_files(words, page(result, words, parts), parts, frames)


def page(result: SimulationResult, words: Words, parts: list[Part]) -> str:
    """Return the page as HTML."""
    n = words.numbers
    about = [words("forward.draws", draws=n.number(result.draws), seed=result.seed)]
    if result.draws == 1:
        about.append(words("forward.once"))
    worst = max(scheme.identity for scheme in result.schemes)
    about.append(words("forward.checks", deviation=f"{worst:.0e}" if worst else "0"))
    return render(
        words,
        kind=words("sim.kind"),
        title=result.model.title(words.language),
        subtitle=words("sim.subtitle", first=result.years[0], last=result.years[-1], base=result.base),
        parts=parts,
        synthetic=result.synthetic,
        about=about,
    )


def sections(result: SimulationResult, words: Words, power: list[IncentivePower], rest: list[Stability]) -> list[Part]:
    """Return the sections of the page."""
    names = scheme_names(result, words)
    assumptions = assumption_table(words, result.frame("assumptions"), names)
    return [
        Part("lead", words("sim.lead"), lead=tuple(conclusion(result, words, names, power, rest))),
        Part("paths", words("sim.paths"), words("sim.paths_intro"), figures=(chart(result, words.language),)),
        Part(
            "units",
            words("sim.units"),
            words("sim.units_intro"),
            figures=(unit_chart(result, words, names),),
            tables=tuple(_unit_table(result, words, names, one) for one in power),
        ),
        Part(
            "payer",
            words("sim.payer"),
            words("sim.payer_intro"),
            figures=(payer_chart(result, words),),
            tables=(_payer_table(result, words),),
        ),
        Part(
            "stability",
            words("sim.stability"),
            words("sim.stability_intro"),
            figures=tuple(stability_maps(result, words, names)),
            tables=(stability_table(words, names, rest),),
        ),
        Part("assumptions", words("forward.assumptions"), words("forward.assumptions_intro"), tables=(assumptions,)),
    ]


def conclusion(
    result: SimulationResult, words: Words, names: Mapping[str, str], power: list[IncentivePower], rest: list[Stability]
) -> list[str]:
    """Say what the years bring: the payer first, then cost, units, savings and shocks of every scheme."""
    lines = [_change("sim.payer", result, words, result.real(result.payer()), start=None)]
    for scheme, one, calm in zip(result.schemes, power, rest, strict=True):
        cost = result.unit_cost(scheme)
        told = [_change("sim.cost", result, words, cost, start=1.0, scheme=names[scheme.scheme.id])]
        signs = [prospect.sign for prospect in prospects(scheme)]
        if signs and result.draws > 1:
            counts = {"plus": signs.count(1), "minus": signs.count(-1), "either": signs.count(0)}
            told.append(words("sim.lead.units", count=len(signs), year=result.years[-1], **counts))
        told.append(_savings(words, one))
        told += _shock(words, calm)
        lines.append(" ".join(told))
    return lines


def _change(
    key: str, result: SimulationResult, words: Words, paths: FloatArray, *, start: float | None, **values: Any
) -> str:
    """Say how much a path (draws, years) has moved at the end: since the accounts (``start``), or the first year."""
    n = words.numbers
    moved = paths[:, -1] / (paths[:, 0] if start is None else start) - 1.0
    low, high = (float(q) for q in np.quantile(moved, (0.05, 0.95)))
    mean = float(moved.mean())
    side = "same" if low <= 0.0 <= high and abs(mean) < SAME else "up" if mean > 0.0 else "down"
    said = words(
        f"{key}.{side}",
        share=n.percent(abs(mean)),
        year=result.years[-1],
        base=result.base if start is not None else result.years[0],
        **values,
    )
    if result.draws == 1:
        return f"{said}."
    return words("sim.lead.band", said=said, low=n.percent(low, sign=True), high=n.percent(high, sign=True))


def _savings(words: Words, one: IncentivePower) -> str:
    n = words.numbers
    shown = np.where(one.present, one.power, np.inf)
    weakest = int(np.argmin(shown))
    return words(
        "sim.lead.power", power=n.percent(one.mean, 0), unit=one.units[weakest], least=n.percent(shown[weakest], 0)
    )


def _shock(words: Words, calm: Stability) -> list[str]:
    """Say whether a shock dies out, and how much units may spend before it does not."""
    n = words.numbers
    left = max(calm.radius, calm.scheme_radius)
    half = n.number(calm.half_life, 1) if np.isfinite(calm.half_life) else ""
    said = [words(f"sim.lead.{calm.verdict}", left=n.percent(left, 0), half=half)]
    if calm.safe_spending is not None:
        safe, spending = n.percent(calm.safe_spending, 0), n.percent(calm.spending, 0)
        said.append(words("sim.lead.safe", safe=safe, spending=spending))
    return said


# -- tables ------------------------------------------------------------------------------------------------------


def _unit_table(result: SimulationResult, words: Words, names: Mapping[str, str], power: IncentivePower) -> Table:
    scheme = next(s for s in result.schemes if s.scheme.id == power.scheme)
    leave = result.behaviour.exit > 0.0 or result.behaviour.merger > 0.0
    n, year = words.numbers, result.years[-1]
    rows = []
    for row in power.to_frame().to_dict("records"):
        i = scheme.units.index(row["unit"])
        income = scheme["income"][:, -1, i]
        seen = income != 0.0  # worlds in which the unit is still there
        margin = scheme.result[seen, -1, i] / income[seen]
        low, middle, high = np.quantile(margin, (0.05, 0.5, 0.95)) if seen.any() else (np.nan,) * 3
        spread = f"{n.percent(low, sign=True)} – {n.percent(high, sign=True)}" if seen.any() else n.percent(None)
        balance = float(np.median(scheme["closing"][:, -1, i])) / 1e6
        rows.append(
            (
                Cell(row["unit"]),
                Cell(n.percent(row["cost_share"])),
                Cell(n.percent(row["power"], 0)),
                signed(n.percent(row["margin"], sign=True), row["margin"]),
                signed(n.percent(middle, sign=True), middle),
                Cell(spread),
                signed(n.number(balance, 1, sign=True), balance),
                Cell(n.percent((scheme["dispensation"][:, -1, i] > 0.0).mean(), 0)),
                *([Cell(n.percent((scheme["weighted"][:, -1, i] == 0.0).mean(), 0))] if leave else []),
            )
        )
    keys = ("share", "power", "first", "last", "range", "reserves", "waived", *(("gone",) if leave else ()))
    columns = (words("forward.unit"), *(words(f"sim.col.{key}", year=year) for key in keys))
    numeric = (False, *([True] * len(keys)))
    return Table(words("sim.table.units", scheme=names[power.scheme]), columns, numeric, tuple(rows))


def stability_table(words: Words, names: Mapping[str, str], rest: list[Stability]) -> Table:
    """Return the table of how much of a shock is left, how much may be spent, and what the price does not follow."""
    n = words.numbers
    rows = []
    for one in rest:
        verdict = words(f"sim.verdict.{one.verdict}")
        if one.swings and one.verdict == "stable":
            verdict = words("sim.verdict.swings")
        safe = words("sim.lead.any") if one.safe_spending is None else n.percent(one.safe_spending, 1)
        half = "∞" if np.isinf(one.half_life) else n.number(one.half_life, 1)
        rows.append(
            (
                Cell(names[one.scheme]),
                Cell(n.percent(max(one.radius, one.scheme_radius), 0)),
                Cell(half),
                Cell(safe),
                Cell(n.percent(one.anchor, 0)),
                cell(verdict, "loss" if one.verdict == "explosive" else ""),
            )
        )
    keys = ("root", "half", "safe", "anchor", "verdict")
    columns = (words("forward.scheme"), *(words(f"sim.col.{key}") for key in keys))
    return Table(words("sim.table.stability"), columns, (False, True, True, True, True, False), tuple(rows))


def _payer_table(result: SimulationResult, words: Words) -> Table:
    n = words.numbers
    frame = result.frame("payer")
    frame = frame[~frame["measure"].isin(["real_expenditure"])]
    measures = list(dict.fromkeys(frame["measure"]))
    real = result.real(result.payer()).mean(axis=0) / 1e6
    rows = []
    for t, year in enumerate(result.years):
        here = frame[frame["year"] == year].set_index("measure")
        cells = [Cell(n.number(here.loc[m, "mean"] / 1e6, 1)) for m in measures]
        first = here.loc["expenditure"]
        spread = f"{n.number(first['p5'] / 1e6, 1)} – {n.number(first['p95'] / 1e6, 1)}"
        rows.append((Cell(str(year)), cells[0], Cell(spread), Cell(n.number(real[t], 1)), *cells[1:]))
    columns = (
        words("forward.year"),
        words("sim.col.expenditure"),
        words("sim.col.range"),
        words("sim.col.real"),
        *(words(f"sim.col.{m}") for m in measures[1:]),
    )
    return Table(words("sim.table.payer"), columns, (False, *([True] * (len(columns) - 1))), tuple(rows))
