"""The units' balances through the years: settlement, dispensations, pooling and expiry."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt

from bench.modelfile import Settlement
from bench.modelfile.blocks import Dispensation
from bench.stykkpris.rounding import Money, decimal, floats, rounder, split
from bench.stykkpris.settlement import Rules, Settled, settle_year

ZERO = Decimal(0)


class Reserves:
    """Keeps every unit's balance and settles one year after the other.

    Parameters
    ----------
    rules : Settlement
    units : tuple of str
    rounding : str
        Named rule for amounts.
    """

    def __init__(self, rules: Settlement, units: tuple[str, ...], rounding: str):
        self.rules, self.units = rules, units
        self.rounded = rounder(rounding)
        self.balance: Money = np.full(len(units), ZERO, dtype=object)
        self.saved: list[list[tuple[int, Decimal]]] = [[] for _ in units]

    def settle(
        self, year: int, result: Money, income: Money, present: npt.NDArray[np.bool_]
    ) -> tuple[Money, Settled, Money, list[str]]:
        """Settle a year and move the balances.

        Returns
        -------
        opening, settled, lapsed, payer
            ``closing`` in ``settled`` is after what has lapsed.
        """
        opening = self.balance
        rules = self._rules(year)
        if self.rules.pooled:
            settled = self._pooled(result, income, opening, rules)
        else:
            settled = settle_year(
                result,
                income,
                opening,
                rules,
                waived=lambda deficit: self._decided(year, deficit),
                rounded=self.rounded,
            )
        lapsed = self._lapse(year, settled)
        self.balance = settled.closing - lapsed
        closed = Settled(
            kept=settled.kept,
            carried=settled.carried,
            returned=settled.returned,
            interest=settled.interest,
            dispensation=settled.dispensation,
            closing=self.balance,
        )
        return opening, closed, lapsed, self._payers(year, settled.dispensation)

    def _rules(self, year: int) -> Rules:
        stated, by_rule = self.rules, self.rules.dispensation_rule
        surplus, deficit = stated.caps()
        return Rules(
            keep=decimal(stated.keep_surplus.at(year)),
            carry=decimal(stated.carry_deficit.at(year)),
            cap_surplus=None if surplus is None else decimal(surplus.at(year)),
            cap_deficit=None if deficit is None else decimal(deficit.at(year)),
            cap_on_balance=stated.cap_on == "balance",
            interest=decimal(stated.interest.at(year)),
            threshold=None if by_rule is None else decimal(by_rule.threshold.at(year)),
            threshold_on_balance=by_rule is not None and by_rule.measured_on == "balance",
            waive_all=by_rule is not None and by_rule.covers == "all",
        )

    def _decided(self, year: int, deficit: Money) -> Money:
        """What decided dispensations waive of each unit's deficit."""
        waived = np.full(len(deficit), ZERO, dtype=object)
        for i, unit in enumerate(self.units):
            for decision in self._in_force(unit, year):
                if decision.amount is not None:
                    waived[i] += decimal(decision.amount.at(year))
                else:
                    assert decision.share is not None
                    waived[i] += deficit[i] * decimal(decision.share.at(year))
        return waived

    def _in_force(self, unit: str, year: int) -> list[Dispensation]:
        return [d for d in self.rules.dispensation if d.unit in (unit, "*") and d.covers(year)]

    def _payers(self, year: int, given: Money) -> list[str]:
        by_rule = self.rules.dispensation_rule
        names = []
        for unit, amount in zip(self.units, given.tolist(), strict=True):
            payers = [decision.payer for decision in self._in_force(unit, year)]
            if by_rule is not None:
                payers.append(by_rule.payer)
            names.append(", ".join(dict.fromkeys(payers)) if amount > 0 else "")
        return names

    def _pooled(self, result: Money, income: Money, opening: Money, rules: Rules) -> Settled:
        """One result for the scheme; what is kept or carried is shared by income."""
        whole = np.full(1, ZERO, dtype=object)
        pool = settle_year(
            whole + sum(result.tolist(), ZERO),
            whole + sum(income.tolist(), ZERO),
            whole + sum(opening.tolist(), ZERO),
            rules,
            rounded=self.rounded,
        )
        shares = floats(income)

        def shared(amount: Decimal) -> Money:
            made = np.empty(len(shares), dtype=object)
            made[:] = split(amount, shares)
            return made

        kept, carried, given = shared(pool.kept[0]), -shared(-pool.carried[0]), shared(pool.dispensation[0])
        interest = shared(pool.interest[0])
        return Settled(
            kept=kept,
            carried=carried,
            returned=result - kept - carried,
            interest=interest,
            dispensation=given,
            closing=opening + interest + kept + carried + given,
        )

    def _lapse(self, year: int, settled: Settled) -> Money:
        """Saved surpluses older than the rule allows; what was used first went first."""
        lapsed = np.full(len(self.units), ZERO, dtype=object)
        if self.rules.expiry is None:
            return lapsed
        for i, closing in enumerate(settled.closing.tolist()):
            saved = self.saved[i]
            gained = settled.kept[i] + settled.interest[i]
            if gained > 0:
                saved.append((year, gained))
            surplus = sum((amount for _, amount in saved), ZERO) - max(closing, ZERO)
            while saved and surplus > 0:
                when, amount = saved.pop(0)
                used = min(amount, surplus)
                surplus -= used
                if amount > used:
                    saved.insert(0, (when, amount - used))
            while saved and year - saved[0][0] >= self.rules.expiry:
                lapsed[i] += saved.pop(0)[1]
        return lapsed
