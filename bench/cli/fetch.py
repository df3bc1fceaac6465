"""``bench fetch``: bring a table of public statistics into one file, once; a run never needs a network."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from bench.cli.output import say, show, show_table
from bench.cli.roles import LANGUAGE, split_names


def _years(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Read ``2019:2024``, or years with commas between them."""
    found: list[int] = []
    for part in (value or "").split(","):
        span = re.fullmatch(r"\s*(\d{4})(?::(\d{4}))?\s*", part)
        if span is None:
            if part.strip():
                raise click.BadParameter(f"{part.strip()!r}: write years as 2019:2024 or 2022,2023")
            continue
        first, last = int(span[1]), int(span[2] or span[1])
        if last < first:
            raise click.BadParameter(f"{part.strip()!r} ends before it begins")
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))


def _choices(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read ``VARIABLE=A,B`` options."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        code, sign, chosen = value.partition("=")
        names = tuple(name.strip() for name in chosen.split(",") if name.strip())
        if not sign or not code.strip() or not names:
            raise click.BadParameter(f"{value!r}: write VARIABLE=VALUE,VALUE, such as KOKart0000=AGD10")
        found[code.strip()] = found.get(code.strip(), ()) + names
    return found


@click.command()
@click.argument("table")
@click.option("--out", type=click.Path(), help="JSON-stat file to write.")
@click.option("--overwrite", "--force", is_flag=True, help="Replace the file when it exists.")
@click.option(
    "--municipalities", multiple=True, callback=split_names, metavar="A,B", help="Numbers of municipalities, or all."
)
@click.option("--years", callback=_years, metavar="A:B", help="Years, such as 2020:2024 or 2022,2024.")
@click.option(
    "--select", multiple=True, callback=_choices, metavar="VARIABLE=A,B", help="Values of a variable; * for all."
)
@click.option(
    "--functions", multiple=True, callback=split_names, metavar="A,B", help="Functions of the accounts, or care."
)
@click.option("--groups", is_flag=True, help="Add the KOSTRA group of each year, from Klass.")
@click.option(
    "--changed",
    type=click.Choice(["refuse", "sum", "leave-out"]),
    default="refuse",
    show_default=True,
    help="What becomes of a municipality that was several in a year.",
)
@click.option(
    "--changes",
    type=click.Choice(["bundled", "klass"]),
    default="bundled",
    show_default=True,
    help="Where changes of municipalities are taken from.",
)
@click.option("--describe", is_flag=True, help="Show the variables and values of the table, and fetch no numbers.")
@click.option(
    "--server", envvar="STYKKPRIS_PXWEB", metavar="ADDRESS", help="PxWeb office; Statistics Norway otherwise."
)
@click.option("--api", type=click.Choice(["v1", "v2"]), help="Version of its interface; told from the address.")
@click.option(
    "--klass-server", envvar="STYKKPRIS_KLASS", metavar="ADDRESS", help="Klass; Statistics Norway's otherwise."
)
@click.option(
    "--text-language", default="no", show_default=True, metavar="CODE", help="Language of the office's texts."
)
@click.option("--cache", type=click.Path(file_okay=False), help="Folder where answers are kept.")
@click.option("--offline", is_flag=True, help="Use what was fetched before, and ask no server.")
@click.option("--refresh", is_flag=True, help="Ask again, also for what was fetched before.")
@LANGUAGE
def fetch(
    table: str,
    out: str | None,
    overwrite: bool,
    municipalities: tuple[str, ...],
    years: tuple[int, ...],
    select: dict[str, tuple[str, ...]],
    functions: tuple[str, ...],
    groups: bool,
    changed: str,
    changes: str,
    describe: bool,
    server: str | None,
    api: str | None,
    klass_server: str | None,
    text_language: str,
    cache: str | None,
    offline: bool,
    refresh: bool,
) -> None:
    """Bring TABLE of Statistics Norway, or another PxWeb office, for municipalities and years into one file.

    \b
    bench fetch 12362 --describe
    bench fetch 12362 --municipalities 4204,3101 --years 2022:2024 --functions care --select KOKart0000=AGD10 \
--select ContentsCode=KOSbelop0000 --out kostra.json

    The file is JSON-stat with its provenance: table, question, time, licence, address and hash of every answer. Answers
    are kept, so that the same line needs no network again.
    """
    from bench.fetch import KLASS, STATBANK, Client, Klass, PxWeb, Wanted, bundled_changes, default_cache, fetch_table
    from bench.report.placing import FilePlace

    if offline and refresh:
        raise click.UsageError("--offline asks no server and --refresh asks again: give one of them")
    client = Client(Path(cache) if cache else default_cache(), offline=offline, refresh=refresh)
    office = PxWeb(client, server or STATBANK, api, text_language)
    if describe:
        office.configured()
        about = office.metadata(table)
        show(f"{about.table}: {about.title}")
        rows = [(one.code, one.text, "" if one.optional else "must be chosen", one.listed()) for one in
                about.variables.values()]  # fmt: skip
        show_table(rows, ("variable", "name", "", "values"))
        return
    if not out or not municipalities:
        raise click.UsageError("give --municipalities, --years and --out, or --describe to see what the table holds")
    place = FilePlace(out, overwrite, ours=lambda data: b'"class"' in data and b'"dataset"' in data)
    place.refuse_taken()
    klass = Klass(client, klass_server or KLASS) if groups or changes == "klass" else None
    asked = Wanted(table, municipalities, years, select, functions, groups, changed)  # type: ignore[arg-type]
    known = (
        bundled_changes()
        if klass is None or changes == "bundled"
        else klass.changes(min(years or (0,)), max(years or (0,)))
    )
    made = fetch_table(asked, office, known, klass)
    place.put(made.to_bytes())
    size = made.content["size"]
    say(f"written to {out}: {size[0]} municipalities, {size[1]} years, {size[2]} columns")
    for line in made.comments:
        say(f"  {line}")
    say("Go on with")
    show(f"  bench check {shlex.quote(out)}")
