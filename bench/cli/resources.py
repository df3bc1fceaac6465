"""``bench models`` and ``bench datasets``: what is bundled."""

from __future__ import annotations

import click

from bench import resources
from bench.cli.output import say, show, show_json, show_table
from bench.cli.roles import chosen_language, remember_language
from bench.report.words.findings import word


@click.command()
@click.argument("name", required=False)
@click.option(
    "--language", type=click.Choice(["nb", "en"]), default="nb", show_default=True, callback=remember_language
)
@click.option("--against", metavar="MODEL", help="Show in words how NAME differs from another model.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of a model file, for editors.")
def models(name: str | None, language: str, against: str | None, schema: bool) -> None:
    """List the bundled models, or show one file whole: NAME is a bundled model or the path of a file of your own.

    Copy a file, change it and give its path to ``bench run`` to make a model of your own.
    """
    from bench.modelfile import json_schema, load_model

    if schema:
        show_json(json_schema())
        return
    if against is not None:
        from bench.modelfile import diff

        if name is None:
            raise click.UsageError("--against needs a model to compare: bench models NAME --against OTHER")
        for _, meaning, mine, theirs in diff(load_model(name), load_model(against), language).itertuples(index=False):
            show(f"{meaning}\n    {name}: {mine}\n    {against}: {theirs}")
        return
    if name is not None:
        click.echo(load_model(name).source.decode("utf-8-sig"), nl=False)
        return
    rows = [(known, load_model(known).title(language)) for known in resources.model_names()]
    show_table(rows, ("model", "title"))


@click.command()
@click.argument("name", required=False)
@click.option(
    "--language", type=click.Choice(["nb", "en"]), default="nb", show_default=True, callback=remember_language
)
def datasets(name: str | None, language: str) -> None:
    """List the bundled data sets, or show one: source, licence, tables and columns."""
    if name is None:
        found = [resources.dataset(known) for known in resources.dataset_names()]
        rows = [
            (data.name, word("synthetic" if data.synthetic else "real", chosen_language()), data.title[language])
            for data in found
        ]
        show_table(rows, ("data set", "kind", "title"))
        return
    data = resources.dataset(name)
    data.verify()
    show(f"{data.title[language]}\n{data.description[language]}")
    say(f"source: {data.source}\nlicence: {data.licence}\nsynthetic: {'yes' if data.synthetic else 'no'}")
    for table in data.tables.values():
        show(f"\n{data.folder / table.file}")
        columns = [(column.name, column.measure, column.description.get(language, "")) for column in table.columns]
        show_table(columns, ("column", "measure", "description"))
