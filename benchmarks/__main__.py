"""Measure workloads: ``python -m benchmarks``.

    python -m benchmarks                               the first two sizes of every workload, as a table
    python -m benchmarks --only dea --size 10000       one workload, one size
    python -m benchmarks --write                       and keep the table in benchmarks/measured.md and .json
    python -m benchmarks --check                       fail where a ratio to the naive route fell by half
    python -m benchmarks --only dea --profile out.svg  a flame graph of its phases
    python -m benchmarks --plot out.svg                time against size, both in logarithms
    python -m benchmarks --smoke                       the smallest sizes once: whether all routes agree

Times are processor seconds of this process, the best of three; memory is what Python and numpy held at most. Absolute
times move with the machine: what counts is the ratio to the naive route, per operation, in the same run.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

import numpy as np

from benchmarks.flame import flame_graph
from benchmarks.measuring import Measured, measure
from benchmarks.plotting import scaling_plot
from benchmarks.workloads import REGISTRY

HERE = Path(__file__).parent
#: A ratio below this share of the kept one is a regression; less is noise of a shared machine.
_FELL = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--only", action="append", choices=[one.name for one in REGISTRY], help="workload; repeatable")
    parser.add_argument("--size", type=int, action="append", help="size instead of the first two; repeatable")
    parser.add_argument("--smoke", action="store_true", help="first size, once")
    parser.add_argument("--write", action="store_true", help="keep the table beside this file")
    parser.add_argument("--check", action="store_true", help="compare ratios with those that were kept")
    parser.add_argument("--profile", type=Path, help="write a flame graph (SVG)")
    parser.add_argument("--plot", type=Path, help="write time against size (SVG)")
    options = parser.parse_args(arguments)
    found: list[Measured] = []
    for workload in REGISTRY:
        if options.only and workload.name not in options.only:
            continue
        for size in options.size or (workload.sizes[:1] if options.smoke else workload.sizes[:2]):
            for phase in workload.phases(size):
                if options.profile:
                    options.profile.write_text(flame_graph(phase.work, f"{workload.name}, {size}"), encoding="utf-8")
                found.append(measure(workload.name, size, phase, once=options.smoke))
                print(found[-1].line(), flush=True)
    wrong = [one for one in found if not one.agrees]
    for one in wrong:
        print(f"{one.key}: numbers differ from the other routes' by {one.apart:.1e}")
    if wrong:
        return 1
    if options.plot:
        options.plot.write_text(scaling_plot(found), encoding="utf-8")
    if options.write:
        _write(found, sys.argv[1:])
    return _compared(found) if options.check else 0


def _write(found: list[Measured], arguments: list[str]) -> None:
    command = " ".join(["python -m benchmarks", *arguments])
    head = "| workload | size | phase | CPU s | µs per operation | peak MB | naive / ours | others / ours |"
    lines = [f"`{command}`, Python {platform.python_version()}, numpy {np.__version__}, one thread:", "", head]
    lines += ["| --- " * 8 + "|", *(one.row() for one in found)]
    (HERE / "measured.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ratios = {one.key: round(one.ratios["naive"], 1) for one in found if "naive" in one.ratios}
    (HERE / "measured.json").write_text(json.dumps(ratios, indent=2) + "\n", encoding="utf-8")


def _compared(found: list[Measured]) -> int:
    """Say which ratios fell; return one when some did."""
    kept = json.loads((HERE / "measured.json").read_text(encoding="utf-8"))
    fell = [one for one in found if one.key in kept and one.ratios["naive"] < _FELL * kept[one.key]]
    for one in fell:
        print(f"{one.key}: {one.ratios['naive']:.1f} times the naive route, {kept[one.key]:.1f} when it was kept")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
