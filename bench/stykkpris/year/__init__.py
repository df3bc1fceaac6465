"""One year of a scheme: price → volume → income → settlement, once, for the settlement and for every simulated year.

:mod:`~bench.stykkpris.year.books` holds what is known, :mod:`~bench.stykkpris.year.pricing` decides the price,
:mod:`~bench.stykkpris.year.funding` the income and :mod:`~bench.stykkpris.year.balances` the settlement. All of them
are asked with an arithmetic (:mod:`~bench.stykkpris.year.arithmetic`): exact decimals rounded by the model's rules, or
floats with a leading axis of draws. Settlement is the simulation's year with one draw, exact numbers and given
decisions.
"""
