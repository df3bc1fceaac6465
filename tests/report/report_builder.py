"""A plausible three-scheme, four-year run with internally consistent numbers, for the tests of the reports.

The numbers are the engine's own; only the data are made up, by a seeded generator: the same call, the same run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

import bench
from bench.errors import Issue
from bench.modelfile.model import build
from bench.results import RunResult
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
    """Build the run: the engine's own, on made-up data."""
    data = _data(np.random.default_rng(seed))
    services = [service for scheme in SCHEMES for service in scheme.services]
    units = Units.from_frame(
        data, id="unit", period="year", scheme="scheme", inputs=["cost"], outputs=services, extra=["fte"]
    )
    tables = {"budget": _budget(data, np.random.default_rng(seed + 1))}
    run = bench.run(build(_model(), "kristiansand.toml", {}), units, tables=tables)
    warning = Issue(
        "few-units",
        "the scheme 'health' has 3 units for 3 outputs: its scores say little",
        "read the scores of this scheme as a description",
        severity="warning",
    )
    return replace(
        run,
        warnings=(warning,),
        manifest={
            "created": "2007-01-15T08:00:00+01:00",
            "versions": {"stykkpris": "0.1.0", "numpy": "2.0.0"},
            "model": {"name": "kristiansand", "sha256": "ab" * 32},
            "data": {"file": "data.csv", "sha256": "cd" * 32},
            "options": {"seed": seed},
        },
        synthetic=synthetic,
        sources={},
    )


def without(run: RunResult, *names: str) -> RunResult:
    """Return the run with these frames empty, as a model without such a stage gives them."""
    return replace(run, **{name: getattr(run, name).iloc[:0] for name in names})


def _model() -> dict[str, Any]:
    """The model file of the run, as tables."""
    measures = {"hour": "time", "visit": "besøk", "user": "bruker", "bed_day": "døgn", "day": "dag"}
    documented = "003_d89321ded97a3ce6.txt, ch. 4.3"
    assumed = {"status": "assumed", "source": ""}
    return {
        "meta": {
            "name": "kristiansand",
            "title": {
                "nb": "Kristiansand: stykkpris i pleie og omsorg",
                "en": "Kristiansand: unit prices in health and care",
            },
        },
        "data": {"id": "unit", "period": "year", "scheme": "scheme", "cost": "cost", "inputs": ["cost"]},
        "frontier": {
            "method": "dea",
            "rts": "crs",
            "orientation": "input",
            "periods": "separate",
            "super_efficiency": True,
            "scale_efficiency": True,
            "by_scheme": {s.key: {"outputs": _groups(s)} for s in SCHEMES},
        },
        "norm": {"source": "dea"},
        "benchmark": {"sources": ["average", "dea"]},
        "requirement": {
            "first_year": REQUIREMENT_YEARS[0],
            "years": len(REQUIREMENT_YEARS),
            "general": {"value": GENERAL, "status": "scenario", "source": ""},
            "individual_share": {"value": 0.5, "status": "scenario", "source": ""},
        },
        "indexation": {
            "source": "values",
            "deflator": [
                {
                    "from": date(year + 1, 1, 1),
                    "value": rate,
                    "status": "assumed",
                    "source": "general cost growth; the source gives no number",
                }
                for year, rate in ({YEARS[0] - 1: 0.0} | DEFLATORS).items()
            ],
        },
        "rounding": {"price": "ore-half-up", "amount": "ore-half-up", "reference": "prices and amounts in øre"},
        "purchaser": {"holder": "purchaser", "budget": "table"},
        "scheme": [
            {
                "id": s.key,
                "label": s.title,
                "price": {
                    "source": "average-cost",
                    "start": "stated",
                    "first_year": YEARS[0],
                    "start_level": {"value": s.start_level, **assumed},
                },
                "settlement": {
                    "keep_surplus": {"value": KEEP, "status": "documented", "source": documented},
                    "carry_deficit": {"value": CARRY, "status": "documented", "source": documented},
                    "dispensation_rule": {
                        "threshold": {"value": 0.05, **assumed},
                        "measured_on": "year",
                        "payer": "municipality",
                    },
                },
                "service": [
                    {
                        "id": key,
                        "label": {"nb": nb, "en": en},
                        "measure": {"nb": measures[measure], "en": measure.replace("_", "-")},
                        "weight": {"value": weight, **assumed},
                    }
                    for key, (nb, en, measure, weight, _) in s.services.items()
                ],
            }
            for s in SCHEMES
        ],
    }


def _groups(scheme: Scheme) -> dict[str, list[str]]:
    """Outputs as two groups, so that a scheme with few units still has a frontier worth drawing."""
    services = list(scheme.services)
    half = max(1, len(services) // 2)
    return {"first": services[:half], "second": services[half:]}


def _budget(data: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Budgeted volumes near what was decided; too low by four per cent in one year."""
    rows = []
    for scheme in SCHEMES:
        for year in YEARS:
            part = data[(data["scheme"] == scheme.key) & (data["year"] == year)]
            for service in scheme.services:
                volume = part[service].sum() / (1.04 if year == 2004 else rng.normal(1.01, 0.01))
                row = {"year": year, "scheme": scheme.key, "service": service, "budget_volume": float(round(volume))}
                rows.append(row)
    return pd.DataFrame(rows)


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
