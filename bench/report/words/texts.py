"""`Texts`: every text of the reports in bokmål and English, from one closed table per language (nb.toml, en.toml).

Groups whose words come from the engine (``source.``, ``status.``, ``rule.``, ``option.``, ``measure.``) are looked up
by :meth:`Texts.known`; all others are used by name.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from bench.options import LANGUAGES, one_of


@functools.lru_cache(maxsize=len(LANGUAGES))
def text_table(language: str) -> Mapping[str, str]:
    """Return the whole table of a language: key to text."""
    import tomllib

    return tomllib.loads(files("bench.report.words").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


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
        return text_table(self.language)[key].format(**values)

    def known(self, group: str, word: str) -> str:
        """Return the text of a word of a closed vocabulary, or an empty text when it is not among them."""
        return text_table(self.language).get(f"{group}.{word}", "")
