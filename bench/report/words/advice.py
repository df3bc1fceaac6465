"""The words of an advice, and the whole of it as text for a terminal: what fits, why, and where the ranking flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.citations import cited
from bench.report.words.findings import in_language
from bench.report.words.numbers import Numbers
from bench.report.words.texts import text_table

if TYPE_CHECKING:
    from bench.stykkpris.simulation.advising.advice import Advice
    from bench.stykkpris.simulation.advising.claims import Claim
    from bench.stykkpris.simulation.advising.drivers import Driver
    from bench.stykkpris.simulation.advising.flip_map import FlipMap
    from bench.stykkpris.simulation.criteria import Form
    from bench.stykkpris.simulation.delivered import Delivered

#: Words: bokmål, English.
WORDS: dict[str, tuple[str, str]] = {
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
    "users": ("Hva brukerne fikk av det som ble vedtatt, siste år", "What users got of what was decided, last year"),
    "service": ("Tjeneste", "Service"),
    "share": ("Levert av vedtatt", "Delivered of decided"),
    "lowest": ("Lavest", "Lowest"),
    "highest": ("Høyest", "Highest"),
    "spread": ("Spredning mellom enheter", "Spread between units"),
    "criteria": ("Kriterier og systemer", "Criteria and systems"),
    "argued": ("Argumentert fra kildene", "Argued from the sources"),
    "uncertain": (
        "Med 90 % bånd over de simulerte framtidene; ◄ best med minst 95 % sannsynlighet, (◄) best i snitt.",
        "With a 90% band over the simulated futures; ◄ best with at least 95% probability, (◄) best on average.",
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
    "unclear": ("sier verken for eller mot", "says neither for nor against"),
    "turns": ("Snur ved", "Turns by"),
    "system": ("System", "System"),
    "kind": ("Type", "Kind"),
    "scheme": ("Ordning", "Scheme"),
    "driver": ("Størrelse", "Driver"),
    "value": ("Verdi", "Value"),
    "band": ("90 % bånd", "90% band"),
    "criterion": ("Kriterium", "Criterion"),
    "source": ("Kilde", "Source"),
    "nothing": ("ukjent", "unknown"),
    "same": ("likt", "the same"),
    "stay": ("bli ved dagens", "stay as today"),
    "historic-block": ("Fast ramme etter historisk andel", "Fixed grant by historic share"),
    "plain": ("raad.md", "advice.md"),
    "kicker": ("Råd", "Advice"),
    "worlds": (
        "{first}–{last}, fra regnskapet for {base}, i {draws} simulerte framtider",
        "{first}–{last}, from the accounts of {base}, in {draws} simulated futures",
    ),
    "conclusion": ("Kort sagt", "In short"),
    "said_for": ("Regnskapet taler for {kind}: {drivers}.", "The accounts speak for {kind}: {drivers}."),
    "said_against": ("Regnskapet taler mot {kind}: {drivers}.", "The accounts speak against {kind}: {drivers}."),
    "said_unclear": (
        "Regnskapet avgjør ikke om {kind} passer: {drivers}.",
        "The accounts do not decide whether {kind} fits: {drivers}.",
    ),
    "points_for": (
        "Det regnskapet avgjør, taler for {kind} ({systems}) framfor {other}.",
        "What the accounts decide speaks for {kind} ({systems}) rather than {other}.",
    ),
    "points_both": (
        "Regnskapet trekker begge veier: noe taler for stykkpris, noe mot. Dere må veie det ene mot det andre.",
        "The accounts pull both ways: something speaks for unit price, something against. You must weigh one with the "
        "other.",
    ),
    "would_turn": ("Det ville endret svaret: {turns}.", "This would change the answer: {turns}."),
    "would_decide": ("Dette kunne avgjort det: {turns}.", "This could decide it: {turns}."),
    "said_choice": (
        "Brukervalg bygger på stykkpris: det som taler for eller mot stykkpris, gjelder også der. Om det gir utvelging "
        "av lette brukere, sier ikke regnskapet.",
        "User choice is built on a unit price: what speaks for or against a price holds there too. Whether units would "
        "select light users the accounts do not say.",
    ),
    "said_either": (
        "Stykkpris og fast ramme er i praksis det samme her: {drivers}.",
        "Unit price and fixed grant are the same in practice here: {drivers}.",
    ),
    "said_certain": (
        "{system} er best på {criteria}, i minst 95 % av de simulerte framtidene.",
        "{system} is best on {criteria}, in at least 95% of the simulated futures.",
    ),
    "and": (" og ", " and "),
    "reasons": ("Grunner for og mot", "Reasons for and against"),
    "reasons_sub": ("Antall målte størrelser som taler for og mot, per system.", "Measured drivers for and against."),
    "reasons_read": (
        "Blå mot høyre taler for, oransje mot venstre taler mot. Antallet er ingen poengsum: grunnene veier ulikt.",
        "Blue to the right speaks for, orange to the left against. The count is no score: reasons weigh differently.",
    ),
    "map_sub": ("Beste system etter {rows} og {columns}.", "The best system by {rows} and {columns}."),
    "map_read": (
        "Finn ruten for deres egne tall. Ligger den nær en grense, snur rangeringen lett.",
        "Find the cell of your own numbers. Near a border the ranking turns easily.",
    ),
    "why_col": ("Hvorfor", "Why"),
    "bearing": ("Retning", "Bearing"),
    "own_accounts": ("Deres regnskap", "Your accounts"),
    "no_bearing": ("sier ikke noe om det", "say nothing of it"),
    "legend": (
        "+ kilden sier at typen gjør det godt, − dårlig, 0 verken godt eller dårlig, ? kilden sier det ikke.",
        "+ the source says that the kind does well, − badly, 0 neither, ? the source does not say.",
    ),
    "only_two": (
        "Evalueringens kapittel 6 veier stykkpris, ramme og blandinger av dem, og brukervalg bygger på stykkpris; om "
        "inkrementell ramme og kostnadsrefusjon sier grunnene ingenting.",
        "Chapter 6 of the evaluation weighs unit price, grant and blends of them, and user choice is built on a price; "
        "of incremental grants and cost refund the reasons say nothing.",
    ),
    "without": ("Uten tall for noe av systemene: ", "Without a number for any of the systems: "),
    "index_name": ("{name} (regnskapet = 100)", "{name} (accounts = 100)"),
    "head_for": ("Taler for", "Speaks for"),
    "head_against": ("Taler mot", "Speaks against"),
    "head_either": ("Gjør ingen forskjell", "Makes no difference"),
    "head_unclear": ("Verken for eller mot", "Neither for nor against"),
    "english": ("Motorens egen melding, på engelsk", "The engine's own message"),
}

DRIVERS: dict[str, tuple[str, str]] = {
    "units": ("Antall enheter", "Number of units"),
    "largest_unit": ("Største enhets andel av kostnaden", "Largest unit's share of cost"),
    "fixed_share": ("Andel fast kostnad", "Share of fixed cost"),
    "growth": ("Årlig vekst i behovet", "Yearly growth of need"),
    "volatility": ("Hvor mye en enhets volum svinger", "How much a unit's volume moves"),
    "common": ("Hvor mye hele ordningens volum svinger", "How much the whole scheme's volume moves"),
    "inhabitants": ("Innbyggertall", "Number of inhabitants"),
    "user_weight": ("Hvor tunge brukerne er", "How heavy the users are"),
    "setup": ("Engangskostnad", "Cost of setting up"),
    "horizon": ("År det skal være tjent inn på", "Years it should pay back within"),
    "gain": ("Varig innsparing per år", "Lasting saving a year"),
    "payback": ("År før det er tjent inn", "Years until it is paid back"),
    "unit_risk": ("Enhetenes risiko", "The units' risk"),
    "pressure": ("Kostnad som ikke dekkes, og som enhetene bærer", "Cost that is not covered and that units carry"),
}
COUNTS = ("units", "inhabitants", "horizon")


def text(result: Advice, language: str) -> str:
    """Return the page as Markdown, which reads as plain text too."""
    at = at_of(language)
    parts = [f"# {WORDS['title'][at]}", ""]
    if result.synthetic:
        parts += [f"*{WORDS['synthetic'][at]}*", ""]
    for section in (_conclusion, _fits, _why, _drivers, _users, _criteria, _argued, _claims, _maps, _refused, _unknown):
        parts += section(result, language)
    return "\n".join(parts).rstrip() + "\n"


def at_of(language: str) -> int:
    """Return the place of a language in a pair of texts."""
    return 0 if language == "nb" else 1


def system_titles(result: Advice, language: str) -> dict[str, str]:
    """Return what readers call each system: its title before the colon, with a number where two are the same."""
    made: dict[str, str] = {}
    for name, system in zip(result.comparison.names, result.comparison.systems, strict=True):
        title = system.model.title(language).split(":")[0]
        same = sum(one == title or one.startswith(f"{title} (") for one in made.values())
        made[name] = f"{title} ({same + 1})" if same else title
    return made


def refused_title(name: str, language: str) -> str:
    """Return the title of a system that was refused; its name where it is no bundled one."""
    from bench.errors import BenchError
    from bench.modelfile import load_model

    if name in WORDS:
        return WORDS[name][at_of(language)]
    try:
        return load_model(name).title(language).split(":")[0]
    except BenchError:
        return name


def scheme_title(result: Advice, key: str, language: str) -> str:
    """Return the name of a scheme."""
    for scheme in result.comparison.systems[0].model.scheme:
        if scheme.id == key:
            return str(scheme.label.get(language))
    return key


def shown_value(name: str, value: float, numbers: Numbers) -> str:
    """Return a driver's value: a count, an amount, or a share."""
    if name == "setup":
        return numbers.millions(value)
    return numbers.number(value) if name in COUNTS else numbers.percent(value, 2 if name == "gain" else 0)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    made = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return [*made, *("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows), ""]


def lowered(name: str) -> str:
    """Return a name as it stands inside a sentence."""
    return name[:1].lower() + name[1:]


def listed(items: Sequence[str], language: str) -> str:
    """Return names as a sentence lists them."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])}{WORDS['and'][at_of(language)]}{items[-1]}"


def conclusion(result: Advice, language: str) -> list[str]:
    """Say what the accounts come to, what speaks for and against with its numbers, and what would change it."""
    from bench.stykkpris.simulation.advising.arguments import KINDS

    at = at_of(language)
    told = _verdict(result, language)
    blends = ("blend",) if "blend" in result.kinds.values() else ()
    for kind in ("price", *blends, "grant"):
        own = [reason for reason in result.reasons if reason.kind == kind]
        sides = {
            side: _measured(result, [one.driver for one in own if one.bearing == side], side, kind, language)
            for side in ("for", "against", "either")
        }
        for side, drivers in sides.items():
            if drivers:
                told.append(WORDS[f"said_{side}"][at].format(kind=KINDS[kind][at], drivers=listed(drivers, language)))
        if not any(sides.values()):
            drivers = _measured(result, [one.driver for one in own], "unclear", kind, language)
            told.append(WORDS["said_unclear"][at].format(kind=KINDS[kind][at], drivers=listed(drivers, language)))
    told.append(_would_turn(result, language))
    if "choice" in result.kinds.values():
        told.append(WORDS["said_choice"][at])
    return [*told, *_certainties(result, language)]


def _verdict(result: Advice, language: str) -> list[str]:
    """Say which of unit price and fixed grant the accounts speak for; nothing where they decide neither, or are one."""
    from bench.stykkpris.simulation.advising.arguments import KINDS

    at, titles = at_of(language), system_titles(result, language)
    said = {kind: {one.bearing for one in result.reasons if one.kind == kind} for kind in ("price", "grant")}
    price = ("for" in said["price"] or "against" in said["grant"], "against" in said["price"] or "for" in said["grant"])
    if "either" in said["price"]:
        return []
    if all(price):
        return [WORDS["points_both"][at]]
    if not any(price):
        return []
    kind, other = ("price", "grant") if price[0] else ("grant", "price")
    systems = [titles[name] for name, found in result.kinds.items() if found == kind]
    if not systems:
        return []
    names = {"kind": KINDS[kind][at], "other": KINDS[other][at]}  # type: ignore[index]
    return [WORDS["points_for"][at].format(systems=listed(systems, language), **names)]


def _measured(result: Advice, drivers: Sequence[str], side: str, kind: str, language: str) -> list[str]:
    """Return drivers with their values, as a sentence lists them; the scheme is named where there are several."""
    at, n = at_of(language), Numbers(language)
    several = len({driver.scheme for driver in result.drivers if driver.scheme}) > 1
    made = []
    for key in dict.fromkeys(drivers):
        schemes = {one.scheme for one in result.reasons if (one.driver, one.kind, one.bearing) == (key, kind, side)}
        values = []
        for driver in result.drivers:
            if driver.key == key and driver.scheme in schemes:
                known = WORDS["nothing"][at] if driver.how == "unknown" else driver_texts(driver, n)[0]
                values.append(
                    f"{scheme_title(result, driver.scheme, language)} {known}" if several and driver.scheme else known
                )
        made.append(f"{lowered(DRIVERS[key][at])} ({', '.join(values)})" if values else lowered(DRIVERS[key][at]))
    return made


def _would_turn(result: Advice, language: str) -> str:
    """Say what would change the answer, or decide it where the accounts do not."""
    at = at_of(language)
    price = [reason for reason in result.reasons if reason.kind == "price"]
    deciding = [reason for reason in price if reason.bearing != "unclear"]
    turns = "; ".join(dict.fromkeys(reason.turns[at] for reason in deciding or price))
    return WORDS["would_turn" if deciding else "would_decide"][at].format(turns=turns)


def _certainties(result: Advice, language: str) -> list[str]:
    """Name, system by system, the simulated criteria on which it is best in 95 of 100 worlds.

    Not those on which another is best without the assumed behaviour, and not those on which all worlds are one: there
    the accounts have no noise to tell, and nothing is sure.
    """
    from bench.stykkpris.simulation.criteria import CRITERIA

    at, titles = at_of(language), list(system_titles(result, language).values())
    found: dict[int, list[str]] = {}
    hanging = result.hangs_on_behaviour()
    for criterion in CRITERIA:
        simulated = any(np.ptp(value) > 0.0 for value in result.comparison.values[criterion.key])
        if simulated and criterion.key not in hanging and result.certain(criterion):
            (best,) = result.comparison.best(criterion)
            found.setdefault(best, []).append(lowered(criterion.name[at]))
    said = WORDS["said_certain"][at]
    return [said.format(system=titles[k], criteria=listed(found[k], language)) for k in sorted(found)]


def _conclusion(result: Advice, language: str) -> list[str]:
    lines = [f"- {line}" for line in conclusion(result, language)]
    return [f"## {WORDS['conclusion'][at_of(language)]}", "", *lines, ""]


def _fits(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.advising.arguments import KINDS

    at, titles = at_of(language), system_titles(result, language)
    heads = ("system", "kind", "head_for", "head_against", "head_either", "head_unclear")
    head = [WORDS[word][at] for word in heads]
    rows = []
    for row in result.fits().to_dict("records"):
        counts = [str(row[name]) for name in ("speaks_for", "speaks_against", "either", "unclear")]
        rows.append([titles[str(row["system"])], KINDS[row["kind"]][at], *counts])
    made = [f"## {WORDS['fits'][at]}", "", *_table(head, rows), WORDS["only_two"][at], ""]
    if not result.weights:
        return [*made, WORDS["no_score"][at], ""]
    n = Numbers(language)
    said = ", ".join(f"{key} {n.plain(value, 2)}" for key, value in result.weights.items())
    scored = [[titles[str(row["system"])], n.plain(row["score"], 2)] for row in result.score().to_dict("records")]
    return [*made, f"### {WORDS['score'][at]}: {said}", "", *_table([WORDS["system"][at], ""], scored)]


def _why(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.advising.arguments import KINDS

    at = at_of(language)
    made = [f"## {WORDS['why'][at]}", ""]
    for reason in result.reasons:
        where = f" ({scheme_title(result, reason.scheme, language)})" if reason.scheme else ""
        made.append(
            f"- **{DRIVERS.get(reason.driver, (reason.driver, reason.driver))[at]}{where}** "
            f"{WORDS[reason.bearing][at]} {KINDS[reason.kind][at]}: {reason.text[at]}. "
            f"{WORDS['turns'][at]}: {reason.turns[at]}. ({cited(reason.source, language)})"
        )
    return [*made, ""]


def _drivers(result: Advice, language: str) -> list[str]:
    at, n = at_of(language), Numbers(language)
    rows = []
    for driver in result.drivers:
        name = DRIVERS[driver.key][at]
        if driver.how == "unknown":
            rows.append([scheme_title(result, driver.scheme, language), name, WORDS["nothing"][at], ""])
            continue
        rows.append([scheme_title(result, driver.scheme, language), name, *driver_texts(driver, n)])
    head = [WORDS[word][at] for word in ("scheme", "driver", "value", "band")]
    return [f"## {WORDS['drivers'][at]}", "", *_table(head, rows)]


#: Head of the table of users.
USERS_HEAD = ("scheme", "service", "share", "lowest", "highest", "spread")


def user_rows(result: Advice, language: str) -> list[tuple[str, ...]]:
    """Return what users got of what was decided, by service, as texts; empty where the data do not say it at all."""
    n, nothing = Numbers(language), WORDS["nothing"][at_of(language)]
    if all(row.how == "unknown" for row in result.users):
        return []
    rows = []
    for row in result.users:
        values = (row.share, row.lowest, row.highest, row.spread)
        shown = [nothing if row.how == "unknown" else n.percent(value, 1) for value in values]
        rows.append((scheme_title(result, row.scheme, language), _service(result, row, language), *shown))
    return rows


def _service(result: Advice, row: Delivered, language: str) -> str:
    for scheme in result.comparison.systems[0].model.scheme:
        if scheme.id == row.scheme:
            return str(scheme.find_service(row.service).label.get(language))
    return row.service


def _users(result: Advice, language: str) -> list[str]:
    at, rows = at_of(language), user_rows(result, language)
    head = [WORDS[word][at] for word in USERS_HEAD]
    return [f"## {WORDS['users'][at]}", "", *_table(head, rows)] if rows else []


def driver_texts(driver: Driver, n: Numbers) -> tuple[str, str]:
    """Return a measured driver's value and band as texts."""
    count = driver.key in COUNTS
    value, low, high = (n.number(v) if count else n.percent(v, 1) for v in (driver.value, driver.low, driver.high))
    return value, "" if driver.low == driver.high else f"{low} – {high}"


def criterion_number(value: float, form: Form, n: Numbers) -> str:
    """Return a criterion's number as the language writes it."""
    if form in ("percent", "root"):
        return n.percent(value)
    if form == "answer" and value in (0.0, 1.0):
        return text_table(n.language)["word.yes" if value else "word.no"]
    return n.number(100 * value, 1) if form == "index" else n.number(value)


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion of the table: what readers call it, each system's number with its band, and whose is best."""

    name: str
    shown: tuple[str, ...]
    best: frozenset[int]


def criteria_rows(result: Advice, language: str) -> tuple[list[CriterionRow], list[str]]:
    """Return the rows of the table of criteria, and the names of criteria that no system has a number for."""
    from bench.stykkpris.simulation.criteria import CRITERIA

    at, n = at_of(language), Numbers(language)
    rows, without = [], []
    for criterion in CRITERIA:
        values = result.comparison.values[criterion.key]
        if not any(np.isfinite(np.asarray(value)).any() for value in values):
            without.append(lowered(criterion.name[at]).removesuffix(", kr").removesuffix(", NOK"))
            continue
        best, certain = result.comparison.best(criterion), result.certain(criterion)
        cells = []
        for number, value in enumerate(values):
            cell = criterion_number(float(np.mean(value)), criterion.form, n)
            if np.ndim(value):
                low, high = (
                    criterion_number(float(one), criterion.form, n) for one in np.quantile(value, (0.05, 0.95))
                )
                cell += f" ({low} – {high})"
            mark = " ◄" if certain or np.ndim(value) == 0 else " (◄)"
            cells.append(cell + (mark if number in best else ""))
        name = criterion.name[at]
        if criterion.form == "index":
            name = WORDS["index_name"][at].format(name=name)
        rows.append(CriterionRow(name, tuple(cells), frozenset(best)))
    return rows, without


def _criteria(result: Advice, language: str) -> list[str]:
    at = at_of(language)
    rows, without = criteria_rows(result, language)
    head = [WORDS["criterion"][at], *system_titles(result, language).values()]
    table = _table(head, [[row.name, *row.shown] for row in rows])
    made = [f"## {WORDS['criteria'][at]}", "", WORDS["uncertain"][at], "", *table]
    for note in criteria_notes(result, language, without):
        made += [note, ""]
    return made


def criteria_notes(result: Advice, language: str, without: Sequence[str]) -> list[str]:
    """Return what stands below the table: what hangs on behaviour, and what has no number."""
    from bench.stykkpris.simulation.criteria import CRITERIA

    at, hanging = at_of(language), result.hangs_on_behaviour()
    names = {criterion.key: lowered(criterion.name[at]) for criterion in CRITERIA}
    notes = [f"{WORDS['behaviour'][at]}{listed([names[k] for k in hanging], language)}."] if hanging else []
    return notes + ([f"{WORDS['without'][at]}{listed(without, language)}."] if without else [])


def _argued(result: Advice, language: str) -> list[str]:
    from bench.stykkpris.simulation.advising.arguments import ARGUMENTS

    at = at_of(language)
    rows = [
        [
            one.name[at],
            *(one.ratings[kind] for kind in result.kinds.values()),
            one.because[at],
            cited(one.source, language),
        ]
        for one in ARGUMENTS
    ]
    head = [WORDS["criterion"][at], *system_titles(result, language).values(), "", WORDS["source"][at]]
    return [f"## {WORDS['argued'][at]}", "", WORDS["legend"][at], "", *_table(head, rows)]


def own_bearing(result: Advice, claim: Claim, language: str) -> str:
    """Return what the reader's accounts say of a claim: how the driver it hangs on bears on the kind it is about."""
    from bench.stykkpris.simulation.advising.arguments import KINDS

    at = at_of(language)
    found = [one for one in result.reasons if one.driver == claim.driver and one.kind == claim.kind]
    said = [f"{WORDS[one.bearing][at]} {KINDS[claim.kind][at]}" for one in found]
    if not said:
        return WORDS["no_bearing"][at]
    if len(set(said)) == 1:
        return said[0]
    return "; ".join(f"{scheme_title(result, r.scheme, language)}: {s}" for r, s in zip(found, said, strict=True))


def _claims(result: Advice, language: str) -> list[str]:
    """The conclusions of the evaluation that something in the reader's accounts bears on."""
    from bench.report.tables.claims import WORDS as SAID
    from bench.report.tables.claims import outcome
    from bench.stykkpris.simulation.advising.claims import claims

    at = at_of(language)
    lines = [
        f"- {one.said[at]}. {WORDS['own_accounts'][at]}: {own_bearing(result, one, language)}. "
        f"{SAID['tried'][at]}: {outcome(one, at)}. ({cited(one.source, language)})"
        for one in claims()
        if one.driver
    ]
    return [f"## {SAID['title'][at]}", "", SAID["intro"][at], "", *lines, ""]


def _maps(result: Advice, language: str) -> list[str]:
    made = [f"## {WORDS['map'][at_of(language)]}", ""]
    for one in result.maps:
        made += _map(one, language, system_titles(result, language))
    return made


def _map(one: FlipMap, language: str, titles: Mapping[str, str]) -> list[str]:
    at, n = at_of(language), Numbers(language)

    def best(r: int, c: int) -> str:
        place = int(one.best[r, c])
        if place < 0:
            return WORDS["same"][at]
        name = one.systems[place]
        return WORDS["stay"][at] if name == "stay" else titles.get(name, refused_title(name, language))

    rows_name, columns_name = one.rows[0], one.columns[0]
    head = [
        f"{DRIVERS[rows_name][at]} × {DRIVERS[columns_name][at]}",
        *(shown_value(columns_name, value, n) for value in one.columns[1].tolist()),
    ]
    rows = [
        [shown_value(rows_name, value, n), *(best(r, c) for c in range(len(one.columns[1])))]
        for r, value in enumerate(one.rows[1].tolist())
    ]
    note = [one.note[at], ""] if one.note[at] else []
    return [f"### {DRIVERS[one.criterion][at]}", "", *_table(head, rows), *note]


def refusal(why: str, remedy: str, language: str) -> str:
    """Return why a file cannot carry a system, and what to do about it."""
    told = in_language(why, language)
    return f"{told} → {in_language(remedy, language)}" if remedy else told


def _refused(result: Advice, language: str) -> list[str]:
    if not result.refused:
        return []
    lines = [
        f"- {refused_title(name, language)} (`{name}`): {refusal(why, remedy, language)}"
        for name, (why, remedy) in result.refused.items()
    ]
    return [f"## {WORDS['refused'][at_of(language)]}", "", *lines, ""]


def _unknown(result: Advice, language: str) -> list[str]:
    at = at_of(language)
    return [f"## {WORDS['unknown'][at]}", "", *(f"- {said[at]}" for said in result.unknown), ""]
