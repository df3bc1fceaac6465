"""`DeaResult`: scores, slacks, targets, peers and multipliers of one run, by unit and column names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.envelopment.dea_certificate import DeaCertificate
from bench.errors import OptionError, nearest
from bench.options import Orientation, Rts
from bench.typing import FloatArray, IntArray
from bench.units import Units

if TYPE_CHECKING:
    from bench.envelopment.radial import Group
    from bench.envelopment.render import Summary
    from bench.lp.program import Program


#: A score this close to one counts as efficient.
EFFICIENT = 1e-8
#: Intensities and slacks below this share of the largest term are rounding noise and are not reported.
_NOISE = 1e-11


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DeaResult:
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
    ) -> DeaResult:
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
        )

    # -- scores --------------------------------------------------------------------------------------------

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency as a share in (0, 1] by unit (or unit and period).

        Above 1 only with super-efficiency or a reference that does not hold the unit.
        """
        return pd.Series(self._shares(), index=self.units.index, name="efficiency")

    @property
    def score(self) -> pd.Series[float]:
        """Farrell score by unit: at most 1 in input orientation, at least 1 in output orientation."""
        return pd.Series(self.scores, index=self.units.index, name="score")

    @property
    def status(self) -> pd.Series[str]:
        """Why a unit has no score, by unit; empty text where it has one."""
        return pd.Series(self.reasons, index=self.units.index, name="status")

    @property
    def efficient(self) -> pd.Series[bool]:
        """Whether the unit is radially efficient (share of at least 1 − 1e-8)."""
        return pd.Series(self._shares() >= 1 - EFFICIENT, index=self.units.index, name="efficient")

    def _shares(self) -> FloatArray:
        if self.orientation == "input":
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
        frame = _labelled(self.units, row)
        frame["peer"] = np.asarray(self.reference.frame[self.reference.id], dtype=object)[peer]
        if self.reference.period is not None:
            frame["peer_period"] = np.asarray(self.reference.frame[self.reference.period])[peer]
        frame["intensity"] = lam[row, slot]
        frame["share"] = lam[row, slot] / lam.sum(axis=1)[row]
        return frame

    def peer_counts(self) -> pd.Series[int]:
        """Return how many units each row of the reference is a peer for, itself included."""
        lam = np.where(self.peer_rows >= 0, self.intensities, 0.0)
        used = lam > _NOISE * lam.max(axis=1, keepdims=True, initial=0.0)
        counts = np.bincount(self.peer_rows[used], minlength=len(self.reference))
        return pd.Series(counts, index=self.reference.index, name="peer_for")

    def multipliers(self, choice: str = "canonical", *, ranges: bool = False) -> pd.DataFrame:
        """Return the multipliers: the value of one more of each input and output.

        Parameters
        ----------
        choice : {"canonical", "vertex"}
            Multipliers at an efficient unit are not unique. ``"canonical"`` is the one point of the optimal face
            defined in the guide page *multipliers*; ``"vertex"`` is whichever vertex the solver met, and quick.
        ranges : bool
            Add ``lower`` and ``upper``: the range of each multiplier over the optimal face.

        Returns
        -------
        DataFrame
            ``unit`` (``period``), ``column``, ``role`` (input, output, intercept), ``multiplier`` in the data's own
            measures, scaled so that the unit's virtual inputs (input orientation) or outputs are worth 1.

        Raises
        ------
        OptionError
            For technologies without prices (free disposal hull).
        """
        from bench.envelopment.multipliers import multiplier_frame

        return multiplier_frame(self, choice, ranges=ranges)

    def rates_of_substitution(self, column: str) -> pd.DataFrame:
        """Return what one more of each input and output is worth in terms of ``column`` (a visit in hours)."""
        from bench.envelopment.multipliers import substitution_frame

        return substitution_frame(self, column)

    # -- slacks and targets --------------------------------------------------------------------------------

    def slacks(self, weighting: str = "mean") -> pd.DataFrame:
        """Return what can still be saved or added after the proportional change: the second stage.

        Parameters
        ----------
        weighting : {"mean", "none"}
            The sum of slacks is maximised after division by the column means of the reference (the same answer in
            any measures), or in the raw measures.

        Returns
        -------
        DataFrame
            ``unit`` (``period``), ``column``, ``role``, ``slack`` in the data's own measures.
        """
        values = self._slack_values(weighting)
        return self._tidy({"slack": values})

    def targets(self, weighting: str = "mean") -> pd.DataFrame:
        """Return the efficient point each unit is compared with: proportional change, then slacks.

        Returns
        -------
        DataFrame
            ``unit`` (``period``), ``column``, ``role``, ``value``, ``radial`` (after the proportional change),
            ``target`` and ``change`` (target − value).
        """
        value = np.hstack([self.units.X, self.units.Y])
        m = len(self.units.inputs)
        radial = self.projection()
        sign = np.where(np.arange(value.shape[1]) < m, -1.0, 1.0)
        target = radial + sign * self._slack_values(weighting)
        return self._tidy({"value": value, "radial": radial, "target": target, "change": target - value})

    def projection(self) -> FloatArray:
        """Return the radial projection of each unit, array (n, m + s); NaN where there is no score."""
        X, Y = self.units.X, self.units.Y
        factor = self.scores[:, None]
        if self.orientation == "input":
            return np.hstack([X * factor, Y + 0.0 * factor])
        return np.hstack([X + 0.0 * factor, Y * factor])

    def _slack_values(self, weighting: str) -> FloatArray:
        from bench.envelopment.second_stage import slack_values

        key = f"slacks:{weighting}"
        if key not in self._cache:
            self._cache[key] = slack_values(self, weighting)
        return np.asarray(self._cache[key])

    def _tidy(self, values: dict[str, FloatArray]) -> pd.DataFrame:
        """One row per unit and input or output."""
        columns = [*self.units.inputs, *self.units.outputs]
        roles = ["input"] * len(self.units.inputs) + ["output"] * len(self.units.outputs)
        n = len(self.units)
        frame = _labelled(self.units, np.repeat(np.arange(n), len(columns)))
        frame["column"] = np.tile(np.array(columns, dtype=object), n)
        frame["role"] = np.tile(np.array(roles, dtype=object), n)
        for name, array in values.items():
            frame[name] = array.reshape(-1)
        return frame

    # -- surface -------------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: efficiency, score, whether it is efficient, how many it is a peer for, status."""
        frame = _labelled(self.units, np.arange(len(self.units)))
        frame["efficiency"] = self._shares()
        frame["score"] = self.scores
        frame["efficient"] = self._shares() >= 1 - EFFICIENT
        if self.reference is self.units:
            frame["peer_for"] = self.peer_counts().to_numpy()
        frame["status"] = self.reasons
        return frame

    def summary(self) -> Summary:
        """Return options, sizes, number efficient, quartiles and the count of units per band of efficiency."""
        from bench.envelopment.render import summarise

        return summarise(self)

    def plot(self, kind: str = "efficiency", **options: Any) -> Any:
        """Return an Altair chart.

        Parameters
        ----------
        kind : {"efficiency", "density", "frontier", "salter", "peers"}
            Bars by unit, distribution, the frontier in two dimensions (``x=``, ``y=`` column names), the staircase of
            efficiency against size (``size=`` column name), or which unit is a peer for which.

        Raises
        ------
        OptionError
            For another kind or column.
        """
        from bench.envelopment.charts import chart

        return chart(self, kind, **options)

    def lp(self, unit: str) -> Program:
        """Return the linear program of one unit, written out with names as in a textbook.

        Its optimum is the unit's score; :func:`bench.lp.pulp_model.write_lp` writes it as a ``.lp`` file that any
        solver reads.

        Parameters
        ----------
        unit : str
            As in ``result.units.names``.

        Raises
        ------
        OptionError
            No such unit.

        Examples
        --------
        >>> import bench
        >>> from bench.lp.highs import solve
        >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
        >>> result = bench.dea(units, rts="crs", orientation="input")
        >>> solve(result.lp("B")).objective, float(result.score["B"])
        (0.5, 0.5)
        """
        from bench.envelopment.audit import unit_program

        names = self.units.names
        if unit not in names:
            raise OptionError(f"no unit {unit!r}{nearest(unit, names)}")
        row = names.index(unit)
        group = next(group for group in self.groups if row in group.rows)
        own = int(group.own[np.flatnonzero(group.rows == row)[0]])
        peers = np.delete(group.peers, own) if self.super_efficiency and own >= 0 else group.peers
        return unit_program(
            self.units, unit, rts=self.rts, orientation=self.orientation, reference=self.reference.take(peers)
        )

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook with a sheet per table and return its path."""
        from bench.envelopment.render import write_workbook

        return write_workbook(self, Path(path))

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        done = np.isfinite(self.scores)
        mean = f"mean efficiency {self._shares()[done].mean():.4f}" if done.any() else "no scores"
        kind = "super-efficiency, " if self.super_efficiency else ""
        return f"DeaResult({kind}{self.rts}, {self.orientation}, {len(self.units)} rows, {mean})"


def _labelled(units: Units, rows: npt.NDArray[Any]) -> pd.DataFrame:
    """Return a frame with the unit (and period) of these rows."""
    labels = {"unit": np.asarray(units.frame[units.id], dtype=object)[rows]}
    if units.period is not None:
        labels["period"] = np.asarray(units.frame[units.period])[rows]
    return pd.DataFrame(labels)


def require_prices(result: DeaResult) -> FloatArray:
    """Return the result's multipliers or raise for a technology that has none."""
    if result.prices is None:
        raise OptionError(f"the {result.rts} technology has no multipliers: it is not convex")
    return result.prices
