"""``--method`` of the commands that only analyse: any method of the library, by its word and keys in a model file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from bench.catalogue import METHODS
from bench.cli.analysis import Analysis, read_table
from bench.errors import OptionError, nearest
from bench.units import Units

Command = TypeVar("Command", bound=Callable[..., Any])


def method_options(room: str) -> Callable[[Command], Command]:
    """Return a decorator that adds ``--method`` and ``--key``; the methods are those of a room of the library."""
    names = [name for name, spec in METHODS.items() if spec.room == room]

    def decorate(command: Command) -> Command:
        command = click.option(
            "--key", "keys", multiple=True, metavar="KEY=VALUE", help="Key of the method, as a model file writes it."
        )(command)
        return click.option(
            "--method", metavar="NAME", help=f"Another method: {', '.join(names)}. Its page: bench explain."
        )(command)

    return decorate


def by_method(
    room: str,
    method: str,
    keys: tuple[str, ...],
    chosen: Mapping[str, Any],
    file: str,
    input_prices: tuple[str, ...],
    options: dict[str, Any],
) -> tuple[Units, Analysis]:
    """Ask a method about a file.

    Parameters
    ----------
    room : {"envelopment", "stochastic"}
    method : str
    keys : tuple of str
        ``KEY=VALUE``.
    chosen : mapping of str to Any
        Options of the command that are keys of a method too: those it does not take are refused where they were given.
    file : str
    input_prices : tuple of str
    options : dict
        Roles and dialect.

    Raises
    ------
    OptionError
        For a method of another command, a key it does not take, or a value outside its range.
    """
    from bench.pipeline.asking.library import Request, asked, further_columns

    spec = METHODS.get(method)
    if spec is None or spec.room != room:
        names = [name for name, entry in METHODS.items() if entry.room == room]
        other = "" if spec is None else f": it belongs to bench {'sfa' if room == 'envelopment' else 'dea'}"
        raise OptionError(f"no method {method!r} here{other or nearest(method, names)}; there are {', '.join(names)}")
    stated = _stated(method, keys, chosen)
    own = stated.stated_keys()
    outputs = tuple(options.pop("outputs", ()) or ())
    bad = tuple(own.get("bad", ()))
    environment = tuple(stated.environment or options.get("environment") or ())
    options["environment"] = tuple(dict.fromkeys((*(options.get("environment") or ()), *environment)))
    roles = {*outputs, *bad, *options["environment"], *(options.get("inputs") or ()), options.get("cost")}
    further = further_columns(method, own, {name for name in roles if name})
    prices = input_prices or tuple(further["input_prices"])
    extra = tuple(dict.fromkeys((*(options.pop("extra", ()) or ()), *further["extra"])))
    named = {"outputs": (*outputs, *bad), "extra": extra, "output_prices": tuple(further["output_prices"])}
    table = read_table(file, prices, {**options, **named})
    said = {name: value for name in ("rts", "orientation", "direction", "kind", "form", "distribution")
            if (value := getattr(stated, name)) is not None}  # fmt: skip
    request = Request(method, own, {**said, "environment": environment, "periods": chosen.get("periods")})
    answer = asked(request, table)
    tables = {"result": answer.frame, **answer.more}
    summary = answer.found.summary() if hasattr(answer.found, "summary") else answer.frame.to_string(index=False)
    html = summary._repr_html_() if hasattr(summary, "_repr_html_") else answer.frame.to_html(index=False, border=0)
    title = f"{spec.en} ({method})"
    return table, Analysis("dea" if room == "envelopment" else "sfa", title, str(summary), html, tables,
                           (*table.warnings, *answer.warnings))  # fmt: skip


def _stated(method: str, keys: tuple[str, ...], chosen: Mapping[str, Any]) -> Any:
    """The method with its keys, checked as in a model file."""
    from pydantic import ValidationError

    from bench.modelfile import Analysis as Section
    from bench.modelfile.setting import value_of

    raw: dict[str, Any] = {"id": "command", "method": method}
    raw |= {name: value for name, value in chosen.items() if value is not None and name != "periods"}
    for text in keys:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise OptionError(f"--key {text}: write KEY=VALUE, such as --key 'scaling=[0.8, 1.25]'")
        raw[name.strip()] = value_of(name.strip(), value)
    try:
        stated = Section.model_validate(raw)
    except ValidationError as error:
        said = [f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}" if detail["loc"] else detail["msg"]
                for detail in error.errors(include_url=False)]  # fmt: skip
        raise OptionError("; ".join(said)) from None
    if "rts" in METHODS[method].needs and stated.rts is None:
        raise OptionError(f"method {method!r} needs --rts: it has no default, on purpose")
    return stated
