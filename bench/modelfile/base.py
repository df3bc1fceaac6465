"""The base of every section of a model file: closed vocabulary, described in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from bench.errors import nearest

T = TypeVar("T")

#: Scheme id that stands for every scheme found in the data.
EVERY_SCHEME = "*"

#: A list in the file, an immutable tuple in memory.
Many = Annotated[tuple[T, ...], Strict(False)]


def described(en: str, nb: str, *, words: Sequence[str] = (), **options: Any) -> Any:
    """Return a pydantic field whose meaning is said in English and in bokmål; both are used by :func:`diff`.

    ``words`` are those a key may be that is checked against a table; the schema of the file lists them.
    """
    return Field(description=en, json_schema_extra={"nb": nb, **({"enum": list(words)} if words else {})}, **options)


class Section(BaseModel):
    """A table of the model file. A key it does not know is refused with the nearest one it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)

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
