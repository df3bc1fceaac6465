"""Charts of a settled system."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.errors import OptionError, nearest

KINDS = ("prices", "results", "balances")


def chart(schemes: pd.DataFrame, settlement: pd.DataFrame, kind: str = "prices") -> Any:
    """Return an Altair chart of a settled system.

    Parameters
    ----------
    schemes, settlement : DataFrame
        Frames of :class:`bench.stykkpris.result.StykkprisResult`.
    kind : {"prices", "results", "balances"}
        Price level against unit cost by scheme and year, or each unit's result or closing balance by year.

    Raises
    ------
    OptionError
        For another kind.
    """
    import altair as alt

    if kind not in KINDS:
        raise OptionError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}{nearest(kind, KINDS)}")
    if kind == "prices":
        table = schemes.melt(
            ["scheme", "year"], ["price_level", "unit_cost"], var_name="line", value_name="NOK per weighted unit"
        )
        return (
            alt.Chart(_plain(table))
            .mark_line(point=True)
            .encode(
                x=alt.X("year:O", title="Year"),
                y=alt.Y("NOK per weighted unit:Q", scale=alt.Scale(zero=False)),
                color=alt.Color("line:N", title=None),
                column=alt.Column("scheme:N", title=None),
                tooltip=["scheme", "year", "line", "NOK per weighted unit"],
            )
            .properties(width=200, height=200)
        )
    column = "result" if kind == "results" else "closing_balance"
    table = settlement[["scheme", "unit", "year", column]]
    return (
        alt.Chart(_plain(table))
        .mark_bar()
        .encode(
            x=alt.X("year:O", title="Year"),
            y=alt.Y(f"{column}:Q", title="NOK"),
            color=alt.condition(f"datum.{column} < 0", alt.value("#b3412e"), alt.value("#2f6f8f")),
            facet=alt.Facet("unit:N", columns=5, title=None),
            tooltip=["scheme", "unit", "year", column],
        )
        .properties(width=120, height=90)
    )


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)
