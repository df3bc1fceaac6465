"""The base of every section of a model file: closed vocabulary, described in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bench.errors import nearest

T = TypeVar("T")

#: Scheme id that stands for every scheme found in the data.
EVERY_SCHEME = "*"

#: A list in the file, an immutable tuple in memory.
Many = Annotated[tuple[T, ...], Strict(False)]


def described(
    en: str, nb: str, *, low: float | None = None, high: float | None = None, words: Sequence[str] = (), **options: Any
) -> Any:
    """Return a pydantic field whose meaning is said in English and in bokmål; both are used by :func:`diff`.

    ``low`` and ``high`` are the range of a number over time, both ends allowed; a plain number takes pydantic's own.
    ``words`` are those a key may be that is checked against a table; the schema of the file lists them.
    """
    span = {name: value for name, value in (("low", low), ("high", high)) if value is not None}
    listed: dict[str, Any] = {"enum": list(words)} if words else {}
    return Field(description=en, json_schema_extra={"nb": nb, **span, **listed}, **options)


def _span(low: Any, high: Any) -> str:
    if low is None:
        return f"{high:g} or less"
    return f"{low:g} or more" if high is None else f"between {low:g} and {high:g}"


class Section(BaseModel):
    """A table of the model file. A key it does not know is refused with the nearest one it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = cls.known_keys()
            for key in data:
                if key not in known:
                    raise PydanticCustomError(
                        "unknown_key",
                        "unknown key '{key}'{hint}; known here: {known}",
                        {"key": str(key), "hint": nearest(str(key), known), "known": ", ".join(known)},
                    )
        return data

    @field_validator("*", mode="after")
    @classmethod
    def _in_range(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a number over time outside the range that its key declares."""
        field = cls.model_fields[str(info.field_name)]
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        low, high = extra.get("low"), extra.get("high")
        if low is None and high is None:
            return value
        name = field.alias or str(info.field_name)
        numbers = {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
        for key, entry in ((key, entry) for key, one in numbers.items() for entry in getattr(one, "entries", ())):
            if (low is not None and entry.value < low) or (high is not None and entry.value > high):
                named = {"name": key, "span": _span(low, high), "value": entry.value}
                raise PydanticCustomError("range", "{name} must be {span}, not {value}", named)
        return value

    @classmethod
    def known_keys(cls) -> list[str]:
        """Return the keys this section knows, as they are written in the file."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Text(Section):
    """A text in bokmål and English."""

    nb: str = described("Text in bokmål", "Tekst på bokmål", min_length=1)
    en: str = described("Text in English", "Tekst på engelsk", min_length=1)

    def get(self, language: str) -> str:
        """Return the text in ``"nb"`` or ``"en"``."""
        return self.nb if language == "nb" else self.en
