"""A model's frontier as a function of any accounts, so that a simulation can measure it again every year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.envelopment.core.technology import Technology
from bench.errors import ModelError
from bench.modelfile import Model, cost_weights
from bench.modelfile.values import Dated
from bench.pipeline.own_reference import excludes_own
from bench.stykkpris.scheme_data import SchemeData
from bench.typing import BoolArray, FloatArray, IndexArray

#: More years than any simulation has: a frontier of all years known.
ALL_YEARS = 1000


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
        best = self._alike(costs, made, n)
        plain = best / costs[:, :n]
        scores = plain / self.tolerance.at(year)
        if self.limit is None:
            scores = np.minimum(scores, 1.0)
        else:
            plain = np.minimum(plain, self.limit.at(year))
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

    def _alike(self, costs: FloatArray, made: FloatArray, n: int) -> FloatArray:
        """Least cost of each unit's outputs, array (draws, n); draws with the same accounts are measured once."""
        found: dict[bytes, FloatArray] = {}
        rows = []
        for cost, outputs in zip(costs, made, strict=True):
            key = cost.tobytes() + outputs.tobytes()
            if key not in found:
                found[key] = self._least(cost, outputs, n)
            rows.append(found[key])
        return np.stack(rows)

    def _least(self, cost: FloatArray, outputs: FloatArray, n: int) -> FloatArray:
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


def measure_of(model: Model, data: SchemeData) -> DeaMeasure:
    """Return a scheme's frontier as a function of accounts.

    Raises
    ------
    ModelError
        When no money looks at it, or it is made by steps that a simulation does not repeat.
    """
    options, rule, norm = model.frontier_for(data.scheme.id), model.frontier, model.norm
    if not model.feeds_money(data.scheme.id):
        raise _refused(model, f"no price or grant of scheme {data.scheme.id!r} looks at a frontier", "frontier.method")
    steps = {
        "frontier.variant": bool(getattr(rule, "variant", ())),
        "frontier.method": tuple(rule.method) != ("dea",),
        "frontier.screen": bool(getattr(options, "screen", ())),
        "frontier.unit_rule": bool(getattr(options, "unit_rule", ())),
        "frontier.correction": getattr(options, "correction", None) is not None,
        "frontier.inference": getattr(options, "inference", None) is not None,
        "frontier.inputs": options.inputs not in (None, (model.data.cost,)),
        "frontier.orientation": options.orientation not in (None, "input"),
        "frontier.periods": options.periods == "average",
        "frontier.reference": getattr(options, "reference", None) is not None,
        "norm.source": norm.source not in ("dea", "frontier"),
        "norm.calibrate": norm.calibrate == "budget" or norm.total is not None,
        "norm.key": norm.key != "norm" and norm.calibrate != "none",
        "norm.above_one": norm.above_one,
    }
    wrong = [key for key, there in steps.items() if there]
    if wrong:
        raise _refused(
            model, f"a simulation measures DEA of cost again, by itself; {', '.join(wrong)} says otherwise", wrong[0]
        )
    assert options.rts is not None
    years = {"separate": 1, "window": options.window or 1}.get(options.periods or "known", ALL_YEARS)
    return DeaMeasure(
        rts=options.rts,
        outputs=_outputs(model, data),
        years=years,
        tolerance=norm.tolerance,
        floors=(rule.floor, norm.floor),
        own_share=norm.own_cost_share,
        calibrate=norm.calibrate == "cost",
        limit=options.own_limit if excludes_own(model, data.scheme.id, options) else None,
    )


def _outputs(model: Model, data: SchemeData) -> FloatArray:
    """What a unit of each service counts in each output, array (K, outputs): its cost weight where several add up."""
    volumes = dict(zip(data.services, data.volume[:, 0].sum(axis=0).tolist(), strict=True))
    weights = cost_weights(data.scheme, data.years[-1], volumes, float(data.cost[:, 0].sum()))
    groups = model.output_groups(data.scheme.id)
    made = np.zeros((len(data.services), len(groups)))
    for column, services in enumerate(groups.values()):
        for name in services:
            if name in data.services:
                made[data.services.index(name), column] = weights[name] if len(services) > 1 else 1.0
    return made


def _refused(model: Model, why: str, key: str) -> ModelError:
    return ModelError(f"{why}: let frontier = 'standing' in the simulation", file=model.file, key=key)
