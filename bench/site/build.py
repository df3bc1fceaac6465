"""From the guide, the models and the engine's own charts to a folder of HTML."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bench import __version__, resources
from bench.catalogue import METHODS
from bench.modelfile import load_model
from bench.modelfile.texts.page import model_page
from bench.report.placing import folder_aside, resolved
from bench.site.gallery import charts, results
from bench.site.markdown import Read, read_markdown
from bench.site.words import TRADE, WORDS
from bench.typing import Progress

LANGUAGES = ("nb", "en")

#: Pages for readers with a task of their own, each in both languages; their names in the folder.
TASKS = ("r", "auditor")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site: address below its language, group in the list, language of its text, and what was read."""

    address: str
    group: str
    language: str
    read: Read


def build_site(directory: str | Path, *, progress: Progress | None = None) -> Path:
    """Write the guide as a folder of pages.

    Parameters
    ----------
    directory : path
        Must not exist.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Path
        The folder; ``index.html`` in it opens in any browser.

    Raises
    ------
    OptionError
        When the folder is taken.
    """
    with folder_aside(directory, False) as aside:
        made = results()
        for done, language in enumerate(LANGUAGES):
            for name, data in _files(language, made):
                path = aside / language / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if progress is not None:
                progress("site", done + 1, len(LANGUAGES))
        (aside / "index.html").write_bytes(_render("start.html.j2", words=WORDS, language="nb", up="").encode())
    return resolved(directory)


def _named(address: str) -> list[str]:
    """Return what the methods of a page are called in both languages: the page itself is in one."""
    return [name for spec in METHODS.values() if address == f"guide/{spec.topic}.html" for name in (spec.en, spec.nb)]


def _files(language: str, made: list[tuple[str, object]]) -> Iterator[tuple[str, bytes]]:
    pages = list(_pages(language))
    shown = list(charts(made, language))
    w = WORDS[language]
    index = []
    for page in pages:
        words = " ".join([*page.read.text.split(), *_named(page.address)])
        index.append({"a": page.address, "t": page.read.title, "g": w[f"group_{page.group}"], "x": words})
    index += [{"a": "gallery.html", "t": one.figure.title, "g": w["gallery"], "x": one.figure.alt} for one in shown]
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    trade = json.dumps(TRADE, ensure_ascii=False, separators=(",", ":"))
    yield "index.js", f"window.PAGES = {text};\nwindow.TRADE = {trade};\n".encode()
    for name in ("search.js", "style.css"):
        yield name, files("bench.site").joinpath(name).read_bytes()
    for page in pages:
        body = Markup(page.read.body)
        up = "../" * page.address.count("/")
        yield page.address, _page("page.html.j2", language, up, page=page, body=body, title=page.read.title)
    for number, one in enumerate(shown, start=1):
        yield f"figures/{number:02d}.svg", one.figure.wide.encode()
        yield f"figures/{number:02d}-narrow.svg", one.figure.narrow.encode()
    yield (
        "gallery.html",
        _page("gallery.html.j2", language, "", shown=shown, title=w["gallery"], address="gallery.html"),
    )
    groups = {key: [page for page in pages if page.group == key] for key in ("task", "guide", "model")}
    yield "index.html", _page("index.html.j2", language, "", groups=groups, title=w["title"], address="index.html")


def _page(template: str, language: str, up: str, **values: object) -> bytes:
    page = values.get("page")
    address = page.address if isinstance(page, Page) else str(values.get("address", ""))
    both = not isinstance(page, Page) or page.group != "guide"
    other = "en" if language == "nb" else "nb"
    elsewhere = f"{up}../{other}/{address}" if both else f"{up}../{other}/guide/{address.rsplit('/', 1)[-1]}"
    made = _render(
        template,
        w=WORDS[language],
        language=language,
        up=up,
        other=other,
        elsewhere=elsewhere,
        version=__version__,
        **values,
    )
    return made.encode()


def _pages(language: str) -> Iterator[Page]:
    guide = guide_pages()
    models = resources.model_names()

    def from_(folder: str) -> Mapping[str, str]:
        up = "../" if folder else ""
        found = {name: f"{up}guide/{name}.html" for name in guide}
        return found | {name: f"{up}models/{name}.html" for name in models} | {n: f"{up}{n}.html" for n in TASKS}

    for name in TASKS:
        source = files("bench.site").joinpath("pages", f"{name}.{language}.md").read_text(encoding="utf-8")
        yield Page(f"{name}.html", "task", language, read_markdown(source, from_("").get))
    for name, source in guide.items():
        yield Page(f"guide/{name}.html", "guide", "en", read_markdown(source, from_("guide").get))
    for name in models:
        source = model_page(load_model(name), language)
        yield Page(f"models/{name}.html", "model", language, read_markdown(source, from_("models").get))


def guide_pages() -> dict[str, str]:
    """Return the guide's pages, Markdown by name."""
    folder = files("bench") / "guide"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".md"))
    return {name.removesuffix(".md"): (folder / name).read_text(encoding="utf-8") for name in names}


def _render(template: str, **values: object) -> str:
    return _templates().get_template(template).render(**values)


@functools.lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bench.site", "templates"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
