"""Tables of the chain before the price: norms by scheme, corrections for conditions, screens, figures by formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import Row, rows
from bench.report.tables.page import Cell, Table, table, year_text

#: Words of choices; anything else is the model's own formula.
_TRADE_WORDS = ("mean", "max", "min", "best", "plain", "interval")
#: Norm frames of models with a settlement are told with the requirement; these models tell the norm alone.
_NORMS_ONLY = "norms"


def chain_tables(edition: Edition) -> list[Table]:
    """Return what the chain found, where the model does more than measure: empty tables are left out by the page."""
    found = [_norm_table(edition, scheme) for scheme in edition.facts.run.model.scheme_ids]
    return [
        *found,
        _size_table(edition),
        _rank_table(edition),
        _error_table(edition),
        _tradeoff_table(edition),
        _coefficient_table(edition),
        _screen_table(edition),
        _figure_table(edition),
        _adjustment_table(edition),
        _over_recording_table(edition),
        _published_table(edition),
    ]


def price_tables(edition: Edition) -> list[Table]:
    """Return what stands behind prices that were not agreed: their range, and the lines of full-cost calculations."""
    full = [_full_cost_table(edition, scheme) for scheme in edition.facts.run.model.scheme_ids]
    return [_range_table(edition), *full]


def _size_table(edition: Edition) -> Table:
    """Units per dimension of each frontier in its last year, and what few units leave of its answers."""
    t, n = edition.t, edition.n
    names = ("units", "dimensions", "per_dimension", "efficient", "by_default", "price_width")
    columns = [(t("col.scheme"), False), (t("col.variant"), False), *((t(f"col.{name}"), True) for name in names)]
    frame = edition.facts.run.frontier_size
    body: list[list[Cell | str]] = [
        [
            edition.labels.scheme(row["scheme"]),
            str(row["variant"]),
            n.number(row["units"], 0),
            n.number(row["inputs"] + row["outputs"], 0),
            n.number(row["per_dimension"], 1),
            n.number(row["efficient"], 0),
            n.number(row["by_default"], 0),
            n.percent(row["price_width"]) if row["price_width"] != float("inf") else t("range.no-limit"),
        ]
        for row in rows(_last_year(frame))
    ]
    return replace(table(t("table.frontier_size"), columns, body), folded=True)


def _range_table(edition: Edition) -> Table:
    """Benchmark prices that somebody or something chose among several, each with its range and the rule that chose."""
    t, n, labels = edition.t, edition.n, edition.labels
    names = ("price", "lower", "upper")
    columns = [(t("col.service"), False), (t("col.source"), False)]
    columns += [(t(f"col.{name}"), True) for name in names]
    columns.append((t("col.chosen_by"), False))
    body: list[list[Cell | str]] = []
    for row in rows(_last_year(edition.facts.run.benchmark_prices)):
        if row.get("chosen_by", "agreed-weights") == "agreed-weights":
            continue
        ends = [n.number(row[name], 2) if abs(row[name]) != float("inf") else t("range.no-limit") for name in names]
        body.append(
            [
                labels.service(str(row["scheme"]), str(row["service"])),
                labels.word("source", str(row["source"])),
                *ends,
                t(f"option.chosen-{row['chosen_by']}"),
            ]
        )
    return replace(table(t("table.price_ranges"), columns, body), folded=True)


def _rank_table(edition: Edition) -> Table:
    """Ranks of the last year with ends that hold for all units at once, and each unit's chances."""
    t, n = edition.t, edition.n
    names = ("rank", "lower", "upper")
    found = rows(_last_year(edition.facts.run.ranks))
    columns = [(t("col.unit"), False), (t("col.variant"), False), *((t(f"col.rank_{name}"), True) for name in names)]
    columns.append((t("col.best_quarter"), True))
    least = n.percent(found[0]["requirement"], 0) if found else ""
    columns.append((t("col.below_requirement", least=least), True))
    body: list[list[Cell | str]] = [
        [
            str(row["unit"]),
            str(row["variant"]),
            n.plain(row["rank"], 1),
            *(n.number(row[name], 0) for name in names[1:]),
            n.percent(row["best_quarter"], 0),
            n.percent(row["below_requirement"], 0),
        ]
        for row in sorted(found, key=lambda row: (row["variant"], row["rank"]))
    ]
    return replace(table(t("table.ranks"), columns, body), folded=True)


