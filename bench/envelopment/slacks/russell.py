"""Russell's measures: every input or output by its own factor (Färe & Lovell 1978; Färe, Grosskopf & Lovell 1985).

The input and the output form are the slacks-based measure of the same orientation; the graph form is another one than
the slacks-based measure of both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame
from bench.envelopment.core.technology import CONVEX, Technology
from bench.envelopment.slacks.slacks_based import nothing_to_share, slacks_based, zero_notes
from bench.errors import ConvergenceError, OptionError
from bench.lp.program import Program
from bench.lp.solvers.highs import solve
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

#: Cutting planes of the graph measure stop when bound and value differ by less, as a share of the value.
_CLOSE = 1e-9
_CUTS = 60
#: Shares of the largest intensity that make a peer, and distances that make a limit, after that.
_PEER, _TIGHT = 1e-9, 1e-7
_NEWTON = 30


@dataclass(frozen=True, slots=True, eq=False)
class Russell:
    """Russell's measure.

    Attributes
    ----------
    efficiency : array (k,)
    theta : array (k, m)
        Share of each input that is needed; one where it is not used.
    phi : array (k, s)
        Factor by which each output can grow; one where it is not made.
    """

    efficiency: FloatArray
    theta: FloatArray
    phi: FloatArray


def russell_graph(technology: Technology, X: FloatArray, Y: FloatArray, *, labels: Sequence[str] = ()) -> Russell:
    """Return min (Σθ_i + Σ 1/φ_r)/(m + s): both sides, measure by measure.

    The reciprocal is convex, so tangents from below give a linear program whose optimum rises to the exact one; it
    stops when the bound and the value meet. Newton's method on the peers then gives the factors as exactly.

    Parameters
    ----------
    technology : Technology
        Convex, or ``fdh``.
    X, Y : array (k, m), (k, s)
        Points in the set.

    Raises
    ------
    ConvergenceError
        When bound and value do not meet to 1e-9.

    Examples
    --------
    >>> technology = Technology.of([[1.0], [2.0]], [[2.0], [2.0]], "vrs")
    >>> russell_graph(technology, technology.X, technology.Y).efficiency.round(6).tolist()
    [1.0, 0.75]
    """
    if technology.rts not in (*CONVEX, "fdh"):
        raise OptionError(f"Russell's graph measure has no form for rts={technology.rts!r}")
    theta, phi = np.ones_like(X), np.ones_like(Y)
    efficiency = np.empty(len(X))
    for row in range(len(X)):
        label = labels[row] if len(labels) else ""
        if technology.rts == "fdh":
            efficiency[row], theta[row], phi[row] = _russell_hull(technology, X[row], Y[row])
            continue
        efficiency[row], theta[row], phi[row] = _russell_point(technology, X[row], Y[row], label)
    return Russell(efficiency, theta, phi)


def _russell_hull(technology: Technology, x: FloatArray, y: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Compare with every unit that uses no more and makes no less."""
    covers = np.flatnonzero((x >= technology.X).all(axis=1) & (y <= technology.Y).all(axis=1))
    theta = np.divide(technology.X[covers], x, out=np.ones((len(covers), len(x))), where=x > 0)
    phi = np.divide(technology.Y[covers], y, out=np.ones((len(covers), len(y))), where=y > 0)
    score = (theta[:, x > 0].sum(axis=1) + (1 / phi[:, y > 0]).sum(axis=1)) / ((x > 0).sum() + (y > 0).sum())
    best = int(np.argmin(score))
    return float(score[best]), theta[best], phi[best]


def _russell_point(
    technology: Technology, x: FloatArray, y: FloatArray, label: str
) -> tuple[float, FloatArray, FloatArray]:
    """Columns: intensities, θ of the inputs in use, φ and the reciprocal's bound of the outputs in use."""
    P = technology.columns
    n, d, m, s = len(P), P.shape[1], len(x), len(y)
    used_x, used_y = np.flatnonzero(x > 0), np.flatnonzero(y > 0)
    a, b = len(used_x), len(used_y)
    move = np.zeros((d, a + 2 * b))
    move[used_x, np.arange(a)] = x[used_x]
    move[m + used_y, a + np.arange(b)] = -y[used_y]
    rest = technology.points(x[None], y[None])[0]
    rest[used_x], rest[m + used_y] = 0.0, 0.0
    cost = np.concatenate([np.zeros(n), np.ones(a), np.zeros(b), np.ones(b)]) / (a + b)
    cuts: list[FloatArray] = []
    bounds: list[float] = []

    def cut(at: FloatArray) -> None:
        for k in range(b):
            row = np.zeros(len(cost))
            row[n + a + k], row[n + a + b + k] = 1 / at[k] ** 2, 1.0
            cuts.append(row)
            bounds.append(2 / at[k])

    cut(np.ones(b))
    theta, phi = np.ones(m), np.ones(s)
    for _ in range(_CUTS):
        program = Program.build(
            c=cost,
            A=np.vstack([np.hstack([P.T, move]), *cuts]),
            row_lower=np.concatenate([rest, bounds]),
            row_upper=np.concatenate([np.where(technology.equality, rest, np.inf), np.full(len(bounds), np.inf)]),
            column_lower=np.concatenate([np.zeros(n + a), np.ones(b), np.zeros(b)]),
            column_upper=np.concatenate([np.full(n, np.inf), np.ones(a), np.full(2 * b, np.inf)]),
        )
        solution = solve(program, label=label)
        factors = solution.x[n + a : n + a + b]
        value = float((solution.x[n : n + a].sum() + (1 / factors).sum()) / (a + b))
        if value - solution.objective <= _CLOSE * value:
            theta[used_x], phi[used_y] = solution.x[n : n + a], factors
            return _polished(technology, x, y, solution.x[:n], (value, theta, phi))
        cut(factors)
    raise ConvergenceError(f"{label}: Russell's graph measure did not settle in {_CUTS} rounds of tangents")


