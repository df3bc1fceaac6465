"""``bench open``: the engine in a browser on this machine."""

from __future__ import annotations

import click

from bench.cli.output import show
from bench.errors import ResourceError


@click.command("open")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port; 0 takes a free one.")
@click.option("--language", type=click.Choice(["nb", "en"]), default="nb", show_default=True)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in the browser.")
def open(port: int, language: str, browser: bool) -> None:
    """Open the engine in a browser: hand in a file, give its columns roles, run a model, take the folder as a zip.

    The server answers on 127.0.0.1 alone and only to the address that is written; nothing leaves the machine, and what
    was handed in is deleted when the command ends (Ctrl+C).
    """
    try:
        from bench.app.server import serve
    except ImportError as error:
        raise ResourceError(f"{error.name} is missing: pip install 'stykkpris[app]'") from error

    def opened(address: str) -> None:
        show(address)
        if browser:
            import webbrowser

            webbrowser.open(address)

    serve(port, language, opened)
