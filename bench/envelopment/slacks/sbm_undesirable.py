"""The slacks-based measure with undesirable outputs (Tone 2004; Cooper, Seiford & Tone 2007, section 13.5).

Inputs and undesirable outputs that could be saved and good outputs that could be made are counted at once: saved inputs
in the numerator, as in the plain measure, and both kinds of outputs in the denominator.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.envelopment.core.oriented import named
from bench.envelopment.core.technology import Technology
from bench.envelopment.slacks.additive import largest_slack
from bench.envelopment.slacks.slacks_based import SlacksBased, least_ratio, nothing_to_share, zero_notes
from bench.errors import OptionError
from bench.options import Periods, one_of
from bench.typing import FloatArray
from bench.units import Units

_SIDES = ("both", "input", "output")


def slacks_with_bads(
    X: FloatArray,
    good: FloatArray,
    bad: FloatArray,
    rts: str,
    side: str = "both",
    bad_weight: float = 1.0,
    *,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> SlacksBased:
    """Return Tone's measure of the units against themselves; undesirable outputs can be saved like inputs.

    A zero has no share of itself: it is left out of the unit's mean.

    Parameters
    ----------
    X, good, bad : array (n, m), (n, s), (n, b)
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    side : {"both", "input", "output"}
        Both parts of the fraction, the numerator alone (inputs), or the denominator alone (both kinds of outputs).
    bad_weight : float
        What one undesirable output counts, where one good output counts 1.

    Returns
    -------
    SlacksBased
        ``x`` has the slacks of inputs and then of undesirable outputs, array (n, m + b).

    Examples
    --------
    The second unit could be the first: half the input and a third of the bad output.

    >>> X, good, bad = np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), np.array([[1.0], [3.0]])
    >>> slacks_with_bads(X, good, bad, "crs").efficiency.round(9).tolist()
    [1.0, 0.375]
    """
    used = np.hstack([X, bad])
    technology = Technology.of(used, good, rts)
    m, b = X.shape[1], bad.shape[1]
    saved, zero = np.zeros((len(X), m + b + good.shape[1])), np.zeros_like(good)
    made = saved.copy()
    saved[:, :m] = _shares(X, np.ones(m))
    made[:, m:] = _shares(np.hstack([bad, good]), np.repeat([bad_weight, 1.0], [b, good.shape[1]]))
    if side == "both":
        # Shares of own goods sum to what goods weigh, and those of bads, taken negatively, to minus what bads weigh.
        weighed = np.repeat([-1.0, 1.0], [b, good.shape[1]])
        whole = (made[:, m:] * np.hstack([bad, good]) * weighed).sum(axis=1)
        held = np.column_stack([1.0 - (X > 0).any(axis=1), 1.0 - whole])
        return least_ratio(technology, used, good, saved, made, held, labels=labels, workers=workers)
    weights = (saved[:, : m + b], zero) if side == "input" else (made[:, : m + b], made[:, m + b :])
    found = largest_slack(technology, used, good, *weights, labels=labels, workers=workers)
    return SlacksBased(found.rest if side == "input" else 1.0 / (1.0 + found.total), found.x, found.y, found.status)


def _shares(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return each positive value's weight among those of its row, over the value; zero where the value is zero."""
    positive = values > 0
    whole = np.where(positive, weights, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(
        np.divide(weights, values * np.where(whole > 0, whole, 1.0), out=np.zeros_like(values), where=positive)
    )


@door("the slacks-based measure with undesirable outputs")
def sbm_undesirable(
    units: Units,
    *,
    bad: Collection[str],
    rts: str,
    orientation: str = "both",
    bad_weight: float = 1.0,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return Tone's slacks-based measure with undesirable outputs.

    Use it when leftover slack is inefficiency too, and some outputs (adverse events, queues, emissions) are better the
    fewer they are. A unit is efficient exactly when no mix of units has less of an input or a bad and more of a good at
    no loss of the others.

    Parameters
    ----------
    units : Units
        With the bad outputs among the outputs. A zero is left out of that unit's mean, and said in ``issues``.
    bad : collection of str
        Undesirable outputs.
    rts : {"crs", "vrs", "drs", "irs", "fdh"}
    orientation : {"both", "input", "output"}
        Which slacks are counted: all, those of inputs, or those of both kinds of outputs.
    bad_weight : float
        What a bad output counts where a good one counts 1: a share of 10 per cent too much is worth ``bad_weight``
        times a share of 10 per cent too little.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` and ``slack …`` per measure: inputs and bads that could be saved, goods that could be made.

    Raises
    ------
    OptionError, DataError, CertificateError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0, 1.0], [1.0, 3.0]])
    >>> sbm_undesirable(units, bad=["y2"], rts="crs").efficiency.round(9).tolist()
    [1.0, 0.375]
    """
    side = one_of(orientation, _SIDES, "orientation", {"in": "input", "out": "output"})
    m = len(units.inputs)
    mask = named(units, bad, "bad")
    if mask[:m].any() or not mask[m:].any() or mask[m:].all():
        raise OptionError("bad must name some of the outputs, not all of them and no input")
    if isinstance(bad_weight, bool) or not 0 < bad_weight < np.inf:
        raise OptionError(
            f"bad_weight must be a positive number: what a bad counts where a good counts 1, not {bad_weight!r}"
        )
    wrong = mask[m:]
    X, Y = units.X, units.Y
    found = slacks_with_bads(
        X, Y[:, ~wrong], Y[:, wrong], rts, side, float(bad_weight), labels=units.names, workers=workers
    )
    slack = np.empty_like(Y)
    slack[:, wrong], slack[:, ~wrong] = found.x[:, m:], found.y
    columns: dict[str, npt.ArrayLike] = {
        "efficiency": np.where(nothing_to_share(units, side), np.nan, found.efficiency),
        **by_column("slack", units.inputs, found.x[:, :m]),
        **by_column("slack", units.outputs, slack),
    }
    issues = (
        *zero_notes(units, side),
        *unsolved(units, found.status, {1: "the unit lies outside the reference set", 2: "no bound"}),
    )
    options = {"rts": rts, "orientation": side, "bad": ", ".join(bad), "bad_weight": float(bad_weight)}
    title = "Slacks-based measure with undesirable outputs"
    return MethodResult(title, unit_frame(units, columns), found, "efficiency", options, issues)
