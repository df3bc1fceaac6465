"""The page of an advice: what fits and why, criteria × systems, where the ranking flips, what the data cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.citations import cited
from bench.report.tables.files import frame_bytes
from bench.report.words.numbers import Numbers

if TYPE_CHECKING:
    from bench.stykkpris.simulation.advice import Advice, FlipMap

#: Words of the page: bokmål, English.
_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Når og hvor: hvilken finansiering passer", "When and where: which financing fits"),
    "synthetic": ("Tallene er laget, ikke målt.", "The figures are made up, not measured."),
    "fits": ("Hva regnskapet taler for", "What the accounts speak for"),
    "no_score": (
        "Ingen samlet poengsum: kriteriene trekker hver sin vei, og å veie dem er en beslutning.",
        "No total score: the criteria pull apart, and weighing them is a decision.",
    ),
    "score": ("Vektet slik du oppga", "Weighed as you said"),
    "why": ("Hvorfor, og hva som ville endret svaret", "Why, and what would change the answer"),
    "drivers": ("Det som avgjør, målt i regnskapet", "What decides, measured in the accounts"),
    "criteria": ("Kriterier og systemer", "Criteria and systems"),
    "argued": ("Argumentert fra kildene", "Argued from the sources"),
    "uncertain": (
        "Med 90 % bånd over verdenene; ◄ best med minst 95 % sannsynlighet, (◄) best i snitt.",
        "With a 90 % band over the worlds; ◄ best with at least 95 % probability, (◄) best on average.",
    ),
    "map": ("Hvor rangeringen snur", "Where the ranking flips"),
    "behaviour": (
        "Best system er et annet uten den antatte atferden for: ",
        "The best system is another without the assumed behaviour for: ",
    ),
    "refused": ("Systemer filen ikke kan bære", "Systems the file cannot carry"),
    "unknown": ("Hva dataene ikke kan si", "What the data cannot tell"),
    "for": ("taler for", "speaks for"),
    "against": ("taler mot", "speaks against"),
    "either": ("gjør ingen forskjell for", "makes no difference for"),
    "unclear": ("avgjør ikke", "does not decide"),
    "turns": ("Snur ved", "Turns by"),
    "system": ("System", "System"),
    "kind": ("Type", "Kind"),
    "scheme": ("Ordning", "Scheme"),
    "driver": ("Størrelse", "Driver"),
    "value": ("Verdi", "Value"),
    "band": ("90 % bånd", "90 % band"),
    "criterion": ("Kriterium", "Criterion"),
    "source": ("Kilde", "Source"),
    "nothing": ("ukjent", "unknown"),
    "same": ("likt", "the same"),
    "stay": ("bli ved dagens", "stay as today"),
    "page": ("raad.md", "advice.md"),
    "tables": ("tabeller", "tables"),
}

_DRIVERS: dict[str, tuple[str, str]] = {
    "units": ("Enheter", "Units"),
    "largest_unit": ("Største enhets andel av kostnaden", "Largest unit's share of cost"),
    "fixed_share": ("Andel fast kostnad", "Share of fixed cost"),
    "growth": ("Årlig vekst i behovet", "Yearly growth of need"),
    "volatility": ("Hvor mye en enhets volum svinger", "How much a unit's volume moves"),
    "inhabitants": ("Innbyggere", "Inhabitants"),
    "gain": ("Varig innsparing per år", "Lasting saving a year"),
    "payback": ("År før det er tjent inn", "Years until it is paid back"),
    "unit_risk": ("Enhetenes risiko", "The units' risk"),
}
_COUNTS = ("units", "inhabitants")


def files(result: Advice, language: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield page and tables in one language as (stage, path in the folder, bytes)."""
    at = _at(language)
    yield "page", _WORDS["page"][at], text(result, language).encode()
    for name, frame in result.frames().items():
        yield "tables", f"{_WORDS['tables'][at]}/{name}.csv", frame_bytes(frame, language)


def text(result: Advice, language: str) -> str:
    """Return the page as Markdown, which reads as plain text too."""
    at = _at(language)
    parts = [f"# {_WORDS['title'][at]}", ""]
    if result.synthetic:
        parts += [f"*{_WORDS['synthetic'][at]}*", ""]
    for section in (_fits, _why, _drivers, _criteria, _argued, _maps, _refused, _unknown):
        parts += section(result, language)
    return "\n".join(parts).rstrip() + "\n"


