"""The decision memo as a page of its own: one A4 for those who decide."""

from __future__ import annotations

from bench.report.edition import Edition
from bench.report.pages.run import render
from bench.report.tables.page import Cell, Table, price_card, signed, table
from bench.report.words.memo import Bill, Memo, memo
from bench.report.words.prices import effect_intro, price_and_requirement


def memo_page(edition: Edition) -> str:
    """Return the page."""
    found = memo(edition)
    return render(
        "memo.html.j2",
        edition,
        title=edition.labels.model,
        memo=found,
        bill=bill_sentence(edition, found.bill) if found.bill else "",
        alternatives=alternatives_table(edition, found.bill) if found.bill else None,
        tables=[price_card(edition, scheme) for scheme in edition.facts.schemes if scheme.prices],
        effect=effect_table(edition, found) if found.most else None,
        tornado=tornado_table(edition, found) if found.swings else None,
        effect_intro=effect_intro(edition),
        hang=price_and_requirement(edition),
    )


def bill_sentence(edition: Edition, found: Bill) -> str:
    """Say what the decided volumes cost at the new prices."""
    facts, n = edition.facts, edition.n
    said = edition.t(
        "memo.bill.budget" if found.budgeted else "memo.bill.last",
        year=facts.price_year,
        before=facts.price_year - 1,
        last=facts.year,
        amount=n.money(found.new),
        old=n.money(found.old),
        change=n.percent(found.new / found.old - 1, sign=True),
    )
    if found.budget is None:
        return said
    return f"{said} " + edition.t(
        "memo.bill.over" if found.new > found.budget else "memo.bill.within",
        budget=n.money(found.budget),
        difference=n.money(abs(found.new - found.budget)),
    )


def alternatives_table(edition: Edition, found: Bill) -> Table:
    """Three alternatives on the same data, with what each costs."""
    t, n, year = edition.t, edition.n, edition.facts.price_year
    growth = n.percent(found.growth, sign=True)
    choices = (
        (t("memo.alt.rule"), found.new),
        (t("memo.alt.index", before=year - 1, growth=growth), found.indexed),
        (t("memo.alt.keep", before=year - 1), found.old),
    )
    body: list[list[Cell | str]] = [
        [name, n.money(amount), n.money(amount - found.new, sign=True)] for name, amount in choices
    ]
    columns = [(t("memo.col.alternative"), False), (t("memo.col.bill", year=year), True), (t("memo.col.against"), True)]
    return table(t("memo.alternatives"), columns, body)


def effect_table(edition: Edition, found: Memo) -> Table:
    """The units with most and least room next year."""
    t, n = edition.t, edition.n
    body: list[list[Cell | str]] = []
    shown = {effect.unit.key: effect for effect in (*found.most, *reversed(found.least))}
    for effect in shown.values():
        room = signed(n.money(effect.room, sign=True), effect.room)
        body.append([effect.unit.key, room, n.money(effect.required)])
    columns = [(t("col.unit"), False), (t("memo.col.room"), True), (t("memo.col.required"), True)]
    return table(t("memo.effect", year=edition.facts.price_year), columns, body)


def tornado_table(edition: Edition, found: Memo) -> Table:
    """The numbers that move the bill most, with what a step down and up does to it."""
    t, n = edition.t, edition.n
    body: list[list[Cell | str]] = []
    for swing in found.swings:
        name = t("what.key.index") if swing.key == "index" else edition.labels.parameter(swing.key)
        if swing.scheme and len(edition.facts.schemes) > 1:
            name = f"{name} ({edition.labels.scheme(swing.scheme)})"
        body.append([name, n.money(swing.down, sign=True), n.money(swing.up, sign=True)])
    columns = [(t("memo.col.number"), False), (t("memo.col.down"), True), (t("memo.col.up"), True)]
    return table(t("memo.tornado"), columns, body)
