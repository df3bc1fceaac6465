"""Headings that say how much there is of something per something else: rates, shares, means and prices per unit.

Such a column is no volume and no cost: it does not grow with the unit, and units that merge do not add theirs. A
heading that only says when or how long is counted (``Plasser per 31.12``, ``Timer pr. år``) is none of them, nor is the
mean over the year of what there is a number of at any time (``Gjennomsnittlig antall brukere``).
"""

from __future__ import annotations

import re

#: Behind ``per``: a date, a day of the year, or the period of the accounts. What is counted stays an amount.
_WHEN = (
    r"\d{1,2}[./]\s?\d|\d{1,2}\.?\s?(?:jan|feb|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|des|dec)|(?:19|20)\d\d"
    r"|år\b|aar\b|year\b|annum\b|uke\b|veke\b|week\b|måned\b|maaned\b|mnd\b|month\b|kvartal\b|quarter\b|tertial\b"
    r"|(?:jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des)\w*\b|utgangen|begynnelsen|slutten|årsslutt|i dag|dato|date"
)
_PER = re.compile(rf"(?<!\w)(?:per|pr)(?!\w)(?!\.?\s*(?:{_WHEN}|$))|(?<!\w)(?:for hver|for every|à)\s", re.IGNORECASE)
#: A sign of per cent that is a measure, not a size of post such as ``80 % stilling``.
_PER_CENT = re.compile(r"(?<!\d)(?<!\d\s)%|\b(?:prosent(?:vis)?|pst|pct|per ?cent|percentage)\b", re.IGNORECASE)
_MEAN = re.compile(
    r"\b(?:gj\.?\s?snitt\w*|gjennomsnitt\w*|snitt\w*|median\w*|average\w*|avg|mean)\b|\bi snitt\b", re.IGNORECASE
)
_SHARE = re.compile(
    r"\b\w*andel(?:en|er)?\b|\b(?:share|shares|proportion|ratio|forholdstall|kvote|fraction)\b"
    r"|\b\w*(?:prosent|rate|raten|kvotient)\b(?<!separate)(?<!corporate)(?<!karate)"
    r"|\b(?:deknings|belegg?s|utnyttelses|stillings|utnyttings|fyllings|bruks|oppfyllings|måloppnåelses)\w*grad(?:en)?\b"
    r"|\b(?:dekning|coverage|occupancy|utilisation|utilization|måloppnåelse|prevalen[sc]e?)\b",
    re.IGNORECASE,
)
#: ``kr/time``: a quantity over one of something.
_OVER = re.compile(
    r"\b(?:kr|nok|kroner|timer?|min(?:utter)?|hours?|minutes?|\w*kostnad(?:er)?|\w*utgift(?:er)?|costs?|årsverk|fte"
    r"|stillinger|besøk|visits?|brukere|users|døgn|dager|days|plasser|km|ansatte|vedtak)\.?\s?/\s?"
    r"(?:time|bruker|besøk|døgn|dag|plass|innb\w*|hour|user|visit|day|place|bed|patient|capita|opphold|liggedøgn|pasient"
    r"|elev|barn|beboer|person|ansatt|årsverk|fte|enhet|unit|stk|vedtak|km|uke|week|stay|child|pupil|resident)\b",
    re.IGNORECASE,
)
#: How long one of something takes or lasts, whatever it is counted in.
_LASTS = re.compile(
    r"\b(?:vente|ligge|saksbehandlings|behandlings|respons|reise|opphold?s|bo|svar|kjøre)tid(?:en|er)?\b"
    r"|\b(?:waiting|response|processing|turnaround|lead|travel|driving) times?\b|\blength of stay\b|\blos\b",
    re.IGNORECASE,
)
#: A price: of one unit of something, whether it says so or not.
_PRICE = re.compile(
    r"\b(?:enhets|stykk|time|døgn|besøks|bruker|gjennomsnitts|snitt)(?:kostnad(?:er)?|pris(?:er)?|utgift(?:er)?)\b"
    r"|\bunit (?:costs?|prices?)\b|\b(?:hourly|daily) (?:costs?|rates?|wages?)\b",
    re.IGNORECASE,
)
#: What there is a number of at any time: its mean over the year is an amount, a mean of hours or visits is for each.
_STOCK = (
    r"(?:brukar(?:ar|ane)?|brukere|bruker|mottak(?:ere|arar)|plass(?:er|ar)?|senge?(?:r|plasser|plassar)?|beboere|bebuarar"
    r"|elev(?:er|ar)?|barn|pasient(?:er|ar)?|innbyggjarar|innbyggere|innbygger(?:e|tall)|folketall|folketal|folkemengde"
    r"|klient(?:er|ar)?|deltak(?:ere|arar)|person(?:er|ar)?|årsverk|ansatte|tilsette|stillinger|stillingar"
    r"|\w*(?:plasser|plassar|brukere|brukarar|årsverk|elever|elevar|senger)"
    r"|users?|places?|beds?|residents?|pupils?|students?|children|patients?|inhabitants|population|clients?|recipients?"
    r"|participants?|persons?|people|employees|staff|fte)"
)
_MEAN_WORD = (
    r"(?:(?:års|måneds|dags|døgn)?(?:gj\.?\s?snitt|gjennomsnitt)(?:lige?|leg|lege)?|(?:års)?snitt|middel"
    r"|average|avg\.?|mean)"
)
_MEAN_STOCK = re.compile(
    rf"^{_MEAN_WORD}\s+(?:(?:daglige?|månedlige?|årlige?|dagleg|daily|monthly|yearly|annual)\s+)?"
    rf"(?:(?:antall|antal|tal|number of|no\. of|count of)\s+)?{_STOCK}\b"
    rf"|^(?:(?:antall|antal|tal|number of)\s+)?{_STOCK}\b[^/%]*?(?:[,(–-]\s*|\s(?:i\s|on\s)?){_MEAN_WORD}\b"
    r"(?!\s+(?!(?:over|per|pr|i|for|gjennom|of|in|året|year)\b)\w)",
    re.IGNORECASE,
)
_RATES = (_PER, _PER_CENT, _MEAN, _SHARE, _OVER, _LASTS, _PRICE)


def is_rate(name: str) -> bool:
    """Tell whether a heading is that of a rate, a share, a mean, a duration or a price per unit.

    Examples
    --------
    >>> is_rate("Reisetid (min per besøk)"), is_rate("Kr/time"), is_rate("Dekningsgrad")
    (True, True, True)
    >>> is_rate("Timer hjemmesykepleie"), is_rate("Plasser per 31.12"), is_rate("Brukere med 80 % stilling")
    (False, False, False)
    >>> is_rate("Gjennomsnittlig antall brukere"), is_rate("Gjennomsnittlig antall timer")
    (False, True)
    """
    plain = " ".join(name.replace("_", " ").split())
    found = [pattern for pattern in _RATES if pattern.search(plain) is not None]
    return found != [] and not (found == [_MEAN] and _MEAN_STOCK.search(plain) is not None)
