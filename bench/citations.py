"""Sources by key: who wrote what, when, and where in it a value stands.

A citation in a model file is ``"key, ch. 4.3, p. 43: «passage» «passage»; remark"``. The key names a work in
``datasets/sources.toml``; the passage is a few words of the text, so that a reader finds the place and a test does.
Text without a known key is anybody's own words and stays as it is.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.errors import ModelError, ResourceError, nearest
from bench.resources import resource_folder

#: What divides a source text into a place with its passages and remarks; a passage may hold a semicolon of its own.
_PARTS = re.compile("; (?![^«]*»)")
#: Part of a citation before its passages: the key, then chapter, table, footnote and page.
_PLACE = re.compile(r"(?P<key>[a-z][a-z0-9]*[0-9]{4})(?P<place>(?:, (?:ch\.|Table|Tables|fn|p\.) [^:«;]+?)*)(?=[:;]|$)")
_KEY = re.compile(r"\b[a-z][a-z0-9]*[0-9]{4}\b(?![^«]*»)")
_PASSAGE = re.compile("«([^»]+)»")
_BOKMAAL = {"ch.": "kap.", "Tables": "tabell", "Table": "tabell", "fn": "fotnote", "p.": "s.", "and": "og", "to": "til"}
_WORD = re.compile(r"\b(ch\.|Tables?\b|fn\b|p\.|and\b|to\b)")


@dataclass(frozen=True, slots=True)
class Work:
    """A source: author, title, year and publisher, and the name of its text where one is kept."""

    key: str
    author: str
    title: str
    year: int
    publisher: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a work.

    Attributes
    ----------
    key : str
    place : str
        Chapter, table, footnote and page, as the model file writes them.
    passages : tuple of str
        Words of the text.
    """

    key: str
    place: str
    passages: tuple[str, ...]

    @property
    def chapter(self) -> str:
        """Chapter number, or nothing."""
        found = re.search(r"ch\. ([0-9.]+[0-9]|[0-9]+)", self.place)
        return found.group(1) if found else ""

    @property
    def pages(self) -> tuple[int, ...]:
        """Page numbers, in the order of the passages' pages."""
        found = re.search(r"p\. ([0-9, –]+)", self.place)
        return tuple(int(page) for page in re.findall("[0-9]+", found.group(1))) if found else ()


@cache
def works(path: Path | None = None) -> dict[str, Work]:
    """Return every work by its key.

    Raises
    ------
    ResourceError
        When an entry lacks a field or has one too many.

    Examples
    --------
    >>> works()["econ2006"].author
    'ECON Analyse'
    """
    file = resource_folder("datasets") / "sources.toml" if path is None else path
    raw: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return {key: Work(key, **fields) for key, fields in raw.items()}
    except TypeError as error:
        raise ResourceError(f"{file}: a source has author, title, year, publisher and perhaps text: {error}") from error


def citations(text: str) -> list[Citation]:
    """Return the places a source text cites; none where it is somebody's own words.

    Examples
    --------
    >>> citations("econ2006, ch. 4.3, p. 43: «90 prosent av overskudd»; dispensations were given")[0].pages
    (43,)
    """
    found = list(_PLACE.finditer(text))
    made = []
    for match, after in zip(found, [*(m.start() for m in found[1:]), len(text)], strict=False):
        passages = tuple(_PASSAGE.findall(text[match.end() : after]))
        made.append(Citation(match["key"], match["place"].removeprefix(", "), passages))
    return made


def refuse_unknown(text: str) -> None:
    """Refuse a citation whose key no work has.

    Raises
    ------
    ModelError
        Names the key and the nearest.
    """
    for citation in citations(text):
        if citation.key not in works():
            known = ", ".join(works())
            raise ModelError(f"no source {citation.key!r}; there are: {known}{nearest(citation.key, works())}")


def cited(text: str, language: str = "en") -> str:
    """Return a source text with author, year and title for every key; a work cited once more by its place alone.

    Parameters
    ----------
    text : str
    language : {"nb", "en"}
        Of "chapter", "page" and the like, and of remarks that the bundled model files make; passages stay in the
        language of the work, and what others write in a model file stays as they wrote it.

    Examples
    --------
    >>> cited("econ2006, ch. 4.3, p. 43: «90 prosent av overskudd»", "nb")
    'ECON Analyse (2006): Evaluering av finansieringssystemer i kommunene, kap. 4.3, s. 43: «90 prosent av overskudd»'
    """

    if language == "nb":
        text = _remarked(text)
    last = ""

    def whole(match: re.Match[str]) -> str:
        nonlocal last
        work = works().get(match["key"])
        if work is None:
            return match.group(0)
        place, before, last = match["place"], last, match["key"]
        if language == "nb":
            place = _WORD.sub(lambda word: _BOKMAAL[word.group(0)], place)
        if before == match["key"] and place:
            return place.removeprefix(", ")
        return f"{work.author} ({work.year}): {work.title}{place}"

    return _KEY.sub(_named, _PLACE.sub(whole, text))


def _named(match: re.Match[str]) -> str:
    """Return author and year of a work that a remark speaks of; other words that look like a key as they are."""
    work = works().get(match.group(0))
    return match.group(0) if work is None else f"{work.author} ({work.year})"


@cache
def _remarks() -> dict[str, str]:
    """What the bundled model files say of their sources, English to bokmål."""
    file = resource_folder("datasets") / "remarks.nb.toml"
    return dict(tomllib.loads(file.read_text(encoding="utf-8")))


def _remarked(text: str) -> str:
    """Return a source text with its remarks in bokmål where all of them are ours: no text is in two languages."""
    made = []
    for part in _PARTS.split(text):
        found = _PLACE.match(part)
        rest = part[found.end() if found else 0 :].removeprefix(": ")
        said = _remarks().get(rest, rest if not _PASSAGE.sub("", rest).strip() else None)
        if said is None:
            return text
        made.append(part[: len(part) - len(rest)] + said)
    return "; ".join(made)