def _at(language: str) -> int:
    return 0 if language == "nb" else 1


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    made = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return [*made, *("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows), ""]


def _fits(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.arguments import KINDS

    at = _at(language)
    head = [_WORDS[word][at] for word in ("system", "kind", "for", "against", "either", "unclear")]
    rows = []
    for row in result.fits().to_dict("records"):
        counts = [str(row[name]) for name in ("speaks_for", "speaks_against", "either", "unclear")]
        rows.append([str(row["system"]), KINDS[row["kind"]][at], *counts])
    made = [f"## {_WORDS['fits'][at]}", "", *_table(head, rows)]
    if not result.weights:
        return [*made, _WORDS["no_score"][at], ""]
    n = Numbers(language)
    said = ", ".join(f"{key} {n.plain(value, 2)}" for key, value in result.weights.items())
    scored = [[str(row["system"]), n.plain(row["score"], 2)] for row in result.score().to_dict("records")]
    return [*made, f"### {_WORDS['score'][at]}: {said}", "", *_table([_WORDS["system"][at], ""], scored)]


def _why(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.arguments import KINDS

    at = _at(language)
    made = [f"## {_WORDS['why'][at]}", ""]
    for reason in result.reasons:
        where = f" ({reason.scheme})" if reason.scheme else ""
        made.append(
            f"- **{_DRIVERS.get(reason.driver, (reason.driver, reason.driver))[at]}{where}** "
            f"{_WORDS[reason.bearing][at]} {KINDS[reason.kind][at]}: {reason.text[at]}. "
            f"{_WORDS['turns'][at]}: {reason.turns[at]}. ({cited(reason.source, language)})"
        )
    return [*made, ""]


def _drivers(result: Advice, language: str) -> list[str]:
    at, n = _at(language), Numbers(language)
    rows = []
    for driver in result.drivers:
        name = _DRIVERS[driver.key][at]
        if driver.how == "unknown":
            rows.append([driver.scheme, name, _WORDS["nothing"][at], ""])
            continue
        count = driver.key in _COUNTS
        shown = [n.number(v) if count else n.percent(v, 1) for v in (driver.value, driver.low, driver.high)]
        band = "" if driver.low == driver.high else f"{shown[1]} – {shown[2]}"
        rows.append([driver.scheme, name, shown[0], band])
    head = [_WORDS[word][at] for word in ("scheme", "driver", "value", "band")]
    return [f"## {_WORDS['drivers'][at]}", "", *_table(head, rows)]


def _criteria(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.compare import written
    from bench.stykkpris.simulation.criteria import CRITERIA

    at = _at(language)
    rows = []
    for criterion in CRITERIA:
        best, certain = result.comparison.best(criterion), result.certain(criterion)
        row = [criterion.name[at]]
        for number, value in enumerate(result.comparison.values[criterion.key]):
            cell = written(float(np.mean(value)), criterion.form)
            if np.ndim(value):
                low, high = (written(float(one), criterion.form) for one in np.quantile(value, (0.05, 0.95)))
                cell += f" ({low} – {high})"
            mark = " ◄" if certain or np.ndim(value) == 0 else " (◄)"
            row.append(cell + (mark if number in best else ""))
        rows.append(row if language == "en" else [cell.replace(".", ",") if cell != "." else cell for cell in row])
    head = [_WORDS["criterion"][at], *result.comparison.names]
    made = [f"## {_WORDS['criteria'][at]}", "", _WORDS["uncertain"][at], "", *_table(head, rows)]
    hanging = result.hangs_on_behaviour()
    if hanging:
        names = {criterion.key: criterion.name[at] for criterion in CRITERIA}
        made += [_WORDS["behaviour"][at] + ", ".join(names[key] for key in hanging) + ".", ""]
    return made


def _argued(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.arguments import ARGUMENTS

    at = _at(language)
    rows = [
        [
            one.name[at],
            *(one.ratings[kind] for kind in result.kinds.values()),
            one.because[at],
            cited(one.source, language),
        ]
        for one in ARGUMENTS
    ]
    head = [_WORDS["criterion"][at], *result.kinds, "", _WORDS["source"][at]]
    return [f"## {_WORDS['argued'][at]}", "", *_table(head, rows)]


def _maps(result: Advice, language: str) -> list[str]:
    made = [f"## {_WORDS['map'][_at(language)]}", ""]
    for one in result.maps:
        made += _map(one, language)
    return made


def _map(one: FlipMap, language: str) -> list[str]:
    at, n = _at(language), Numbers(language)

    def shown(name: str, value: float) -> str:
        return n.number(value) if name in _COUNTS else n.percent(value, 2 if name == "gain" else 0)

    def best(r: int, c: int) -> str:
        place = int(one.best[r, c])
        if place < 0:
            return _WORDS["same"][at]
        name = one.systems[place]
        return _WORDS["stay"][at] if name == "stay" else name

    rows_name, columns_name = one.rows[0], one.columns[0]
    head = [
        f"{_DRIVERS[rows_name][at]} × {_DRIVERS[columns_name][at]}",
        *(shown(columns_name, value) for value in one.columns[1].tolist()),
    ]
    rows = [
        [shown(rows_name, value), *(best(r, c) for c in range(len(one.columns[1])))]
        for r, value in enumerate(one.rows[1].tolist())
    ]
    return [f"### {_DRIVERS[one.criterion][at]}", "", *_table(head, rows)]


def _refused(result: Advice, language: str) -> list[str]:
    if not result.refused:
        return []
    lines = [
        f"- `{name}`: {why}" + (f" → {remedy}" if remedy else "") for name, (why, remedy) in result.refused.items()
    ]
    return [f"## {_WORDS['refused'][_at(language)]}", "", *lines, ""]


def _unknown(result: Advice, language: str) -> list[str]:
    at = _at(language)
    return [f"## {_WORDS['unknown'][at]}", "", *(f"- {said[at]}" for said in result.unknown), ""]
