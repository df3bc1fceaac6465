"""The tables of the page and the unit sheets: texts ready to print, with alignment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.report.edition import Edition
from bench.report.facts import SHOWN_ENDS, Row, SchemeFacts, UnitFacts, rows, share_of_income
from bench.report.words.numbers import is_missing

#: A smaller number is the number of a period, not a year: the data had none.
FIRST_YEAR = 1000

#: Shares below this print as nothing and are left out of lists.
SMALL = 0.005

#: Letters without a decomposition into a plain letter and a mark.
_PLAIN = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "ß": "ss"})

#: What a number is of: ``"frame.column"`` of the run, and the scheme, unit, year or service it belongs to.
Of = tuple[str, tuple[tuple[str, Any], ...]]

Tone = Literal["", "gain", "loss", "assumed", "total"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, where it leads, its tone, its language where that is not the page's, and what it is of."""

    text: str
    href: str = ""
    tone: Tone = ""
    language: str = ""
    of: Of | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to print.

    ``numeric`` columns are aligned right, a ``folded`` table opens on demand, and one that is not ``sortable`` has an
    order that means something. ``rest`` are rows that a large run does not print, found by the table's search.
    """

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    sortable: bool = True
    rest: tuple[tuple[str, ...], ...] = ()


def table(caption: str, columns: Sequence[tuple[str, bool]], body: Sequence[Sequence[Cell | str]]) -> Table:
    """Build a table from (title, numeric) columns and cells or plain texts."""
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in body)
    return Table(caption, tuple(title for title, _ in columns), tuple(numeric for _, numeric in columns), cells)


def signed(text: str, value: Any) -> Cell:
    """Return a cell toned by the sign of its value."""
    if is_missing(value) or not value:
        return Cell(text)
    return Cell(text, tone="gain" if value > 0 else "loss")


def number_of(cell: Cell | str, name: str, **at: Any) -> Cell:
    """Return a cell that says which number of the run it shows."""
    made = cell if isinstance(cell, Cell) else Cell(cell)
    return replace(made, of=(name, tuple(at.items())))


def unit_file(edition: Edition, unit: UnitFacts) -> str:
    """Return the file name of a unit's sheet: its number and name in plain letters."""
    import unicodedata

    plain = unit.key.lower().translate(_PLAIN)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    name = "-".join("".join(c if c.isalnum() else " " for c in plain).split())
    return f"{unit.number:02d}-{name[:60]}.html" if name else f"{unit.number:02d}.html"


def unit_link(edition: Edition, unit: UnitFacts) -> Cell:
    """Return a cell that leads to the unit's sheet."""
    return Cell(unit.key, href=f"{edition.t('folder.units')}/{unit_file(edition, unit)}")


def of_units(
    edition: Edition,
    scheme: SchemeFacts,
    caption: str,
    columns: Sequence[tuple[str, bool]],
    row_of: Callable[[UnitFacts], list[Cell | str] | None],
    total: Sequence[Cell | str] = (),
) -> Table:
    """Build a table of a scheme's units: those that are shown, a line for all others, whom its search finds, a total.

    ``row_of`` gives a unit's cells, or nothing where the table is not about it.
    """
    facts = edition.facts
    body = [row for unit in facts.shown_in(scheme.key) if (row := row_of(unit))]
    if not body:
        return table(caption, columns, [])
    shown = {unit.number for unit in facts.shown_in(scheme.key)}
    others = [unit for unit in facts.in_scheme(scheme.key) if unit.number not in shown]
    if others:
        count = edition.n.number(len(others))
        body.append([edition.t("page.rest", count=count, tables=edition.t("folder.tables"))])
    if total:
        body.append(list(total))
    rest = tuple(
        tuple(cell.text if isinstance(cell, Cell) else cell for cell in row) for unit in others if (row := row_of(unit))
    )
    return replace(table(caption, columns, body), rest=rest)


