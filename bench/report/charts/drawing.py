"""Charts as drawn SVG: text and shapes placed here, without a chart library or a script.

Every chart is drawn twice, for a wide and for a narrow column, so that its letters keep their size on a telephone. The
same numbers give the same bytes. Shapes carry their numbers as data, so that a page can show them and other pages can
tell what was drawn.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from bench.report.charts.colours import INK, SOFT
from bench.report.fonts import FAMILY

#: Width of a chart on a wide page and on a telephone, in points of its own grid.
WIDE, NARROW = 720, 340

#: Height of one row of bars, and of a line of text.
ROW, LINE = 24, 16

#: Width of a letter as a share of its size: Arial's mean over the letters of both languages, with room.
_LETTER = 0.56

#: Widths of letters in ems, by their kind, as DejaVu Sans has them: Arial and its like are narrower.
_WIDTHS = {
    **dict.fromkeys("ijlI'| .,:;!\u00a0\u202f", 0.33),
    **dict.fromkeys('ftrJ()-/"', 0.41),
    **dict.fromkeys("szckxvy?–", 0.58),
    **dict.fromkeys("mwMWæÆ%@+−=<>—…", 0.98),
}
_CAPITAL, _SMALL = 0.75, 0.635

#: Whoever opens a picture without the bundled font sees one of the same widths.
FONT = f"{FAMILY}, Arial, Liberation Sans, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the words around it.

    Attributes
    ----------
    key : str
        File name without ending, and the id in the page.
    title, subtitle, alt, reading : str
        ``alt`` says what the chart shows to those who cannot see it, ``reading`` how to read it.
    wide, narrow : str
        The drawing for a page and for a telephone, complete SVG.
    """

    key: str
    title: str
    subtitle: str
    alt: str
    reading: str
    wide: str
    narrow: str


#: Draws a body from a position downwards on a canvas, and returns where it ends.
Body = Callable[["Canvas", float], float]


