"""The chart of a map: which system stands best over two drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bench.report.charts.bars import legend
from bench.report.charts.colours import GRID, INK, SOFT
from bench.report.charts.drawing import LINE, Body, Canvas, Figure, drawn, width_of
from bench.report.pages.forward import Words
from bench.report.words.advice import DRIVERS, WORDS, lowered, refused_title, shown_value

if TYPE_CHECKING:
    from bench.stykkpris.simulation.advising.flip_map import FlipMap

#: Shades of the map, with letters on them: each is told apart by its letter too.
_SHADES = ("#cfe3f1", "#f6c7a3", "#d9e8d0", "#e4d6ec")


def map_chart(one: FlipMap, words: Words, titles: Mapping[str, str], *, synthetic: bool) -> Figure:
    """Return the chart of one map: a cell for each pair of values, with the letter of the system that stands best.

    Parameters
    ----------
    one : FlipMap
    words : Words
    titles : mapping of str to str
        What readers call each system, by its name.
    synthetic : bool
        Whether the figures are made up, which the chart then says.
    """
    n = words.numbers
    rows_name, columns_name = one.rows[0], one.columns[0]
    names = [
        words.pick(WORDS["stay"]) if name == "stay" else titles.get(name) or refused_title(name, words.language)
        for name in one.systems
    ]
    letters = [chr(ord("A") + k) for k in range(len(names))]

    def body(canvas: Canvas, top: float) -> float:
        shades = [
            (f"{letter}: {name}", shade, "") for letter, name, shade in zip(letters, names, _SHADES, strict=False)
        ]
        top = legend(canvas, top, [*shades, (f"–: {words.pick(WORDS['same'])}", GRID, "")])
        across = words.pick(DRIVERS[columns_name])
        top = canvas.wrapped(0, top + LINE, f"{words.pick(DRIVERS[rows_name])} ↓   {across} →", colour=SOFT) - 8
        left = max(64.0, *(width_of(shown_value(rows_name, one_row, n)) + 10 for one_row in one.rows[1].tolist()))
        width = (canvas.width - left) / len(one.columns[1])
        for c, value in enumerate(one.columns[1].tolist()):
            shown = shown_value(columns_name, value, n)
            canvas.text(left + (c + 0.5) * width, top + 14, shown, size=11, colour=SOFT, anchor="middle")
        for r, value in enumerate(one.rows[1].tolist()):
            y = top + 20 + 26 * r
            canvas.text(left - 6, y + 17, shown_value(rows_name, value, n), size=11, colour=SOFT, anchor="end")
            for c in range(len(one.columns[1])):
                place = int(one.best[r, c])
                said = words.pick(WORDS["same"]) if place < 0 else names[place]
                canvas.rect(
                    left + c * width + 1, y + 1, width - 2, 24, GRID if place < 0 else _SHADES[place], said=said
                )
                letter = "–" if place < 0 else letters[place]
                canvas.text(left + (c + 0.5) * width, y + 17, letter, colour=INK, anchor="middle")
        return top + 26 + 26 * len(one.rows[1])

    title = f"{words.pick(WORDS['map'])}: {lowered(words.pick(DRIVERS[one.criterion]))}"
    values = {"rows": lowered(words.pick(DRIVERS[rows_name])), "columns": lowered(words.pick(DRIVERS[columns_name]))}
    return advice_figure(words, f"map-{one.key}", title, ("map_sub", "map_read"), body, synthetic, **values)


def advice_figure(
    words: Words, key: str, title: str, keys: tuple[str, str], body: Body, synthetic: bool, **values: str
) -> Figure:
    """Return a figure whose subtitle and reading are words of an advice."""
    said = words.pick(WORDS[keys[0]]).format(**values)
    shown = f"{words('forward.synthetic_short')} {said}" if synthetic else said
    read = words.pick(WORDS[keys[1]])
    return drawn(key, title, shown, f"{said} {read}", read, body)