def bounded(edition: Edition, found: Table) -> Table:
    """Return a table of the page, of a large run only its first and last rows and a line that says so."""
    count = len(found.rows) - 2 * SHOWN_ENDS - 2
    if not edition.facts.run.is_large or count <= 0:
        return found
    half = SHOWN_ENDS + 1
    between = Cell(edition.t("page.between", count=edition.n.number(count), tables=edition.t("folder.tables")))
    return replace(found, rows=(*found.rows[:half], (between,), *found.rows[-half:]))


def price_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Prices of the next year with their change."""
    t, n, labels = edition.t, edition.n, edition.labels
    classes = any(row["price_class"] not in (None, "standard") for row in scheme.prices)
    columns = [(t("col.service"), False), (t("col.price_class"), False), (t("card.price"), True), (t("col.per"), False)]
    columns += [(t("card.previous"), True), (t("col.change"), True)]
    body: list[list[Cell | str]] = [
        [
            labels.service(row["scheme"], row["service"]),
            labels.price_class(row["price_class"]),
            _priced(n.number(row["price"], 2), row),
            labels.measure(row["scheme"], row["service"], row["measure"]),
            n.number(row["previous_price"], 2),
            n.percent(row["change"], sign=True),
        ]
        for row in scheme.prices
    ]
    if not classes:
        columns.pop(1)
        body = [[*row[:1], *row[2:]] for row in body]
    return table(t("table.prices", scheme=labels.scheme(scheme.key), year=edition.facts.price_year), columns, body)


def _priced(text: str, row: Row) -> Cell:
    keys = ("scheme", "service", "price_class", "year")
    return number_of(text, "prices.price", **{key: row[key] for key in keys})


def price_card(edition: Edition, scheme: SchemeFacts) -> Table:
    """The same for the first screen: service and measure in one column."""
    t, n, labels = edition.t, edition.n, edition.labels
    body: list[list[Cell | str]] = []
    for row in scheme.prices:
        name = labels.service(row["scheme"], row["service"])
        measure = labels.measure(row["scheme"], row["service"], row["measure"])
        said = not measure or measure.lower() in name.lower()
        service = name if said else t("card.service", service=name, measure=measure)
        if row["price_class"] not in (None, "standard"):
            service = f"{service}, {row['price_class']}"
        body.append([service, _priced(n.number(row["price"], 2), row), n.percent(row["change"], sign=True)])
    columns = [(t("col.service"), False), (t("card.price"), True), (t("col.change"), True)]
    return table(t("table.prices", scheme=labels.scheme(scheme.key), year=edition.facts.price_year), columns, body)


def price_book_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Every price of the price year with how it came about."""
    t, n, labels = edition.t, edition.n, edition.labels
    columns = [
        (t("col.service"), False),
        (t("col.price_class"), False),
        (t("card.price"), True),
        (t("col.per"), False),
        (t("col.valid"), False),
        (t("col.change"), True),
        (t("col.price_source"), False),
        (t("col.accounts"), False),
        (t("col.deflator"), True),
    ]
    body = [
        [
            labels.service(row["scheme"], row["service"]),
            labels.price_class(row["price_class"]),
            n.number(row["price"], 2),
            labels.measure(row["scheme"], row["service"], row["measure"]),
            valid_period(edition, row["year"]),
            n.percent(row["change"], sign=True),
            labels.word("source", row["source"]),
            year_text(row["cost_year"]),
            n.plain(row["deflator"], 4),
        ]
        for row in scheme.prices
    ]
    return table(t("table.book", scheme=labels.scheme(scheme.key), year=edition.facts.price_year), columns, body)


