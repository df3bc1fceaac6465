"""Units that close and units that merge in a simulation: who takes over the users, the balance and the columns.

One unit a year and scheme leaves, in each world by itself: the unit with the largest accumulated deficit beyond the
limit (exit), or the smallest below the limit (merger). Its users go on with the units that take over, at their cost;
its fixed cost falls away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.errors import OptionError
from bench.stykkpris.rules.corrections import ON_INCOME
from bench.stykkpris.rules.settlement import Settled
from bench.stykkpris.rules.sources import AT_YARDSTICK
from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.setting import Setting, State
from bench.typing import BoolArray, FloatArray


def moves_units(behaviour: Behaviour) -> bool:
    """Return whether units can close or merge."""
    return behaviour.exit > 0.0 or behaviour.merger > 0.0


def refuse_rules(setting: Setting, behaviour: Behaviour) -> None:
    """Refuse rules that pay a unit by what it was itself: nobody has decided whom that money follows.

    Raises
    ------
    OptionError
        When units can leave and the scheme has such a rule.
    """
    if not moves_units(behaviour):
        return
    scheme, price = setting.scheme, setting.scheme.price
    found = {
        "a block grant": scheme.block.kind != "none",
        "cost components": bool(scheme.mix.component),
        "a price without the unit's own cost": price.own_excluded,
        "a price by best practice": price.source in AT_YARDSTICK or price.frontier_share.constant != 0.0,
        "a transition": scheme.transition.phase_in.constant != 1.0
        or scheme.transition.hold_harmless is not None
        or scheme.transition.cap is not None,
        "one result for the whole scheme": scheme.settlement.pooled,
    }
    named = [name for name, there in found.items() if there]
    if named:
        raise OptionError(
            f"scheme {scheme.id!r} has {', '.join(named)}: what a unit that closes or merges was paid by that rule has "
            "no decided heir; leave behaviour exit and merger at 0"
        )


def still_open(setting: Setting, state: State) -> BoolArray:
    """Return which units are there, array (B, n)."""
    if state.heirs is None:
        return np.broadcast_to(setting.present, state.closing.shape)
    return np.asarray(np.diagonal(state.heirs, axis1=-2, axis2=-1) > 0.5) & setting.present


def as_it_is(setting: Setting, state: State) -> Setting:
    """Return the setting with the fixed cost of units that are left, and the columns of those that took over."""
    return setting if state.heirs is None else _under(setting, state.heirs)


def _under(setting: Setting, heirs: FloatArray) -> Setting:
    here = np.diagonal(heirs, axis1=-2, axis2=-1) > 0.5
    here = here & setting.present
    followed = {item.column for item in setting.scheme.correction if item.kind not in ON_INCOME}
    followed |= {item.count_column for item in setting.scheme.correction}
    columns = {
        name: np.einsum("i,bij->bj", values, heirs) if name in followed else values
        for name, values in setting.columns.items()
    }
    return replace(setting, fixed=np.where(here, setting.fixed, 0.0), present=here, columns=columns)


def closed_by_debt(
    setting: Setting, state: State, behaviour: Behaviour, settled: Settled, income: FloatArray
) -> tuple[BoolArray, Settled, FloatArray]:
    """Close the unit with the largest accumulated deficit beyond the limit; the payer waives what it owes.

    Returns
    -------
    leaving : bool array (B, n)
    settled : Settled
        With the debt among the dispensations.
    closing : array (B, n)
    """
    closing = settled.closing
    none = np.zeros(closing.shape, dtype=bool)
    if not behaviour.exit:
        return none, settled, closing
    here = still_open(setting, state)
    with np.errstate(divide="ignore", invalid="ignore"):
        debt = np.where(here & (income > 0.0), -closing / income, 0.0)
    leaving = _one(debt, (debt > behaviour.exit) & (here.sum(axis=-1, keepdims=True) > 1))
    waived = np.where(leaving, -closing, 0.0)
    given = replace(settled, dispensation=settled.dispensation + waived, closing=closing + waived)
    return leaving, given, closing + waived


def small_ones(setting: Setting, state: State, behaviour: Behaviour, weighted: FloatArray) -> BoolArray:
    """Return the smallest unit where its volume is below the limit, bool array (B, n).

    The limit is a share of the scheme's volume per unit of the last accounts: measured by the units that are left, one
    merger would lead to the next.
    """
    here = still_open(setting, state)
    if not behaviour.merger:
        return np.zeros(weighted.shape, dtype=bool)
    limit = behaviour.merger * weighted.sum(axis=-1, keepdims=True) / setting.present.sum()
    return _one(-weighted, here & (weighted < limit) & (here.sum(axis=-1, keepdims=True) > 1))


def _one(order: FloatArray, allowed: BoolArray) -> BoolArray:
    """Pick the allowed unit that ranks highest in each world, or none."""
    ranked = np.where(allowed, order, -np.inf)
    first = np.argmax(ranked, axis=-1)
    return np.asarray(allowed & (np.arange(order.shape[-1]) == first[..., None]))


def hand_over(setting: Setting, state: State, leaving: BoolArray, merging: BoolArray, weighted: FloatArray) -> None:
    """Move users, balances and columns from units that leave; the state is changed.

    The users of a closed unit spread over the others by their volume; a unit that merges goes into the next smallest.
    """
    merging = merging & ~leaving.any(axis=-1, keepdims=True)
    gone = leaving | merging
    if not gone.any():
        return
    left = still_open(setting, state) & ~gone
    volume = np.where(left, weighted, 0.0)
    whole = volume.sum(axis=-1, keepdims=True)
    spread = np.where(whole > 0.0, volume / np.where(whole > 0.0, whole, 1.0), left / left.sum(axis=-1, keepdims=True))
    into = _one(-weighted, left).astype(np.float64)
    heir = np.where(merging.any(axis=-1, keepdims=True), into, spread)
    n = weighted.shape[-1]
    step = np.where(gone[..., None], heir[:, None, :], np.eye(n))
    state.heirs = step if state.heirs is None else np.matmul(state.heirs, step)
    state.need = np.einsum("bij,bik->bjk", step, state.need)
    if state.returning is not None:
        state.returning = np.einsum("bij,bik->bjk", step, state.returning)
    for name in ("closing", "settled", "staff"):
        moved = np.einsum("bi,bij->bj", np.where(leaving & (name == "settled"), 0.0, getattr(state, name)), step)
        setattr(state, name, moved)
    if state.saved is not None:
        state.saved = np.einsum("bie,bij->bje", state.saved, step)
