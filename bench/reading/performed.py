"""Columns that hold one volume twice: as it was decided, and as it was performed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.reading.grid import clean_name

_DECIDED = re.compile(
    r"vedtatte?|vedtaks?|tildelte?|bestilte?|innvilge[dt]e?|planlagte?|allocated|decided|ordered|granted|planned"
)
_PERFORMED = re.compile(r"utf(?:ø|o|oe)rte?|leverte?|registrerte?|faktiske?|performed|delivered|provided|actual")


def performed_of(columns: Sequence[str]) -> dict[str, str]:
    """Return the columns that by their names hold what was performed of the volume in another column.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    dict of str to str
        Decided volume -> the same volume as performed, in the order of the columns. A volume that names neither counts
        as decided; where several columns may be either half of a pair, nothing is said of them.

    Examples
    --------
    >>> performed_of(["Vedtakstimer", "Utførte timer", "Besøk"])
    {'Vedtakstimer': 'Utførte timer'}
    >>> performed_of(["timer", "utforte_timer"])
    {'timer': 'utforte_timer'}
    >>> performed_of(["timer", "vedtatte_timer", "utforte_timer"])
    {}
    """
    decided: dict[str, list[str]] = {}
    performed: dict[str, list[str]] = {}
    for column in columns:
        name = re.sub(r"[\W_]+", "", clean_name(column).casefold())
        done = _PERFORMED.search(name)
        bare = (_PERFORMED if done else _DECIDED).sub("", name, count=1)
        (performed if done else decided).setdefault(bare, []).append(column)
    return {
        decided[bare][0]: done[0]
        for bare, done in performed.items()
        if bare and len(done) == 1 and len(decided.get(bare, ())) == 1
    }
