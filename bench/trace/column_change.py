"""A correction told by column and value: the cell it stands in, found where the run read it."""

from __future__ import annotations

import pandas as pd

from bench.errors import OptionError, nearest
from bench.pipeline.appeal import CellChange
from bench.pipeline.jobs import Job
from bench.trace.places import Places


def column_change(job: Job, unit: str, text: str, *, year: int | None = None) -> CellChange:
    """Return the cell of a unit's number and its right value, from ``COLUMN=VALUE``.

    Parameters
    ----------
    job : Job
        The run's, with its sources read.
    unit : str
    text : str
        The column as the file names it, and the value as the file writes numbers: ``kostnad=1 234,5``.
    year : int, optional
        The unit's latest when omitted.

    Raises
    ------
    OptionError
        When there is no such unit, column or year, or the number does not stand in the file.
    """
    column, sign, value = text.partition("=")
    column = column.strip()
    if not sign or not column or not value.strip():
        raise OptionError(f"{text!r}: write COLUMN=VALUE, such as kostnad=1234,5")
    units = job.units
    names = list(dict.fromkeys(str(name) for name in units.unit_names))
    if unit not in names:
        raise OptionError(f"there is no unit {unit!r}{nearest(unit, names)}")
    known = [str(name) for name in units.frame.columns if name not in (units.id, units.period)]
    if column not in known:
        raise OptionError(f"the run reads no column {column!r}{nearest(column, known)}; it reads {', '.join(known)}")
    places = Places(job, units, job.model, pd.DataFrame({"key": [], "from": []}))
    years = places.years(unit)
    if years:
        if year is not None and year not in years:
            raise OptionError(f"{unit} has no accounts of {year}; there are {', '.join(map(str, years))}")
        year = years[-1] if year is None else year
    elif year is not None:
        raise OptionError("the file has no years: leave --year out")
    cell = places.cell(column, unit, year).cell
    if cell is None or not cell["cell"]:
        raise OptionError(f"{column} of {unit} does not stand in the file: it is worked out, or added by the model")
    return CellChange(str(cell["file"]), str(cell["sheet"] or ""), str(cell["cell"]), value.strip())
