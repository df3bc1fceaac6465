"""Findings at the prompt: one line for each cause, in the language of the user, with options that can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.cli.roles import DIALECT_NAMES, chosen_language, every_finding
from bench.errors import Issue
from bench.report.words.findings import line_of, translated, word

_NAMES = "|".join(sorted(DIALECT_NAMES, key=len, reverse=True))
_SCALE = re.compile(r"scale=\{(?P<quote>['\"])(?P<column>.*?)(?P=quote): (?P<factor>[0-9.e+-]+)\}")
_TEXT = re.compile(rf"\b(?P<name>{_NAMES})=(?P<quote>['\"])(?P<value>.*?)(?P=quote)")
_NUMBER = re.compile(rf"\b(?P<name>{_NAMES})=(?P<value>\d+)")
_BARE = re.compile(rf"\b(?P<name>{_NAMES})=(?=[\s,;:.]|$)")
_ACCEPT = re.compile(r"\b(?:accept|godta) (?P<quote>['\"])(?P<rule>[a-z-]+)(?P=quote)")


def in_options(text: str) -> str:
    """Return a remedy with options of the command line where it names arguments of the library.

    Examples
    --------
    >>> in_options("leave it out with leave_out='Sum A', or accept 'total-row' if it is a unit")
    "leave it out with --leave-out 'Sum A', or --accept total-row if it is a unit"
    >>> in_options("say scale={'kostnad (1000 kr)': 1}"), in_options("say header=0, or correct header=")
    ("say --scale 'kostnad (1000 kr)=1'", 'say --header 0, or correct --header')
    """
    text = _SCALE.sub(lambda m: "--scale " + shlex.quote(f"{m['column']}={m['factor']}"), text)
    text = _TEXT.sub(lambda m: f"{_option(m['name'])} {shlex.quote(m['value'])}", text)
    text = _NUMBER.sub(lambda m: f"{_option(m['name'])} {m['value']}", text)
    text = _BARE.sub(lambda m: _option(m["name"]), text)
    return _ACCEPT.sub(lambda m: f"--accept {m['rule']}", text)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def typed(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return issues with remedies that can be typed."""
    return tuple(replace(issue, remedy=in_options(issue.remedy)) for issue in issues)


#: So many places, and so many units to leave out, are named in the line of one cause.
_PLACES, _UNITS = 6, 30
_LEAVE_OUT = re.compile(r"--leave-out ('[^']*'|\"[^\"]*\"|[^\s,;]+)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]+")


def counted(issues: Sequence[Issue]) -> str:
    """Return how many problems there are, as the beginning of a sentence."""
    count, language = sum(issue.severity == "error" for issue in issues), chosen_language()
    head = "Feil" if language == "nb" else "Error"
    return f"{head}: {count} {word('problems' if count != 1 else 'problem', language)} {word('in the data', language)}"


def said(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return findings in the language that was asked for, with remedies that can be typed."""
    language = chosen_language()
    return typed(translated(issue, language) for issue in issues)


def finding_lines(issues: Iterable[Issue]) -> list[tuple[str, str]]:
    """Return the severity and the text of each line: one for each cause, or one for each finding with ``--all``.

    Findings are of one cause when they have rule, file, sheet, column and remedy in common, whatever numbers and names
    the remedy holds; the line tells how many there are and where.
    """
    language = chosen_language()
    causes: dict[tuple[str, ...], list[Issue]] = {}
    for number, issue in enumerate(translated(issue, language) for issue in issues):
        own = str(number) if every_finding() else _QUOTED.sub("", issue.remedy)
        key = (issue.severity, issue.rule, issue.file, issue.sheet, issue.column, own)
        causes.setdefault(key, []).append(issue)
    order = sorted(causes.values(), key=lambda found: found[0].severity)  # errors first, each in the order of the file
    return [(word(found[0].severity, language), _line(typed(found), language)) for found in order]


def _line(found: Sequence[Issue], language: str) -> str:
    first = found[0]
    if len(found) == 1:
        return line_of(first, language)
    places = [one.cell or one.unit or one.period for one in found[1:]]
    named = ", ".join(place for place in places[:_PLACES] if place)
    more = f" {word('and', language)} {len(places) - _PLACES} {word('more', language)}" if len(places) > _PLACES else ""
    count = f" [× {len(found)}: {word('and', language)} {named}{more}]" if named else f" [× {len(found)}]"
    return line_of(replace(first, message=first.message + count, remedy=_together(found)), language)


def _together(found: Sequence[Issue]) -> str:
    """Return the remedy of several findings: the first one's, with every unit that is to be left out."""
    match = _LEAVE_OUT.search(found[0].remedy)
    units = list(dict.fromkeys(m[1] for one in found if (m := _LEAVE_OUT.search(one.remedy)) is not None))
    if match is None or len(units) < 2:
        return found[0].remedy
    typed_out = " ".join(f"--leave-out {unit}" for unit in units[:_UNITS])
    return found[0].remedy[: match.start()] + typed_out + found[0].remedy[match.end() :]