def _error_table(edition: Edition) -> Table:
    """What the requirement asks of those who have nothing to give, where the truth is known, in NOK million."""
    t, n = edition.t, edition.n
    names = ("required", "required_of_efficient", "required_beyond", "potential", "not_required")
    columns = [(t("col.scheme"), False), (t("col.truly_efficient"), True)]
    columns += [(t(f"col.{name}"), True) for name in names]
    body: list[list[Cell | str]] = [
        [
            edition.labels.scheme(row["scheme"]),
            n.number(row["efficient"], 0),
            *(n.number(row[name] / 1e6, 2) for name in names),
        ]
        for row in rows(edition.facts.run.decision_error)
    ]
    return table(t("table.decision_error"), columns, body)


def _tradeoff_table(edition: Edition) -> Table:
    """Both errors of every combination, evidence and share of the frontier, and what errs less both ways."""
    t, n = edition.t, edition.n

    def word(value: Any) -> str:
        return t(f"option.tradeoff-{value}") if str(value) in _TRADE_WORDS else str(value)

    def choice(text: str) -> str:
        combination, evidence, share = text.rsplit(", ", 2)
        return f"{word(combination)}, {word(evidence)}, {n.percent(float(share), 0)}"

    columns = [(t("col.scheme"), False), (t("col.tradeoff_combination"), False), (t("col.tradeoff_evidence"), False)]
    columns += [(t("col.tradeoff_share"), True), (t("col.required_of_efficient"), True), (t("col.not_required"), True)]
    columns.append((t("col.dominated_by"), False))
    body: list[list[Cell | str]] = []
    for row in rows(edition.facts.run.decision_tradeoff):
        beaten = [choice(name) for name in str(row["dominated_by"] or "").split("; ") if name]
        own = t("option.tradeoff-stated")
        body.append(
            [
                edition.labels.scheme(row["scheme"]),
                word(row["combination"]) + (f" ({own})" if row["stated"] else ""),
                word(row["evidence"]),
                n.percent(row["frontier_share"], 0),
                n.number(row["required_of_efficient"] / 1e6, 2),
                n.number(row["not_required"] / 1e6, 2),
                "; ".join(beaten),
            ]
        )
    return replace(table(t("table.decision_tradeoff"), columns, body), folded=True)


def _full_cost_table(edition: Edition, scheme: str) -> Table:
    """The lines of a scheme's full-cost prices in the last year, one column per service."""
    t, n, labels = edition.t, edition.n, edition.labels
    frame = edition.facts.run.full_cost
    found = rows(_last_year(frame[frame["scheme"] == scheme]))
    services = list(dict.fromkeys(str(row["service"]) for row in found))
    amounts = {(row["line"], str(row["service"])): row["amount"] for row in found}
    columns = [(t("col.line"), False), *((labels.service(scheme, service), True) for service in services)]
    body: list[list[Cell | str]] = [
        [
            Cell(t(f"option.full-cost-{line}"), tone="total")
            if line in ("cost", "price")
            else t(f"option.full-cost-{line}"),
            *(n.number(amounts[line, service], 2 if line in ("hour", "price") else 0) for service in services),
        ]
        for line in dict.fromkeys(str(row["line"]) for row in found)
    ]
    year = year_text(found[0]["year"]) if found else ""
    return replace(table(t("table.full_cost", scheme=labels.scheme(scheme), year=year), columns, body), folded=True)


def _last_year(frame: Any) -> Any:
    return frame[frame["year"] == frame.groupby("scheme")["year"].transform("max")] if len(frame) else frame


def _norm_table(edition: Edition, scheme: str) -> Table:
    """Cost, score and norm of every unit of a scheme in the last decision, for a model that ends with its norms."""
    t, n, run = edition.t, edition.n, edition.facts.run
    columns = [(t("col.unit"), False), *((t(f"col.{name}"), True) for name in ("cost", "efficiency", "norm"))]
    columns.append((t("col.rule"), False))
    body: list[list[Cell | str]] = []
    year: Any = ""
    if run.model.meta.stage == _NORMS_ONLY and len(run.norms):
        frame = run.norms[run.norms["scheme"] == scheme]
        year = frame["year"].max() if len(frame) else ""
        scores = {
            str(row["unit"]): row
            for row in rows(run.efficiency[run.efficiency["scheme"] == scheme])
            if row["year"] == year
        }
        for row in rows(frame[frame["year"] == year]):
            rule = scores.get(str(row["unit"]), {}).get("rule") or ""
            body.append(
                [
                    str(row["unit"]),
                    n.number(row["cost"], 0),
                    n.percent(row["efficiency"]),
                    n.number(row["norm"], 0),
                    t(f"option.kind-{rule}") if rule else "",
                ]
            )
    return table(t("table.norms", scheme=edition.labels.scheme(scheme), year=year_text(year)), columns, body)