@dataclass(slots=True)
class Canvas:
    """A drawing that grows downwards."""

    width: float
    parts: list[str] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        """Whether it is drawn for a telephone."""
        return self.width < WIDE

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        colour: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Write a line of text; ``y`` is its baseline."""
        if anchor == "middle" and x + width_of(text, size) / 2 > self.width:
            x, anchor = self.width, "end"  # a label at the edge is not cut
        weight = ' font-weight="600"' if bold else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{colour}"{weight}{side}>{escape(text)}</text>'
        )

    def label(
        self, x: float, y: float, text: str, room: float, *, size: float = 12, bold: bool = False, anchor: str = "end"
    ) -> None:
        """Write a name beside a row whose middle is ``y``; where it does not fit, smaller and over two lines."""
        wide = 1.1 if bold else 1.0
        if width_of(text, size * wide) <= room:
            self.text(x, y + 4, text, size=size, anchor=anchor, bold=bold)
            return
        small = size - 1.5
        lines = over_two(text, room, small * wide)
        for number, line in enumerate(lines):
            place = y + 4 if len(lines) == 1 else y - 1 + 11 * number
            self.text(x, place, line, size=small, anchor=anchor, bold=bold)

    def upright(self, x: float, y: float, text: str, *, size: float = 11) -> None:
        """Write a text upwards from a point."""
        place = f"translate({_n(x)} {_n(y)}) rotate(-90)"
        self.parts.append(f'<text transform="{place}" font-size="{_n(size)}" fill="{INK}">{escape(text)}</text>')

    def wrapped(
        self, x: float, y: float, text: str, *, size: float = 12, colour: str = INK, bold: bool = False
    ) -> float:
        """Write a text over as many lines as it needs, and return the baseline of the next."""
        for line in wrap(text, self.width - x, size * (1.08 if bold else 1.0)):
            self.text(x, y, line, size=size, colour=colour, bold=bold)
            y += size + 4
        return y

    def rect(
        self, x: float, y: float, width: float, height: float, colour: str, *, said: str = "", opacity: float = 1.0
    ) -> None:
        """Draw a bar; ``said`` is what a pointer or a reader is told about it."""
        if width < 0:
            x, width = x + width, -width
        seen = "" if opacity == 1.0 else f' fill-opacity="{_n(opacity)}"'
        note = f"<title>{escape(said)}</title>" if said else ""
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0.8))}" height="{_n(height)}" fill="{colour}"{seen}>'
            f"{note}</rect>"
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = SOFT, *, width: float = 1, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}" '
            f'stroke-width="{_n(width)}"{dashed}/>'
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, *, dash: str = "", width: float = 2.2) -> None:
        """Draw a line through points."""
        places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{_n(width)}"{dashed}/>'
        )

    def area(self, points: Sequence[tuple[float, float]], colour: str, *, opacity: float) -> None:
        """Fill what lies inside the points."""
        places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(f'<polygon points="{places}" fill="{colour}" fill-opacity="{opacity:g}"/>')

    def dot(self, x: float, y: float, radius: float, colour: str, said: str = "", *, opacity: float = 1.0) -> None:
        """Draw a point."""
        note = f"<title>{escape(said)}</title>" if said else ""
        seen = "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'
        self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{colour}"{seen}>{note}</circle>')

    def svg(self, height: float, alt: str) -> str:
        """Return the drawing as SVG that says in words what it shows."""
        size = f'width="{_n(self.width)}" height="{_n(height)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(self.width)} {_n(height)}" {size} role="img" '
            f'aria-label="{escape(alt, quote=True)}" font-family="{FONT}"><rect {size} fill="#ffffff"/>'
            f"{''.join(self.parts)}</svg>"
        )


def drawn(key: str, title: str, subtitle: str, alt: str, reading: str, body: Body) -> Figure:
    """Draw a chart under its title, wide and narrow."""
    made = []
    for width in (WIDE, NARROW):
        canvas = Canvas(width)
        y = canvas.wrapped(0, 18, title, size=15, bold=True)
        y = canvas.wrapped(0, y + 1, subtitle, colour=SOFT)
        made.append(canvas.svg(body(canvas, y + 6) + 6, f"{title}. {alt}"))
    return Figure(key, title, subtitle, alt, reading, *made)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers along a line: ``low`` to ``high`` lie between ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a number lies."""
        return self.start + (value - self.low) / (self.high - self.low or 1.0) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round numbers along the line, at most ``most`` steps."""
        span = self.high - self.low
        raw = span / most
        size = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
        step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [round(k * step, 10) for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def width_of(text: str, size: float = 12) -> float:
    """Return about how wide a text is in the widest of the fonts it may be drawn with, letter by letter.

    Examples
    --------
    >>> round(width_of("illit")), round(width_of("WWWMM"))
    (21, 59)
    """
    return size * sum(_WIDTHS.get(sign, _CAPITAL if sign.isupper() else _SMALL) for sign in text)


def wrap(text: str, width: float, size: float = 12) -> list[str]:
    """Break a text into lines that fit, with room for one of many wide letters."""
    return textwrap.wrap(text, max(12, int(width / (1.06 * size * _LETTER)))) or [""]


def shortened(text: str, width: float, size: float = 12) -> str:
    """Cut a text that does not fit; of the shortest room three letters are left.

    Examples
    --------
    >>> shortened("Elvebredden", width_of("Elvebredden")), shortened("Gjennomsnittskostnad", 100)
    ('Elvebredden', 'Gjennomsnitt…')
    """
    if width_of(text, size) <= width:
        return text
    stop = len(text)
    while stop > 3 and width_of(text[:stop].rstrip() + "…", size) > width:
        stop -= 1
    return text[:stop].rstrip() + "…"


def over_two(text: str, width: float, size: float = 12) -> list[str]:
    """Break a text between words over two lines; what still does not fit is cut.

    Examples
    --------
    >>> over_two("Home nursing, hours of a year", 110), over_two("Sør", 110)
    (['Home nursing,', 'hours of a year'], ['Sør'])
    """
    if width_of(text, size) <= width:
        return [text]
    words = text.split(" ")
    fits = [k for k in range(1, len(words)) if width_of(" ".join(words[:k]), size) <= width]
    if not fits:
        return [shortened(text, width, size)]
    return [" ".join(words[: fits[-1]]), shortened(" ".join(words[fits[-1] :]), width, size)]


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
