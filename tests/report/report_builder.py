"""A plausible three-scheme, four-year run with internally consistent numbers, for the tests of the reports.

Prices follow the price identity, settlements add up to the øre, efficiencies come from a linear program, and the
requirements follow from the efficiencies. Everything is made by a seeded generator: the same call, the same run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from bench.errors import Issue
from bench.modelfile.model import Model
from bench.results import COLUMNS, RunResult
from bench.units import Units

YEARS = (2003, 2004, 2005, 2006)
DEFLATORS = {2003: 0.031, 2004: 0.029, 2005: 0.026, 2006: 0.034}
KEEP, CARRY = 0.90, 1.00
GENERAL = 0.005
REQUIREMENT_YEARS = (2007, 2008, 2009, 2010)


@dataclass(frozen=True)
class Scheme:
    key: str
    title: dict[str, str]
    units: tuple[str, ...]
    #: service -> (title nb, title en, measure, weight in NOK, volume per full-time equivalent)
    services: dict[str, tuple[str, str, str, float, float]]
    start_level: float


SCHEMES = (
    Scheme(
        "care",
        {"nb": "Omsorgsenheter", "en": "Care units"},
        (
            *("Bispegra", "Grim", "Hellemyr", "Lund", "Vågsbygd", "Søm", "Randesund", "Tinnheia", "Kvadraturen"),
            *("Justvik", "Flekkerøy", "Slettheia", "Strømme"),
        ),
        {
            "practical_help_hours": ("Hjemmehjelp", "Home help", "hour", 290.0, 260.0),
            "nursing_hours": ("Hjemmesykepleie, timer", "Home nursing, hours", "hour", 385.0, 330.0),
            "nursing_visits": ("Hjemmesykepleie, besøk", "Home nursing, visits", "visit", 62.0, 800.0),
            "nursing_users": ("Hjemmesykepleie, brukere", "Home nursing, users", "user", 9_800.0, 2.2),
            "long_stay_days": ("Langtidsdøgn", "Long-stay bed-days", "bed_day", 1_280.0, 140.0),
            "short_stay_days": ("Korttidsdøgn", "Short-stay bed-days", "bed_day", 1_490.0, 25.0),
            "enhanced_days": ("Sterkdøgn", "Enhanced-care bed-days", "bed_day", 2_150.0, 8.0),
            "day_ward_days": ("Dagavdeling", "Day ward", "day", 540.0, 18.0),
        },
        1.085,
    ),
    Scheme(
        "disability",
        {"nb": "Enheter for funksjonshemmede", "en": "Units for disabled people"},
        ("Bofellesskap øst", "Bofellesskap vest", "Bofellesskap sør", "Avlastning"),
        {
            "staffed_hours": ("Bistand i bolig", "Support at home", "hour", 360.0, 900.0),
            "respite_days": ("Avlastningsdøgn", "Respite days", "bed_day", 2_400.0, 35.0),
        },
        1.05,
    ),
    Scheme(
        "health",
        {"nb": "Helseenheter", "en": "Health units"},
        ("Psykiatri sentrum", "Psykiatri øst", "Psykiatri vest"),
        {
            "psych_hours": ("Psykiatrisk sykepleie, timer", "Psychiatric nursing, hours", "hour", 430.0, 700.0),
            "psych_visits": ("Psykiatrisk sykepleie, besøk", "Psychiatric nursing, visits", "visit", 70.0, 1_100.0),
            "psych_users": ("Psykiatrisk sykepleie, brukere", "Psychiatric nursing, users", "user", 11_500.0, 6.0),
        },
        1.06,
    ),
)


def ore(value: float) -> float:
    """Round half up to the øre, on the decimal number that is written."""
    return float(Decimal(repr(float(value))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def build_run(*, seed: int = 3, synthetic: bool = True) -> RunResult:
    """Build the run."""
    rng = np.random.default_rng(seed)
    data = _data(rng)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for scheme in SCHEMES:
        _money(scheme, data, rows)
        _frontier(scheme, data, rows)
    _purchaser(rows, rng)
    _assumptions(rows)
    frames = {name: pd.DataFrame(rows[name], columns=list(COLUMNS[name])) for name in COLUMNS}
    services = [service for scheme in SCHEMES for service in scheme.services]
    units = Units.from_frame(
        data, id="unit", period="year", scheme="scheme", inputs=["cost"], outputs=services, extra=["fte"]
    )
    return RunResult(
        model=_model(),
        units=units,
        **frames,
        warnings=(
            Issue(
                "few-units",
                "the scheme 'health' has 3 units for 3 outputs: its scores say little",
                "read the scores of this scheme as a description",
                severity="warning",
            ),
        ),
        manifest={
            "created": "2007-01-15T08:00:00+01:00",
            "versions": {"stykkpris": "0.1.0", "numpy": "2.0.0"},
            "model": {"name": "kristiansand", "sha256": "ab" * 32},
            "data": {"file": "data.csv", "sha256": "cd" * 32},
            "options": {"seed": seed},
        },
        synthetic=synthetic,
    )


def without(run: RunResult, *names: str) -> RunResult:
    """Return the run with these frames empty, as a model without such a stage gives them."""
    return replace(run, **{name: getattr(run, name).iloc[:0] for name in names})


class _Described(SimpleNamespace):
    """A model that describes its parameters the way model files do."""

    model_fields = Model.model_fields


def _model() -> SimpleNamespace:
    """The parts of a model that reports read."""
    measures = {"hour": "time", "visit": "besøk", "user": "bruker", "bed_day": "døgn", "day": "dag"}
    return _Described(
        name="kristiansand",
        meta=SimpleNamespace(
            name="kristiansand",
            title=SimpleNamespace(
                nb="Kristiansand: stykkpris i pleie og omsorg", en="Kristiansand: unit prices in health and care"
            ),
        ),
        rounding=SimpleNamespace(price="ore-half-up", amount="ore-half-up"),
        scheme=tuple(
            SimpleNamespace(
                id=scheme.key,
                label=SimpleNamespace(**scheme.title),
                price=SimpleNamespace(source="average-cost"),
                service=tuple(
                    SimpleNamespace(
                        id=key,
                        label=SimpleNamespace(nb=nb, en=en),
                        measure=SimpleNamespace(nb=measures[measure], en=measure.replace("_", "-")),
                    )
                    for key, (nb, en, measure, _, _) in scheme.services.items()
                ),
            )
            for scheme in SCHEMES
        ),
    )


def _data(rng: np.random.Generator) -> pd.DataFrame:
    """Volumes and costs: start price too high, costs rise after the surplus and fall again after the deficit."""
    swing = {2003: 1.000, 2004: 1.062, 2005: 1.062 * 1.012, 2006: 1.062 * 1.012 * 1.018}
    rows = []
    for scheme in SCHEMES:
        for unit in scheme.units:
            fte = float(rng.integers(25, 116))
            skill = rng.normal(1.0, 0.035) + 0.0004 * (fte - 70)
            mix = rng.uniform(0.75, 1.25, len(scheme.services))
            for year in YEARS:
                row: dict[str, Any] = {"unit": unit, "scheme": scheme.key, "year": year, "fte": fte}
                volumes = {
                    service: float(round(rate * fte * m * (1 + 0.012 * (year - 2003)) * rng.normal(1, 0.01)))
                    for (service, (*_, rate)), m in zip(scheme.services.items(), mix, strict=True)
                }
                weighted = sum(volumes[service] * scheme.services[service][3] for service in volumes)
                cost = float(round(weighted * skill * swing[year] * rng.normal(1.0, 0.008), -3))
                rows.append(row | volumes | {"cost": cost})
    return pd.DataFrame(rows)


def _money(scheme: Scheme, data: pd.DataFrame, rows: dict[str, list[dict[str, Any]]]) -> None:
    table = data[data["scheme"] == scheme.key]
    level = scheme.start_level
    old: dict[str, float] = {}
    balance = dict.fromkeys(scheme.units, 0.0)
    record: dict[str, Any] = {}
    for year in (*YEARS, YEARS[-1] + 1):
        prices = {service: ore(level * spec[3]) for service, spec in scheme.services.items()}
        for service, spec in scheme.services.items():
            previous = old.get(service, float("nan"))
            rows["prices"].append(
                {
                    "scheme": scheme.key,
                    "service": service,
                    "price_class": "",
                    "measure": spec[2],
                    "year": year,
                    "price": prices[service],
                    "previous_price": previous,
                    "change": prices[service] / previous - 1,
                    "cost_year": year - 1 if record else pd.NA,
                    "deflator": 1 + DEFLATORS[year - 1] if record else float("nan"),
                    "volume": record.get("volume", {}).get(service, float("nan")),
                    "cost": record.get("cost", float("nan")),
                    "source": "average-cost" if record else "start",
                    "formula": "d·C/Q·w" if record else "start·w",
                }
            )
        if year not in YEARS:
            break
        part = table[table["year"] == year]
        income_sum = 0.0
        for _, unit in part.iterrows():
            lines = []
            for service in scheme.services:
                income = ore(unit[service] * prices[service])
                lines.append(income)
                rows["settlement_lines"].append(
                    {
                        "scheme": scheme.key,
                        "unit": unit["unit"],
                        "year": year,
                        "service": service,
                        "price_class": "",
                        "volume_basis": "allocated",
                        "volume": unit[service],
                        "price": prices[service],
                        "income": income,
                    }
                )
            income = ore(sum(lines))
            income_sum += income
            rows["settlement"].append(_settle(scheme, unit, year, income, balance))
        weighted = float(sum(part[service].sum() * spec[3] for service, spec in scheme.services.items()))
        cost = float(part["cost"].sum())
        deflator = 1 + DEFLATORS[year]
        record = {"cost": cost, "volume": {service: float(part[service].sum()) for service in scheme.services}}
        rows["schemes"].append(
            {
                "scheme": scheme.key,
                "year": year,
                "weighted_volume": weighted,
                "cost": cost,
                "income": ore(income_sum),
                "result": ore(income_sum - cost),
                "unit_cost": cost / weighted,
                "price_level": level,
                "deflator": deflator,
                "next_price_level": deflator * cost / weighted,
            }
        )
        rows["checks"].append(
            {
                "check": "price-identity",
                "scheme": scheme.key,
                "year": year,
                "left": deflator * cost / weighted,
                "right": deflator * level * (1 - (level * weighted - cost) / (level * weighted)),
                "difference": 0.0,
                "tolerance": 1e-9,
            }
        )
        old, level = prices, deflator * cost / weighted


def _settle(scheme: Scheme, unit: Any, year: int, income: float, balance: dict[str, float]) -> dict[str, Any]:
    name = unit["unit"]
    result = ore(income - unit["cost"])
    kept = ore(max(result, 0.0) * KEEP)
    carried = ore(min(result, 0.0) * CARRY)
    forgiven = ore(-carried / 2) if carried < -0.08 * income else 0.0
    opening = balance[name]
    balance[name] = ore(opening + kept + carried + forgiven)
    return {
        "scheme": scheme.key,
        "unit": name,
        "year": year,
        "activity_income": income,
        "block_income": 0.0,
        "refund": 0.0,
        "corrections": 0.0,
        "income": income,
        "cost": unit["cost"],
        "result": result,
        "opening_balance": opening,
        "kept": kept,
        "carried": carried,
        "returned_to_payer": ore(max(result, 0.0) - kept),
        "dispensation": forgiven,
        "dispensation_payer": "municipality" if forgiven else "",
        "closing_balance": balance[name],
    }


def _frontier(scheme: Scheme, data: pd.DataFrame, rows: dict[str, list[dict[str, Any]]]) -> None:
    part = data[(data["scheme"] == scheme.key) & (data["year"] == YEARS[-1])].reset_index(drop=True)
    services = list(scheme.services)
    # Outputs as two groups so that a scheme with few units still has a frontier worth drawing.
    weights = np.array([scheme.services[service][3] for service in services])
    worth = part[services].to_numpy(dtype=float) * weights
    half = max(1, len(services) // 2)
    y = np.column_stack([worth[:, :half].sum(axis=1), worth[:, half:].sum(axis=1)])
    x = part["cost"].to_numpy(dtype=float)
    n = len(part)
    solutions = []
    for k in range(n):
        c = np.r_[1.0, np.zeros(n)]
        a = np.vstack([np.r_[-x[k], x], np.column_stack([np.zeros(2), -y.T])])
        found = linprog(c, A_ub=a, b_ub=np.r_[0.0, -y[k]], bounds=[(0, None)] * (n + 1))
        solutions.append((float(found.x[0]), found.x[1:]))
    peers = {j for _, lam in solutions for j in np.flatnonzero(lam > 1e-9)}
    average = part["cost"].sum() / worth.sum()
    best = min(x / worth.sum(axis=1))
    for k, (score, lam) in enumerate(solutions):
        unit = part["unit"][k]
        key = {"scheme": scheme.key, "unit": unit, "year": YEARS[-1]}
        rows["efficiency"].append(
            {
                **key,
                "efficiency": score,
                "score": score,
                "super_efficiency": score if score < 1 - 1e-9 else 1.0 + 0.01 * (k + 1),
                "scale_efficiency": min(1.0, 0.97 + 0.002 * k),
                "is_peer": k in peers,
            }
        )
        shares = lam * x / (lam * x).sum()
        for j in np.flatnonzero(lam > 1e-9):
            rows["peers"].append(
                {
                    **key,
                    "peer": part["unit"][int(j)],
                    "peer_year": YEARS[-1],
                    "intensity": float(lam[j]),
                    "share": float(shares[j]),
                    "norm_share": float(shares[j]),
                }
            )
        norm = score * x[k]
        rows["norms"].append(
            {
                **key,
                "cost": x[k],
                "average_norm": average * worth[k].sum(),
                "best_practice_norm": best * worth[k].sum(),
                "dea_norm": norm,
                "norm": norm,
                "efficiency": score,
                "potential": x[k] - norm,
            }
        )
        gap = (1 - score) * 0.5 / len(REQUIREMENT_YEARS)
        allowed = x[k]
        for step, year in enumerate(REQUIREMENT_YEARS):
            before = allowed
            individual = 1 - (1 - gap * (step + 1)) / (1 - gap * step)
            requirement = 1 - (1 - individual) * (1 - GENERAL)
            allowed = before * (1 - requirement)
            rows["requirements"].append(
                {
                    "scheme": scheme.key,
                    "unit": unit,
                    "year": year,
                    "base_cost": x[k],
                    "individual": individual,
                    "general": GENERAL,
                    "requirement": requirement,
                    "requirement_nok": before - allowed,
                    "allowed_cost": allowed,
                }
            )
    for service, (_, _, measure, weight, _) in scheme.services.items():
        rows["benchmark_prices"].append(
            {
                "scheme": scheme.key,
                "service": service,
                "measure": measure,
                "source": "dea",
                "price": weight * best,
                "calibrated_price": ore(weight * average),
                "scale": average / best,
                "total": float(part["cost"].sum()),
            }
        )


def _purchaser(rows: dict[str, list[dict[str, Any]]], rng: np.random.Generator) -> None:
    lines = pd.DataFrame(rows["settlement_lines"])
    actual = lines.groupby(["year", "scheme", "service"], sort=False).agg(
        volume=("volume", "sum"), price=("price", "first")
    )
    for (year, scheme, service), line in actual.iterrows():
        budget_volume = float(round(line["volume"] / (1.04 if year == 2004 else rng.normal(1.01, 0.01))))
        budget_price = ore(line["price"] * rng.normal(1.0, 0.004))
        budget = ore(budget_volume * budget_price)
        spent = ore(line["volume"] * line["price"])
        rows["purchaser"].append(
            {
                "year": year,
                "scheme": scheme,
                "service": service,
                "budget_volume": budget_volume,
                "actual_volume": line["volume"],
                "budget_price": budget_price,
                "price": line["price"],
                "budget": budget,
                "expenditure": spent,
                "variance": ore(spent - budget),
                "volume_variance": ore((line["volume"] - budget_volume) * budget_price),
                "price_variance": ore(spent - budget - ore((line["volume"] - budget_volume) * budget_price)),
            }
        )


def _assumptions(rows: dict[str, list[dict[str, Any]]]) -> None:
    documented = "003_d89321ded97a3ce6.txt, ch. 4.3"

    def add(key: str, scheme: str, start: str, value: Any, status: str, source: str) -> None:
        rows["assumptions"].append(
            {"key": key, "scheme": scheme, "from": start, "value": value, "status": status, "source": source}
        )

    for scheme in SCHEMES:
        add(f"scheme.{scheme.key}.settlement.keep_surplus", scheme.key, "2003-01-01", KEEP, "documented", documented)
        add(f"scheme.{scheme.key}.settlement.carry_deficit", scheme.key, "2003-01-01", CARRY, "documented", documented)
        add(f"scheme.{scheme.key}.price.start_level", scheme.key, "2003-01-01", scheme.start_level, "assumed", "")
        for service, spec in scheme.services.items():
            add(f"scheme.{scheme.key}.service.{service}.weight", scheme.key, "2003-01-01", spec[3], "assumed", "")
    for year, rate in DEFLATORS.items():
        add(
            "indexation.deflator",
            "",
            f"{year}-01-01",
            rate,
            "assumed",
            "general cost growth; the source gives no number",
        )
    add("requirement.general", "", "2007-01-01", GENERAL, "scenario", "")
