"""Options that are words: aliases, normalisation, refusal of everything else."""

from __future__ import annotations

from typing import get_args

import pytest

from bench import options
from bench.errors import OptionError
from bench.options import ORIENTATION_ALIASES, ORIENTATIONS, RTS, RTS_ALIASES, one_of


@pytest.mark.parametrize("value", RTS)
def test_every_option_is_itself(value):
    assert one_of(value, RTS, "rts") == value
    assert one_of(f" {value.upper()} ", RTS, "rts") == value


@pytest.mark.parametrize(
    ("value", "expected"), [("CCR", "crs"), ("bcc", "vrs"), ("NIRS", "drs"), ("ndrs", "irs"), ("additive", "add")]
)
def test_aliases_of_returns_to_scale(value, expected):
    assert one_of(value, RTS, "rts", RTS_ALIASES) == expected


def test_short_forms_of_orientation():
    assert one_of("in", ORIENTATIONS, "orientation", ORIENTATION_ALIASES) == "input"
    assert one_of("OUT", ORIENTATIONS, "orientation", ORIENTATION_ALIASES) == "output"


def test_alias_is_unknown_where_it_is_not_given():
    with pytest.raises(OptionError):
        one_of("in", ORIENTATIONS, "orientation")


@pytest.mark.parametrize("value", [3, 1.0, None, True, ["crs"], b"crs"])
def test_only_words_are_options(value):
    with pytest.raises(OptionError, match=r"rts must be one of 'crs', 'vrs'"):
        one_of(value, RTS, "rts")


def test_message_lists_the_options_and_the_nearest():
    with pytest.raises(OptionError) as caught:
        one_of("outptu", ORIENTATIONS, "orientation")
    message = str(caught.value)
    assert all(repr(option) in message for option in ORIENTATIONS)
    assert "did you mean 'output'?" in message
    assert "'outptu'" in message


@pytest.mark.parametrize("value", ["", " ", "crs vrs"])
def test_nothing_and_several_are_refused(value):
    with pytest.raises(OptionError):
        one_of(value, RTS, "rts")


@pytest.mark.parametrize(
    "name", [name for name, value in vars(options).items() if name.isupper() and isinstance(value, tuple)]
)
def test_lists_are_lower_case_words_without_repetition(name):
    listed = getattr(options, name)
    assert listed
    assert len(set(listed)) == len(listed)
    assert all(word == word.lower().strip() and word for word in listed)


@pytest.mark.parametrize("name", [name for name in vars(options) if name.endswith("ALIASES")])
def test_aliases_lead_to_options_and_hide_none(name):
    aliases = getattr(options, name)
    known = {word for other in vars(options).values() if isinstance(other, tuple) for word in other}
    assert set(aliases.values()) <= known
    assert all(alias == alias.lower() for alias in aliases)
    assert not any(alias == word for alias, word in aliases.items())


def test_lists_are_the_literals():
    assert set(get_args(options.Rts)) == set(RTS)
    assert set(get_args(options.Language)) == set(options.LANGUAGES)
    assert set(get_args(options.Periods)) == set(options.PERIODS)
    assert set(get_args(options.FrontierKind)) == set(options.FRONTIER_KINDS)
