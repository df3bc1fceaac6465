"""The words around the pages of the site, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "nb": {
        "title": "Veiledning til stykkpris",
        "lead": "Alt om metodene, modellene og filene, i en mappe som åpnes uten nett.",
        "skip": "Hopp til innholdet",
        "home": "Forsiden",
        "other": "English",
        "search": "Søk i veiledningen",
        "search_help": "Skriv ett eller flere ord. Treffene kommer under feltet.",
        "hits": "treff",
        "none": "Ingen treff",
        "group_task": "Etter oppgave",
        "group_guide": "Metoder og arbeidsmåter",
        "group_model": "Finansieringsmodeller",
        "english": "Disse sidene er på engelsk.",
        "gallery": "Figurene",
        "gallery_lead": "Figurene er regnet ut og tegnet av programmet da mappen ble laget. "
        "Under hver står kommandoen som gir den.",
        "reading": "Slik leses den",
        "made": "Laget med stykkpris",
        "start": "Veiledning til stykkpris",
    },
    "en": {
        "title": "Guide to stykkpris",
        "lead": "All about methods, models and files, in a folder that opens without a network.",
        "skip": "Skip to content",
        "home": "Front page",
        "other": "Norsk",
        "search": "Search the guide",
        "search_help": "Write one or more words. What is found comes below the field.",
        "hits": "found",
        "none": "Nothing found",
        "group_task": "By task",
        "group_guide": "Methods and ways of working",
        "group_model": "Financing models",
        "english": "",
        "gallery": "The charts",
        "gallery_lead": "The charts were computed and drawn by the engine when this folder was made. "
        "Below each stands the command that draws it.",
        "reading": "How to read it",
        "made": "Made with stykkpris",
        "start": "Guide to stykkpris",
    },
}

#: Words of the trade, bokmål and English: the guide's pages are in English, and are looked for in either.
TRADE: tuple[tuple[str, str], ...] = (
    ("anke", "appeal"), ("klage", "appeal"), ("arbeidsbok", "workbook"), ("atferd", "behaviour"),
    ("avvik", "variance"), ("bestiller", "purchaser"), ("blanding", "blend"), ("brev", "letter"),
    ("budsjett", "budget"), ("dekning", "coverage"), ("effektiv", "efficien"), ("etterspørsel", "demand"),
    ("etterprøv", "verify"), ("fastpris", "fixed price"), ("beslutningsnotat", "memo"), ("forutsetning", "assum"),
    ("front", "frontier"), ("fusjon", "merger"), ("sammenslå", "merger"), ("innsatsstyrt", "activity-based"),
    ("intervall", "interval"), ("kapasitet", "capacity"), ("konfidens", "confidence"), ("kostnad", "cost"),
    ("kostnadsnorm", "cost norm"), ("krav", "requirement"), ("kvalitet", "quality"), ("likning", "equation"),
    ("medlem", "member"), ("modellfil", "model file"), ("målestokk", "benchmark"), ("norm", "norm"),
    ("nettverk", "network"), ("oppgjør", "settlement"), ("overregistrering", "over-record"),
    ("overskudd", "surplus"), ("merforbruk", "deficit"), ("underskudd", "deficit"), ("pris", "price"),
    ("prikking", "small counts"), ("produktivitet", "productivity"), ("ramme", "grant"), ("rammevilkår", "environment"),
    ("rangering", "rank"), ("regneark", "workbook"), ("revisor", "audit"), ("risiko", "risk"),
    ("råd", "advice"), ("sammenlign", "compar"), ("simuler", "simulat"), ("skala", "scale"),
    ("skjerming", "small counts"), ("sporing", "trace"), ("stordrift", "returns to scale"), ("støy", "noise"),
    ("stykkpris", "unit price"), ("tjeneste", "service"), ("trekning", "draw"), ("usikker", "interval"),
    ("uteligger", "outlier"), ("vedtak", "decision"), ("vekt", "weight"), ("volum", "volume"),
)  # fmt: skip