def benchmark_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Benchmark prices of the last year side by side, one column per source, each at the level it found.

    The last row is the factor that would make each set of prices buy the stated total (``calibrated_price``).
    """
    t, n, labels = edition.t, edition.n, edition.labels
    frame = edition.facts.run.benchmark_prices
    frame = frame[frame["scheme"] == scheme.key]
    if len(frame) and "year" in frame.columns:
        frame = frame[frame["year"] == frame["year"].max()]
    found = rows(frame)
    sources = list(dict.fromkeys(str(row["source"]) for row in found))
    prices = {(row["service"], str(row["source"])): row["price"] for row in found}
    measures = {row["service"]: row["measure"] for row in found}
    columns = [(t("col.service"), False), *((labels.word("source", source), True) for source in sources)]
    columns.append((t("col.per"), False))
    body = [
        [
            labels.service(scheme.key, service),
            *(n.number(prices.get((service, source)), 2) for source in sources),
            labels.measure(scheme.key, service, measure),
        ]
        for service, measure in measures.items()
    ]
    if found:
        scales = {str(row["source"]): row["scale"] for row in found}
        body.append([t("benchmark.scale"), *(n.number(scales[source], 4) for source in sources), ""])
    made = table(t("table.benchmark", scheme=labels.scheme(scheme.key)), columns, body)
    return replace(made, folded=True)


def grant_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Block grant and what else made up the income of the last year, per unit; empty without a grant."""
    t, n = edition.t, edition.n
    names = ("block_income", "refund", "activity_income", "corrections", "income")
    columns = [(t("col.unit"), False), *((t(f"col.{name}"), True) for name in names)]
    caption = t(
        "table.grants", scheme=edition.labels.scheme(scheme.key), year=edition.facts.year, money=t("unit.thousand")
    )
    if not edition.facts.has_grant(scheme.key):
        return table(caption, columns, [])

    def row_of(unit: UnitFacts) -> list[Cell | str] | None:
        row = unit.settlement
        return [unit_link(edition, unit), *(n.number(row[name] / 1000) for name in names)] if row else None

    settled = [unit.settlement for unit in edition.facts.in_scheme(scheme.key) if unit.settlement]
    total: list[Cell | str] = []
    if len(settled) > 1:
        totals = (sum(row[name] for row in settled) for name in names)
        total = [Cell(edition.sum_word, tone="total"), *(n.number(amount / 1000) for amount in totals)]
    return of_units(edition, scheme, caption, columns, row_of, total)


def valid_period(edition: Edition, year: Any) -> str:
    """Return the first and last day of a price year."""
    if not isinstance(year, int) or year < FIRST_YEAR:
        return year_text(year)
    return f"{edition.n.date(f'{year}-01-01')}–{edition.n.date(f'{year}-12-31')}"


def year_text(year: Any) -> str:
    """Return a year without decimals, also when the frame holds it as a float."""
    if is_missing(year):
        return "."
    return str(int(year)) if isinstance(year, float) and year.is_integer() else str(year)


