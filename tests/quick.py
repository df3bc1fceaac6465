"""Choose the tests of ``pytest --quick`` by the CPU they use, and write their names to ``quick.txt``.

Run ``python tests/quick.py`` from the repository after the tests have changed much. CPU, not time by the clock, is
measured, children included, so that a busy machine writes much the same list. A module costs what its import takes, in
each of the two workers, and what its chosen functions take, the first case of each, with what they set up first. Those
that give most tests for their cost are taken until the budget is used; every folder of tests keeps its cheapest.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

#: CPU seconds that one test may use.
MOST = 0.1
#: CPU seconds for all that is chosen, beside what two workers take to start.
BUDGET = 38.0
WORKERS = 2
LIST = Path(__file__).with_name("quick.txt")


def _cpu() -> float:
    return sum(os.times()[:4])


class Clock:
    """Measures the import of each module, and each test with what it sets up."""

    def __init__(self) -> None:
        self.imports: dict[str, float] = {}
        self.tests: dict[str, dict[str, float]] = defaultdict(dict)
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector):
        before = _cpu()
        report = yield
        if isinstance(collector, pytest.Module):
            self.imports[collector.nodeid] = _cpu() - before
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        before = _cpu()
        done = yield
        module, _, function = item.nodeid.split("[")[0].partition("::")
        self.tests[module][function] = _cpu() - before
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid.split("[")[0])


def chosen(imports: dict[str, float], tests: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """Return the functions to run, by module: none where the module is left out."""
    kept = {module: sorted(name for name, cost in tests.get(module, {}).items() if cost <= MOST) for module in imports}
    for room in {Path(module).parent for module in tests} - {
        Path(module).parent for module, names in kept.items() if names
    }:
        found = [
            (cost, module, name)
            for module in tests
            if Path(module).parent == room
            for name, cost in tests[module].items()
        ]
        if found:
            _, module, name = min(found)
            kept[module] = [name]
    cost = {module: WORKERS * imports[module] + sum(tests[module][name] for name in kept[module]) for module in imports}
    order = sorted((module for module in imports if kept[module]), key=lambda module: cost[module] / len(kept[module]))
    taken: set[str] = set()
    rooms: set[str] = set()
    for module in sorted(order, key=lambda module: cost[module]):
        if str(Path(module).parent) not in rooms:
            rooms.add(str(Path(module).parent))
            taken.add(module)
    used = sum(cost[module] for module in taken)
    for module in order:
        if module not in taken and used + cost[module] <= BUDGET:
            taken.add(module)
            used += cost[module]
    return {module: kept[module] if module in taken else [] for module in sorted(imports)}


def main() -> int:
    LIST.unlink(missing_ok=True)
    clock = Clock()
    code = pytest.main(["-n", "0", "--quick", str(LIST.parent)], plugins=[clock])
    lines = []
    for module, names in chosen(clock.imports, clock.tests).items():
        lines += [f"{module}::{name}" for name in names if f"{module}::{name}" not in clock.failed] or [module]
    LIST.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
