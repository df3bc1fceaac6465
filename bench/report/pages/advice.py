"""The page of an advice: what fits and why, criteria × systems, where the ranking flips, what the data cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.citations import cited
from bench.report.charts.bars import legend
from bench.report.charts.colours import GAIN, GRID, LOSS, SOFT
from bench.report.charts.drawing import ROW, Canvas, Figure, Scale, width_of
from bench.report.charts.flip_map import advice_figure, map_chart
from bench.report.pages.compare import formula_table
from bench.report.pages.forward import Part, Words, cell, page_files, render
from bench.report.tables.claims import WORDS as CLAIM_WORDS
from bench.report.tables.claims import claim_table
from bench.report.tables.page import Cell, Table
from bench.report.words.advice import (
    DRIVERS,
    USERS_HEAD,
    WORDS,
    conclusion,
    criteria_notes,
    criteria_rows,
    driver_texts,
    own_bearing,
    refusal,
    refused_title,
    scheme_title,
    system_titles,
    text,
    user_rows,
)
from bench.report.words.findings import is_known

__all__ = ["chart", "conclusion", "files", "page", "text"]

if TYPE_CHECKING:
    from bench.stykkpris.simulation.advising.advice import Advice


def files(result: Advice, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, charts, tables and the advice as plain text as (stage, path in the folder, bytes)."""
    words = Words(language, tuple(written))
    parts = sections(result, words)
    yield from page_files(words, page(result, words, parts), parts, result.frames())
    yield "page", words.pick(WORDS["plain"]), text(result, language).encode()


def chart(result: Advice, language: str = "nb") -> Figure:
    """Return the chart of what speaks for and against."""
    return _reason_chart(result, Words(language))


def page(result: Advice, words: Words, parts: list[Part]) -> str:
    """Return the page as HTML."""
    first = result.comparison.systems[0].played
    draws = words.numbers.number(first.draws)
    return render(
        words,
        kind=words.pick(WORDS["kicker"]),
        title=words.pick(WORDS["title"]),
        subtitle=words.pick(WORDS["worlds"]).format(
            first=first.years[0], last=first.years[-1], base=first.base, draws=draws
        ),
        parts=parts,
        synthetic=result.synthetic,
        about=[words("forward.draws", draws=draws, seed=first.seed), words.pick(WORDS["no_score"])],
    )


def sections(result: Advice, words: Words) -> list[Part]:
    """Return the sections of the page."""
    from bench.stykkpris.simulation.advising.claims import claims

    pick = words.pick
    parts = [
        Part("conclusion", pick(WORDS["conclusion"]), lead=tuple(conclusion(result, words.language))),
        Part(
            "fits",
            pick(WORDS["fits"]),
            pick(WORDS["no_score"]),
            notes=(pick(WORDS["only_two"]),),
            figures=(_reason_chart(result, words),),
            tables=(_score_table(result, words),) if result.weights else (),
        ),
        Part(
            "why",
            pick(WORDS["why"]),
            tables=(_reason_table(result, words), _driver_table(result, words), *_user_tables(result, words)),
        ),
        Part(
            "map",
            pick(WORDS["map"]),
            notes=tuple(f"{pick(DRIVERS[one.criterion])}: {pick(one.note)}" for one in result.maps if pick(one.note)),
            figures=tuple(
                map_chart(one, words, system_titles(result, words.language), synthetic=result.synthetic)
                for one in result.maps
            ),
        ),
        _criteria_part(result, words),
        Part("argued", pick(WORDS["argued"]), pick(WORDS["legend"]), tables=(_argued_table(result, words),)),
    ]
    told = claim_table(
        words, claims(), pick(WORDS["own_accounts"]), lambda one: own_bearing(result, one, words.language)
    )
    parts.append(Part("claims", pick(CLAIM_WORDS["title"]), pick(CLAIM_WORDS["intro"]), tables=(told,)))
    if result.refused:
        parts.append(Part("refused", pick(WORDS["refused"]), tables=(_refused_table(result, words),)))
    return [*parts, Part("unknown", pick(WORDS["unknown"]), notes=tuple(map(pick, result.unknown)))]


# -- tables ------------------------------------------------------------------------------------------------------


def _score_table(result: Advice, words: Words) -> Table:
    n, titles = words.numbers, system_titles(result, words.language)
    said = ", ".join(f"{key} {n.plain(value, 2)}" for key, value in result.weights.items())
    rows = tuple(
        (Cell(titles[str(row["system"])]), Cell(n.plain(row["score"], 2))) for row in result.score().to_dict("records")
    )
    heads = (words.pick(WORDS["system"]), words.pick(WORDS["value"]))
    return Table(f"{words.pick(WORDS['score'])}: {said}", heads, (False, True), rows)


def _reason_table(result: Advice, words: Words) -> Table:
    from bench.stykkpris.simulation.advising.arguments import KINDS

    tones = {"for": "gain", "against": "loss"}
    rows = []
    for reason in result.reasons:
        scheme = scheme_title(result, reason.scheme, words.language) if reason.scheme else words("forward.all")
        bearing = f"{words.pick(WORDS[reason.bearing])} {words.pick(KINDS[reason.kind])}"
        rows.append(
            (
                Cell(words.pick(DRIVERS[reason.driver])),
                Cell(scheme),
                cell(bearing, tones.get(reason.bearing, "")),
                Cell(words.pick(reason.text)),
                Cell(words.pick(reason.turns)),
                Cell(cited(reason.source, words.language)),
            )
        )
    heads = tuple(words.pick(WORDS[key]) for key in ("driver", "scheme", "bearing", "why_col", "turns", "source"))
    return Table(words.pick(WORDS["reasons"]), heads, (False,) * 6, tuple(rows))