def _polished(
    technology: Technology, x: FloatArray, y: FloatArray, mix: FloatArray, found: tuple[float, FloatArray, FloatArray]
) -> tuple[float, FloatArray, FloatArray]:
    """Return the optimum by Newton's method on the peers and the limits that the tangents found.

    Where bound and value meet to 1e-9 the factors are only known to the root of it. With λ of the peers as unknowns,
    θ = Xλ/x and φ = Yλ/y, the sum is smooth; what is at its limit stays there. A step that leaves the set or does not
    lead down is not taken, and the tangents' answer stands.
    """
    value, theta, phi = found
    used_x, used_y = x > 0, y > 0
    kept = mix > _PEER * mix.max()
    A, C = (technology.X[kept][:, used_x] / x[used_x]).T, (technology.Y[kept][:, used_y] / y[used_y]).T
    rest = technology.columns[kept].T
    point = technology.points(x[None], y[None])[0]
    moving = np.zeros(len(point), dtype=bool)
    moving[: len(x)], moving[len(x) : len(x) + len(y)] = used_x, used_y
    level = mix[kept]

    def tight(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        rows = [A[A @ values > 1.0 - _TIGHT], C[C @ values < 1.0 + _TIGHT]]
        others = ~moving & (technology.equality | (np.abs(rest @ values - point) <= _TIGHT * (1.0 + np.abs(point))))
        sides = [np.ones(len(rows[0])), np.ones(len(rows[1])), point[others]]
        return np.vstack([*rows, rest[others]]), np.concatenate(sides)

    fixed, side = tight(level)
    for _ in range(_NEWTON):
        factor = C @ level
        slope = A.sum(axis=0) - C.T @ (1 / factor**2)
        curve = (C.T * (2 / factor**3)) @ C
        k, q = len(level), len(fixed)
        system = np.block([[curve, fixed.T], [fixed, np.zeros((q, q))]])
        step = np.linalg.lstsq(system, np.concatenate([-slope, side - fixed @ level]), rcond=1e-12)[0][:k]
        level = level + step
        if np.abs(step).max(initial=0.0) <= 1e-14 * (1.0 + np.abs(level).max()):
            break
    shares, factors = A @ level, C @ level
    slack = np.where(technology.equality, -np.abs(rest @ level - point), rest @ level - point)[~moving]
    inside = (level >= 0).all() and (shares <= 1 + 1e-12).all() and (factors >= 1 - 1e-12).all()
    inside = inside and (slack >= -1e-11 * (1.0 + np.abs(point[~moving]))).all()
    better = float((shares.sum() + (1 / factors).sum()) / (len(shares) + len(factors)))
    if not inside or not better <= value:
        return found
    theta[used_x], phi[used_y] = np.minimum(shares, 1.0), np.maximum(factors, 1.0)
    return better, theta, phi


@door("Russell's measure", signs="moving")
def russell(
    units: Units, *, rts: str, orientation: str = "input", periods: Periods | None = None, workers: int = 1
) -> MethodResult:
    """Return Russell's measure: every input (or output) may change by its own factor.

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    orientation : {"input", "output", "graph"}
        ``input``: mean of the shares needed; ``output``: one over the mean of the factors; ``graph``: mean of
        both sides' shares and reciprocals.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency``, and ``share …`` (inputs) or ``factor …`` (outputs) per measure that moves.

    Raises
    ------
    OptionError, DataError, CertificateError, ConvergenceError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[2.0, 2.0], [4.0, 2.0]], [[1.0], [1.0]])
    >>> russell(units, rts="crs").efficiency.round(6).tolist()
    [1.0, 0.75]
    """
    side = one_of(orientation, ("input", "output", "graph"), "orientation", {"in": "input", "out": "output"})
    technology = Technology.of(units.X, units.Y, rts)
    if side == "graph":
        values = russell_graph(technology, units.X, units.Y, labels=units.names)
    else:
        found = slacks_based(technology, units.X, units.Y, side, labels=units.names, workers=workers)
        theta = np.divide(units.X - found.x, units.X, out=np.ones_like(found.x), where=units.X > 0)
        phi = np.divide(units.Y + found.y, units.Y, out=np.ones_like(found.y), where=units.Y > 0)
        values = Russell(found.efficiency, theta, phi)
    empty = nothing_to_share(units, side)
    columns: dict[str, Any] = {"efficiency": np.where(empty, np.nan, values.efficiency)}
    if side != "output":
        columns |= by_column("share", units.inputs, values.theta)
    if side != "input":
        columns |= by_column("factor", units.outputs, values.phi)
    return MethodResult(
        "Russell measure",
        unit_frame(units, columns),
        values,
        "efficiency",
        {"rts": technology.rts, "orientation": side},
        zero_notes(units, side),
    )
