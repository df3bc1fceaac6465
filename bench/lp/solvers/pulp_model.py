"""Programs as readable PuLP models: for the eye, for a ``.lp`` file an auditor can open, and as the independent check.

One adapter for PuLP 3.3 and 4, which differ in what ``solve`` returns. Nothing is solved through PuLP in ordinary runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import SolverError
from bench.lp.program import Program, Status
from bench.typing import FloatArray

_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa", "ß": "ss"})
_LONGEST = 80
_STATUS: dict[str, Status] = {
    "optimal": "optimal",
    "infeasible": "infeasible",
    "unbounded": "unbounded",
    "no solution exists": "infeasible",
    "solution is unbounded": "unbounded",
}


@dataclass(frozen=True, slots=True, eq=False)
class PulpSolution:
    """What PuLP's solver returned.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded"}
    objective : float
        NaN unless optimal.
    x : array (n,)
        NaN unless optimal.
    """

    status: Status
    objective: float
    x: FloatArray


def safe_names(names: Sequence[str], count: int, prefix: str) -> list[str]:
    """Return distinct names that every reader of the LP format accepts.

    Norwegian letters are written out, other accents dropped, everything else that is no letter or digit becomes
    ``_``; a name the format could read as a number gets a letter in front; a name used twice gets its position.

    Examples
    --------
    >>> safe_names(["Sør-Fron bo", "2 A", "e5"], 3, "x")
    ['Soer_Fron_bo', 'x_2_A', 'x_e5']
    """
    given = list(names) or [f"{prefix}{k + 1}" for k in range(count)]
    safe: list[str] = []
    seen: set[str] = set()
    for position, name in enumerate(given):
        plain = unicodedata.normalize("NFKD", str(name).translate(_LETTERS)).encode("ascii", "ignore").decode()
        word = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:_LONGEST]
        if not word or re.match(r"\d|[eE]\d*$|[eE]\d", word):
            word = f"{prefix}_{word}".rstrip("_")
        if word.lower() in seen:
            word = f"{word}_{position + 1}"
        seen.add(word.lower())
        safe.append(word)
    return safe


def to_pulp(program: Program, name: str = "program") -> Any:
    """Return the program as a ``pulp.LpProblem`` with readable names.

    A row with two different finite bounds becomes two constraints, ``…_low`` and ``…_high``.

    Examples
    --------
    >>> program = Program.build(c=[1.0], A=[[2.0]], row_upper=[4.0], maximise=True, column_names=["timer"])
    >>> print(to_pulp(program).objective)
    timer
    """
    import pulp

    rows, columns = program.shape
    problem = pulp.LpProblem(safe_names([name], 1, "p")[0], pulp.LpMaximize if program.maximise else pulp.LpMinimize)
    whole = program.integer if program.integer is not None else np.zeros(columns, dtype=bool)
    variables = [
        problem.add_variable(
            label,
            _bound(program.column_lower[j]),
            _bound(program.column_upper[j]),
            pulp.LpInteger if whole[j] else pulp.LpContinuous,
        )
        for j, label in enumerate(safe_names(program.column_names, columns, "x"))
    ]
    used = np.flatnonzero(program.c)
    problem += pulp.lpSum(float(program.c[j]) * variables[j] for j in used), "objective"
    matrix = program.A.toarray() if hasattr(program.A, "toarray") else np.asarray(program.A)
    for i, label in enumerate(safe_names(program.row_names, rows, "r")):
        body = pulp.lpSum(float(matrix[i, j]) * variables[j] for j in np.flatnonzero(matrix[i]))
        low, high = float(program.row_lower[i]), float(program.row_upper[i])
        if low == high:
            problem += body == low, label
            continue
        both = np.isfinite(low) and np.isfinite(high)
        if np.isfinite(low):
            problem += body >= low, f"{label}_low" if both else label
        if np.isfinite(high):
            problem += body <= high, f"{label}_high" if both else label
    return problem


def write_lp(program: Program, path: str | Path, name: str = "program") -> Path:
    """Write the program as a text file in the LP format and return its path.

    The file is complete: an auditor can solve it with any solver and read every coefficient.

    Examples
    --------
    >>> import tempfile
    >>> program = Program.build(c=[1.0], A=[[2.0]], row_upper=[4.0], maximise=True, column_names=["timer"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "2 timer <= 4" in write_lp(program, Path(folder) / "a.lp").read_text()
    True
    """
    target = Path(path)
    to_pulp(program, name).writeLP(str(target))
    return target


def solve_pulp(program: Program, solver: Any = None) -> PulpSolution:
    """Solve the program through PuLP: the independent route of the tests.

    Parameters
    ----------
    program : Program
    solver : pulp solver, optional
        PuLP's HiGHS with tight tolerances when omitted.

    Raises
    ------
    SolverError
        When the solver stops for another reason than those of :class:`PulpSolution`.

    Examples
    --------
    >>> solve_pulp(Program.build(c=[1.0], A=[[2.0]], row_upper=[4.0], maximise=True)).objective
    2.0
    """
    import pulp

    problem = to_pulp(program)
    if solver is None:
        solver = pulp.HiGHS(
            msg=False,
            # No number of threads: HiGHS has one pool for the process and refuses any other size than its first user's.
            parallel="off",
            gapRel=0.0,
            gapAbs=0.0,
            primal_feasibility_tolerance=1e-10,
            dual_feasibility_tolerance=1e-10,
        )
    status = solve_status(problem.solve(solver))
    columns = program.shape[1]
    if status != "optimal":
        return PulpSolution(status, float("nan"), np.full(columns, np.nan))
    values = {variable.name: float(variable.varValue or 0.0) for variable in problem.variables()}
    x = np.array([values.get(label, 0.0) for label in safe_names(program.column_names, columns, "x")])
    return PulpSolution(status, float(program.c @ x), x)


def solve_status(returned: Any) -> Status:
    """Read what PuLP's ``solve`` returns: a whole number in PuLP 3, a statistics object in PuLP 4.

    Raises
    ------
    SolverError
        The solver stopped for another reason than an optimum, infeasibility or no bound.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> solve_status(SimpleNamespace(status=SimpleNamespace(name="INFEASIBLE")))
    'infeasible'
    """
    import pulp

    raw = getattr(returned, "status", returned)
    text = pulp.LpStatus[raw] if type(raw) is int else str(getattr(raw, "name", raw))
    known = _STATUS.get(text.replace("_", " ").strip().lower())
    if known is None:
        raise SolverError(f"PuLP's solver stopped with the status {text!r}")
    return known


def _bound(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
