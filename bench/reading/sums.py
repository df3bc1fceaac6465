"""A column that is the sum of others: ``lonn + drift`` names what it is made of, and keeps every cell of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from bench.reading.grid import clean_name
from bench.reading.roles import Roles
from bench.reading.table import Table
from bench.reading.values.numbers import NumberColumn

_PLUS = re.compile(r"\s*\+\s*")


def parts_of(name: str) -> tuple[str, ...]:
    """Return the columns a name adds up; none when it is no sum.

    Examples
    --------
    >>> parts_of("lonn + drift"), parts_of("kostnad"), parts_of("80+")
    (('lonn', 'drift'), (), ())
    """
    parts = tuple(_PLUS.split(name.strip()))
    return parts if len(parts) > 1 and all(parts) else ()


def sum_of(names: Sequence[str]) -> str:
    """Return the name of the sum of columns; of one column its own.

    Examples
    --------
    >>> sum_of(["lonn", "drift"]), sum_of(["kostnad"])
    ('lonn + drift', 'kostnad')
    """
    return " + ".join(names)


def with_parts(names: Iterable[str]) -> list[str]:
    """Return names of columns with the parts of a sum in its place."""
    return list(dict.fromkeys(chain.from_iterable(parts_of(name) or (name,) for name in names)))


def sums_in(table: Table, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the sums among names, by name: what is no column of the table, and whose parts all are."""
    found = {}
    for name in names:
        parts = parts_of(name)
        if parts and name not in table and all(part in table for part in parts):
            found[name] = parts
    return found


def expanded(roles: Roles, sums: Mapping[str, tuple[str, ...]]) -> Roles:
    """Return roles with the parts of each sum in its place: what is read, where the sum is what is used."""
    seen = {name for name in roles.numbers if name not in sums}

    def apart(names: Sequence[str]) -> tuple[str, ...]:
        made: list[str] = []
        for name in names:
            parts = [part for part in sums.get(name, ()) if part not in seen]
            seen.update(parts)
            made += parts if name in sums else [name]
        return tuple(made)

    return replace(
        roles,
        inputs=apart(roles.inputs),
        outputs=apart(roles.outputs),
        environment=apart(roles.environment),
        input_prices=apart(roles.input_prices),
        output_prices=apart(roles.output_prices),
        extra=apart(roles.extra),
    )


def added(
    table: Table, columns: Mapping[str, NumberColumn], sums: Mapping[str, tuple[str, ...]]
) -> tuple[Table, dict[str, NumberColumn]]:
    """Return the table and its numbers with each sum as a column of its own; its cells are those of its parts.

    A sum with a part that is missing is missing: nothing is counted as nought unasked.
    """
    made = dict(columns)
    for name, parts in sums.items():
        values = np.sum([columns[part].values for part in parts], axis=0)
        made[name] = replace(columns[parts[0]], values=values, problems=())
        places = tuple(_place(table, row, parts) for row in [*range(len(table)), -1])
        table = replace(
            table,
            columns=(*table.columns, clean_name(name)),
            cells=(*table.cells, values.tolist()),
            said=(*table.said, ()) if table.said else (),
            elsewhere={**table.elsewhere, len(table.columns): places},
        )
    return table, made


def _place(table: Table, row: int, parts: Sequence[str]) -> tuple[str, str]:
    found = [table.where(row, part) for part in parts]
    return found[0][0], "+".join(cell for _, cell in found if cell)