def _coefficient_table(edition: Edition) -> Table:
    t, n = edition.t, edition.n
    names = ("condition", "coefficient", "standard_error", "rows")
    columns = [(t("col.scheme"), False), *((t(f"col.{name}"), name != "condition") for name in names)]
    body: list[list[Cell | str]] = [
        [
            edition.labels.scheme(row["scheme"]),
            str(row["condition"]),
            n.number(row["coefficient"], 4),
            n.number(row["standard_error"], 4),
            n.number(row["rows"], 0),
        ]
        for row in rows(edition.facts.run.coefficients)
    ]
    return replace(table(t("table.coefficients"), columns, body), folded=True)


def _screen_table(edition: Edition) -> Table:
    t, n = edition.t, edition.n
    names = ("unit", "year", "test", "statistic", "limit", "action")
    columns = [(t(f"col.{name}"), name in ("statistic", "limit")) for name in names]
    body: list[list[Cell | str]] = [
        [
            str(row["unit"]),
            year_text(row["year"]),
            t(f"option.screen-{row['test']}"),
            n.number(row["statistic"], 4),
            n.number(row["limit"], 4),
            t(f"option.screen-{row['action']}"),
        ]
        for row in rows(edition.facts.run.screens)
    ]
    return table(t("table.screens"), columns, body)


def _figure_table(edition: Edition) -> Table:
    """Figures the model works out by formulas, one column each, by their names in the file."""
    t, n, run = edition.t, edition.n, edition.facts.run
    shown = [figure for figure in run.model.figure if figure.show]
    titles = [figure.label.get(edition.language) if figure.label is not None else figure.id for figure in shown]
    columns = [(t("col.unit"), False), *((title, True) for title in titles)]
    found: list[Row] = rows(run.figures)
    body: list[list[Cell | str]] = [
        [str(row["unit"]), *(n.number(row[figure.id], 4 if abs(row[figure.id]) < 10 else 0) for figure in shown)]
        for row in found
    ]
    year = year_text(found[0]["year"]) if found else ""
    return table(t("table.figures", year=year), columns, body)


def _adjustment_table(edition: Edition) -> Table:
    """What is added to each unit's cost before it is compared, with the reason and the source of each line."""
    t, n = edition.t, edition.n
    heads = ("unit", "year", "line", "rate", "amount", "reason", "source_of_line")
    columns = [(t(f"col.{name}"), name in ("rate", "amount")) for name in heads]
    body: list[list[Cell | str]] = [
        [
            str(row["unit"]),
            year_text(row["year"]),
            t(f"option.adjustment-{row['line']}"),
            n.percent(row["rate"], 2, sign=True),
            n.kroner(row["amount"], sign=True),
            str(row["reason"]),
            str(row["source"]),
        ]
        for row in rows(_last_year(edition.facts.run.cost_adjustments))
    ]
    return replace(table(t("table.cost_adjustments"), columns, body), folded=True)


def _over_recording_table(edition: Edition) -> Table:
    """What each unit would gain by recording more than it made, in NOK: by the price, by its norm, from the others."""
    t, n = edition.t, edition.n
    found = rows(edition.facts.run.over_recording)
    names = ("paid", "norm_change", "others_norm_change")
    columns = [(t("col.unit"), False), (t("col.efficiency"), True), (t("col.efficiency_after"), True)]
    columns += [(t(f"col.{name}"), True) for name in names]
    body: list[list[Cell | str]] = [
        [
            str(row["unit"]),
            n.percent(row["efficiency"]),
            n.percent(row["efficiency_after"]),
            *(n.kroner(row[name], sign=True) for name in names),
        ]
        for row in found
    ]
    share = n.percent(found[0]["share"]) if found else ""
    return replace(table(t("table.over_recording", share=share), columns, body), folded=True)


def _published_table(edition: Edition) -> Table:
    """Peers of the last year as they may be published: rounded shares, without the names that would tell a cost."""
    t, n = edition.t, edition.n
    columns = [(t("col.unit"), False), (t("col.peer"), False), (t("col.year"), False), (t("col.share"), True)]
    body: list[list[Cell | str]] = [
        [
            str(row["unit"]),
            str(row["peer"] or "") or t("peer.withheld"),
            year_text(row["peer_year"] or None),
            n.percent(row["norm_share"], 0),
        ]
        for row in rows(_last_year(edition.facts.run.published_peers))
    ]
    return replace(table(t("table.published_peers"), columns, body), folded=True)
