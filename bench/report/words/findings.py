"""Findings in the language of the user: what is wrong in a file and what to do, in bokmål or English.

The engine says what it found in English, as whole sentences with names and numbers in them. The table of a language
holds each sentence once, with ``{0}``, ``{1}`` … for what differs; a sentence is found by its words, and what differs
is looked up in its turn. A sentence that the table lacks is left as it is, which a test does not allow.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from bench.errors import Issue

_HOLE = re.compile(r"\{(\d)\}")
#: The place in a mapping file, which is added behind a remedy.
_LINE = re.compile(r"(?P<text>.*) \((?P<file>[^()]*), line (?P<line>\d+)\)", re.DOTALL)


@functools.lru_cache(maxsize=4)
def _table(language: str) -> Mapping[str, Mapping[str, str]]:
    import tomllib

    name = f"findings.{language}.toml"
    return tomllib.loads(files("bench.report.words").joinpath(name).read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4)
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Sentences with holes, those that say most first."""
    texts = _table(language)["texts"]
    order = sorted((text for text in texts if _HOLE.search(text)), key=lambda text: -len(_HOLE.sub("", text)))
    return [(_pattern(text), texts[text]) for text in order if len(_HOLE.sub("", text).strip(" :")) > 0]


def _pattern(text: str) -> re.Pattern[str]:
    parts = _HOLE.split(text)
    seen: set[str] = set()
    made = ""
    for k, part in enumerate(parts):
        if k % 2 == 0:
            made += re.escape(part)
        elif part in seen:
            made += f"(?P=h{part})"
        else:
            seen.add(part)
            made += f"(?P<h{part}>.*?)"
    return re.compile(made, re.DOTALL)


@functools.lru_cache(maxsize=4096)
def in_language(text: str, language: str) -> str:
    """Return a sentence of the engine in a language.

    Examples
    --------
    >>> in_language("the unit is in 2022 but not in 2023", "nb")
    'enheten er med i 2022, men ikke i 2023'
    >>> in_language("there is no column 'timar' (did you mean 'timer'?)", "nb")
    "det er ingen kolonne 'timar' (mente du 'timer'?)"
    """
    if language == "en" or not text.strip():
        return text
    known = _table(language)["texts"].get(text)
    if known is not None:
        return known
    for pattern, made in _patterns(language):
        match = pattern.fullmatch(text)
        if match is not None:
            found = {name: in_language(part, language) for name, part in match.groupdict().items()}
            return _filled(made, found)
    line = _LINE.fullmatch(text)
    if line is not None:
        return f"{in_language(line['text'], language)} ({line['file']}, linje {line['line']})"
    head, colon, rest = text.partition(": ")  # a sentence and what it is about
    if colon and (said := in_language(head, language)) != head:
        return f"{said}: {', '.join(_with_place(part, language) for part in rest.split(', '))}"
    return text


def _filled(made: str, found: Mapping[str, str]) -> str:
    """Put what differs into a sentence."""
    return _HOLE.sub(lambda hole: found[f"h{hole[1]}"], made)


def _with_place(text: str, language: str) -> str:
    """Return a measure with where it is stated: ``'1000 kr' (title A1)``."""
    said, bracket, place = text.rpartition(" (")
    return f"{said} ({in_language(place[:-1], language)})" if bracket and place.endswith(")") else text


def is_known(text: str, language: str) -> bool:
    """Tell whether a language has the sentence."""
    return language == "en" or not text.strip() or in_language(text, language) != text


def word(text: str, language: str) -> str:
    """Return a word that stands around findings."""
    return text if language == "en" else _table(language)["frame"].get(text, text)


def described(text: str, language: str) -> str:
    """Return a word or a phrase of a report on a file, such as ``2023: times 1 000 as stated, 2024: …``.

    Examples
    --------
    >>> described("2023: times 1 000 as stated, 2024: times 1 as stated", "nb")
    '2023: ganget med 1 000 som oppgitt, 2024: ganget med 1 som oppgitt'
    """
    whole = word(text, language)
    if whole == text:
        whole = in_language(text, language)
    if whole != text or ", " not in text:
        return whole
    parts = (part.rpartition(": ") for part in text.split(", "))
    return ", ".join(f"{sheet}{colon}{in_language(said, language)}" for sheet, colon, said in parts)


def translated(issue: Issue, language: str) -> Issue:
    """Return a finding with its message and its remedy in a language."""
    if language == "en":
        return issue
    return replace(issue, message=in_language(issue.message, language), remedy=in_language(issue.remedy, language))


def line_of(issue: Issue, language: str) -> str:
    """Return a finding as one line: rule, place, message, value and remedy."""
    place = " ".join(
        part
        for part in (
            issue.file,
            f"{word('sheet', language)} {issue.sheet!r}" if issue.sheet else "",
            issue.cell,
            f"{word('column', language)} {issue.column!r}" if issue.column else "",
            f"{word('unit', language)} {issue.unit!r}" if issue.unit else "",
            f"{word('period', language)} {issue.period}" if issue.period else "",
        )
        if part
    )
    value = f" ({word('value', language)}: {issue.value!r})" if issue.value else ""
    remedy = f" → {issue.remedy}" if issue.remedy else ""
    return f"[{issue.rule}] {place + ': ' if place else ''}{issue.message}{value}{remedy}"
