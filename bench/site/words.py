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
