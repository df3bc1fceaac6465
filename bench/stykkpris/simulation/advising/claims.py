"""What the evaluation concludes about when and where a system fits, sentence by sentence, and what comes of trying it.

The claims are data: ``datasets/econ2006/claims.toml``. Each names its passage and says either what the engine shows
when the claim is tried, or why the engine cannot judge it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from bench.errors import ResourceError
from bench.resources import resource_folder
from bench.stykkpris.simulation.advising.arguments import KINDS, Kind, Pair


@dataclass(frozen=True, slots=True)
class Claim:
    """A conclusion of the evaluation.

    Attributes
    ----------
    id : str
    source : str
        A citation with its passages.
    said : pair of str
        What it says in our words, in bokmål and English.
    shown : pair of str or None
        What comes out when it is tried; None where the engine cannot judge it.
    cannot : pair of str or None
        Why it cannot.
    driver : str
        What of a reader's accounts bears on it; empty where nothing does.
    kind : str
        The kind of system it is about.
    criterion : str
        The criterion of a comparison it is about; empty where none is.
    """

    id: str
    source: str
    said: Pair
    shown: Pair | None
    cannot: Pair | None
    driver: str = ""
    kind: Kind = "price"
    criterion: str = ""

    @property
    def outcome(self) -> Pair:
        """What comes out, or why nothing can."""
        found = self.shown or self.cannot
        assert found is not None
        return found


@cache
def claims() -> tuple[Claim, ...]:
    """Return every claim, in the order of the evaluation.

    Raises
    ------
    ResourceError
        When a claim lacks a part, or says both what is shown and why it cannot be.

    Examples
    --------
    >>> claims()[4].id, claims()[4].driver
    ('large-municipalities', 'inhabitants')
    """
    file = resource_folder("datasets") / "econ2006" / "claims.toml"
    raw: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    made = []
    for entry in raw["claim"]:
        pairs = {key: (entry[key]["nb"], entry[key]["en"]) for key in ("said", "shown", "cannot") if key in entry}
        if "said" not in pairs or len(pairs) != 2:
            raise ResourceError(f"{file}: the claim {entry.get('id')!r} needs 'said' and one of 'shown' and 'cannot'")
        words = {key: str(entry.get(key, "")) for key in ("id", "source", "driver", "criterion")}
        kind = entry.get("kind", "price")
        if kind not in KINDS:
            raise ResourceError(f"{file}: the claim {entry.get('id')!r} is about no kind {kind!r}")
        made.append(Claim(**words, kind=kind, said=pairs["said"], shown=pairs.get("shown"), cannot=pairs.get("cannot")))
    return tuple(made)
