"""The colours of the charts: one hue per meaning, told apart also with reduced colour vision."""

from __future__ import annotations

from collections.abc import Sequence

#: Eight hues that are told apart with the common kinds of reduced colour vision, after M. Okabe and K. Ito (2008),
#: the yellow darkened so that it stands out from white paper.
_HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#6a4c93", "#5f6b6d")

#: Shares of black (below zero) or white (above) mixed in on each further round through the hues.
_ROUNDS = (0.0, -0.35, 0.35, -0.55, 0.55)

GAIN = "#0072b2"
LOSS = "#d55e00"
NEUTRAL = "#8a939b"
INK = "#1d2730"
SOFT = "#4a5560"
GRID = "#e6e9ec"
#: A pale and a paler shade of one hue, for areas that carry dark letters.
PALE, PALER = "#bcd7ea", "#e1edf6"


def unit_colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour per unit; the same list of units gives the same colours in every figure and run.

    Examples
    --------
    >>> unit_colours(["A", "B"])
    {'A': '#0072b2', 'B': '#d55e00'}
    """
    return {name: _colour(position) for position, name in enumerate(dict.fromkeys(names))}


def _colour(position: int) -> str:
    hue = _HUES[position % len(_HUES)]
    share = _ROUNDS[(position // len(_HUES)) % len(_ROUNDS)]
    target = 255 if share > 0 else 0
    parts = [int(hue[k : k + 2], 16) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (target - part) * abs(share)):02x}" for part in parts)