def result_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Income, cost, result and balance per unit."""
    t = edition.t
    names = ("income", "cost", "result")
    columns = [
        (t("col.unit"), False),
        *((t(f"col.{name}"), True) for name in names),
        (t("col.margin"), True),
        (t("col.kept_or_carried"), True),
        (t("col.returned_to_payer"), True),
        (t("col.dispensation"), True),
        (t("col.closing_balance"), True),
    ]

    def row_of(unit: UnitFacts) -> list[Cell | str] | None:
        row = unit.settlement
        if not row:
            return None
        at = {"scheme": scheme.key, "unit": unit.key, "year": row["year"]}
        return [unit_link(edition, unit), *_settled(edition, row, at)]

    settled = [unit.settlement for unit in edition.facts.in_scheme(scheme.key) if unit.settlement]
    total: list[Cell | str] = []
    if len(settled) > 1:
        items = ("income", "cost", "result", "kept", "carried", "returned_to_payer", "dispensation", "closing_balance")
        sums: Row = {item: sum(row[item] or 0.0 for row in settled) for item in items}
        at = {"scheme": scheme.key, "year": edition.facts.year}
        total = [Cell(edition.sum_word, tone="total"), *_settled(edition, sums, at)]
    caption = t(
        "table.results", scheme=edition.labels.scheme(scheme.key), year=edition.facts.year, money=t("unit.thousand")
    )
    return of_units(edition, scheme, caption, columns, row_of, total)


def sharing_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """What each party takes of what units return, or covers (negative), by year; empty where one payer takes it all."""
    t, n = edition.t, edition.n
    found = [row for row in rows(edition.facts.run.sharing) if row["scheme"] == scheme.key]
    years = sorted({row["year"] for row in found})
    parties = list(dict.fromkeys(str(row["party"]) for row in found))
    amounts = {(str(row["party"]), row["year"]): float(row["amount"]) for row in found}
    columns = [(t("col.party"), False), *((year_text(year), True) for year in years)]
    body: list[list[Cell | str]] = []
    if len(parties) > 1:
        for party in parties:
            values = [amounts.get((party, year), 0.0) for year in years]
            body.append([party, *(signed(n.number(value / 1000, sign=True), value) for value in values)])
        totals = [sum(amounts.get((party, year), 0.0) for party in parties) for year in years]
        body.append([Cell(t("chart.sum"), tone="total"), *(n.number(total / 1000, sign=True) for total in totals)])
    return table(t("table.sharing", scheme=edition.labels.scheme(scheme.key), money=t("unit.thousand")), columns, body)


def payers_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Whose money the last year is: what the units get from each purse, and the budget holder; empty with one purse."""
    t, n = edition.t, edition.n
    found = [row for row in rows(edition.facts.run.payers) if row["scheme"] == scheme.key]
    found = [row for row in found if row["year"] == edition.facts.year]
    names = ("income", "receipts", "net")
    columns = [(t("col.purse"), False), *((t(f"col.purse_{name}"), True) for name in names)]
    body: list[list[Cell | str]] = []
    if len(found) > 1:
        for row in found:
            body.append([t(f"purse.{row['paid_by']}"), *(n.number(row[name] / 1000, sign=False) for name in names)])
        totals = [sum(row[name] for row in found) for name in names]
        body.append([Cell(t("chart.sum"), tone="total"), *(n.number(total / 1000) for total in totals)])
    label = edition.labels.scheme(scheme.key)
    return table(t("table.payers", scheme=label, year=edition.facts.year, money=t("unit.thousand")), columns, body)


def _settled(edition: Edition, row: Row, at: Row) -> list[Cell | str]:
    n = edition.n

    def of(cell: Cell | str, column: str) -> Cell:
        return number_of(cell, f"settlement.{column}", **at)

    margin = share_of_income(row["result"], row["income"])
    own = (row["kept"] or 0.0) + (row["carried"] or 0.0)
    return [
        of(n.number(row["income"] / 1000), "income"),
        of(n.number(row["cost"] / 1000), "cost"),
        of(signed(n.number(row["result"] / 1000, sign=True), row["result"]), "result"),
        signed(edition.share(margin), margin),
        of(n.number(own / 1000, sign=True), "kept" if row["kept"] else "carried"),
        of(n.number(row["returned_to_payer"] / 1000), "returned_to_payer"),
        of(n.number(row["dispensation"] / 1000), "dispensation"),
        of(signed(n.number(row["closing_balance"] / 1000, sign=True), row["closing_balance"]), "closing_balance"),
    ]


def efficiency_table(edition: Edition, scheme: SchemeFacts) -> Table:
    """Score, norm, potential and requirement per unit; scale efficiency where the model asks for it."""
    t, n = edition.t, edition.n
    units = edition.facts.in_scheme(scheme.key)
    scale = any(unit.efficiency and unit.efficiency["scale_efficiency"] is not None for unit in units)
    columns = [
        (t("col.unit"), False),
        (t("col.efficiency"), True),
        *([(t("col.scale_efficiency"), True)] if scale else []),
        (t("col.norm"), True),
        (t("col.potential"), True),
        (t("col.requirement_first"), True),
        (t("col.requirement_total"), True),
        (t("col.peers"), False),
    ]

    def row_of(unit: UnitFacts) -> list[Cell | str] | None:
        score, norm = unit.efficiency, unit.norm
        if score is None and norm is None and not unit.requirements:
            return None
        share = (score or norm or {}).get("efficiency")
        first = unit.requirements[0] if unit.requirements else None
        return [
            unit_link(edition, unit),
            _found(n.percent(share), "efficiency.efficiency" if score else "norms.efficiency", score or norm),
            *([n.percent(score["scale_efficiency"] if score else None)] if scale else []),
            _found(n.number(_thousand(norm, "norm")), "norms.norm", norm),
            _found(n.number(_thousand(norm, "potential")), "norms.potential", norm),
            _found(n.percent(unit.required_share, 2), "requirements.requirement", first),
            n.number(unit.required_total / 1000 if unit.required_total is not None else None),
            peers_text(edition, unit),
        ]

    caption = t("table.efficiency", scheme=edition.labels.scheme(scheme.key), money=t("unit.thousand"))
    return of_units(edition, scheme, caption, columns, row_of)


