"""Multipliers as prices: one canonical choice, the range of each over the optimal face, rates of substitution.

At an efficient unit the multipliers are not unique: the dual has a face of solutions. The canonical choice is the point
of that face which minimises Σ (z − log z) over all inputs and outputs, z being the multiplier times the mean of its
column over the reference. The function is strictly convex, so the point is unique; it does not depend on the
order of the units or on the measures of the data; and it is strictly positive wherever some optimal multiplier is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.envelopment.core.solution import Group, Solution, labelled, require_prices, technology_columns, undominated
from bench.envelopment.multipliers.face_centre import COLUMNS, ON_THE_FACE, Face, centre_of_face, scaled_to
from bench.envelopment.multipliers.face_ends import OPTIMAL, face_ends
from bench.errors import OptionError, SolverError, nearest
from bench.lp.proofs.certificate import UNIT
from bench.options import one_of
from bench.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

CHOICES = ("canonical", "vertex")
#: A multiplier whose largest value times the column mean is below this is zero on the whole face.
_ZERO = 1e-6
#: Above this a multiplier is positive without a look at the slack.
_IN_DOUBT = 1e-2
#: A multiplier above this in some optimal solution at hand is not zero, nor rounding.
_POSITIVE = 1e-10
#: Units per block of the interior-point method times columns: a block stays in cache.
_CELLS = 1 << 17
#: Units per block times all columns: what each column is worth to each unit, at once.
_PRODUCTS = 1 << 22
#: A peer's share of the largest intensity, above which its price is zero: by definition, and beyond doubt.
_PEER, _CERTAIN = 1e-11, 1e-7
#: What a peer contributes is rounding below this share of the unit.
_NOTHING = 1e-12
#: Least squared singular value of the equations that leave one point.
_REGULAR = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of the faces of one group.

    Attributes
    ----------
    who : array (k,) of int
        Rows with a score.
    face : Face
    start : array (k, d)
        One optimal vector of multipliers each, scaled.
    wide : array of int
        Positions in ``who`` whose face may have more than one point.
    high : array (len(wide), d)
        Largest value of each multiplier on these, NaN where not known.
    zero : array (len(wide), d) of bool
        Which multipliers are surely zero on the whole face.
    labels : list of str
        Names of these.
    """

    who: IntArray
    face: Face
    start: FloatArray
    wide: IntArray
    high: FloatArray
    zero: BoolArray
    labels: list[str]


def multiplier_frame(result: Solution, choice: str = "canonical", *, ranges: bool = False) -> pd.DataFrame:
    """Return the multipliers of a result as a tidy frame; see :meth:`DeaResult.multipliers`."""
    choice = one_of(choice, CHOICES, "choice")
    values = multiplier_values(result, choice)
    units = result.units
    names = [*units.inputs, *units.outputs]
    roles = ["input"] * len(units.inputs) + ["output"] * len(units.outputs)
    if result.rts != "crs":
        names, roles = [*names, "intercept"], [*roles, "intercept"]
    width = len(names)
    frame = labelled(units, np.repeat(np.arange(len(units)), width))
    frame["column"] = np.tile(np.array(names, dtype=object), len(units))
    frame["role"] = np.tile(np.array(roles, dtype=object), len(units))
    frame["multiplier"] = values[:, :width].reshape(-1)
    if ranges:
        lower, upper = multiplier_ranges(result)
        frame["lower"], frame["upper"] = lower[:, :width].reshape(-1), upper[:, :width].reshape(-1)
    return frame


def multiplier_values(result: Solution, choice: str = "canonical") -> FloatArray:
    """Return one vector of optimal multipliers per unit, array (n, m + s + 1): inputs, outputs, intercept."""
    prices = require_prices(result)
    if choice == "vertex":
        return prices
    if "canonical" not in result._cache:
        result._cache["canonical"] = _canonical(result)
    return np.asarray(result._cache["canonical"])