def _driver_table(result: Advice, words: Words) -> Table:
    rows = []
    for driver in result.drivers:
        shown = (words.pick(WORDS["nothing"]), "") if driver.how == "unknown" else driver_texts(driver, words.numbers)
        scheme = scheme_title(result, driver.scheme, words.language) if driver.scheme else words("forward.all")
        rows.append((Cell(words.pick(DRIVERS[driver.key])), Cell(scheme), *map(Cell, shown)))
    heads = tuple(words.pick(WORDS[key]) for key in ("driver", "scheme", "value", "band"))
    return Table(words.pick(WORDS["drivers"]), heads, (False, False, True, True), tuple(rows))


def _user_tables(result: Advice, words: Words) -> list[Table]:
    rows = tuple(tuple(map(Cell, row)) for row in user_rows(result, words.language))
    heads = tuple(words.pick(WORDS[key]) for key in USERS_HEAD)
    numeric = (False, False, True, True, True, True)
    return [Table(words.pick(WORDS["users"]), heads, numeric, rows)] if rows else []


def _criteria_part(result: Advice, words: Words) -> Part:
    rows, without = criteria_rows(result, words.language)
    heads = (words.pick(WORDS["criterion"]), *system_titles(result, words.language).values())
    cells = tuple(
        (Cell(row.name), *(cell(text, "gain" if k in row.best else "") for k, text in enumerate(row.shown)))
        for row in rows
    )
    table = Table(words.pick(WORDS["criteria"]), heads, (False, *([True] * (len(heads) - 1))), cells)
    return Part(
        "criteria",
        words.pick(WORDS["criteria"]),
        words.pick(WORDS["uncertain"]),
        notes=tuple(criteria_notes(result, words.language, without)),
        tables=(table, formula_table(words)),
    )


def _argued_table(result: Advice, words: Words) -> Table:
    from bench.stykkpris.simulation.advising.arguments import ARGUMENTS, KINDS

    kinds = list(dict.fromkeys(result.kinds.values()))
    rows = [
        (
            Cell(words.pick(one.name)),
            *(Cell(one.ratings[kind]) for kind in kinds),
            Cell(words.pick(one.because)),
            Cell(cited(one.source, words.language)),
        )
        for one in ARGUMENTS
    ]
    heads = (
        words.pick(WORDS["criterion"]),
        *(words.pick(KINDS[kind]) for kind in kinds),
        words.pick(WORDS["why_col"]),
        words.pick(WORDS["source"]),
    )
    return Table(words.pick(WORDS["argued"]), heads, (False,) * len(heads), tuple(rows))


def _said(why: str, remedy: str, language: str) -> Cell:
    """Say why a file cannot carry a system, and what to do; a sentence that has no bokmål stands as English."""
    text = refusal(why, remedy, language)
    return Cell(text, language="" if is_known(why, language) else "en")


def _refused_table(result: Advice, words: Words) -> Table:
    rows = tuple(
        (Cell(refused_title(name, words.language)), _said(why, remedy, words.language))
        for name, (why, remedy) in result.refused.items()
    )
    heads = (words.pick(WORDS["system"]), words.pick(WORDS["english"]))
    return Table(words.pick(WORDS["refused"]), heads, (False, False), rows)


# -- charts ------------------------------------------------------------------------------------------------------


def _reason_chart(result: Advice, words: Words) -> Figure:
    titles = system_titles(result, words.language)
    rows = [
        (titles[str(row["system"])], int(row["speaks_for"]), int(row["speaks_against"]))
        for row in result.fits().to_dict("records")
    ]
    most = max([1, *(count for _, plus, minus in rows for count in (plus, minus))])

    def body(canvas: Canvas, top: float) -> float:
        top = legend(canvas, top, [(words.pick(WORDS["for"]), GAIN, ""), (words.pick(WORDS["against"]), LOSS, "")])
        gutter = min(max(width_of(name) for name, _, _ in rows) + 10, canvas.width * 0.42)
        x = Scale(-most, most, gutter + 24, canvas.width - 24)
        for k, (name, plus, minus) in enumerate(rows):
            y = top + ROW * k
            canvas.line(gutter, y + ROW, canvas.width, y + ROW, GRID)
            canvas.label(gutter - 8, y + 12, name, gutter - 8)
            canvas.rect(x(0), y + 5, x(plus) - x(0), 14, GAIN, said=f"{name}: {words.pick(WORDS['for'])} {plus}")
            canvas.rect(
                x(-minus), y + 5, x(0) - x(-minus), 14, LOSS, said=f"{name}: {words.pick(WORDS['against'])} {minus}"
            )
            canvas.text(x(plus) + 5, y + 16, str(plus))
            canvas.text(x(-minus) - 5, y + 16, str(minus), anchor="end")
        canvas.line(x(0), top, x(0), top + ROW * len(rows), SOFT)
        return top + ROW * len(rows) + 8

    return advice_figure(
        words, "fits", words.pick(WORDS["fits"]), ("reasons_sub", "reasons_read"), body, result.synthetic
    )
