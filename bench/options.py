"""Every option that is a word, in one place, with the aliases that are understood.

Options are lower-case literals. The short forms of R's packages (``"in"``, ``"out"``, ``"CRS"``) are accepted
and normalised; numbers as options are refused, because ``rts=3`` tells a reader nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from bench.errors import OptionError, nearest

Rts = Literal["crs", "vrs", "drs", "irs", "fdh", "frh", "add"]
Orientation = Literal["input", "output", "graph"]
Periods = Literal["pooled", "separate"]
#: What a frontier of a model file may see: everything, the year itself, all years up to it, the last of them, or each
#: unit's mean over the last of them.
FrontierPeriods = Literal["pooled", "separate", "known", "window", "average"]
Language = Literal["nb", "en"]
FrontierKind = Literal["production", "cost"]

RTS: tuple[Rts, ...] = get_args(Rts)
ORIENTATIONS: tuple[Orientation, ...] = get_args(Orientation)
PERIODS: tuple[Periods, ...] = get_args(Periods)
LANGUAGES: tuple[Language, ...] = get_args(Language)
FRONTIER_KINDS: tuple[FrontierKind, ...] = get_args(FrontierKind)

#: Draws that a simulation keeps.
MOST_DRAWS = 1_000_000

RTS_ALIASES = {"nirs": "drs", "ndrs": "irs", "additive": "add", "ccr": "crs", "bcc": "vrs"}
ORIENTATION_ALIASES = {"in": "input", "out": "output"}


def one_of(value: Any, options: Sequence[str], name: str, aliases: Mapping[str, str] | None = None) -> str:
    """Return ``value`` as one of ``options``, after lower-casing and aliases.

    Raises
    ------
    OptionError
        When it is not a word or not among the options; the message lists them and the nearest one.

    Examples
    --------
    >>> one_of("CRS", RTS, "rts")
    'crs'
    >>> one_of("in", ORIENTATIONS, "orientation", ORIENTATION_ALIASES)
    'input'
    """
    listed = ", ".join(repr(option) for option in options)
    if not isinstance(value, str):
        raise OptionError(f"{name} must be one of {listed}; got {value!r}")
    word = value.strip().lower()
    word = (aliases or {}).get(word, word)
    if word not in options:
        raise OptionError(f"{name} must be one of {listed}; got {value!r}{nearest(word, options)}")
    return word


SfaKind = Literal["production", "cost", "output-distance", "input-distance"]
SfaForm = Literal["cobb-douglas", "translog", "quadratic"]
SfaPanel = Literal[
    "pitt-lee",
    "battese-coelli-1992",
    "kumbhakar-1990",
    "lee-schmidt",
    "true-random",
    "true-fixed",
    "four-components",
]
SfaCovariance = Literal["hessian", "opg", "sandwich", "clustered"]
SfaNormalise = Literal["none", "mean", "median"]
SfaShape = Literal["monotone", "concave", "monotone-concave"]

SFA_KINDS: tuple[SfaKind, ...] = get_args(SfaKind)
SFA_FORMS: tuple[SfaForm, ...] = get_args(SfaForm)
SFA_PANELS: tuple[SfaPanel, ...] = get_args(SfaPanel)
SFA_COVARIANCES: tuple[SfaCovariance, ...] = get_args(SfaCovariance)
SFA_NORMALISE: tuple[SfaNormalise, ...] = get_args(SfaNormalise)
SFA_SHAPES: tuple[SfaShape, ...] = get_args(SfaShape)

SFA_FORM_ALIASES = {"cd": "cobb-douglas", "cobb_douglas": "cobb-douglas", "tl": "translog"}
SFA_PANEL_ALIASES = {
    "bc92": "battese-coelli-1992",
    "pl81": "pitt-lee",
    "kumbhakar": "kumbhakar-1990",
    "kumbhakar90": "kumbhakar-1990",
    "tre": "true-random",
    "tfe": "true-fixed",
    "gtre": "four-components",
}
