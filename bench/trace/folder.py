"""`trace`: the tree of a number in a saved result, made from the sources in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.errors import OptionError, ResourceError
from bench.manifest import read_manifest
from bench.pipeline.jobs import Job, job_of
from bench.pipeline.stages import ran
from bench.results import RunResult
from bench.trace.numbers import Numbers, known_numbers, refuse_unknown
from bench.trace.places import Places
from bench.trace.tree import Node
from bench.verification import saved_record


def trace(
    directory: str | Path,
    unit: str,
    *,
    price: str | None = None,
    number: str | None = None,
    scheme: str | None = None,
    year: int | None = None,
) -> Node:
    """Return the tree of a number in a saved run: its rule, its inputs down to their cells, and sourced parameters.

    Parameters
    ----------
    directory : path
        Folder written by ``bench run``.
    unit : str
    price : str, optional
        A service: the unit's price of it.
    number : str, optional
        ``"frame.column"``, such as ``"settlement.income"``; the unit's result of the year without price and number.
    scheme : str, optional
        Needed where the unit is in several.
    year : int, optional
        The latest when omitted.

    Raises
    ------
    OptionError
        When there is no such unit, service, number, scheme or year, or several fit; the message lists the choices.
    ResourceError
        When the folder cannot be read, or holds a simulation or a comparison.
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    if manifest.kind != "run":
        raise ResourceError(f"{folder} was written by 'bench {manifest.kind}': only a run's numbers are traced")
    job = job_of(saved_record(folder, manifest), synthetic=manifest.synthetic)
    return traced(ran(job), job, unit, price=price, number=number, scheme=scheme, year=year)


def traced(
    result: RunResult,
    job: Job,
    unit: str,
    *,
    price: str | None = None,
    number: str | None = None,
    scheme: str | None = None,
    year: int | None = None,
) -> Node:
    """Return the tree of a number of a result, with the job it was made from; see :func:`trace`."""
    if price is not None and number is not None:
        raise OptionError("give a price or a number, not both")
    refuse_unknown(unit, result.units.unit_names, "unit")
    chosen = _scheme_of(result, unit, scheme)
    numbers = Numbers(result, Places(job, result.units, result.model, result.assumptions))
    if price is not None:
        services = [service.id for service in result.model.find_scheme(chosen).service]
        refuse_unknown(price, services, f"service of {chosen}")
        return numbers.number("prices", "price", _price_of(result, unit, chosen, price, year))
    name = number or "settlement.result"
    refuse_unknown(name, known_numbers(result), "number")
    frame, column = name.split(".", 1)
    rows = getattr(result, frame)
    at: dict[str, Any] = {}
    if "scheme" in rows.columns:
        at["scheme"] = chosen
    if "unit" in rows.columns:
        at["unit"] = unit
    return numbers.number(frame, column, _in_year(rows, at, year, name))


def _scheme_of(result: RunResult, unit: str, scheme: str | None) -> str:
    frames = [frame for frame in result.frames().values() if {"scheme", "unit"} <= set(frame.columns)]
    found = sorted({str(name) for frame in frames for name in frame.loc[frame["unit"] == unit, "scheme"]})
    if scheme is not None:
        refuse_unknown(scheme, found, f"scheme of {unit}")
        return scheme
    if len(found) != 1:
        raise OptionError(f"{unit} is in several schemes: say which of {', '.join(found)}")
    return found[0]


def _price_of(result: RunResult, unit: str, scheme: str, service: str, year: int | None) -> Mapping[str, Any]:
    at = _in_year(result.prices, {"scheme": scheme, "service": service}, year, f"price of {service}")
    rows = result.prices
    classes = rows[(rows["scheme"] == scheme) & (rows["service"] == service) & (rows["year"] == at["year"])]
    kinds = sorted(set(classes["price_class"]))
    if len(kinds) > 1:
        lines = result.settlement_lines
        mine = lines[(lines["scheme"] == scheme) & (lines["service"] == service) & (lines["unit"] == unit)]
        kinds = list(dict.fromkeys(mine.sort_values("year", ascending=False)["price_class"])) or kinds
        if not len(mine):
            raise OptionError(f"the price of {service} differs by class, and {unit} has none: {', '.join(kinds)}")
    return {**at, "price_class": kinds[0]}


def _in_year(rows: Any, at: Mapping[str, Any], year: int | None, what: str) -> dict[str, Any]:
    """Add the year: the one asked for, or the latest there is."""
    if "year" not in rows.columns:
        return dict(at)
    for key, value in at.items():
        rows = rows[rows[key] == value]
    years = sorted({int(one) for one in rows["year"]})
    if not years:
        raise OptionError(f"there is no {what} of {', '.join(map(str, at.values()))}")
    if year is not None and year not in years:
        raise OptionError(f"there is no {what} of {', '.join(map(str, at.values()))} in {year}; there are {years}")
    return {**at, "year": years[-1] if year is None else year}
