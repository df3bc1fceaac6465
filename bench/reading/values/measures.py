"""What a text says about the measure of the numbers near it: thousands, millions, which currency.

Statements stand in column names (``kostnad (1000 kr)``), in titles above and notes below a table (``Tall i mill. kr``),
in a row of measures under the header, in the unit of a JSON-stat quantity and in the format of a spreadsheet's cells. A
number that is read without its measure is wrong by a factor, so every statement is heard, or named and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

#: Currencies by the words and signs that stand for them. ``kr`` is Norwegian where nothing else is said.
CURRENCIES = {
    "NOK": r"nok|kroner|kronar|krone|kr",
    "SEK": r"sek|kronor",
    "DKK": r"dkk",
    "ISK": r"isk",
    "EUR": r"eur|euros?|€",
    "USD": r"usd|us\$|dollars?|\$",
    "GBP": r"gbp|pounds?|£",
    "CHF": r"chf|franken",
}

#: Words that multiply what stands beside them.
_FACTORS = (
    (1e9, r"mrd|milliard(?:er)?|milliardar|billions?|bn"),
    (1e6, r"mill|mil|millioner|millionar|million|millions|mio|mn|'000[ ]?000"),
    (1e5, r"hundre[ ]?tusen|hundred[ ]thousand"),
    (1e3, r"hele[ ]tusen|tusener|tusen|tsd|tausend|thousands?|['’]000s?|(?<![\d][ .,'’])(?<!\d)000s?|1e3|t|k"),
    (1e2, r"hundre|hundreds?"),
    (1e-2, r"øre|öre|ører|cents?"),
)
#: A power of ten in figures: 100, 1000, 1 000, 10.000, 100 000, 1 000 000.
_FIGURES = r"1000?0?0?0?(?!\d)(?:[ .,'’]?000)*|100?[ .,'’]000(?:[ .,'’]000)*|1[ .,'’]?000(?:[ .,'’]?000)*"
_ALONE = {
    1e9: r"mrd|milliarder|bn",
    1e6: r"mill|millioner|millionar|mio|millions|mn",
    1e3: _FACTORS[3][1].removesuffix("|t|k"),
}

_WORDS = "|".join([_FIGURES, *(words for _, words in _FACTORS)])
_THINGS = "|".join([r"1[ .,'’]?000(?:[ .,'’]?000)?|100?[ .,'’]?000", *_ALONE.values()])
#: Words between a factor and its currency: «mill. faste 2020-kroner», «tusen norske kroner».
_BETWEEN = r"(?:(?:faste|løpende|norske|norwegian|(?:19|20)\d\d)[ -]*)*"
_CURRENCY = "|".join(f"(?P<{code}>{words})" for code, words in CURRENCIES.items())
_ANY = "|".join(CURRENCIES.values())
_EDGE = r"(?<![^\W\d_])"
_END = r"(?![^\W_])"
_NOT_PER = r"(?<!per )(?<!pr )(?<!pr\. )(?<!/ )(?<!/)(?<!per\xa0)"

#: ``1000 kr``, ``mill. kr``, ``tkr``, ``Tsd. EUR``; and ``kr 1000``, ``EUR m``, ``NOK i tusen``.
_BEFORE = re.compile(
    rf"{_NOT_PER}{_EDGE}(?<!\d)(?:(?P<words>{_WORDS})[.]?[ -]?(?:av |of |i |in )?{_BETWEEN}|(?P<m>m)[ ]?)"
    rf"(?:{_CURRENCY}){_END}",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"{_EDGE}(?:{_CURRENCY})[.,]?[ ]?(?:\(?(?:i|in)[ ])?"
    rf"(?:(?P<words>{_WORDS}|k)|(?P<m>m))[.]?{_END}",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_EDGE}(?:{_CURRENCY}){_END}", re.IGNORECASE)
#: Without a currency a factor counts where it stands alone in brackets, after «in», or before the noun it counts.
_LOOSE = re.compile(
    rf"(?:[(\[]\s*(?:(?:alle |all )?(?:tall|beløp|figures|amounts|numbers)?\s*(?:i |in )?)"
    rf"(?P<bracket>{_THINGS}|k){_END}[.]?\s*(?:[^\W\d]+\s*)?[)\]]|"
    rf"(?:\b(?:i|in)(?:\s+hele)?|:|\bx)\s*(?P<word>{_THINGS}){_END}|^(?P<noun>1[ .]?000)\s+[^\W\d]+$)",
    re.IGNORECASE,
)
#: A limit or a rate is no measure: «over 1000 kr», «per 1000 innbyggere», «under 1 mill. kr».
_RATE = re.compile(
    r"(?:\b(?:per|pr\.?|over|under|minst|inntil|maks|mer enn|mindre enn|på|above|below|at least|up to)|[/<>≥≤])\s*"
    r"(?:kr\.?|nok|€|\$|£)?\s*\d+(?:[ .']000)*(?!\d)(?:\s*(?:mill|mrd|million|milliard|tusen)\w*\.?)?",
    re.IGNORECASE,
)
#: A number that names an account, a department or a post is no measure either: «konto 1000».
_REFERENCE = re.compile(
    rf"\b(?:konto|kto|art|arter|ansvar|avd|avdeling|kap|kapittel|post|prosjekt|sone|funksjon|tjeneste|kode|nr|no|rad|"
    rf"linje|account|dept|department|project|code|side|page)\.?\s*(?:nr\.?\s*)?\d+(?:\s*[-–]\s*\d+)?(?!\d)(?!\s*(?:{_ANY})\b)",
    re.IGNORECASE,
)
#: A power of ten: «10^3 kr», «10³ kr», «´000 kr».
_POWERS = {"10^3": "1000", "10³": "1000", "10^6": "1000000", "10⁶": "1000000", "´": "'", "`": "'"}
#: A factor as the last word of an amount's name: «kostnad tusen», «kostnad_1000».
_LAST = re.compile(r"[\s,_*]\(?(?P<times>x|[*]\s*)?(?P<what>tusen|mill|mrd|mio|1[ .]?000|øre|ore)\)?$", re.IGNORECASE)
#: A letter that may stand for thousands or millions behind an amount's name: «kostnad (k)», «kostnad (m)».
_LETTER = re.compile(r"(?:[(\[]\s*(?P<letter>[ktm])\s*[)\]]|[\s,_](?P<last>k))$", re.IGNORECASE)
_PER_MONEY = re.compile(rf"(?:{_ANY})\.?\s*(?:/|per\b|pr\b)", re.IGNORECASE)
_CENTS = re.compile(r"(?:[(\[]|\bi\s+)\s*(?:øre|öre)\s*[)\]]?", re.IGNORECASE)

_MONEY = re.compile(
    r"kostnad|utgift|kost(?:\b|_)|\bcosts?\b|cost|expend|opex|totex|budsjett|budget|lønn|lonn|wage|beløp|belop|amount|"
    r"inntekt|income|revenue|regnskap|turnover|omsetning|tilskudd|grant|kosten|aufwand|avskriv|depreciation",
    re.IGNORECASE,
)
_PHYSICAL = re.compile(
    r"timer|hours?|besøk|besok|visits?|bruker|users?|døgn|dogn|dager|days?|plasser|places|beds?|antall|number|"
    r"årsverk|aarsverk|fte|stilling|staff|ansatte|vedtak|innbygg|inhabit|popul|km|prosent|andel|share|alder|age",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What was heard.

    Attributes
    ----------
    factor : float
        Take the numbers times this to have whole units of the currency, or whole things counted.
    currency : str
        ISO code, empty where none is named.
    text : str
        The words that say it.
    sure : bool
        Whether the words can hardly mean anything else; a lone ``1000`` behind a name can be an account.
    """

    factor: float
    currency: str
    text: str
    sure: bool = True


