"""`Solution`: what one run found, as data by unit and column names; what reads it further builds on it.

The face that users meet is :class:`bench.envelopment.DeaResult`, which adds slacks, prices, charts and files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.certificate import DeaCertificate
from bench.errors import Issue, OptionError
from bench.options import Orientation, Rts
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray, IntArray
from bench.units import Units

if TYPE_CHECKING:
    import pandas as pd


#: Intensities below this share of the largest are rounding noise and are not reported.
_NOISE = 1e-11
#: A unit whose program ends this far inside is dominated.
_DOMINATED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that are evaluated together, and the rows of the reference they are measured against.

    Attributes
    ----------
    rows : array (k,) of int
        Positions in the evaluated table.
    peers : array (n,) of int
        Positions in the reference table.
    own : array (k,) of int
        Position *within* ``peers`` of the row that is the evaluated unit itself, −1 for none.
    """

    rows: IntArray
    peers: IntArray
    own: IntArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Solution:
    """What one envelopment run found.

    Attributes
    ----------
    units, reference : Units
        Evaluated units and the set they were measured against.
    rts, orientation : str
        Options of the run, normalised.
    super_efficiency : bool
        Whether each unit was left out of its own reference.
    scores : array (n,)
        Farrell scores; NaN where ``reasons`` says why.
    reasons : array (n,) of str
        Empty, or why the unit has no score.
    peer_rows, intensities : array (n, w)
        Rows of the reference in use (−1 for none) and their intensities λ.
    prices : array (n, m + s + 1) or None
        One optimal vector of multipliers: inputs, outputs, intercept. ``None`` for technologies without.
    certificate : DeaCertificate
        Proof of the optima.
    groups : tuple of Group
        Who was measured against whom.
    issues : tuple of Issue
        What there is to know about single units; nothing is dropped.
    """

    units: Units
    reference: Units
    rts: Rts
    orientation: Orientation
    super_efficiency: bool
    scores: FloatArray
    reasons: npt.NDArray[np.object_]
    peer_rows: IntArray
    intensities: FloatArray
    prices: FloatArray | None
    certificate: DeaCertificate
    groups: tuple[Group, ...]
    issues: tuple[Issue, ...] = ()
    _cache: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        *,
        units: Units,
        reference: Units | None,
        rts: Rts,
        orientation: Orientation,
        super_efficiency: bool,
        groups: tuple[Group, ...],
        score: FloatArray,
        status: npt.NDArray[np.object_],
        peer_rows: IntArray,
        intensity: FloatArray,
        prices: FloatArray | None,
        certificate: DeaCertificate,
        issues: tuple[Issue, ...] = (),
    ) -> Self:
        """Assemble a result and make its arrays read-only."""
        for array in (score, status, peer_rows, intensity, prices, certificate.residual):
            if array is not None:
                array.flags.writeable = False
        base = units if reference is None else reference
        return cls(
            units,
            base,
            rts,
            orientation,
            super_efficiency,
            score,
            status,
            peer_rows,
            intensity,
            prices,
            certificate,
            groups,
            issues,
        )

    # -- scores --------------------------------------------------------------------------------------------

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency as a share in (0, 1] by unit (or unit and period).

        Above 1 only with super-efficiency or a reference that does not hold the unit.
        """
        import pandas as pd

        return pd.Series(self._shares(), index=self.units.index, name="efficiency")

    @property
    def score(self) -> pd.Series[float]:
        """Farrell score by unit: at most 1 in input and graph orientation, at least 1 in output orientation."""
        import pandas as pd

        return pd.Series(self.scores, index=self.units.index, name="score")

    @property
    def status(self) -> pd.Series[str]:
        """Why a unit has no score, by unit; empty text where it has one."""
        import pandas as pd

        return pd.Series(self.reasons, index=self.units.index, name="status")

    @property
    def efficient(self) -> pd.Series[bool]:
        """Whether the unit is radially efficient (share of at least 1 − 1e-8)."""
        import pandas as pd

        return pd.Series(self._shares() >= 1 - EFFICIENT, index=self.units.index, name="efficient")

    def _shares(self) -> FloatArray:
        if self.orientation != "output":
            return self.scores
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / self.scores)

    # -- peers and multipliers -----------------------------------------------------------------------------

    def peers(self) -> pd.DataFrame:
        """Return the peers: one row per unit and peer, with the intensity λ and its share of the unit's total λ.

        The combination is one optimal solution of the first stage; at an efficient unit it is the unit itself
        unless another combination does as well.
        """
        lam = np.where(self.peer_rows >= 0, self.intensities, 0.0)
        row, slot = np.nonzero(lam > _NOISE * lam.max(axis=1, keepdims=True, initial=0.0))
        peer = self.peer_rows[row, slot]
        order = np.lexsort((peer, row))
        row, slot, peer = row[order], slot[order], peer[order]
        frame = labelled(self.units, row)
        frame["peer"] = np.asarray(self.reference.frame[self.reference.id], dtype=object)[peer]
        if self.reference.period is not None:
            frame["peer_period"] = np.asarray(self.reference.frame[self.reference.period])[peer]
        frame["intensity"] = lam[row, slot]
        frame["share"] = lam[row, slot] / lam.sum(axis=1)[row]
        return frame

    def peer_counts(self) -> pd.Series[int]:
        """Return how many units each row of the reference is a peer for, itself included."""
        import pandas as pd

        lam = np.where(self.peer_rows >= 0, self.intensities, 0.0)
        used = lam > _NOISE * lam.max(axis=1, keepdims=True, initial=0.0)
        counts = np.bincount(self.peer_rows[used], minlength=len(self.reference))
        return pd.Series(counts, index=self.reference.index, name="peer_for")

    def projection(self) -> FloatArray:
        """Return the point each unit's path meets, before slacks, array (n, m + s); NaN where there is no score."""
        X, Y = self.units.X, self.units.Y
        factor = self.scores[:, None]
        if self.orientation == "input":
            return np.hstack([X * factor, Y + 0.0 * factor])
        if self.orientation == "graph":
            return np.hstack([X * factor, Y / factor])
        return np.hstack([X + 0.0 * factor, Y * factor])

    def _tidy(self, values: dict[str, FloatArray]) -> pd.DataFrame:
        """One row per unit and input or output."""
        columns = [*self.units.inputs, *self.units.outputs]
        roles = ["input"] * len(self.units.inputs) + ["output"] * len(self.units.outputs)
        n = len(self.units)
        frame = labelled(self.units, np.repeat(np.arange(n), len(columns)))
        frame["column"] = np.tile(np.array(columns, dtype=object), n)
        frame["role"] = np.tile(np.array(roles, dtype=object), n)
        for name, array in values.items():
            frame[name] = array.reshape(-1)
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: efficiency, score, whether it is efficient, how many it is a peer for, status."""
        frame = labelled(self.units, np.arange(len(self.units)))
        frame["efficiency"] = self._shares()
        frame["score"] = self.scores
        frame["efficient"] = self._shares() >= 1 - EFFICIENT
        if self.reference is self.units:
            frame["peer_for"] = self.peer_counts().to_numpy()
        frame["status"] = self.reasons
        return frame


def technology_columns(X: FloatArray, Y: FloatArray, rts: Rts) -> tuple[FloatArray, BoolArray]:
    """Return the columns of a convex technology and which of its rows are equations.

    Parameters
    ----------
    X : array (n, m)
    Y : array (n, s)
    rts : {"crs", "vrs", "drs", "irs"}

    Returns
    -------
    columns : array (n, d)
        Inputs as −x, outputs as +y, and unless returns are constant a last coordinate for Σλ: +1 (= 1 under vrs,
        ≥ 1 under irs) or −1 (Σλ ≤ 1 under drs).
    equality : array (d,) of bool
    """
    m, d = X.shape[1], X.shape[1] + Y.shape[1]
    scaled = rts in ("vrs", "drs", "irs")
    columns = np.empty((len(X), d + scaled))
    np.negative(X, out=columns[:, :m])
    columns[:, m:d] = Y
    if scaled:
        columns[:, d] = -1.0 if rts == "drs" else 1.0
    equality = np.zeros(columns.shape[1], dtype=bool)
    equality[-1] = rts == "vrs"
    return columns, equality


def labelled(units: Units, rows: npt.NDArray[Any]) -> pd.DataFrame:
    """Return a frame with the unit (and period) of these rows."""
    import pandas as pd

    labels = {"unit": np.asarray(units.frame[units.id], dtype=object)[rows]}
    if units.period is not None:
        labels["period"] = np.asarray(units.frame[units.period])[rows]
    return pd.DataFrame(labels)


def require_prices(solution: Solution) -> FloatArray:
    """Return the result's multipliers or raise for a technology that has none."""
    if solution.prices is None:
        raise OptionError(f"the {solution.rts} technology has no multipliers: it is not convex")
    return solution.prices


def undominated(solution: Solution, group: Group) -> IntArray:
    """Return the positions in the group's reference that no program shows to be dominated.

    A dominated unit's peers, who are among those returned, do at least as much with no more: nobody needs its weight,
    and no prices that hold for these fail for it. Without programs of the reference itself all positions are returned.
    """
    if solution.reference is not solution.units or solution.super_efficiency:
        return np.arange(len(group.peers))
    needed = ~(np.abs(solution.scores - 1.0) > _DOMINATED)
    rows = solution.peer_rows[group.rows]
    needed[rows[(rows >= 0) & (solution.intensities[group.rows] != 0)]] = True
    return np.flatnonzero(needed[group.peers])
