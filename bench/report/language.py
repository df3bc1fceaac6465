"""`Texts`: every text of the reports in bokmål and English, from one closed dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.options import LANGUAGES, one_of
from bench.report.texts import TEXTS


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by key in one language.

    Parameters
    ----------
    language : {"nb", "en"}

    Examples
    --------
    >>> Texts("nb")("col.unit"), Texts("en")("col.unit")
    ('Enhet', 'Unit')
    """

    language: str = "nb"

    def __post_init__(self) -> None:
        one_of(self.language, LANGUAGES, "language")

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its values filled in.

        Raises
        ------
        KeyError
            When there is no such text or a value is missing: a fault in the program, never in the data.
        """
        return TEXTS[key][LANGUAGES.index(self.language)].format(**values)

    def known(self, group: str, word: str) -> str:
        """Return the text of a word of a closed vocabulary, or an empty text when it is not among them."""
        found = TEXTS.get(f"{group}.{word}")
        return found[LANGUAGES.index(self.language)] if found else ""