def _found(text: str, name: str, row: Row | None) -> Cell | str:
    """Return a cell that says which row of the frontier's frames it shows."""
    if row is None:
        return text
    return number_of(text, name, **{key: row[key] for key in ("scheme", "unit", "year")})


def _thousand(row: Row | None, name: str) -> float | None:
    return row[name] / 1000 if row and row[name] is not None else None


def peers_text(edition: Edition, unit: UnitFacts) -> str:
    """Return the largest peers with their shares; a unit that is its own only peer lies on the frontier."""
    if unit.peers and unit.on_frontier:
        return edition.t("page.on_frontier")
    own = edition.t("page.own_other_year")
    return ", ".join(
        f"{own if peer == unit.key else peer or edition.t('peer.withheld')} {edition.n.percent(share, 0)}"
        for peer, share in unit.peer_shares[:4]
        if share >= SMALL
    )


def bill_table(edition: Edition) -> Table | None:
    """Next year's bill against the budget, per service; none where the budget says nothing of the year."""
    lines = rows(edition.facts.run.bill)
    if not any(row["budget"] is not None or row["basis"] != "last-year" for row in lines):
        return None
    t, n = edition.t, edition.n
    names = ("amount", "budget", "difference")
    heads = (t("col.bill_amount"), t("col.bill_budget"), t("col.bill_difference"))
    columns = [(t("col.scheme"), False), (t("col.service"), False), (t("col.volume"), True), (t("col.basis"), False)]
    columns += [(t("col.price"), True), *((word, True) for word in heads)]
    body: list[list[Cell | str]] = [
        [
            edition.labels.scheme(row["scheme"]),
            edition.labels.service(row["scheme"], row["service"]),
            n.number(row["volume"]),
            t(f"basis.{row['basis']}"),
            n.number(row["price"], 2),
            *(n.number(row[name] / 1000 if row[name] is not None else None) for name in names),
        ]
        for row in lines
    ]
    totals = [sum(row[name] or 0.0 for row in lines) for name in names]
    body.append([Cell(t("chart.sum"), tone="total"), "", "", "", "", *(n.number(total / 1000) for total in totals)])
    return table(t("table.bill", year=year_text(lines[0]["year"]), money=t("unit.thousand")), columns, body)


def purchaser_table(edition: Edition) -> Table | None:
    """Budget, expenditure and variance per service in the last year."""
    frame = edition.facts.run.purchaser
    if not len(frame):
        return None
    t, n = edition.t, edition.n
    year = frame["year"].max()
    names = ("budget", "expenditure", "variance", "volume_variance", "price_variance")
    columns = [(t("col.scheme"), False), (t("col.service"), False), *((t(f"col.{name}"), True) for name in names)]
    lines = rows(frame[frame["year"] == year])
    body: list[list[Cell | str]] = [
        [
            edition.labels.scheme(row["scheme"]),
            edition.labels.service(row["scheme"], row["service"]),
            *(n.number(row[name] / 1000 if row[name] is not None else None) for name in names),
        ]
        for row in lines
    ]
    totals = [sum(row[name] or 0.0 for row in lines) for name in names]
    body.append([Cell(t("chart.sum"), tone="total"), "", *(n.number(total / 1000) for total in totals)])
    return table(t("table.purchaser", year=year_text(year), money=t("unit.thousand")), columns, body)
