"""``bench explain``: the guide in the terminal."""

from __future__ import annotations

from importlib import resources

import click

from bench.catalogue import METHODS
from bench.cli.roles import remember_language
from bench.errors import ResourceError, nearest


def pages() -> dict[str, str]:
    """Return the guide's pages, title by name."""
    folder = resources.files("bench") / "guide"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".md"):
            first = entry.read_text(encoding="utf-8").split("\n", 1)[0]
            found[entry.name.removesuffix(".md")] = first.lstrip("# ").strip()
    return found


def _model(name: str, known: dict[str, str], language: str) -> str:
    """Return the page of a model: a bundled one, a file of one's own, or an alternative of either."""
    from bench.modelfile import load_model
    from bench.modelfile.load import is_path, parts_of_name
    from bench.modelfile.texts.page import model_page
    from bench.resources import model_names

    base, _ = parts_of_name(name)
    if base not in model_names() and not is_path(str(base)):
        like = nearest(name, (*known, *METHODS, *model_names()))
        raise ResourceError(
            f"no guide page {name!r}{like}; there are {', '.join(known)}; a model is named as bench models lists it, "
            "or by the path of its file, such as min-modell.toml"
        )
    return model_page(load_model(name), language, name)


@click.command()
@click.argument("topic", required=False)
@click.option(
    "--language",
    type=click.Choice(["nb", "en"]),
    default="nb",
    show_default=True,
    callback=remember_language,
    help="Of a model's page.",
)
@click.option("--site", type=click.Path(), metavar="DIR", help="Write the whole guide as a folder of pages instead.")
def explain(topic: str | None, language: str, site: str | None) -> None:
    """Show the guide page of a method: what it is, when to use it, an example, its traps; or explain a model.

    TOPIC is a page, a method as a model file names it, a bundled model or the path of a model file of your own;
    MODEL@ALTERNATIVE for one of its alternatives. A model's page is made of its file: what it is, how it pays and
    measures, every value with its source (documented or assumed), its cases.
    Without TOPIC: the list of pages. With --site the guide, every model, a gallery of charts and pages for those who
    work in R and for auditors are written as HTML in both languages; it is searched without a network.
    """
    if site is not None:
        from bench.cli.output import progress_bar, say
        from bench.site import build_site

        if topic is not None:
            raise click.UsageError("--site writes every page: give no TOPIC")
        with progress_bar() as progress:
            folder = build_site(site, progress=progress)
        say(f"written to {folder}")
        return
    known = pages()
    if topic is None:
        from bench.cli.output import say, show_table

        show_table(list(known.items()), ("topic", "about"))
        say("\nEvery model has a page of its own too: bench models lists the bundled ones, a path names your own file.")
        return
    if topic in METHODS and topic not in known:
        topic = METHODS[topic].topic
    if topic in known:
        text = (resources.files("bench") / "guide" / f"{topic}.md").read_text(encoding="utf-8")
    else:
        text = _model(topic, known, language)
    import sys

    from bench.cli.output import show

    if not sys.stdout.isatty():
        show(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
