"""One unit's program with names, for the eye and for a ``.lp`` file that an auditor can solve again.

It is built from the same data as the batched route, written out as the textbook does, and its optimum is the unit's
score: an auditor needs neither this package nor its solver.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.errors import OptionError, nearest
from bench.lp.program import Program
from bench.options import ORIENTATION_ALIASES, RTS, RTS_ALIASES, one_of
from bench.units import Units


def unit_program(
    units: Units,
    unit: str,
    *,
    rts: str,
    orientation: str,
    reference: Units | None = None,
    super_efficiency: bool = False,
) -> Program:
    """Return the envelopment program of one unit.

    Parameters
    ----------
    units : Units
    unit : str
        As in ``units.names``.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
    orientation : {"input", "output"}
    reference : Units, optional
        Set to compare with; the units themselves when omitted.
    super_efficiency : bool
        Leave the unit out of its own reference set.

    Returns
    -------
    Program
        Columns: the score (``theta`` or ``phi``) and one intensity per reference unit; rows: one per measure,
        and the scale row. The optimum is the Farrell score.

    Raises
    ------
    OptionError
        No such unit.

    Examples
    --------
    >>> import bench
    >>> from bench.lp.solvers.highs import solve
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> program = unit_program(units, "B", rts="crs", orientation="input")
    >>> program.column_names, solve(program).objective
    (('theta', 'A', 'B'), 0.5)
    """
    names = units.names
    if unit not in names:
        raise OptionError(f"no unit {unit!r}{nearest(unit, names)}")
    kind = one_of(rts, RTS, "rts", RTS_ALIASES)
    side = one_of(orientation, ("input", "output"), "orientation", ORIENTATION_ALIASES)
    base = units if reference is None else reference
    row = names.index(unit)
    x, y, X, Y = units.X[row], units.Y[row], base.X, base.Y
    into = side == "input"
    rows = np.vstack(
        [
            np.column_stack([-x if into else np.zeros_like(x), X.T]),
            np.column_stack([np.zeros_like(y) if into else -y, Y.T]),
        ]
    )
    low = np.concatenate([np.full(len(x), -np.inf), y if into else np.zeros_like(y)])
    high = np.concatenate([np.zeros_like(x) if into else x, np.full(len(y), np.inf)])
    labels = [*(f"input {name}" for name in units.inputs), *(f"output {name}" for name in units.outputs)]
    if kind in ("vrs", "drs", "irs", "fdh"):
        rows = np.vstack([rows, np.append(0.0, np.ones(len(X)))])
        low = np.append(low, -np.inf if kind == "drs" else 1.0)
        high = np.append(high, np.inf if kind == "irs" else 1.0)
        labels.append("sum of intensities")
    upper = np.full(len(X) + 1, np.inf)
    if super_efficiency and reference is None:
        upper[row + 1] = 0.0
    whole = np.append(False, np.full(len(X), kind in ("fdh", "frh", "add")))
    return Program.build(
        c=np.append(1.0, np.zeros(len(X))),
        A=rows,
        row_lower=low,
        row_upper=high,
        column_lower=np.append(-np.inf, np.zeros(len(X))),
        column_upper=upper,
        maximise=not into,
        row_names=labels,
        column_names=["theta" if into else "phi", *base.names],
        integer=whole if whole.any() else None,
    )


def write_unit_lp(
    units: Units,
    unit: str,
    path: str | Path,
    *,
    rts: str,
    orientation: str,
    reference: Units | None = None,
    super_efficiency: bool = False,
) -> Path:
    """Write one unit's program as a ``.lp`` file and return its path; arguments as in :func:`unit_program`.

    Examples
    --------
    >>> import bench, tempfile
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = write_unit_lp(units, "B", Path(folder) / "B.lp", rts="crs", orientation="input").read_text()
    >>> "output_y1: A + B >= 1" in text
    True
    """
    from bench.lp.solvers.pulp_model import write_lp

    program = unit_program(
        units, unit, rts=rts, orientation=orientation, reference=reference, super_efficiency=super_efficiency
    )
    return write_lp(program, path, name=f"efficiency of {unit}")
