"""A model's rules on other data: another model's, any table's, or every scheme of a table. What is replaced is said."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from bench.modelfile.base import EVERY_SCHEME
from bench.modelfile.sections.pricing import FIXED_SOURCES

Raw = dict[str, Any]

#: Parts of a scheme that describe its data; everything else is rules.
DATA_KEYS = ("id", "label", "units", "service")

#: Rules of a volume that need a plan.
PLAN_KEYS = ("marginal_below", "marginal_above", "cap", "floor")
#: Parts of a frontier that name columns.
FRONTIER_COLUMNS = ("inputs", "outputs", "environment", "by_scheme")

_STATED = (
    "Oppgitte priser finnes ikke for disse tjenestene: prisen starter på gjennomsnittskostnaden og følger indeksen.",
    "No stated prices are known for these services: the price starts at average cost and follows the index.",
)
_PLANNED = (
    "Dataene har ikke planlagt volum: hele volumet betales likt.",
    "The data have no planned volume: all volume is paid alike.",
)
_PERFORMED = (
    "Dataene har ikke utført volum: det betales for vedtatt volum.",
    "The data have no performed volume: allocated volume is paid.",
)
_CORRECTION = ("Korreksjonen er utelatt, dataene mangler kolonnen: ", "Correction left out, the data lack its column: ")
_EXEMPTION = (
    "Unntakene fra kravet gjelder enheter som ikke er i dataene, og er utelatt.",
    "Exemptions from the requirement are for units that are not in the data, and are left out.",
)
_RECEIPT = ("Innbetalingen er utelatt, dataene mangler kolonnen: ", "Receipt left out, the data lack its column: ")
_COMPONENT = (
    "Kostnadskomponenten er utelatt, dataene mangler kolonnen: ",
    "Cost component left out, the data lack its column: ",
)
_ESTIMATE = (
    "Dataene har ikke anslått kostnad: prisen bygger på endelig regnskap.",
    "The data have no estimated cost: the price is built on final accounts.",
)
_RESERVES = (
    "Dataene skiller ikke ut bruk av fond: den er i kostnadsgrunnlaget.",
    "The data do not show spending of reserves: it is in the cost base.",
)
_BUDGET = (
    "Datasettet har ikke volumbudsjett: budsjettet er fjorårets volum med vekst.",
    "The data set has no volume budget: the budget is last year's volume, grown.",
)
_WEIGHTS = (
    "Tjenestene i modellfilen med oppgitt vekt eller pris er ikke brukt, fordi kolonnene ble oppgitt for seg; hver "
    "kolonne får lik andel av kostnaden i stedet. Utelatt: ",
    "Services of the model file with a stated weight or price are not used, because the columns were given apart; each "
    "column gets an equal share of cost instead. Left out: ",
)
_ANALYSES = (
    "Analysene ved siden av kjeden nevner kolonner og enheter i andre data, og er utelatt.",
    "The analyses beside the chain name columns and units of other data, and are left out.",
)
_EARLIER = (
    "Noen verdier gjelder fra senere enn dataene begynner: den første verdien står for årene før.",
    "Some values are dated later than the data begin: the first value stands for the years before.",
)


def rules_on_data(rules: Raw, data: Raw, columns: Collection[str]) -> Raw:
    """Return the raw tables of one model's rules on another's data.

    Parameters
    ----------
    rules, data : dict
        Raw tables of the two models.
    columns : collection of str
        Columns the other data have.

    Returns
    -------
    dict
        ``meta.note`` lists what was replaced.
    """
    made = copy.deepcopy(rules)
    notes: list[tuple[str, str]] = []
    own = {part["id"]: part for part in made["scheme"]}
    schemes = []
    for part in data["scheme"]:
        block = copy.deepcopy(own.get(part["id"], made["scheme"][0]))
        kept = {key: copy.deepcopy(part[key]) for key in DATA_KEYS if key in part}
        scheme = {**kept, **{key: value for key, value in block.items() if key not in DATA_KEYS}}
        _fit(scheme, columns, notes)
        schemes.append(scheme)
    made |= {"scheme": schemes, "data": copy.deepcopy(data["data"])}
    for key in ("dataset", "first_year", "last_year", "data_of", "data_case"):
        made["meta"].pop(key, None)
        if key in data["meta"]:
            made["meta"][key] = data["meta"][key]
    made.pop("indexation", None)
    if "indexation" in data:
        made["indexation"] = copy.deepcopy(data["indexation"])
    _fit_analysis(made, data, notes)
    _fit_purchaser(made, notes)
    if made.pop("analysis", None):
        notes.append(_ANALYSES)
    first = made["meta"].get("first_year")
    if first is not None and _from_the_start(made, first):
        notes.append(_EARLIER)
    made.pop("case", None)
    if notes:
        made["meta"]["note"] = [{"nb": nb, "en": en} for nb, en in dict.fromkeys(notes)]
    return made


def _fit_analysis(made: Raw, data: Raw, notes: list[tuple[str, str]]) -> None:
    """Let the rules bring their own frontier, norms and requirement; only columns are the data's.

    A system without a frontier is shown without one: another municipality's analysis says nothing about its rules.
    """
    frontier = made.get("frontier", {})
    if frontier.get("method", "none") not in ("none", ["none"]):
        kept = {key: value for key, value in frontier.items() if key not in FRONTIER_COLUMNS}
        theirs = data.get("frontier", {})
        columns = {key: copy.deepcopy(theirs[key]) for key in FRONTIER_COLUMNS if key in theirs}
        if "by_scheme" in columns:
            named = columns["by_scheme"].items()
            columns["by_scheme"] = {k: {c: v[c] for c in FRONTIER_COLUMNS if c in v} for k, v in named}
        made["frontier"] = {**kept, **columns}
        _forget_pooling(made["frontier"])
    requirement = made.get("requirement", {})
    if requirement.pop("exemption", None):
        notes.append(_EXEMPTION)


def _forget_pooling(frontier: Raw) -> None:
    """A frontier that pooled the years on its own data may decide money under these rules: unstated suits both."""
    for part in (frontier, *frontier.get("by_scheme", {}).values()):
        if part.get("periods") == "pooled":
            part.pop("periods")


def _fit(scheme: Raw, columns: Collection[str], notes: list[tuple[str, str]]) -> None:
    services = scheme.get("service", [])
    _fit_price(scheme, services, columns, notes)
    volume = scheme.get("volume", {})
    if volume.get("basis") in ("performed", "min") and not all("performed" in service for service in services):
        volume["basis"] = "allocated"
        notes.append(_PERFORMED)
    if any(key in volume for key in PLAN_KEYS) and not all("planned" in service for service in services):
        for key in PLAN_KEYS:
            volume.pop(key, None)
        notes.append(_PLANNED)
    mix = scheme.get("mix", {})
    mix["component"] = _kept(mix.get("component", []), columns, notes, _COMPONENT)
    scheme["mix"] = mix
    scheme["correction"] = _kept(scheme.get("correction", []), columns, notes, _CORRECTION)
    scheme["receipt"] = _kept(scheme.get("receipt", []), columns, notes, _RECEIPT)


def _fit_price(scheme: Raw, services: list[Raw], columns: Collection[str], notes: list[tuple[str, str]]) -> None:
    price = scheme.setdefault("price", {})
    if price.get("source") in FIXED_SOURCES and not all("price" in service for service in services):
        price |= {"source": "previous", "start": "previous-year"}
        notes.append(_STATED)
    if price.get("start") == "stated" and price.get("source", "average-cost") not in FIXED_SOURCES:
        price["start"] = "previous-year"  # a stated level is in the measure of the rules' own weights
        price.pop("start_level", None)
    if price.get("estimate_column") is not None and price["estimate_column"] not in columns:
        for key in ("accounts", "estimate_column", "true_up"):
            price.pop(key, None)
        notes.append(_ESTIMATE)
    if price.get("reserve_column") is not None and price["reserve_column"] not in columns:
        for key in ("reserves", "reserve_column"):
            price.pop(key, None)
        notes.append(_RESERVES)


def _from_the_start(part: Any, year: int) -> bool:
    """Let the first of dated values hold from the first year of the data on; return whether any had to be moved."""
    if isinstance(part, dict):
        return sum(_from_the_start(value, year) for key, value in part.items() if key not in ("meta", "data")) > 0
    if not isinstance(part, list) or not part or not isinstance(part[0], dict):
        return False
    if "value" not in part[0] or "from" not in part[0]:
        return sum(_from_the_start(item, year) for item in part) > 0
    earliest = min(part, key=lambda entry: entry["from"])
    if earliest["from"] <= date(year, 1, 1):
        return False
    del earliest["from"]
    return True


def _kept(items: list[Raw], columns: Collection[str], notes: list[tuple[str, str]], said: tuple[str, str]) -> list[Raw]:
    """Return the corrections or components whose columns the data have."""
    made = []
    for item in items:
        needed = [item[key] for key in ("column", "count_column") if key in item]
        needed += [item["earmark"]["column"]] if "column" in item.get("earmark", {}) else []
        if all(column in columns for column in needed):
            made.append(item)
        else:
            notes.append((said[0] + item["name"]["nb"], said[1] + item["name"]["en"]))
    return made


def _fit_purchaser(made: Raw, notes: list[tuple[str, str]]) -> None:
    purchaser = made.get("purchaser", {})
    if purchaser.get("budget") == "table" and "budget" not in made["data"].get("tables", {}):
        purchaser["budget"] = "growth"
        notes.append(_BUDGET)


def rules_for_columns(rules: Raw, data: Raw, outputs: Sequence[str], year: int) -> Raw:
    """Return the raw tables of a model for a table of another shape: its first scheme's rules, with these columns.

    Parameters
    ----------
    rules : dict
    data : dict
        The section ``data`` to be; with ``scheme``, the rules hold in every scheme found in the table.
    outputs : sequence of str
        Columns that become services, each with the weight that is neutral for it.
    year : int
        Of a table without a period.
    """
    raw = copy.deepcopy(rules)
    raw["data"] = data | {"year": year}
    shown_on = [key for key in ("dataset", "data_of", "data_case") if raw["meta"].pop(key, None) is not None]
    if shown_on:  # the years of its own data say nothing of when the system begins elsewhere
        for key in ("first_year", "last_year"):
            raw["meta"].pop(key, None)
    elif lost := _stated_services(raw, outputs):
        said = {language: text + ", ".join(lost) + "." for language, text in zip(("nb", "en"), _WEIGHTS, strict=True)}
        raw["meta"]["note"] = [*raw["meta"].get("note", []), said]
    template = raw["scheme"][0]
    template |= {"id": EVERY_SCHEME if "scheme" in data else "all"}
    template.pop("units", None)
    weight: Any = "equal-cost-share"
    if len(outputs) == 1:
        weight = {"value": 1.0, "status": "assumed", "source": "the only service"}
    template["service"] = [
        {"id": name, "label": {"nb": name, "en": name}, "measure": {"nb": "stk.", "en": "item"}, "weight": weight}
        for name in outputs
    ]
    raw["scheme"] = [template]
    for key in ("case", "basis"):
        raw.pop(key, None)
    if raw.pop("analysis", None):
        raw["meta"]["note"] = [*raw["meta"].get("note", []), dict(zip(("nb", "en"), _ANALYSES, strict=True))]
    return raw


def _stated_services(rules: Raw, outputs: Sequence[str]) -> list[str]:
    """Return the services with a weight or a price of their own that columns given apart put out of use."""
    services = [service for scheme in rules["scheme"] for service in scheme.get("service", ())]
    stated = [
        one for one in services if one.get("price") is not None or isinstance(one.get("weight"), dict | float | int)
    ]
    return [str(one["id"]) for one in stated if one["id"] not in outputs or len(stated) > 1 or len(outputs) > 1]


def rules_in_every_scheme(rules: Raw, units: Any) -> Raw:
    """Return the raw tables with the scheme ``"*"`` written out for every scheme of a :class:`bench.Units` table."""
    raw = copy.deepcopy(rules)
    template = next(part for part in raw["scheme"] if part["id"] == EVERY_SCHEME)
    names = units.schemes or ["all"]
    made = []
    for name in names:
        part = units.for_scheme(name) if units.schemes else units
        applies = {*part.inputs, *part.outputs, *part.extra}
        services = [s for s in template["service"] if s.get("allocated", s["id"]) in applies]
        made.append({**copy.deepcopy(template), "id": name, "label": {"nb": name, "en": name}, "service": services})
    raw["scheme"] = [part for part in raw["scheme"] if part["id"] != EVERY_SCHEME] + made
    return raw