def multiplier_ranges(result: Solution) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest value of each multiplier over the optimal face.

    Returns
    -------
    lower, upper : array (n, m + s + 1)
        ``inf`` (or ``-inf`` for the intercept) where the face has no limit; NaN for units without a score.

    Raises
    ------
    SolverError
        When an end could not be proven; the message names the unit.
    """
    prices = require_prices(result)
    if "ranges" not in result._cache:
        lower, upper = np.full_like(prices, np.nan), np.full_like(prices, np.nan)
        for known in _faces(result):
            low, high = known.start.copy(), known.start.copy()
            low[known.wide] = face_ends(known.face.part(known.wide), known.labels, -1.0)
            high[known.wide] = known.high
            _require_ends(low, high, names=[result.units.names[row] for row in known.who.tolist()])
            for target, found in ((lower, low), (upper, high)):
                target[known.who, : found.shape[1]] = found / known.face.scale
            if result.rts == "drs":
                lower[known.who, -1], upper[known.who, -1] = -upper[known.who, -1], -lower[known.who, -1]
        if result.rts == "crs":
            lower[:, -1] = upper[:, -1] = np.where(np.isnan(result.scores), np.nan, 0.0)
        result._cache["ranges"] = (lower, upper)
    found_ranges: tuple[FloatArray, FloatArray] = result._cache["ranges"]
    return found_ranges


def _require_ends(low: FloatArray, high: FloatArray, names: list[str]) -> None:
    """Raise when an end of a range could not be proven."""
    unknown = np.flatnonzero(np.isnan(low).any(axis=1) | np.isnan(high).any(axis=1))
    if len(unknown):
        raise SolverError(f"{names[unknown[0]]}: the ranges of the multipliers could not be proven")


def substitution_frame(result: Solution, column: str) -> pd.DataFrame:
    """Return each multiplier as a number of ``column``: the price of a visit in hours."""
    frame = multiplier_frame(result)
    names = [*result.units.inputs, *result.units.outputs]
    if column not in names:
        raise OptionError(f"column must be one of {', '.join(names)}; got {column!r}{nearest(column, names)}")
    frame = frame[frame["role"] != "intercept"].reset_index(drop=True)
    base = frame.loc[frame["column"] == column, "multiplier"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = frame["multiplier"].to_numpy() / np.repeat(base, len(names))
    frame["in_terms_of"] = column
    frame["rate"] = rate
    return frame.drop(columns="multiplier")


def _faces(result: Solution) -> list[_Known]:
    """Return what is known of the faces of each group, worked out once."""
    if "faces" not in result._cache:
        result._cache["faces"] = [_known(result, group) for group in result.groups]
    found: list[_Known] = result._cache["faces"]
    return found


def _known(result: Solution, group: Group) -> _Known:
    who = group.rows[np.isfinite(result.scores[group.rows])]
    face, peers = _face(result, group, who)
    start = require_prices(result)[who][:, : len(face.scale)] * face.scale
    if result.rts == "drs":
        start[:, -1] *= -1.0
    start = np.where(face.equality, start, np.maximum(start, 0.0))
    zero, point = _settled(face, peers)
    start[point[:, None] & zero] = 0.0
    wide = np.flatnonzero(~point)
    names = result.units.names
    labels = [names[row] for row in who[wide].tolist()]
    return _Known(who, face, start, wide, face_ends(face.part(wide), labels, 1.0), zero[wide], labels)


def _settled(face: Face, peers: IntArray) -> tuple[BoolArray, BoolArray]:
    """Return which multipliers are surely zero on the whole face (k, d), and which faces are surely one point (k,).

    By complementary slackness peers are priced at zero and so are coordinates with slack; with ``g · z = 1`` these
    equations often leave one point, and the vertex at hand is it.
    """
    zero = (face.slack > _CERTAIN * (1.0 + np.abs(face.projections))) & ~face.equality
    tight = np.where((peers >= 0)[:, :, None], face.columns[np.maximum(peers, 0)], 0.0)
    rows = np.concatenate([face.directions[:, None, :], tight], axis=1)
    size = np.sqrt((rows**2).sum(axis=2, keepdims=True))
    rows = rows / np.where(size > 0, size, 1.0) * ~zero[:, None, :]
    gram = np.swapaxes(rows, 1, 2) @ rows
    at = np.arange(zero.shape[1])
    gram[:, at, at] += zero
    return zero, np.asarray(np.linalg.eigvalsh(gram)[:, 0] > _REGULAR)


def _face(result: Solution, group: Group, who: IntArray) -> tuple[Face, IntArray]:
    """Return the optimal faces of these units of a group, and their peers that are beyond doubt."""
    m = len(result.units.inputs)
    X, Y = result.units.X[who], result.units.Y[who]
    XR, YR = result.reference.X[group.peers], result.reference.Y[group.peers]
    everything, equality = technology_columns(XR, YR, result.rts)
    mean = np.abs(everything).mean(axis=0)
    scale = np.where(mean > 0, mean, 1.0)
    kept = undominated(result, group)
    scaled = everything[kept] / scale
    size = np.abs(scaled).max(axis=1)
    place = np.full(len(result.reference), -1, dtype=np.int64)
    place[group.peers[kept]] = np.arange(len(kept))
    projected = result.projection()[who]
    points, _ = technology_columns(projected[:, :m], projected[:, m:], result.rts)
    directions = np.zeros_like(points)
    if result.orientation != "output":
        directions[:, :m] = X
    if result.orientation != "input":
        directions[:, m : m + Y.shape[1]] = Y
    if result.orientation == "graph":
        # The path (θx, y/θ) runs along (−x, y/θ²).
        directions[:, m : m + Y.shape[1]] /= result.scores[who, None] ** 2
    rows = result.peer_rows[who]
    weight = np.where(rows >= 0, result.intensities[who], 0.0)
    at = place[np.maximum(rows, 0)]
    mix = np.einsum("kw,kwd->kd", weight, scaled[at])
    own_size = np.abs(np.hstack([X, Y]) / scale[: m + Y.shape[1]]).max(axis=1, keepdims=True)
    part = weight * size[at] / np.where(own_size > 0, own_size, 1.0)
    own = None
    if result.super_efficiency:
        own = group.own[np.isfinite(result.scores[group.rows])]
    face = Face(
        columns=scaled / np.where(size > 0, size, 1.0)[:, None],
        directions=directions / scale,
        projections=points / scale,
        equality=equality,
        scale=scale,
        exclude=own,
        peers=_peers(rows, weight, part, place, _PEER),
        slack=mix - points / scale,
    )
    return face, _peers(rows, weight, part, place, _CERTAIN)


def _peers(rows: IntArray, weight: FloatArray, part: FloatArray, place: IntArray, share: float) -> IntArray:
    """Return the peers of these units as positions among the columns, those with a share of the largest intensity."""
    used = (rows >= 0) & (weight > share * weight.max(axis=1, keepdims=True, initial=0.0)) & (part > _NOTHING)
    return np.where(used, place[np.maximum(rows, 0)], -1)


def _canonical(result: Solution) -> FloatArray:
    values = np.full_like(require_prices(result), np.nan)
    for known in _faces(result):
        centre, face = known.start.copy(), known.face
        priced = np.arange(len(face.scale)) < len(result.units.inputs) + len(result.units.outputs)
        step = max(1, _CELLS // min(len(face.columns), COLUMNS))
        step = min(step, max(1, _PRODUCTS // len(face.columns)))
        for first in range(0, len(known.wide), step):
            block = slice(first, first + step)
            centre[known.wide[block]] = _centres(known, np.arange(len(known.wide))[block], priced)
        values[known.who, : len(face.scale)] = _without_noise(face, centre) / face.scale
        if result.rts == "drs":
            values[known.who, -1] *= -1.0
    if result.rts == "crs":
        values[:, -1] = np.where(np.isnan(result.scores), np.nan, 0.0)
    return values


def _without_noise(face: Face, centre: FloatArray) -> FloatArray:
    """Return multipliers (k, d) with zero for those of equations that are nothing but the rounding of the others.

    A multiplier of an equation is what the other terms leave over at the projection: below their roundings it says
    which processor it was worked out on, and no more.
    """
    terms = np.abs(centre * face.projections).sum(axis=1, keepdims=True)
    lost = face.equality & (np.abs(centre * face.projections) <= 4 * centre.shape[1] * UNIT * terms)
    return np.where(lost, 0.0, centre)


def _centres(known: _Known, these: IntArray, priced: BoolArray) -> FloatArray:
    """Return the centres of some of the wide faces.

    What is found is checked against the face. Where that fails, other measures come next, then other answers to which
    multipliers in doubt are zero: those whose largest value is tiny, which no program tells from rounding.
    """
    faces, start = known.face.part(known.wide[these]), known.start[known.wide[these]]
    high = np.where(np.isnan(known.high[these]), np.inf, known.high[these])
    sure = _support(faces, high) & ~known.zero[these]
    limit = np.where(priced, high, np.inf)
    own = np.where(np.isfinite(limit), limit, np.maximum(np.abs(start), 1.0))
    centre, missed = np.zeros_like(start), np.full(len(these), np.inf)
    for support, measure in (
        (sure, limit),
        (sure, own),
        (sure | (start > _POSITIVE), own),
        ((sure & (high > _IN_DOUBT)) | (start > _POSITIVE), own),
        (sure | (high > _POSITIVE), own),
        (start > _POSITIVE, own),
    ):
        left = np.flatnonzero(~(missed <= ON_THE_FACE))
        if not len(left):
            return centre
        size = scaled_to(start[left], measure[left])
        centre[left], missed[left] = centre_of_face(faces.part(left), support[left], priced, start[left], size)
    bad = np.flatnonzero(~(missed <= ON_THE_FACE))
    if len(bad):
        label = known.labels[these[bad[0]]]
        raise SolverError(f"{label}: the centre of the optimal multipliers was not found (off by {missed[bad[0]]:.1e})")
    return centre


def _support(face: Face, high: FloatArray) -> BoolArray:
    """Return which coordinates are positive somewhere on the face, array (k, d).

    The face was widened by ``OPTIMAL``, which lets a coordinate with slack s reach ``OPTIMAL / s``: what comes near
    that bound is zero on the face itself. Large multipliers are never in doubt: there the product is rounding.
    """
    small = np.where(high < _IN_DOUBT, high, 0.0)
    return (high > _ZERO) & (small * face.slack <= 0.1 * OPTIMAL)
