"""A model explained: a page made of what its file says, so that no model is without one and none is out of date."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from bench.catalogue import METHODS
from bench.modelfile.load import parts_of_name
from bench.modelfile.model import Model
from bench.modelfile.sections.analysis import FrontierOptions
from bench.modelfile.sections.situations import Expect
from bench.modelfile.texts.diff import meaning_of

_WORDS = {
    "nb": {
        "know": "Verd å vite",
        "sources": "Kilder",
        "schemes": "Ordninger og tjenester",
        "measured": "Slik måles effektiviteten",
        "values": "Verdiene, og hvor de kommer fra",
        "table": ("betydning", "fra", "verdi", "status", "kilde"),
        "cases": "Eksempler med fasit",
        "alternatives": "Alternativer",
        "run": "Kjør den",
        "is": "skal bli",
        "data": "på egne, medfølgende tall",
        "data_of": "på tallene til {other}",
        "data_case": "på tallene i eksempelet «{case}»",
        "data_none": "på en fil av din egen",
        "by": "i {unit}",
        "documented": "dokumentert",
        "assumed": "antatt",
        "scenario": "scenario",
    },
    "en": {
        "know": "Worth knowing",
        "sources": "Sources",
        "schemes": "Schemes and services",
        "measured": "How efficiency is measured",
        "values": "The values, and where they come from",
        "table": ("meaning", "from", "value", "status", "source"),
        "cases": "Cases with their outcome",
        "alternatives": "Alternatives",
        "run": "Run it",
        "is": "is to be",
        "data": "on bundled data of its own",
        "data_of": "on the data of {other}",
        "data_case": "on the numbers of the case “{case}”",
        "data_none": "on a file of your own",
        "by": "per {unit}",
        "documented": "documented",
        "assumed": "assumed",
        "scenario": "scenario",
    },
}
#: Values that are the file's own words for readers, shown elsewhere on the page.
_TOLD = ("meta", "data", "basis", "case", "alternative")


def model_page(model: Model, language: str = "nb", called: str | None = None) -> str:
    """Return a model explained as Markdown: what it is, how it pays and measures, its values with sources, its cases.

    Parameters
    ----------
    model : Model
    language : {"nb", "en"}
    called : str, optional
        What names the model in a command: ``"kristiansand@frontier"``, or the path of a file of one's own. The bundled
        model's own name when omitted.

    Examples
    --------
    >>> from bench.modelfile.load import load_model
    >>> text = model_page(load_model("hamar"), "en")
    >>> text.splitlines()[0].startswith("# ")
    True
    >>> "bench run hamar --out" in text
    True
    """
    w = _WORDS[language]
    meta = model.meta
    called = meta.name if called is None else called
    base, _ = parts_of_name(called)
    lines = [f"# {meta.title.get(language)}", ""]
    if meta.description is not None:
        lines += [meta.description.get(language).strip(), ""]
    sections: list[tuple[Any, Iterator[str]]] = [
        (w["know"], (f"* {note.get(language)}" for note in meta.note)),
        (w["schemes"], _schemes(model, language)),
        (w["measured"], _measured(model, language)),
        (w["values"], _values(model, language)),
        (w["cases"], _cases(model, language)),
        (w["alternatives"], (f"* `{base}@{part.name}`: {part.title.get(language)}" for part in model.alternative)),
        (w["sources"], (f"* {source}" for source in meta.sources)),
        (w["run"], _commands(model, language, called)),
    ]
    for title, part in sections:
        body = list(part)
        if body:
            lines += [f"## {title}", "", *body, ""]
    return "\n".join(lines).rstrip() + "\n"


def _schemes(model: Model, language: str) -> Iterator[str]:
    per = str(_WORDS[language]["by"])
    for scheme in model.scheme:
        services = [
            f"{service.label.get(language)} ({per.format(unit=service.measure.get(language))})"
            for service in scheme.service
        ]
        yield f"* **{scheme.label.get(language)}**" + (f": {', '.join(services)}" if services else "")


def _measured(model: Model, language: str) -> Iterator[str]:
    rule = model.frontier
    for variant in rule.variants:
        spec = METHODS[variant.method]
        stated = {name: getattr(variant, name) for name in ("inputs", "environment", *spec.keys)}
        keys = [f"{name} = {_plain(value)}" for name, value in stated.items() if value not in (None, (), {})]
        name = spec.nb if language == "nb" else spec.en
        yield (
            f"* `{variant.id}`: {name}" + (f" ({'; '.join(keys)})" if keys else "") + f" – `bench explain {spec.topic}`"
        )
    if rule.variants:
        for name in ("rts", "periods", "window"):
            value = getattr(rule, name)
            if value is not None:
                label = FrontierOptions.model_fields[name]
                extra: Any = label.json_schema_extra
                yield f"* {extra['nb'] if language == 'nb' else label.description}: {value}"
    for analysis in model.analysis:
        spec = METHODS[analysis.method]
        yield f"* `{analysis.id}`: {spec.nb if language == 'nb' else spec.en} – `bench explain {spec.topic}`"


def _values(model: Model, language: str) -> Iterator[str]:
    w = _WORDS[language]
    frame = model.assumptions()
    frame = frame[~frame["key"].str.split(".").str[0].isin(_TOLD)]
    if not len(frame):
        return
    yield f"| {' | '.join(w['table'])} |"
    yield f"|{' --- |' * len(w['table'])}"
    for row in frame.to_dict("records"):
        cells = [
            meaning_of(str(row["key"]), language),
            str(row["from"]),
            _plain(row["value"]),
            str(w.get(str(row["status"]), row["status"])),
            str(row["source"]),
        ]
        yield f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"


def _cases(model: Model, language: str) -> Iterator[str]:
    for case in model.case:
        yield f"* **{case.title.get(language)}** ({case.source})"
        yield from (f"  * {_outcome(expect, language)}" for expect in case.expect)


def _outcome(expect: Expect, language: str) -> str:
    w = _WORDS[language]
    where = ", ".join(f"{name} = {value}" for name, value in (expect.where or {}).items())
    place = f"`{expect.frame}.{expect.column}`" + (f" ({where})" if where else "")
    if expect.aggregate != "only":
        place = f"{expect.aggregate}({place})"
    stated = ((w["is"], expect.value), ("≥", expect.at_least), ("≤", expect.at_most))
    return f"{place} {', '.join(f'{sign} {_plain(value)}' for sign, value in stated if value is not None)}"


def _commands(model: Model, language: str, called: str) -> Iterator[str]:
    w, meta, name = _WORDS[language], model.meta, shlex.quote(called)
    said = str(w["data_none"])
    command = f"bench run {name} FIL --out resultat" if language == "nb" else f"bench run {name} FILE --out result"
    if meta.dataset is not None or meta.data_of is not None or meta.data_case is not None:
        command = f"bench run {name} --out {'resultat' if language == 'nb' else 'result'}"
        said = str(w["data"])
        if meta.data_of is not None:
            said = str(w["data_of"]).format(other=meta.data_of)
        elif meta.data_case is not None:
            title = next(case.title for case in model.case if case.name == meta.data_case)
            said = str(w["data_case"]).format(case=title.get(language))
    yield f"    {command}"
    if not str(parts_of_name(called)[0]).lower().endswith(".toml"):  # a file of one's own needs no copy
        yield f"    bench models {name} > {'min-modell' if language == 'nb' else 'my-model'}.toml"
    yield ""
    yield f"({said})"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(part)}" for name, part in value.items())
    return ", ".join(_plain(part) for part in value) if isinstance(value, tuple | list) else str(value)
