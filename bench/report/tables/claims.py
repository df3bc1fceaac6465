"""The evaluation's conclusions as a table: what it says, what comes of trying it, and what a reader's own side says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bench.citations import cited
from bench.report.tables.page import Cell, Table

if TYPE_CHECKING:
    from bench.report.pages.forward import Words
    from bench.stykkpris.simulation.advising.claims import Claim

#: Words: bokmål, English.
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Evalueringens konklusjoner, prøvd", "The evaluation's conclusions, tried"),
    "intro": (
        "Tabell 2.1 og kapittel 6 i evalueringen fra 2006, prøvd på oppdiktede eksempler med kjent fasit: seks "
        "distrikter (Nord, Øst, Sør, Vest, Sentrum, Fjell) og fire helseforetak. Der motoren ikke kan dømme, står det "
        "hvorfor.",
        "Table 2.1 and chapter 6 of the evaluation of 2006, tried on made-up examples with a known truth: six "
        "districts (Nord, Øst, Sør, Vest, Sentrum, Fjell) and four hospital trusts. Where the engine cannot judge, it "
        "says why.",
    ),
    "said": ("Evalueringen sier", "The evaluation says"),
    "tried": ("Prøvd", "Tried"),
    "cannot": ("Kan ikke dømmes: ", "Cannot be judged: "),
    "source": ("Kilde", "Source"),
}


def outcome(claim: Claim, place: int) -> str:
    """Return what comes of trying a claim, or why it cannot be tried; ``place`` is that of the language."""
    told = claim.outcome[place]
    return told if claim.cannot is None else f"{WORDS['cannot'][place]}{told[:1].lower()}{told[1:]}"


def claim_table(words: Words, chosen: Sequence[Claim], head: str, named: Callable[[Claim], str]) -> Table:
    """Return a table of claims with a column of the reader's own.

    Parameters
    ----------
    words : Words
    chosen : sequence of Claim
    head : str
        Head of the reader's own column.
    named : callable
        What stands in it for a claim.
    """
    place = 0 if words.language == "nb" else 1
    rows = tuple(
        (
            Cell(one.said[place]),
            Cell(named(one)),
            Cell(outcome(one, place)),
            Cell(cited(one.source, words.language)),
        )
        for one in chosen
    )
    heads = (WORDS["said"][place], head, WORDS["tried"][place], WORDS["source"][place])
    return Table(WORDS["title"][place], heads, (False,) * 4, rows)
