"""Cost norms by data envelopment as a function of any accounts, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.technology import Technology
from bench.modelfile.values import Dated
from bench.typing import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class DeaMeasure:
    """Cost norms by data envelopment, with cost as the only input, draw by draw.

    Attributes
    ----------
    rts : str
        Returns to scale.
    outputs : array (K, outputs)
        What a unit of each service counts in each output.
    years : int
        Years of accounts in the reference set, the measured one among them.
    tolerance, floors, own_share : Dated
        As in the model's norms; of several floors the highest counts.
    calibrate : bool
        Whether norms are rescaled to the scheme's cost.
    limit : Dated or None
        Highest score of a unit against the others, where units are left out of their own reference.
    """

    rts: str
    outputs: FloatArray
    years: int
    tolerance: Dated
    floors: tuple[Dated, ...]
    own_share: Dated
    calibrate: bool
    limit: Dated | None = None

    def __call__(
        self, year: int, cost: FloatArray, volume: FloatArray, past: Sequence[tuple[FloatArray, FloatArray]]
    ) -> FloatArray:
        """Return the norm of each unit, array (..., n), NOK."""
        costs = np.concatenate(np.broadcast_arrays(*self._even([cost, *(c for c, _ in past)])), axis=-1)
        volumes = [volume, *(v for _, v in past)]
        made = np.concatenate(np.broadcast_arrays(*self._even([v @ self.outputs for v in volumes], 2)), axis=-2)
        draws = max(costs.shape[0], made.shape[0])
        n = cost.shape[-1]
        costs = np.broadcast_to(costs, (draws, *costs.shape[1:]))
        made = np.broadcast_to(made, (draws, *made.shape[1:]))
        best = self._alike(costs, made, n, year)
        plain = best / costs[:, :n]
        scores = plain / self.tolerance.at(year)
        if self.limit is None:
            scores = np.minimum(scores, 1.0)
        else:
            plain = self.capped(plain, year)
            scores = np.minimum(scores, np.maximum(plain, 1.0))
        scores = np.maximum(scores, max(floor.at(year) for floor in self.floors))
        share = self.own_share.at(year)
        norm = costs[:, :n] * (share + (1.0 - share) * scores)
        norm = np.where(costs[:, :n] > 0.0, norm, 0.0)
        if self.calibrate:
            norm = norm * (costs[:, :n].sum(axis=-1) / norm.sum(axis=-1))[:, None]
        return np.asarray(norm if cost.ndim > 1 or volume.ndim > 2 else norm[0])

    @staticmethod
    def _even(parts: Sequence[FloatArray], inner: int = 1) -> list[FloatArray]:
        """Give every part a leading axis of draws."""
        return [part if part.ndim > inner else part[None] for part in parts]

    def capped(self, plain: FloatArray, year: int) -> FloatArray:
        """Return scores no higher than the limit, where there is one."""
        return plain if self.limit is None else np.minimum(plain, self.limit.at(year))

    def _alike(self, costs: FloatArray, made: FloatArray, n: int, year: int) -> FloatArray:
        """Least cost of each unit's outputs, array (draws, n); draws with the same accounts are measured once."""
        found: dict[bytes, FloatArray] = {}
        rows = []
        for cost, outputs in zip(costs, made, strict=True):
            key = cost.tobytes() + outputs.tobytes()
            if key not in found:
                found[key] = self.least(cost, outputs, n, year)
            rows.append(found[key])
        return np.stack(rows)

    def least(self, cost: FloatArray, outputs: FloatArray, n: int, year: int) -> FloatArray:
        """Return the least cost of each unit's outputs, array (n,); rows after the first n are earlier years."""
        here = (cost > 0.0) & (outputs > 0.0).any(axis=-1)
        least = np.array(cost[:n])
        asked = np.flatnonzero(here[:n])
        if not asked.size:
            return least
        if self.rts == "crs" and outputs.shape[1] == 1:
            unit_cost = np.where(here, cost / np.where(here, outputs[:, 0], 1.0), np.inf).reshape(-1, n).min(axis=0)
            best = np.full(n, unit_cost.min()) if self.limit is None else _least_of_others(unit_cost)
            found = outputs[asked, 0] * best[asked]
            least[asked] = np.where(np.isfinite(found), found, cost[asked])
            return least
        rows = np.flatnonzero(here)
        shape = Technology.of(cost[rows, None], outputs[rows], self.rts)
        X, Y = cost[asked, None], outputs[asked]
        points, along = shape.points(X, Y), shape.along(X, Y, "input")
        whole = shape.ray(points, along)
        score = whole.score("input")
        if self.limit is not None:
            used = (whole.column >= 0) & (whole.weight > 0.0)
            selves = (used & (rows[np.maximum(whole.column, 0)] % n == asked[:, None])).any(axis=1)
            score = np.where(selves, _by_others(shape, rows, n, asked, points, along, selves), score)
        least[asked] = X[:, 0] * score
        return least


def _least_of_others(values: FloatArray) -> FloatArray:
    """Return the least of all the others' values for each, array (n,); infinite where there are no others."""
    found = np.full(len(values), values.min())
    best = int(values.argmin())
    found[best] = np.delete(values, best).min(initial=np.inf)
    return found


def _by_others(
    shape: Technology,
    rows: IndexArray,
    n: int,
    asked: IndexArray,
    points: FloatArray,
    along: FloatArray,
    who: BoolArray,
) -> FloatArray:
    """Return the scores of some of the asked against the others, all their own years left out; 1 for one alone."""
    score = np.ones(len(asked))
    single = len(rows) == len(np.unique(rows % n))
    if single:
        some = np.flatnonzero(who)
        found = shape.ray(points[some], along[some], exclude=np.searchsorted(rows, asked[some]))
        score[some] = np.where(found.status == 0, found.score("input"), 1.0)
        return score
    for place in np.flatnonzero(who):
        others = rows % n != asked[place]
        if others.any():
            found = shape.take(others).ray(points[[place]], along[[place]])
            score[place] = found.score("input")[0] if found.status[0] == 0 else 1.0
    return score
