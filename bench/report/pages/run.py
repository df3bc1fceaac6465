"""The page, the price book and the unit sheets: self-contained HTML without a single outside resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.report.charts.drawing import Figure
from bench.report.charts.efficiency import unit_requirement
from bench.report.charts.money import unit_waterfall_figure
from bench.report.charts.run_charts import SECTIONS
from bench.report.charts.waterfall import unit_waterfall
from bench.report.edition import Edition
from bench.report.facts import SchemeFacts, UnitFacts
from bench.report.pages.templating import environment
from bench.report.pages.whatif import absent_lines, panel
from bench.report.tables import page as tables
from bench.report.tables.analyses import analysis_tables
from bench.report.tables.assumptions import assumption_tables
from bench.report.tables.chain import chain_tables, price_tables
from bench.report.tables.methods import follow_up_table, method_tables, supplement_table
from bench.report.tables.unit import unit_tables
from bench.report.traces import traces
from bench.report.whatif.panel import what_if
from bench.report.words.prices import price_heading, price_intros
from bench.report.words.remarks import questions, risks, warning_is_translated, warning_text

#: Changes and sums below these are rounding: half of a tenth of a per cent, and one krone per unit.
STILL, KRONE_PER_UNIT = 0.0005, 1.0

#: How many units the first screen names at each end of the results.
ENDS = 3


def render(template: str, edition: Edition, **values: Any) -> str:
    """Fill in a template; ``traces`` are the cells whose tree the page holds."""
    values.setdefault("traces", {})
    return (
        environment()
        .get_template(template)
        .render(t=edition.t, n=edition.n, v=edition, facts=edition.facts, labels=edition.labels, **values)
    )


def report_page(edition: Edition, figures: Mapping[str, Figure]) -> str:
    """Return the main page with its charts by name."""
    facts = edition.facts
    drawn: dict[str, list[Figure]] = {}
    for name, figure in figures.items():
        drawn.setdefault(SECTIONS[name], []).append(figure)
    schemes = facts.schemes
    purchaser_tables = (
        tables.purchaser_table(edition),
        tables.bill_table(edition),
        follow_up_table(edition),
        supplement_table(edition),
    )
    body: dict[str, list[tables.Table]] = {
        "prices": [tables.price_table(edition, scheme) for scheme in schemes if scheme.prices],
        "grants": [tables.grant_table(edition, scheme) for scheme in schemes],
        "benchmark": [*(tables.benchmark_table(edition, scheme) for scheme in schemes), *price_tables(edition)],
        "results": [
            made(edition, scheme)
            for scheme in schemes
            for made in (tables.result_table, tables.sharing_table, tables.payers_table)
        ],
        "efficiency": [tables.efficiency_table(edition, scheme) for scheme in schemes],
        "purchaser": [found for found in purchaser_tables if found],
        "analyses": analysis_tables(edition),
        "assumptions": assumption_tables(edition),
        "book": [tables.price_book_table(edition, scheme) for scheme in schemes if scheme.prices],
    }
    body["efficiency"] += chain_tables(edition)
    body["efficiency"] += [table for scheme in schemes for table in method_tables(edition, scheme)]
    body = {name: [tables.bounded(edition, table) for table in found if table.rows] for name, found in body.items()}
    body["prices"] += body.pop("grants") + body.pop("benchmark")
    wanted = (
        "decision",
        "risks",
        "prices",
        "results",
        "efficiency",
        "requirements",
        "purchaser",
        "whatif",
        "analyses",
        "assumptions",
        "book",
    )
    cards = [_card(edition, scheme) for scheme in schemes]
    shown = [table for found in body.values() for table in found]
    found = traces(edition, [*shown, *(card["table"] for card in cards if card["table"])])
    what = what_if(edition)
    always = ("decision", "risks", *(("whatif",) if what.why != "nothing" else ()))
    sections = [name for name in wanted if name in always or body.get(name) or drawn.get(name)]
    return render(
        "report.html.j2",
        edition,
        title=edition.labels.model,
        sections=[*sections, "about"],
        headings={"prices": price_heading(edition)},
        price_intros=price_intros(edition),
        tables=body,
        drawn=drawn,
        cards=cards,
        traces=found.roots,
        trace_data=found.data,
        ends=_ends(edition),
        risks=risks(edition),
        warnings=_warnings(edition),
        lead=lead(edition),
        what=what,
        panel=panel(edition, what),
        absent=absent_lines(edition, what),
        units=[(unit, tables.unit_link(edition, unit)) for unit in facts.shown],
        unit_file=tables.unit_file,
        created=_created(edition),
        version=edition.facts.run.manifest.get("versions", {}).get("stykkpris", ""),
    )


def price_book_page(edition: Edition) -> str:
    """Return the price book as a page of its own."""
    found = [tables.price_book_table(edition, scheme) for scheme in edition.facts.schemes if scheme.prices]
    return render(
        "price_book.html.j2", edition, title=edition.t("book.title", year=edition.facts.price_year), tables=found
    )


def unit_page(edition: Edition, unit: UnitFacts) -> str:
    """Return the sheet of one unit."""
    charts = [
        unit_waterfall_figure(edition, unit.key, unit_waterfall(unit)),
        unit_requirement(edition, unit),
    ]
    return render(
        "unit.html.j2",
        edition,
        title=unit.key,
        unit=unit,
        unit_file=tables.unit_file,
        figures=[chart for chart in charts if chart is not None],
        tables=[table for table in unit_tables(edition, unit) if table.rows],
        questions=questions(edition, unit),
    )


def _card(edition: Edition, scheme: SchemeFacts) -> dict[str, Any]:
    units = edition.facts.in_scheme(scheme.key)
    results = [unit.result for unit in units if unit.result is not None]
    return {
        "scheme": scheme,
        "title": edition.labels.scheme(scheme.key),
        "table": tables.price_card(edition, scheme) if scheme.prices else None,
        "count": len(units),
        "signs": _signs(edition, results),
        "even": scheme.result is not None and abs(scheme.result) < KRONE_PER_UNIT * len(units),
        "settled": bool(results),
    }


def _ends(edition: Edition) -> dict[str, list[UnitFacts]]:
    """Units with the largest surplus and the largest deficit."""
    found = sorted(
        (unit for unit in edition.facts.units if unit.result), key=lambda unit: (-(unit.result or 0.0), unit.key)
    )
    best = [unit for unit in found if (unit.result or 0.0) >= KRONE_PER_UNIT][:ENDS]
    worst = [unit for unit in reversed(found) if (unit.result or 0.0) <= -KRONE_PER_UNIT][:ENDS]
    return {"best": best, "worst": worst}


def lead(edition: Edition) -> list[str]:
    """The decision in a few sentences."""
    facts, t, n = edition.facts, edition.t, edition.n
    found = []
    for scheme in facts.schemes:
        if scheme.level_change is None:
            continue
        still = abs(scheme.level_change) < STILL
        direction = "lead.same" if still else "lead.up" if scheme.level_change > 0 else "lead.down"
        found.append(t(direction, scheme=edition.labels.scheme(scheme.key), share=n.percent(abs(scheme.level_change))))
    if facts.run.holds_back:  # sums over the units that are shown would pass for sums over all
        held = facts.run.withheld
        return [*found, t("lead.withheld", count=len(held.units) if held else 0, shown=len(facts.units))]
    results = [unit.result for unit in facts.units if unit.result is not None]
    if results:
        total = sum(results)
        found.append(
            t(
                "lead.balance"
                if abs(total) < KRONE_PER_UNIT * len(results)
                else _sign("lead.surplus", "lead.deficit", total),
                amount=n.money(abs(total)),
                year=facts.year,
                signs=_signs(edition, results),
            )
        )
    required = [(unit.required_total or 0.0, unit) for unit in facts.units if unit.requirements]
    if required:
        base = sum(unit.requirements[0]["base_cost"] for _, unit in required)
        total = sum(amount for amount, _ in required)
        years = sorted({row["year"] for _, unit in required for row in unit.requirements})
        found.append(
            t(
                "lead.requirement",
                amount=n.money(total),
                share=n.percent(total / base if base else None),
                start=years[0],
                end=years[-1],
            )
        )
    return found


def _created(edition: Edition) -> str:
    created = edition.facts.run.manifest.get("created")
    return edition.n.date(created) if created else ""


def _signs(edition: Edition, results: Sequence[float]) -> str:
    """Count surpluses and deficits; a result below a krone is neither."""
    plus = sum(result >= KRONE_PER_UNIT for result in results)
    minus = sum(result <= -KRONE_PER_UNIT for result in results)
    even = len(results) - plus - minus
    return edition.t("card.signs_even" if even else "card.signs", plus=plus, minus=minus, even=even)


def _sign(positive: str, negative: str, value: float) -> str:
    return positive if value >= 0 else negative


def _warnings(edition: Edition) -> list[tuple[str, str]]:
    """Warnings with the language they are written in, each once."""
    found = [
        (warning_text(edition, issue), edition.language if warning_is_translated(edition, issue) else "en")
        for issue in edition.facts.run.warnings
        if issue.rule != "model-note"
    ]
    meta = getattr(edition.facts.run.model, "meta", None)
    found += [(note.get(edition.language), edition.language) for note in getattr(meta, "note", ())]
    return list(dict.fromkeys(found))