def heard(text: str) -> Measure | None:
    """Return the measure a text states, or None.

    Examples
    --------
    >>> heard("kostnad (1000 kr)").factor, heard("Kosten Tsd. EUR").currency, heard("mill. kr").factor
    (1000.0, 'EUR', 1000000.0)
    >>> heard("utgift per 1000 innbyggere") is None, heard("timer") is None
    (True, True)
    >>> heard("Netto driftsutgifter (kr)")
    Measure(factor=1.0, currency='NOK', text='kr', sure=True)
    """
    plain = " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").replace("_", " ").split())
    for power, figures in _POWERS.items():
        plain = plain.replace(power, figures)
    plain = _REFERENCE.sub(" ", _RATE.sub(" ", plain)).rstrip()
    for pattern in (_BEFORE, _AFTER):
        match = pattern.search(plain)
        if match is not None:
            return Measure(_factor(match), _currency(match), match[0].strip())
    loose = _LOOSE.search(plain)
    bare = _BARE.search(plain)
    money = names_money(plain)
    if loose is not None and loose["bracket"] in ("k", "K"):
        loose = None
    if loose is None and money:
        last, letter = _LAST.search(plain), _LETTER.search(plain)
        if last is not None:
            factor = 1e-2 if last["what"].lower() in ("ore", "øre") else _factor_of(last["what"])
            return Measure(factor, "", last["what"], bool(last["times"]) or not last["what"][:1].isdigit())
        if letter is not None:
            found = (letter["letter"] or letter["last"]).lower()
            return Measure(1e6 if found == "m" else 1e3, "", letter[0].strip(" ,"), sure=False)
    if loose is not None:
        word = next(group for group in (loose["bracket"], loose["word"], loose["noun"]) if group)
        said = loose[0].strip(" ()[]")
        sure = not (loose["bracket"] and re.fullmatch(r"[\d .,'’]+", said))
        return Measure(_factor_of(word), _currency(bare) if bare else "", said, sure)
    if _CENTS.search(plain):
        return Measure(1e-2, "NOK", "øre")
    if bare is not None:
        return Measure(1.0, _currency(bare), bare[0])
    return None


