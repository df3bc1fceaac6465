"""Remedies in the words of the command line: the library names arguments, a person at the prompt types options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import replace

from bench.cli.roles import DIALECT_NAMES
from bench.errors import Issue

_NAMES = "|".join(sorted(DIALECT_NAMES, key=len, reverse=True))
_SCALE = re.compile(r"scale=\{(?P<quote>['\"])(?P<column>.*?)(?P=quote): (?P<factor>[0-9.e+-]+)\}")
_TEXT = re.compile(rf"\b(?P<name>{_NAMES})=(?P<quote>['\"])(?P<value>.*?)(?P=quote)")
_NUMBER = re.compile(rf"\b(?P<name>{_NAMES})=(?P<value>\d+)")
_BARE = re.compile(rf"\b(?P<name>{_NAMES})=(?=[\s,;:.]|$)")
_ACCEPT = re.compile(r"\baccept (?P<quote>['\"])(?P<rule>[a-z-]+)(?P=quote)")


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
