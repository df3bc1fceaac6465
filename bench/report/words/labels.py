"""Names for readers: what the model calls its schemes, services, measures and parameters, in one language.

The only module of the reports that looks inside the model object. A name the model does not explain is shown as
words (``long_stay_days`` as *Long stay days*), never as a raw key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from bench.citations import cited
from bench.report.words.texts import Texts

if TYPE_CHECKING:
    from bench.results import RunResult


@dataclass(frozen=True, slots=True)
class Labels:
    """Readers' names in one language; build it with :meth:`of`.

    Attributes
    ----------
    texts : Texts
    model : str
        Title of the model.
    schemes : dict
        Key of a scheme to its name.
    services, measures : dict
        (scheme, service) to name and to measure.
    parameters : dict
        Path of a parameter in the model file, without numbers and names, to its description.
    corrections : dict
        Name of a correction as it stands in a key to its name.
    named_corrections : dict
        (scheme, English name) of a correction to its name.
    price_sources : dict
        Key of a scheme to the source of its prices.
    class_reasons : tuple of (str, str, str)
        Scheme, price class and why its units are paid another price, where the model says why.
    description : str
        What the model is.
    sources : tuple of str
        Documents the model is built on.
    """

    texts: Texts
    model: str
    schemes: dict[str, str] = field(default_factory=dict)
    services: dict[tuple[str, str], str] = field(default_factory=dict)
    measures: dict[tuple[str, str], str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    corrections: dict[str, str] = field(default_factory=dict)
    named_corrections: dict[tuple[str, str], str] = field(default_factory=dict)
    price_sources: dict[str, str] = field(default_factory=dict)
    class_reasons: tuple[tuple[str, str, str], ...] = ()
    description: str = ""
    sources: tuple[str, ...] = ()
    _said: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, run: RunResult, texts: Texts) -> Labels:
        """Collect the names of a run's model."""
        language = texts.language
        schemes: dict[str, str] = {}
        services: dict[tuple[str, str], str] = {}
        measures: dict[tuple[str, str], str] = {}
        corrections: dict[str, str] = {}
        named: dict[tuple[str, str], str] = {}
        sources: dict[str, str] = {}
        reasons: list[tuple[str, str, str]] = []
        for scheme in getattr(run.model, "scheme", ()):
            schemes[scheme.id] = _text(scheme.label, language)
            price = getattr(scheme, "price", None)
            sources[scheme.id] = str(getattr(price, "source", ""))
            reasons += [
                (scheme.id, group.name, _text(group.reason, language))
                for group in getattr(price, "class_", ())
                if group.reason is not None
            ]
            for service in scheme.service:
                services[scheme.id, service.id] = _text(service.label, language)
                measures[scheme.id, service.id] = _text(service.measure, language)
            for correction in getattr(scheme, "correction", ()):
                name = _text(correction.name, language)
                corrections[_slug(correction.name.en)] = named[scheme.id, correction.name.en] = name
        meta = getattr(run.model, "meta", None)
        title = _text(getattr(meta, "title", ""), language) or in_words(str(getattr(run.model, "name", "")))
        parameters = dict(_described(type(run.model), language))
        title = title or texts("page.model")
        return cls(
            texts,
            title,
            schemes,
            services,
            measures,
            parameters,
            corrections,
            named,
            sources,
            tuple(reasons),
            _text(getattr(meta, "description", None) or "", language),
            tuple(cited(source, texts.language) for source in getattr(meta, "sources", ())),
        )

    def scheme(self, key: Any) -> str:
        """Return the name of a scheme."""
        text = str(key or "")
        return self.schemes.get(text) or in_words(text) or self.texts("page.all_units")

    def service(self, scheme: Any, key: Any) -> str:
        """Return the name of a service in a scheme."""
        return self.services.get((str(scheme), str(key))) or in_words(str(key))

    def named_service(self, key: str) -> str:
        """Return the name of a service whatever its scheme, or an empty text."""
        return next((label for (_, service), label in self.services.items() if service == key), "")

    def measure(self, scheme: Any, service: Any, key: Any) -> str:
        """Return the measure of a service, such as *time* in bokmål."""
        named = self.measures.get((str(scheme), str(service)))
        return named or self.texts.known("measure", str(key or "")) or in_words(str(key or "")).lower()

    def column(self, name: Any) -> str:
        """Return the name of a column of the client's own data: it is the client's word already."""
        return in_words(str(name))

    def correction(self, scheme: Any, name: Any) -> str:
        """Return the name of a correction, which frames hold in English; the engine's own is the transition."""
        if name == "transition":
            return self.texts("correction.transition")
        return self.named_corrections.get((str(scheme), str(name))) or in_words(str(name))

    def word(self, group: str, key: Any) -> str:
        """Return the text of a closed vocabulary (a price source, a check), or the key in words."""
        text = str(key or "")
        return self.texts.known(group, text) or in_words(text)

    def price_class(self, key: Any) -> str:
        """Return the name of a price class; the class of all units is called common."""
        text = str(key or "")
        return text if text not in ("", "standard") else self.texts("book.no_class")

    def parameter(self, key: Any) -> str:
        """Return what a parameter of the model file means; the service or place it belongs to follows in brackets.

        A key such as ``scheme.care.service.days.weight`` is the path ``scheme.service.weight`` with names in between.
        """
        text = str(key)
        if text not in self._said:
            self._said[text] = self._meaning(text)
        return self._said[text]

    def _meaning(self, key: str) -> str:
        parts = key.split(".")
        matches = [(path, _between(path.split("."), parts)) for path in self.parameters if path.endswith(parts[-1])]
        found = max(
            ((path, names) for path, names in matches if names is not None),
            key=lambda match: match[0].count("."),
            default=None,
        )
        if found is None:
            return self.texts.known("parameter", key) or in_words(parts[-1])
        return self.parameters[found[0]] + self._owner(found[1] or [])

    def _owner(self, names: list[str]) -> str:
        readable = [
            self.corrections.get(name) or self.named_service(name) or in_words(name)
            for name in names
            if not name.isdigit() and name not in self.schemes
        ]
        return f" ({', '.join(readable)})" if readable else ""


def _between(path: list[str], parts: list[str]) -> list[str] | None:
    """Return the parts of a key that the path leaves out, or None when the path is not in the key."""
    left = list(path)
    names = []
    for part in parts:
        if left and part == left[0]:
            left.pop(0)
        else:
            names.append(part)
    return names if not left else None


def in_words(key: str) -> str:
    """Return a key as words.

    Examples
    --------
    >>> in_words("long_stay_days")
    'Long stay days'
    """
    words = key.replace("_", " ").replace("-", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def _slug(name: str) -> str:
    """Return a name the way keys hold it: lower-case words with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _text(text: Any, language: str) -> str:
    return str(getattr(text, language, "") or (text if isinstance(text, str) else ""))


def _described(section: Any, language: str, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Walk a model's sections; each field carries its description in English and, as extra, in bokmål."""
    for name, info in getattr(section, "model_fields", {}).items():
        path = f"{prefix}{info.alias or name}"
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        text = extra.get("nb") if language == "nb" else info.description
        if text:
            yield path, str(text)
        if depth < 4:
            for inner in _sections(info.annotation):
                yield from _described(inner, language, f"{path}.", depth + 1)


def _sections(annotation: Any) -> Iterator[Any]:
    if hasattr(annotation, "model_fields"):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)
