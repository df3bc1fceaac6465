"""The tables of a unit's sheet."""

from __future__ import annotations

from typing import Any

from bench.report.edition import Edition
from bench.report.facts import UnitFacts
from bench.report.tables.page import Cell, Table, Tone, signed, table, year_text


def unit_tables(edition: Edition, unit: UnitFacts) -> list[Table]:
    """Return cost per product, norm, peers, corrections, settlement by year and requirement path."""
    return [
        _products(edition, unit),
        _norm(edition, unit),
        _peers(edition, unit),
        _corrections(edition, unit),
        _settlement(edition, unit),
        _requirements(edition, unit),
    ]


def _products(edition: Edition, unit: UnitFacts) -> Table:
    t, n = edition.t, edition.n
    now = unit.settlement
    columns = [
        (t("col.service"), False),
        (t("col.volume"), True),
        (t("col.per"), False),
        (t("col.price"), True),
        (t("col.income"), True),
    ]
    body: list[list[Cell | str]] = []
    if now and now["activity_income"]:
        measures = {str(row["service"]): row["measure"] for row in edition.facts.scheme(unit.scheme).prices}
        for row in unit.lines:
            if row["year"] == now["year"]:
                body.append(
                    [
                        edition.labels.service(unit.scheme, row["service"]),
                        n.number(row["volume"]),
                        edition.labels.measure(unit.scheme, row["service"], measures.get(str(row["service"]))),
                        n.kroner(row["price"], 2),
                        n.kroner(row["income"]),
                    ]
                )
    return table(t("table.products", year=year_text(edition.facts.year)), columns, body)


def _norm(edition: Edition, unit: UnitFacts) -> Table:
    t, n = edition.t, edition.n
    norm, score = unit.norm, unit.efficiency
    body: list[list[Cell | str]] = []
    if norm:
        amounts = ("cost", "average_norm", "best_practice_norm", "dea_norm", "norm", "potential")
        body += [[t(f"col.{name}"), n.kroner(norm[name])] for name in amounts if norm[name] is not None]
    now = unit.settlement
    if now and now["activity_income"]:
        coverage = now["cost"] / now["activity_income"]
        body.append([t("unit.coverage"), signed(n.number(coverage, 3), 1 - coverage)])
    if score:
        shares = ("efficiency", "super_efficiency", "scale_efficiency")
        body += [[t(f"col.{name}"), n.percent(score[name])] for name in shares if score[name] is not None]
    return table(t("table.norm"), [(t("col.item"), False), (t("col.value"), True)], body)


def _peers(edition: Edition, unit: UnitFacts) -> Table:
    """Where the norm comes from: what each peer makes of it, in NOK and as a share."""
    t, n = edition.t, edition.n
    whole = unit.peers_norm
    columns = [(t("col.peer"), False), (t("col.year"), False), (t("col.norm_from_peer"), True), (t("col.share"), True)]
    body: list[list[Cell | str]] = [
        [
            str(row["peer"] or "") or t("peer.withheld"),
            year_text(row["peer_year"] or None),
            n.kroner(None if whole is None or row["norm_share"] is None else row["norm_share"] * whole),
            n.percent(row["norm_share"]),
        ]
        for row in unit.peers
    ]
    if len(body) > 1:
        shares = [row["norm_share"] for row in unit.peers]
        total = None if None in shares else sum(shares)
        made = None if whole is None or total is None else total * whole
        body.append([Cell(t("chart.sum"), tone="total"), "", n.kroner(made), n.percent(total)])
    return table(t("table.peers"), columns, body)


def _corrections(edition: Edition, unit: UnitFacts) -> Table:
    t, n = edition.t, edition.n
    now = unit.settlement
    names = ("activity_income", "block_income", "refund", "corrections", "income", "cost", "result")
    body: list[list[Cell | str]] = []
    if now:
        for name in names:
            tone: Tone = "total" if name in ("income", "result") else ""
            body.append([Cell(t(f"col.{name}"), tone=tone), n.kroner(now[name], 2)])
            if name == "corrections":
                body += _each_correction(edition, unit, now["year"])
    return table(
        t("table.income", year=year_text(edition.facts.year)), [(t("col.item"), False), (t("col.amount"), True)], body
    )


def _each_correction(edition: Edition, unit: UnitFacts, year: Any) -> list[list[Cell | str]]:
    t, n, labels = edition.t, edition.n, edition.labels
    return [
        [t("unit.of_which", name=labels.correction(row["scheme"], row["correction"])), n.kroner(row["amount"], 2)]
        for row in unit.corrections
        if row["year"] == year
    ]


def _settlement(edition: Edition, unit: UnitFacts) -> Table:
    t, n = edition.t, edition.n
    names = (
        "opening_balance",
        "result",
        "kept",
        "carried",
        "returned_to_payer",
        "dispensation",
        "closing_balance",
    )
    columns = [(t("col.year"), False), *((t(f"col.{name}"), True) for name in names)]
    body = [
        [
            year_text(row["year"]),
            *(
                signed(n.number(row[name], sign=name == "result"), row[name])
                if name in ("result", "closing_balance")
                else n.number(row[name])
                for name in names
            ),
        ]
        for row in unit.history
    ]
    return table(t("table.settlement"), columns, body)


def _requirements(edition: Edition, unit: UnitFacts) -> Table:
    t, n = edition.t, edition.n
    columns = [
        (t("col.year"), False),
        (t("col.individual"), True),
        (t("col.general"), True),
        (t("col.requirement"), True),
        (t("col.requirement_nok"), True),
        (t("col.allowed_cost"), True),
    ]
    body = [
        [
            year_text(row["year"]),
            n.percent(row["individual"], 2),
            n.percent(row["general"], 2),
            n.percent(row["requirement"], 2),
            n.kroner(row["requirement_nok"]),
            n.kroner(row["allowed_cost"]),
        ]
        for row in unit.requirements
    ]
    base = unit.requirements[0].get("base_year") if unit.requirements else None
    return table(t("table.requirements", year=year_text(base or (unit.norm or {}).get("year"))), columns, body)
