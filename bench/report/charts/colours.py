"""The colours of the charts: one hue per meaning, told apart also with reduced colour vision."""

from __future__ import annotations

from collections.abc import Sequence

#: Six hues that are told apart with the common kinds of reduced colour vision, after M. Okabe and K. Ito (2008),
#: darkened where they would not stand out from white paper by 3:1.
_HUES = ("#0072b2", "#d55e00", "#00805c", "#a34f80", "#6a4c93", "#5f6b6d")

GAIN = "#0072b2"
LOSS = "#d55e00"
NEUTRAL = "#76808a"
INK = "#1d2730"
SOFT = "#4a5560"
GRID = "#e6e9ec"
#: A pale and a paler shade of one hue, for areas that carry dark letters.
PALE, PALER = "#bcd7ea", "#e1edf6"


def system_colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour per system, the first always the same; after six they begin again, and dashes tell them apart.

    Examples
    --------
    >>> system_colours(["A", "B"])
    {'A': '#0072b2', 'B': '#d55e00'}
    """
    return {name: _HUES[position % len(_HUES)] for position, name in enumerate(dict.fromkeys(names))}
