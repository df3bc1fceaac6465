"""`new_model`: the text of a commented model file for a client's own columns, that runs at once."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

#: Measures by words in a column's name: bokmål, English.
_MEASURES = (
    (r"timer|hours?", "time", "hour"),
    (r"besøk|besok|visits?", "besøk", "visit"),
    (r"døgn|dogn|bed.?days?|liggedøgn", "døgn", "bed-day"),
    (r"dager|days?", "dag", "day"),
    (r"bruker|users?|pasient|patient", "bruker", "user"),
    (r"plass|places?|beds?|senger", "plass", "place"),
    (r"vedtak|decision", "vedtak", "decision"),
)

#: Bokmål label of the one scheme of a table that has no column for schemes.
_WHOLE = {"all": "Alle"}


def measure_of(column: str) -> tuple[str, str]:
    """Return the measure that a column's name suggests, in bokmål and English.

    Examples
    --------
    >>> measure_of("hjemmehjelp_timer"), measure_of("y1")
    (('time', 'hour'), ('stk.', 'item'))
    """
    for words, nb, en in _MEASURES:
        if re.search(words, column, re.IGNORECASE):
            return nb, en
    return "stk.", "item"


def plain_id(text: str) -> str:
    """Return a text as an identifier of a model file: small letters, digits and dashes.

    Examples
    --------
    >>> plain_id("Sør-Øst kommune 2023")
    'sor-ost-kommune-2023'
    """
    letters = text.lower().replace("ø", "o").replace("æ", "ae").replace("å", "a")
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "modell"


def new_model(
    name: str,
    *,
    id: str,
    cost: str,
    schemes: Mapping[str, Sequence[str]],
    period: str | None = None,
    scheme: str | None = None,
    inputs: Sequence[str] = (),
    environment: Sequence[str] = (),
    extra: Sequence[str] = (),
    accept: Sequence[str] = (),
    title: str | None = None,
    year: int | None = None,
    years: tuple[int, int] | None = None,
    budget: bool = False,
    index: bool = False,
) -> str:
    """Return a model file for a table with these columns.

    Parameters
    ----------
    name : str
        Short name of the model.
    id, cost, period, scheme : str
        Columns of the table.
    schemes : Mapping of str to sequence of str
        Financing schemes, each with the columns that hold its services' volumes.
    inputs, environment, extra : sequence of str
    accept : sequence of str
        Rules of reading that were accepted.
    title : str, optional
        What reports call it, in either language; made of the name when omitted.
    year : int, optional
        Of a table without a period.
    years : (int, int), optional
        First and last year of the accounts.
    budget, index : bool
        Whether a table gives the budgeted volumes and the growth of prices.

    Returns
    -------
    str
        TOML. Every value is listed as assumed, with a comment on what to put there.
    """
    called = (title, title) if title else (f"Stykkpris for {name}", f"Unit price for {name}")
    lines = [
        "# A model of one's own: the average cost of last year is next year's price, and units settle with it.",
        "# It runs as it stands. What is «assumed» is listed in every report until it has a source.",
        "# The format is explained in «bench explain modelfiles»; «bench models --schema» prints it for editors.",
        "#:schema modell.schema.json",
        "",
        "[meta]",
        f"name = {_text(name)}",
        f"title = {{ nb = {_text(called[0])}, en = {_text(called[1])} }}",
        "sources = []",
        "",
        "[meta.description]",
        'nb = "Stykkprisen er ordningens gjennomsnittskostnad året før. Første år går ordningen i null."',
        'en = "The unit price is the scheme\'s average cost of the year before. The first year breaks even."',
        "",
        "# Columns of the file.",
        "[data]",
        f"id = {_text(id)}",
        *([f"period = {_text(period)}"] if period else []),
        *([f"scheme = {_text(scheme)}"] if scheme else []),
        f"cost = {_text(cost)}",
        *([f"inputs = {_list(inputs)}"] if inputs else []),
        *([f"environment = {_list(environment)}"] if environment else []),
        *([f"extra = {_list(extra)}"] if extra else []),
        *([f"accept = {_list(accept)}"] if accept else []),
        *([f"year = {year}"] if year is not None else []),
        "",
        "# How efficiency is measured: dea, sfa, stoned or none; rts: crs, vrs, drs, irs, fdh.",
        "[frontier]",
        'method = "dea"',
        'rts = "vrs"',
        'orientation = "input"',
        *_periods(period is not None and not index),
        "",
        "[norm]",
        'source = "dea"',
        "",
        "[benchmark]",
        'sources = ["average", "best-practice", "dea"]',
        'total = "cost"',
        "",
        "# Growth of prices from one year to the next, as a share: 0.031 is 3.1 per cent.",
        "[indexation]",
        *(
            ['source = "table"']
            if index
            else [
                'source = "values"',
                _assumed("deflator", "0.0", "no price growth is stated: amounts are in the prices of the accounts"),
            ]
        ),
        "",
        "[rounding]",
        'price = "none"',
        'amount = "ore-half-up"',
        'reference = "amounts in øre, half away from zero (assumed)"',
        "",
        "[purchaser]",
        'holder = "purchaser"',
        f"budget = {_text('table' if budget else 'growth')}",
    ]
    for key, services in schemes.items():
        lines += _scheme(key, services)
    return "\n".join(lines) + "\n"


def _periods(unstated: bool) -> list[str]:
    """Years a frontier sees: apart where no price growth is stated, or it would measure inflation."""
    if not unstated:
        return ['periods = "pooled"']
    return [
        "# Each year by itself: over several years a frontier would take price growth that is not stated below for",
        "# inefficiency. With the growth stated, periods = 'known' lets it see the earlier years too.",
        'periods = "separate"',
    ]


def _scheme(key: str, services: Sequence[str]) -> list[str]:
    lines = [
        "",
        f"# {'-' * 90}",
        "[[scheme]]",
        f"id = {_text(key)}",
        f"label = {{ nb = {_text(_WHOLE.get(key, _label(key)))}, en = {_text(_label(key))} }}",
        "",
        "[scheme.price]",
        'source = "average-cost"',
        "lag = 1",
        'start = "contemporaneous"',
        "",
        "[scheme.volume]",
        'basis = "allocated"',
        "",
        "# What a unit keeps of a surplus and carries of a deficit; Kristiansand: 0.90 and 1.00.",
        "[scheme.settlement]",
        _assumed("keep_surplus", "0.9", "share that the unit keeps: fill in your own rule"),
        _assumed("carry_deficit", "1.0", "share that the unit carries: fill in your own rule"),
    ]
    for service in services:
        nb, en = measure_of(service)
        lines += [
            "",
            "[[scheme.service]]",
            f"id = {_text(service)}",
            f"label = {{ nb = {_text(_label(service))}, en = {_text(_label(service))} }}",
            f"measure = {{ nb = {_text(nb)}, en = {_text(en)} }}",
        ]
        if len(services) == 1:
            lines.append('weight = { value = 1.0, status = "assumed", source = "the only service" }')
        else:
            lines += [
                "# Equal cost shares until you know what one costs beside another; then, in NOK:",
                f'# weight = {{ value = 500, status = "assumed", source = "cost of one {en}, from …" }}',
                'weight = "equal-cost-share"',
            ]
    return lines


def _assumed(key: str, value: str, why: str) -> str:
    return f'{key} = {{ value = {value}, status = "assumed", source = {_text(why)} }}'


def _label(column: str) -> str:
    words = re.sub(r"[_\s]+", " ", column).strip()
    return words[:1].upper() + words[1:] if words else column


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