def stated(text: str) -> Measure | None:
    """Return the measure of a text that is a measure and nothing else, such as a cell of a row or column of measures.

    Examples
    --------
    >>> stated("1000").factor, stated("mill.").factor, stated("kr i 1000").factor, stated("plasser") is None
    (1000.0, 1000000.0, 1000.0, True)
    """
    plain = text.strip().strip("()[]").strip()
    measure = heard(plain)
    if measure is None or measure.factor == 1.0:
        measure = heard(f"(i {re.sub(r'^(?:i|in|hele) ', '', plain)})") or measure
    return None if measure is None else replace(measure, text=plain, sure=True)


def _factor(match: re.Match[str]) -> float:
    return 1e6 if match["m"] else _factor_of(match["words"])


def _factor_of(word: str) -> float:
    digits = re.sub(r"[ .,'’]", "", word)
    if re.fullmatch(r"10+", digits):
        return float(digits)
    return next(factor for factor, words in _FACTORS if re.fullmatch(words, word, re.IGNORECASE))


def _currency(match: re.Match[str]) -> str:
    return next(code for code in CURRENCIES if match[code])


def names_money(name: str) -> bool | None:
    """Tell whether a column's name speaks of money (True), of things that are counted (False), or of neither (None).

    Examples
    --------
    >>> names_money("Brutto driftsutgifter"), names_money("timer"), names_money("x1"), names_money("Kroner")
    (True, False, None, True)
    """
    if _BARE.search(name) and not _PER_MONEY.search(name):
        return True
    if _MONEY.search(name):
        return True
    return False if _PHYSICAL.search(name) else None


#: Words a row or a column of measures is made of.
_MEASURE_WORDS = (
    rf"(?:[tkm]|mill|mio)?[.]?(?:{_ANY})|{_FIGURES}|['’]?000s?|i|in|av|of|hele|alle|faste|løpende|(?:19|20)\d\d|tusen|tusener|"
    r"thousands?|millions?|millioner|millionar|mill|mio|mn|mrd|milliarder|tsd|hundre|øre|priser|"
    r"timar|time|timer|hours?|h|t|stunden|vedtakstimer|antall|ant|anzahl|stk|number|tall|no|døgn|dager|dag|days?|tage|"
    r"besøk|visits?|brukere|bruker|users|prosent|pst|%|percent|per|cent|andel|km|kilometer|min|minutter|minutes|minutt|"
    r"årsverk|fte|stillinger|plasser|plass|places|beds|senger|personer|persons|innbyggere|tekst|text|år|year|poeng|points|"
    r"index|indeks|m²|m2|kvm|liter|kg|tonn|opphold|konsultasjoner|vedtak|liggedøgn|oppholdsdøgn|elever|barn"
)
_MEASURE_WORD = re.compile(rf"[(\[]?\s*(?:(?:{_MEASURE_WORDS})[. /-]*)+[)\]]?", re.IGNORECASE)


def is_measure_word(text: str) -> bool:
    """Tell whether a text is a measure and nothing else: ``kr``, ``timer``, ``(1000 kr)``, ``hele tusen``.

    Examples
    --------
    >>> [is_measure_word(text) for text in ("kr", "(1000 kr)", "Nordre", "timer", "hele kr", "NOK thousand", "[h]")]
    [True, True, False, True, True, True, True]
    """
    return _MEASURE_WORD.fullmatch(text.strip()) is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """A measure and where it is stated.

    Attributes
    ----------
    measure : Measure
    kind : str
        ``"header"``, ``"measure row"``, ``"format"``, ``"unit"`` (of a JSON-stat quantity), ``"comment"`` and
        ``"measure column"`` speak of one column; ``"title"``, ``"note"``, ``"sheet"``, ``"page header"``,
        ``"text box"`` and ``"other sheet"`` of a whole table.
    sheet, cell : str
        Where it stands; it speaks of the rows of that sheet.
    shown : float
        Of a format: the numbers are shown divided by this.
    certain : bool
        Whether it speaks of every number of its column or table: a comment on one cell, a format of some cells, and a
        text on another sheet may not.
    """

    measure: Measure
    kind: str
    sheet: str = ""
    cell: str = ""
    shown: float = 1.0
    certain: bool = True
