"""``bench explain``: the guide in the terminal."""

from __future__ import annotations

from importlib import resources

import click

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


@click.command()
@click.argument("topic", required=False)
def explain(topic: str | None) -> None:
    """Show the guide page of a method: what it is, when to use it, an example, its traps.

    Without TOPIC: the list of pages.
    """
    known = pages()
    if topic is None:
        from bench.cli.output import show_table

        show_table(list(known.items()), ("topic", "about"))
        return
    if topic not in known:
        raise ResourceError(f"no guide page {topic!r}{nearest(topic, known)}; there are {', '.join(known)}")
    text = (resources.files("bench") / "guide" / f"{topic}.md").read_text(encoding="utf-8")
    import sys

    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
