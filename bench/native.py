"""Frames of other libraries, taken in at one door: polars, pyarrow, duckdb and whatever narwhals knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd


def as_pandas(frame: Any) -> pd.DataFrame:
    """Return a frame of any library as pandas' own, cell by cell; a pandas frame is returned as it is.

    Parameters
    ----------
    frame : DataFrame, polars.DataFrame or LazyFrame, pyarrow.Table, duckdb relation
        Anything :mod:`narwhals` reads. Missing values become NaN in number columns and None in others.

    Raises
    ------
    OptionError
        When it is no frame; says what is taken.

    Examples
    --------
    >>> as_pandas([[1, 2]])
    Traceback (most recent call last):
    ...
    bench.errors.OptionError: a table must be a frame of pandas, polars, pyarrow or duckdb; got a list; \
arrays are for bench.Units.from_arrays, files for bench.read_units
    """
    import pandas as pd

    if isinstance(frame, pd.DataFrame):
        return frame
    import narwhals as nw

    try:
        known = nw.from_native(frame)
    except TypeError:
        raise OptionError(
            f"a table must be a frame of pandas, polars, pyarrow or duckdb; got a {type(frame).__name__}; "
            "arrays are for bench.Units.from_arrays, files for bench.read_units"
        ) from None
    if isinstance(known, nw.LazyFrame):
        if hasattr(frame, "fetchall"):  # a duckdb relation: rows as they are, without another library between
            rows = frame.fetchall()
            return _columns({name: [row[k] for row in rows] for k, name in enumerate(frame.columns)})
        known = known.collect()
    return _columns({name: known[name].to_list() for name in known.columns})


def _columns(cells: dict[str, list[Any]]) -> pd.DataFrame:
    """Return columns as pandas would have read them: numbers as numbers, everything else as it is."""
    import pandas as pd

    return pd.DataFrame({name: _column(values) for name, values in cells.items()})


def _column(values: list[Any]) -> Any:
    from decimal import Decimal

    import pandas as pd

    present = [value for value in values if value is not None]
    if present and all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in present):
        whole = len(present) == len(values) and all(isinstance(value, int) for value in values)
        return values if whole else [float("nan") if value is None else float(value) for value in values]
    return pd.Series(values, dtype=object)
