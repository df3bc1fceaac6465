"""What the simulation and comparison pages share: texts, tables, the template and the folder they are written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.options import LANGUAGES, one_of
from bench.report.charts.drawing import Body, Figure, drawn
from bench.report.charts.images import to_png
from bench.report.pages.templating import environment
from bench.report.tables.files import frame_bytes
from bench.report.tables.page import Cell, Table
from bench.report.words.numbers import Numbers
from bench.report.words.texts import Texts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of the forward-looking pages in one language."""

    language: str = "nb"
    written: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of(self.language, LANGUAGES, "language")

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its values filled in."""
        return Texts(self.language)(key, **values)

    @property
    def numbers(self) -> Numbers:
        """Number formats of the language."""
        return Numbers(self.language)

    def pick(self, pair: Sequence[str]) -> str:
        """Return the text of a (bokmål, English) pair."""
        return pair[0 if self.language == "nb" else 1]

    def figure(self, key: str, body: Body, *, synthetic: bool, name: str = "", **values: Any) -> Figure:
        """Draw a chart with its texts; a made-up data set is named in the subtitle."""
        subtitle = self(f"{key}.subtitle", **values)
        shown = f"{self('forward.synthetic_short')} {subtitle}" if synthetic else subtitle
        title, reading = self(f"{key}.title", **values), self(f"{key}.reading", **values)
        return drawn(name or key.split(".")[-1], title, shown, f"{subtitle} {reading}", reading, body)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page: what it says first, charts, tables, and notes on the tables."""

    key: str
    title: str
    intro: str = ""
    lead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


def cell(text: str, tone: str = "") -> Cell:
    """Return a cell with a tone."""
    return Cell(text, tone=tone)  # type: ignore[arg-type]


def render(
    words: Words, *, kind: str, title: str, subtitle: str, parts: Sequence[Part], synthetic: bool, about: Sequence[str]
) -> str:
    """Return the page: one file without a single outside resource."""
    template = environment().get_template("forward.html.j2")
    return template.render(
        t=words,
        kind=kind,
        title=title,
        subtitle=subtitle,
        parts=parts,
        synthetic=synthetic,
        about=about,
        traces={},
        others=[Texts(language) for language in words.written if language != words.language],
    )


def page_files(
    words: Words, page: str, parts: Sequence[Part], frames: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, charts and tables as (stage, path in the folder, bytes)."""
    yield "page", words("forward.page"), page.encode()
    for chart in (one for part in parts for one in part.figures):
        yield "charts", f"{words('forward.charts')}/{chart.key}.svg", chart.wide.encode()
        yield "charts", f"{words('forward.charts')}/{chart.key}.png", to_png(chart.wide)
    for name, frame in frames.items():
        yield "tables", f"{words('forward.tables')}/{name}.csv", frame_bytes(frame, words.language)


def assumption_table(words: Words, frame: pd.DataFrame, schemes: Mapping[str, str]) -> Table:
    """Return the table of assumptions, what is assumed marked."""
    n = words.numbers
    rows = []
    for row in frame.to_dict("records"):
        status = words(f"forward.{row['status']}")
        rows.append(
            (
                Cell(row["nb"] if words.language == "nb" else row["en"]),
                Cell(schemes.get(row["scheme"], row["scheme"]) or words("forward.all")),
                Cell(n.plain(row["value"], 4)),
                cell(status, "assumed" if row["status"] == "assumed" else ""),
            )
        )
    columns = (words("forward.key"), words("forward.scheme"), words("forward.value"), words("forward.status"))
    return Table(words("forward.assumptions"), columns, (False, False, True, False), tuple(rows))
