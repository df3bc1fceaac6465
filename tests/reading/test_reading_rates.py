"""The role of a column by its heading, decided from the heading alone before it was tried.

A rate, a share, a mean, a duration or a price per unit is never proposed as a volume or as a cost; an amount that
looks like one is.
"""

from __future__ import annotations

import io

import pytest

from bench.mapping import propose
from bench.reading import check_file

RATES = (
    "Reisetid (min per besøk)", "Timer per bruker", "Timer pr. bruker", "Timer pr bruker", "Kr per time", "kr/time",
    "NOK per hour", "Kostnad per døgn", "Kostnad pr. liggedøgn (kr)", "Utgift per innbygger", "Cost per visit",
    "Enhetskostnad", "Unit cost", "Stykkpris", "Timepris (kr)", "Døgnpris", "Dekningsgrad", "Dekningsgrad plasser",
    "Andel timer natt", "Andel brukere over 80", "Share of hours at night", "Percentage of users over 80",
    "Sykefravær (%)", "Sykefravær %", "Sykefravær i prosent", "Beleggsprosent døgn", "Occupancy rate (beds)",
    "Snitt timer", "Gjennomsnittlig liggedøgn", "Gj.snitt timer per uke", "Gjennomsnitt besøk", "Average hours",
    "Mean visits", "Median ventetid (dager)", "Liggetid (døgn)", "Ventetid (dager)", "Length of stay (days)",
    "Waiting time (days)", "Brukere per ansatt", "Users per nurse", "Timer/bruker", "Besøk/årsverk",
    "Plasser per 1000 innbyggere", "Døgn pr. 1 000 innb.", "Beds per 1,000 inhabitants", "Driftsutgifter pr. bruker",
    "Gjennomsnittlig antall timer", "Gjennomsnittlig antall brukere per ansatt", "Gjennomsnittlig ventetid brukere",
    "Gjennomsnittlig alder beboere", "Snitt timer brukere", "Average number of visits", "Mean users per nurse",
    "Brukere, gjennomsnittlig alder", "Gj.snitt barn pr. avdeling", "Mean length of stay, patients",
    "Stillingsgrad årsverk", "timer_per_bruker", "Kostnad i prosent av budsjett", "Ratio of hours",
)  # fmt: skip
OUTPUTS = (
    "Timer hjemmesykepleie", "Liggedøgn", "Plasser per 31.12", "Brukere pr. 31.12.2023", "Brukere per 1. januar",
    "Timer per år", "Hours per year", "Vedtak pr. år", "Timer dag/natt", "Besøk kveld/helg", "Antall med 80 % stilling",
    "Brukere over 67 år", "Timer praktisk bistand/opplæring", "Antall personer", "Beleggsdøgn", "Hours home nursing",
    "Gjennomsnittlig antall brukere", "Gjennomsnittlig antall brukere per år", "Gj.snitt antall plasser",
    "Snitt plasser",
    "Average number of users", "Mean number of places", "Brukere (årsgjennomsnitt)", "Brukere i snitt",
    "Plasser, snitt",
    "Gjennomsnittleg tal brukarar", "Årsgjennomsnitt beboere", "Gjennomsnittlig antall sykehjemsplasser",
    "Number of users (average)", "Mean daily patients",
    "Visits (separate)", "Timer personlig assistanse", "Antall perioder", "Brukertimer", "Timer i 2023",
)  # fmt: skip
COSTS = ("Driftsutgifter per år", "Brutto driftsutgifter", "Lønnskostnad", "Personalkostnad", "Kostnad pr. 31.12.2023",
         "Operating cost per year", "Kostnader drift/vedlikehold")  # fmt: skip
CONDITIONS = ("Reisetid (min per besøk)", "Andel brukere over 80", "Reisetid timer", "Avstand (km per besøk)",
              "Share of hours at night")  # fmt: skip


def file(heading: str) -> io.BytesIO:
    rows = "".join(f"Sone {k};{5_003_000 + 1_007 * k * k};{1200 + 7 * k * k}\n" for k in range(1, 9))
    return io.BytesIO(f'enhet;Totalt beløp;"{heading}"\n{rows}'.encode())


def role(heading: str) -> str:
    return check_file(file(heading)).columns[-1].role


@pytest.mark.parametrize("heading", RATES)
def test_a_rate_is_no_volume_and_no_cost(heading: str) -> None:
    assert role(heading) not in ("inputs", "outputs", "id")


@pytest.mark.parametrize("heading", OUTPUTS)
def test_an_amount_that_looks_like_a_rate_is_a_volume(heading: str) -> None:
    assert role(heading) == "outputs"


@pytest.mark.parametrize("heading", COSTS)
def test_a_cost_is_a_cost(heading: str) -> None:
    assert role(heading) == "inputs"


@pytest.mark.parametrize("heading", CONDITIONS)
def test_a_condition_is_a_condition(heading: str) -> None:
    assert role(heading) == "environment"


@pytest.mark.parametrize("heading", RATES[::3])
def test_a_mapping_says_what_it_left(tmp_path, heading: str) -> None:
    head, *rows = file(heading).getvalue().decode().splitlines()
    names = head.replace("Totalt beløp", "Driftsutgifter").replace("enhet;", "enhet;timer;")
    text = "\n".join([names, *(row.replace(";", f";{k * 90 + 400};", 1) for k, row in enumerate(rows))])
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    proposal = propose(tmp_path / "f.csv", year=2024)
    assert proposal.mapping.roles.outputs == ["timer"]
    assert proposal.mapping.roles.cost == "Driftsutgifter"
    said = "\n".join(proposal.comments)
    assert (heading in said) or (heading in proposal.mapping.roles.environment)
