"""`Texts`: every text of the reports in bokmål and English, from one closed table per language (nb.toml, en.toml).

Groups whose words come from the engine (``source.``, ``status.``, ``rule.``, ``option.``, ``measure.``) are looked up
by :meth:`Texts.known`; all others are used by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from bench.options import LANGUAGES, one_of
from bench.stykkpris.rules.sources import SOURCES

#: The currency that the tables speak of, and the words they say it with.
KRONER = "NOK"
_OF_KRONER = re.compile(r"\bNOK\b|\bkroner\b|\bkrone\b|\bkr\b")
#: Words that agree with a number: ``{count|unit is|units are}`` is the first for one, else the second.
_AGREEING = re.compile(r"\{(\w+)\|([^{}|]*)\|([^{}|]*)\}")


def agreed(text: str, values: Mapping[str, Any]) -> str:
    """Return a text in which the words that depend on a number agree with it.

    Examples
    --------
    >>> [agreed("{count} {count|unit|units}", {"count": count}).format(count=count) for count in (0, 1, 2)]
    ['0 units', '1 unit', '2 units']
    """
    return _AGREEING.sub(lambda found: found[2] if str(values[found[1]]) == "1" else found[3], text)


@functools.lru_cache(maxsize=len(LANGUAGES))
def text_table(language: str) -> Mapping[str, str]:
    """Return the whole table of a language: key to text. A source of a price brings its own words."""
    import tomllib

    table = tomllib.loads(files("bench.report.words").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    for key, source in SOURCES.items():
        name = source.name[language]
        table |= {f"source.{key}": name, f"option.{key}": name[0].lower() + name[1:]}
        table[f"intro.{key}"] = source.intro[language]
    return table


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by key in one language.

    Parameters
    ----------
    language : {"nb", "en"}
    currency : str
        ISO code of the currency that amounts are in; the tables say kroner, and another currency takes its place.

    Examples
    --------
    >>> Texts("nb")("col.unit"), Texts("en")("col.unit")
    ('Enhet', 'Unit')
    """

    language: str = "nb"
    currency: str = KRONER

    def __post_init__(self) -> None:
        one_of(self.language, LANGUAGES, "language")

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its values filled in.

        Raises
        ------
        KeyError
            When there is no such text or a value is missing: a fault in the program, never in the data.
        """
        text = agreed(text_table(self.language)[key], values)
        return (text if self.currency == KRONER else _OF_KRONER.sub(self.currency, text)).format(**values)

    def known(self, group: str, word: str) -> str:
        """Return the text of a word of a closed vocabulary, or an empty text when it is not among them."""
        return text_table(self.language).get(f"{group}.{word}", "")
