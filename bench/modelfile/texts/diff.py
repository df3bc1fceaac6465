"""Two models side by side, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.modelfile.base import Section
from bench.modelfile.keys import annotation
from bench.modelfile.model import Model
from bench.modelfile.values import Dated
from bench.options import LANGUAGES, one_of

if TYPE_CHECKING:
    import pandas as pd

_FROM = {"nb": "fra", "en": "from"}
_TO = {"nb": "til", "en": "to"}
_NOT = {"nb": "ikke oppgitt", "en": "not stated"}
_YES = {"nb": {True: "ja", False: "nei"}, "en": {True: "yes", False: "no"}}
_COLUMNS = {"nb": ["nøkkel", "betydning"], "en": ["key", "meaning"]}


def diff(model_a: Model, model_b: Model, language: str = "nb") -> pd.DataFrame:
    """Return what differs between two models, one row per key, with the key's meaning in words.

    Parameters
    ----------
    model_a, model_b : Model
    language : {"nb", "en"}

    Returns
    -------
    DataFrame
        Key, meaning, and one column per model named as the model; only rows that differ. A value the file does
        not state is said to be so, together with the neutral default.

    Examples
    --------
    >>> from bench.modelfile import load_model
    >>> base = load_model("kristiansand")
    >>> table = diff(base, base.with_values({"scheme.helse.price.gain": 0.5}), "en")
    >>> table.iloc[0].tolist()
    ['scheme.helse.price.gain', 'Schemes › helse › Price › Share of the gap closed each year', 'not stated (1)', '0.5']
    """
    import pandas as pd

    one_of(language, LANGUAGES, "language")
    left, right = _stated(model_a), _stated(model_b)
    rows = []
    for key in [*left, *(key for key in right if key not in left)]:
        a, b = _shown(model_a, key, left, language), _shown(model_b, key, right, language)
        if a != b:
            rows.append([key, meaning_of(key, language), a, b])
    names = [model_a.name, model_b.name]
    if names[0] == names[1]:
        names[1] += " (2)"
    return pd.DataFrame(rows, columns=[*_COLUMNS[language], *names])


def _stated(model: Model) -> dict[str, Any]:
    skipped = ("basis", "case", "alternative")
    return {key: value for key, _, value in model.walk() if key.split(".")[0] not in skipped}


def _shown(model: Model, key: str, stated: dict[str, Any], language: str) -> str:
    if key in stated:
        return _text(stated[key], language)
    default = _default(key)
    return _NOT[language] + ("" if default is None else f" ({_text(default, language)})")


def _text(value: Any, language: str) -> str:
    if isinstance(value, Dated):
        return "; ".join(
            f"{entry.value:g}"
            + (f" {_FROM[language]} {entry.from_}" if entry.from_ else "")
            + (f" {_TO[language]} {entry.to}" if entry.to else "")
            for entry in value.entries
        )
    if isinstance(value, bool):
        return _YES[language][value]
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _default(key: str) -> Any:
    """Neutral default of a key, when it is a simple one."""
    section: Any = Model
    for part in key.split("."):
        if isinstance(section, type) and issubclass(section, Section):
            for name, field in section.model_fields.items():
                if part == (field.alias or name):
                    default = field.get_default()
                    break
            else:
                default = None
        section = annotation(section, part)
    return default if isinstance(default, Dated | str | bool | int) else None


def meaning_of(key: str, language: str) -> str:
    """The key's parts in words; ids stay as they are."""
    words = []
    section: Any = Model
    for part in key.split("."):
        word = part
        if isinstance(section, type) and issubclass(section, Section):
            for name, field in section.model_fields.items():
                if part == (field.alias or name):
                    extra = field.json_schema_extra
                    nb = str(extra["nb"]) if isinstance(extra, dict) else part
                    word = nb if language == "nb" else (field.description or part)
        words.append(word)
        section = annotation(section, part)
    return " › ".join(words)
