"""``bench doctor``: is this installation sound?"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import click

from bench import __version__
from bench.cli.output import say
from bench.cli.roles import LANGUAGE


def _package() -> str:
    import bench

    owners = sorted(set(metadata.packages_distributions().get("bench", [])))
    others = [owner for owner in owners if owner != "stykkpris"]
    if others:
        raise RuntimeError(
            f"another distribution installs a package called bench: {', '.join(others)}; "
            "remove it or use an environment of its own"
        )
    return f"stykkpris {__version__} in {Path(bench.__file__).parent}"


def _python() -> str:
    return sys.version.split()[0]


def _packages() -> str:
    from bench.manifest import versions

    missing = [name for name, version in versions().items() if version == "not installed"]
    if missing:
        raise RuntimeError(f"missing: {', '.join(missing)}; install stykkpris again")
    return ", ".join(f"{name} {version}" for name, version in versions().items() if name != "stykkpris")


def _data() -> str:
    from bench import resources
    from bench.modelfile import load_model

    for name in resources.dataset_names():
        resources.dataset(name).verify()
    for name in resources.model_names():
        load_model(name)
    return f"{len(resources.model_names())} models and {len(resources.dataset_names())} data sets read and unchanged"


def _solver() -> str:
    import bench

    units = bench.Units.from_arrays([[2.0], [4.0], [3.0]], [[2.0], [2.0], [3.0]], names=["A", "B", "C"])
    result = bench.dea(units, rts="crs", orientation="input")
    if abs(result.efficiency["B"] - 0.5) > 1e-12:
        raise RuntimeError(f"a known efficiency of 0.5 came out as {result.efficiency['B']!r}")
    return "a known linear program solved to its known answer, certified"


def _charts() -> str:
    import vl_convert

    spec = {"mark": "bar", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x", "type": "quantitative"}}}
    if "<svg" not in vl_convert.vegalite_to_svg(spec):
        raise RuntimeError("the chart renderer returned no picture")
    return "charts render without a browser"


def _disk() -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x").write_text("x")
    return f"temporary files can be written in {tempfile.gettempdir()}"


_CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("package", _package),
    ("python", _python),
    ("packages", _packages),
    ("bundled data", _data),
    ("solver", _solver),
    ("charts", _charts),
    ("disk", _disk),
)


@click.command()
@LANGUAGE
def doctor() -> None:
    """Check the package, its parts, the bundled data, the solver and the chart renderer."""
    failed = 0
    for name, check in _CHECKS:
        try:
            say(f"ok     {name}: {check()}")
        except Exception as error:
            failed += 1
            say(f"FAILED {name}: {error}", err=True)
    if failed:
        raise click.exceptions.Exit(1)
