"""Tables that set answers side by side: scores by method, their rank correlation, and the purchaser's follow-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bench.report.edition import Edition
from bench.report.facts import SchemeFacts, rows
from bench.report.tables.page import Cell, Table, table, year_text

_PREFIX = "efficiency_"


def method_tables(edition: Edition, scheme: SchemeFacts) -> list[Table]:
    """Scores of the last year by method, and how alike the methods rank all rows; nothing with one method."""
    frame = edition.facts.run.efficiency
    if not len(frame):
        return []
    part = frame[frame["scheme"] == scheme.key]
    columns = [name for name in part.columns if name.startswith(_PREFIX) and part[name].notna().any()]
    if len(columns) < 2:
        return []
    return [_scores(edition, scheme, part, columns), _correlations(edition, scheme, part, columns)]


def _title(edition: Edition, column: str) -> str:
    """A method's name, or a variant's as the model file calls it."""
    name = column.removeprefix(_PREFIX)
    return edition.t.known("method", name) or name


def _scores(edition: Edition, scheme: SchemeFacts, part: Any, names: list[str]) -> Table:
    t, n = edition.t, edition.n
    year = part["year"].max()
    columns = [
        (t("col.unit"), False),
        *((_title(edition, name), True) for name in names),
        (t("col.disagreement"), True),
    ]
    body: list[list[Cell | str]] = []
    for row in rows(part[part["year"] == year]):
        scores = [row[name] for name in names]
        known = [score for score in scores if score is not None]
        spread = max(known) - min(known) if known else None
        body.append([str(row["unit"]), *(n.percent(score) for score in scores), _points(edition, spread)])
    return table(t("table.methods", scheme=edition.labels.scheme(scheme.key), year=year_text(year)), columns, body)


def _points(edition: Edition, spread: float | None) -> str:
    """A difference between shares is in percentage points, never in per cent."""
    return edition.n.number(None if spread is None else 100 * spread, 1)


def _correlations(edition: Edition, scheme: SchemeFacts, part: Any, names: list[str]) -> Table:
    t, n = edition.t, edition.n
    matrix = rank_correlation(part[names].to_numpy(dtype=np.float64))
    columns = [(t("col.method"), False), *((_title(edition, name), True) for name in names)]
    body: list[list[Cell | str]] = [
        [_title(edition, name), *(n.number(float(value), 2) for value in matrix[position])]
        for position, name in enumerate(names)
    ]
    return table(t("table.rank_correlation", scheme=edition.labels.scheme(scheme.key)), columns, body)


def rank_correlation(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Spearman's rank correlation between columns, with mean ranks for ties; NaN where a column does not vary.

    Parameters
    ----------
    scores : array (n, k)

    Returns
    -------
    array (k, k)

    Examples
    --------
    >>> rank_correlation(np.array([[0.9, 0.7], [0.8, 0.6], [0.7, 0.9]])).round(2).tolist()
    [[1.0, -0.5], [-0.5, 1.0]]
    """
    ranks = np.column_stack([_mean_ranks(column) for column in scores.T])
    centred = ranks - ranks.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((centred.T @ centred) / np.outer(norm, norm))


def _mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place])


def follow_up_table(edition: Edition) -> Table | None:
    """When the purchaser saw a shortfall coming, how large it looked, and what would have closed it."""
    frame = edition.facts.run.follow_up
    if not len(frame):
        return None
    t, n = edition.t, edition.n
    reported = frame[frame["reported"].astype(bool) & (frame["shortfall"] > 0) & (frame["month"] < 12)]
    first = reported.sort_values("month", kind="stable").drop_duplicates(["scheme", "year"])
    first = first.sort_values(["year", "scheme"], kind="stable")
    columns = [
        (t("col.year"), False),
        (t("col.scheme"), False),
        (t("col.month"), True),
        (t("col.shortfall"), True),
        (t("col.cut_volume"), True),
        (t("col.cut_quality"), True),
        (t("col.add_money"), True),
    ]
    body: list[list[Cell | str]] = [
        [
            year_text(row["year"]),
            edition.labels.scheme(row["scheme"]) if row["scheme"] else Cell(t("chart.sum"), tone="total"),
            str(row["month"]),
            n.number(row["shortfall"] / 1000),
            n.percent(row["cut_volume"]),
            n.percent(row["cut_quality"]),
            n.number(row["add_money"] / 1000),
        ]
        for row in rows(first)
    ]
    return table(t("table.follow_up", money=t("unit.thousand")), columns, body) if body else None


def supplement_table(edition: Edition) -> Table | None:
    """Decided supplementary grants by year, and what of the variance was left after them."""
    frame = edition.facts.run.purchaser
    if "supplement" not in frame.columns or not frame["supplement"].any():
        return None
    t, n = edition.t, edition.n
    names = ("budget", "supplement", "expenditure", "variance_left")
    sums = frame.groupby("year")[list(names)].sum()
    body: list[list[Cell | str]] = [
        [year_text(year), *(n.number(float(row[name]) / 1000) for name in names)]
        for year, row in sums[sums["supplement"] != 0].iterrows()
    ]
    columns = [(t("col.year"), False), *((t(f"col.{name}"), True) for name in names)]
    return table(t("table.supplement", money=t("unit.thousand")), columns, body)
