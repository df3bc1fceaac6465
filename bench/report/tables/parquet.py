"""Frames as Parquet files beside the CSV of the same name: columns keep their types, missing values are missing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from bench.errors import ResourceError
from bench.report.words.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as the bytes of a Parquet file; the same frame gives the same bytes.

    A column of numbers is a column of numbers, one of years and counts of whole numbers; where numbers and words stand
    together (the values of the assumptions) all are text.

    Raises
    ------
    ResourceError
        When the extra that writes it is not installed.
    """
    try:
        import polars
    except ImportError:
        raise ResourceError(
            "Parquet files need the extra «parquet»: pip install 'stykkpris[parquet]'; CSV files need none"
        ) from None
    columns = {str(name): _column(list(frame.iloc[:, k])) for k, name in enumerate(frame.columns)}
    types = {"bool": polars.Boolean, "whole": polars.Int64, "number": polars.Float64, "text": polars.String}
    table = polars.DataFrame(
        {name: polars.Series(name, values, types[kind]) for name, (kind, values) in columns.items()}
    )
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd", compression_level=3, statistics=True)
    return buffer.getvalue()


def _column(values: list[Any]) -> tuple[str, list[Any]]:
    """Return what a column holds and its values as plain Python's; None where one is missing."""
    plain = [
        value if isinstance(value, str) else None if is_missing(value) else getattr(value, "item", lambda v=value: v)()
        for value in values
    ]
    kinds = {type(value) for value in plain if value is not None}
    if kinds and kinds <= {bool}:
        return "bool", plain
    if kinds and kinds <= {int}:
        return "whole", plain
    if kinds <= {int, float} and kinds:
        return "number", [None if value is None else float(value) for value in plain]
    return "text", [None if value is None else str(value) for value in plain]
