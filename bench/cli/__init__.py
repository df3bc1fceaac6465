"""The command ``bench``: one sub-command per job, every error as a message and an exit code.

Exit codes: 0 ok, 2 usage, 3 data, 4 model file, 5 solver or estimation, 6 settlement, 70 a fault of the engine's own.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bench import __version__
from bench.errors import BenchError

#: Exit code of a fault of the engine's own, which is written to a log file.
FAULT = 70

#: Sub-command -> (module, one line for the list). Modules load when their command runs, so that help stays quick.
_COMMANDS = {
    "check": ("bench.cli.check", "Read a file, show what was found and every problem in it."),
    "fetch": ("bench.cli.fetch", "Bring a table of public statistics into one file, once."),
    "map": ("bench.cli.map", "Propose how a file is read, and write it to a mapping."),
    "new": ("bench.cli.new", "Write a model file for a client's own columns."),
    "run": ("bench.cli.run", "Run a model on a file: prices, requirements, settlement, report."),
    "simulate": ("bench.cli.simulate", "Play a model forward over years, with uncertainty."),
    "compare": ("bench.cli.compare", "Run several financing systems on the same data and compare them."),
    "specs": ("bench.cli.specs", "Score every unit under every combination of choices: the specification curve."),
    "appeal": ("bench.cli.appeal", "Correct one number of a saved run and see who else it moves."),
    "dea": ("bench.cli.dea", "Envelop the units of a file: efficiency, peers, targets and prices, no financing."),
    "sfa": ("bench.cli.sfa", "Fit a stochastic frontier to a file: coefficients, efficiency and marginal costs."),
    "advise": ("bench.cli.advise", "Say which financing systems fit a file, why, and what would change it."),
    "explain": ("bench.cli.explain", "Show the guide page of a method."),
    "trace": ("bench.cli.trace", "Show where a number of a saved result comes from, cell by cell."),
    "verify": ("bench.cli.verify", "Run a saved result again and compare every file."),
    "models": ("bench.cli.resources", "List the bundled models, or show one."),
    "datasets": ("bench.cli.resources", "List the bundled data sets, or show one."),
    "validate-pack": ("bench.cli.letters", "Write every unit its own numbers, to be checked before scores."),
    "letters": ("bench.cli.letters", "Write a letter to every unit, as Word and PDF."),
    "open": ("bench.cli.open", "Open the engine in a browser on this machine."),
    "doctor": ("bench.cli.doctor", "Check that this installation is sound."),
}


class _Commands(click.Group):
    """Sub-commands that are imported on use; engine errors become messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a user's work, not of the alphabet."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        command = getattr(import_module(_COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from the table above without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when one is misspelt."""
        if any("\0" in argument for argument in args):
            ctx.fail("an argument holds a zero byte, which no name or value has")
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from bench.errors import nearest

            ctx.fail(f"no command {args[0]!r}{nearest(args[0], _COMMANDS)}; there are {', '.join(_COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Turn an engine error into its message and exit code, without a traceback."""
        # A report makes a million objects that live to its end: looking for garbage among them takes an eighth of the
        # time. Said here, before the command's module is imported, which makes a hundred thousand of them.
        gc.set_threshold(200_000, 20, 100)
        # Looking for plugins of the library that checks model files reads the metadata of every package there is.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        try:
            with _ended_by_signals():
                return super().invoke(ctx)
        except BenchError as error:
            from bench.cli.output import show_error

            show_error(error)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # who reads the output, such as head, has had enough: click ends without a word
            raise
        except OSError as error:
            from bench.cli.output import show

            show(f"Error: {error.strerror or error}: {_shown(error.filename)}".rstrip(": "), err=True)
            ctx.exit(2)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            from bench.cli.output import show_fault

            show_fault(error)
            ctx.exit(FAULT)


def _shown(name: object) -> str:
    """Return a file name as text; what is no text in it is shown as such."""
    return os.fsdecode(name).encode("utf-8", "replace").decode() if isinstance(name, (str, bytes)) else ""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a signal that ends the process unwind it first, so that nothing half-written is left behind."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and threading.current_thread() is threading.main_thread():
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bench")
def main() -> None:
    """Benchmark units that turn money into services, and settle with them.

    \b
    bench run kristiansand --out resultat          the bundled example, start to finish
    bench check klient.xlsx                        what is in a file, and what is wrong with it
    bench run average-cost klient.csv --id enhet --cost kostnad --outputs timer --out resultat
    """
    for stream in (sys.stdout, sys.stderr):
        # A Windows console in cp1252 cannot show every sign; a report on screen must not stop for that.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
