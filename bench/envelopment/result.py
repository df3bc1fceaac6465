"""`DeaResult`: scores, slacks, targets, peers and multipliers of one run, by unit and column names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.envelopment.charts import chart
from bench.envelopment.core.second_stage import slack_values
from bench.envelopment.core.solution import Solution
from bench.envelopment.multipliers.audit_lp import unit_program
from bench.envelopment.multipliers.multipliers import multiplier_frame, substitution_frame
from bench.envelopment.render import summarise
from bench.errors import OptionError, nearest
from bench.lp.program import Program
from bench.presenting import Presented, Summary, write_workbook
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DeaResult(Solution, Presented):
    """What one envelopment run found, with slacks, targets, prices, charts and files.

    Attributes are those of :class:`~bench.envelopment.core.solution.Solution`.
    """

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
        return multiplier_frame(self, choice, ranges=ranges)

    def rates_of_substitution(self, column: str) -> pd.DataFrame:
        """Return what one more of each input and output is worth in terms of ``column`` (a visit in hours)."""
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

    def _slack_values(self, weighting: str) -> FloatArray:
        key = f"slacks:{weighting}"
        if key not in self._cache:
            self._cache[key] = slack_values(self, weighting)
        return np.asarray(self._cache[key])

    # -- surface -------------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Return options, sizes, number efficient, quartiles and the count of units per band of efficiency."""
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
        return chart(self, kind, **options)

    def lp(self, unit: str) -> Program:
        """Return the linear program of one unit, written out with names as in a textbook.

        Its optimum is the unit's score; :func:`bench.lp.solvers.pulp_model.write_lp` writes it as a ``.lp`` file that
        any solver reads.

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
        >>> from bench.lp.solvers.highs import solve
        >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
        >>> result = bench.dea(units, rts="crs", orientation="input")
        >>> solve(result.lp("B")).objective, float(result.score["B"])
        (0.5, 0.5)
        """
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
        sheets = {
            "efficiency": self.to_frame(),
            "slacks": self.slacks(),
            "targets": self.targets(),
            "peers": self.peers(),
        }
        if self.prices is not None:
            sheets["multipliers"] = self.multipliers()
        sheets["summary"] = self.summary().to_frame()
        return write_workbook(sheets, Path(path))

    def __repr__(self) -> str:
        done = np.isfinite(self.scores)
        mean = f"mean efficiency {self._shares()[done].mean():.4f}" if done.any() else "no scores"
        kind = "super-efficiency, " if self.super_efficiency else ""
        return f"DeaResult({kind}{self.rts}, {self.orientation}, {len(self.units)} rows, {mean})"
