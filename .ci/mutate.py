"""Change one operator or number at a time and see whether the tests notice: ``python .ci/mutate.py rounding``.

    python .ci/mutate.py                        every target; fails below ninety per cent
    python .ci/mutate.py prices --sample 40     at most so many mutants of a target, the same ones every time

Each mutant is one process, forked after everything is imported: code of the module's functions is exchanged in place,
the target's tests run, and a failure or a minute without an end kills it. A survivor is printed with its line; those
that change nothing anybody can see are named in ``EQUAL`` with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import json
import os
import random
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

#: Module, and the tests that stand for it.
TARGETS = {
    "certificate": (
        "bench.lp.proofs.certificate",
        ["tests/lp/test_lp_certificate.py", "tests/lp/test_lp_certificate_pinned.py"],
    ),
    "rounding": ("bench.stykkpris.rounding", ["tests/stykkpris/test_mutants.py"]),
    "settlement": ("bench.stykkpris.rules.settlement", ["tests/stykkpris/test_mutants.py"]),
    "price": ("bench.stykkpris.rules.price", ["tests/stykkpris/test_mutants.py"]),
    "prices": ("bench.norms.prices", ["tests/norms/test_norms.py"]),
}

#: Mutants that nobody can tell from the original, and the proof: the line, what is changed, the expression.
EQUAL: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "rounding": {
        "quantize looks at the exponent of this number alone, and that of two is the same": [
            (
                "count = _CONTEXT.divide(value, step).quantize(Decimal(1), rounding=mode, context=_CONTEXT)",
                "number",
                "1",
            ),
            ("steps = counts.quantize(Decimal(1), rounding=ROUND_FLOOR, context=_CONTEXT)", "number", "1"),
            (
                "parts = [value.quantize(Decimal(1), rounding=ROUND_FLOOR, context=_CONTEXT) for value in exact]",
                "number",
                "1",
            ),
        ]
    },
    "settlement": {
        "a unit with a deficit has a result below zero and keeps nothing, and without a deficit nothing is given": [
            (
                "given = decided + _by_rule(deficit - decided, income, brought + kept, rules, rounded)",
                "operator",
                "brought + kept",
            )
        ]
    },
    "certificate": {
        "with one worker the function has returned before": [
            ("with ThreadPoolExecutor(workers if workers > 0 else None) as threads:", "number", "0"),
        ],
        "a minimum that starts at one and not at nought is the same below zero, and only that is asked": [
            ("least = weight.min(axis=0, initial=0.0)", "number", "0.0"),
            ("low, high = columns.min(axis=1, initial=0.0), columns.max(axis=1, initial=0.0)", "number", "0.0"),
            (
                "return bool(((columns.min(axis=1, initial=0.0) < 0) & (columns.max(axis=1, initial=0.0) > 0)).any())",
                "number",
                "0.0",
            ),
        ],
        "a way out before work that ends in the larger of a size and nought, which is the size": [
            ("if not (least < 0).any():", "comparison", "least < 0"),
            ("if not (least < 0).any():", "number", "0"),
        ],
        "a way out: without programs or columns there are no pairs to look at, and what is left stands": [
            ("if not programs or not width:", "operator", "not programs or not width"),
        ],
        "a gain of exactly nought is a share of nought either way": [
            ("none = gain <= 0", "comparison", "gain <= 0"),
            ("return np.asarray(np.where(width > 0, width / np.maximum(size, _TINY), 0.0))", "comparison", "width > 0"),
        ],
        "a gain over nothing left below zero is more than any limit, by nought or by the least number": [
            (
                "return np.asarray(np.where(none, 0.0, gain / np.where((below > 0) & ~none, below, _TINY)))",
                "comparison",
                "below > 0",
            ),
        ],
        "the other route looks at all pairs whose share is above nought as well, and shares decide": [
            ("if len(prices) * len(columns) < _FEW:", "comparison", "len(prices) * len(columns) < _FEW"),
            ("if len(prices) * len(columns) < _FEW:", "operator", "len(prices) * len(columns)"),
        ],
        "more pairs are looked at, and the share of those is nought": [
            ("size, total = np.abs(columns).max(axis=1, initial=0.0), np.abs(prices).sum(axis=1)", "number", "0.0"),
            (
                "slip = -(prices.shape[1] + 2) * UNIT * total[:, None] * size",
                "operator",
                "-(prices.shape[1] + 2) * UNIT",
            ),
            ("slip = -(prices.shape[1] + 2) * UNIT * total[:, None] * size", "number", "2"),
            ("program, column = np.nonzero(prices @ columns.T > slip)", "comparison", "prices @ columns.T > slip"),
            ("return single, scaled, np.float32(-(prices.shape[1] + 4) * _SINGLE)", "number", "4"),
            (
                "found[start : start + step] = (single[start : start + step] @ across).max(axis=1) > margin",
                "comparison",
                "(single[start : start + step] @ across).max(axis=1) > margin",
            ),
        ],
        "how many are looked at together, or how much room there is for them": [
            (
                "width = max(_ROWS, _TERMS // (_ROWS * prices.shape[1]))",
                "operator",
                "_TERMS // (_ROWS * prices.shape[1])",
            ),
            ("step = max(1, _TERMS // across.size)", "number", "1"),
            ("step = max(1, _TERMS // across.size)", "operator", "_TERMS // across.size"),
            ("inner = max(1, _TERMS // across.size)", "number", "1"),
            ("inner = max(1, _TERMS // across.size)", "operator", "_TERMS // across.size"),
            ("step = min(len(rows), max(1, _GATHERED * inner))", "number", "1"),
            ("step = min(len(rows), max(1, _GATHERED * inner))", "operator", "_GATHERED * inner"),
            (
                "products, flags = np.empty((step, width), np.float32), np.zeros(-(-step * width // 8) * 8, bool)",
                "operator",
                "-step * width // 8",
            ),
        ],
        "numpy takes any size below zero for what is left": [
            ("np.greater(products[: len(block)].reshape(-1), margin, out=flags[:cells])", "number", "1"),
            ("hit, place = np.nonzero(flags.reshape(-1, 8)[word])", "number", "1"),
        ],
        "no sum less one is 1e-9: it is a whole number of roundings, and the double nearest 1e-9 is not": [
            (
                "once = single & (np.abs(clean.sum(axis=0) - 1.0) < 1e-9)",
                "comparison",
                "np.abs(clean.sum(axis=0) - 1.0) < 1e-9",
            ),
        ],
        "where one column is taken once the factor is one, whatever was needed": [
            ("slip = np.where(once, 0.0, unit) * size", "number", "0.0"),
        ],
        "this side is for paths that move the row: the direction is not nought": [
            (
                "holds = np.where(fixed, exact, np.where(still, scaled - error >= points, along > 0)).all(axis=0)",
                "comparison",
                "along > 0",
            ),
        ],
        "stands in for what is not shown, and the outer choice puts it aside": [
            ("return np.where(good, clean * np.where(good, factor, 1.0), weight), np.where(", "number", "1.0"),
            ("good, beta - 8 * UNIT * np.abs(np.where(good, beta, 0.0)), -np.inf", "number", "0.0"),
        ],
        "nought divided by either of two numbers above zero is nought": [
            ("above = most / (per - np.where(most > 0, unit, -unit) * size)", "comparison", "most > 0"),
        ],
    },
}
_SECONDS = 60
_SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.USub: ast.UAdd,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mutant:
    """A changed tree: where, what was done and the lines of the expression."""

    line: int
    what: str
    text: str
    tree: ast.Module

    @property
    def span(self) -> range:
        """Lines of the expression."""
        return range(self.line, self.line + 1 + self.text.count("\n"))

    def named(self, lines: list[str]) -> tuple[str, str, str]:
        """Return the line without its indent, what was changed, and the expression it is the first part of."""
        return lines[self.line - 1].strip(), self.what, self.text


def mutants(tree: ast.Module, source: str) -> Iterator[Mutant]:
    """Yield every change of one operator, number or condition; texts, types and messages of errors stay."""
    places = [
        (number, node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        if not isinstance(statement, ast.Raise)
        for number, node in enumerate(_inside(statement))
    ]
    for _, node in places:
        changes: list[tuple[str, object, str, object]] = []
        if isinstance(node, (ast.BinOp, ast.BoolOp, ast.UnaryOp)) and type(node.op) in _SWAPS:
            changes.append(("op", node.op, "operator", _SWAPS[type(node.op)]()))
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
            changes.append(("ops", node.ops, "comparison", [_SWAPS[type(node.ops[0])](), *node.ops[1:]]))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        ):
            changes.append(("value", node.value, "number", node.value + 1))
        elif isinstance(node, ast.IfExp):
            changes.append(("test", node.test, "condition", ast.UnaryOp(ast.Not(), node.test)))
        text = ast.get_source_segment(source, node) if changes else None
        for attribute, old, what, new in changes:
            setattr(node, attribute, new)
            changed = ast.fix_missing_locations(copy.deepcopy(tree))
            yield Mutant(node.lineno, what, text or "", changed)
            setattr(node, attribute, old)


def _inside(statement: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement but for errors that are raised in it."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.Raise):
            yield from _inside(child)


def exchange(module: types.ModuleType, tree: ast.Module) -> None:
    """Give the functions of a module, and of its classes, the code of a changed tree."""
    fresh = types.ModuleType(module.__name__)
    fresh.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    sys.modules[module.__name__] = fresh
    try:
        exec(compile(tree, module.__file__ or "", "exec"), fresh.__dict__)
    finally:
        sys.modules[module.__name__] = module
    for name, new in vars(fresh).items():
        _copy_code(vars(module).get(name), new)


def _copy_code(old: object, new: object) -> None:
    if isinstance(old, types.FunctionType) and isinstance(new, types.FunctionType):
        if len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
            old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
    elif isinstance(old, type) and isinstance(new, type) and old.__module__ == new.__module__:
        for name, method in vars(new).items():
            inner = vars(old).get(name)
            if isinstance(method, (classmethod, staticmethod, property)):
                continue
            _copy_code(inner, method)


class Run:
    """Examine a target inside one run of pytest: its tests are collected once, and every mutant is a fork of that."""

    def __init__(self, name: str, sample: int, every: bool) -> None:
        self.name, self.sample = name, sample
        self.module = importlib.import_module(TARGETS[name][0])
        self.source = Path(self.module.__file__ or "").read_text(encoding="utf-8")
        self.equal = {mutant for proved in EQUAL.get(name, {}).values() for mutant in proved}
        self.left_out = set() if every else self.equal
        self.failed = False
        self.share = 0.0

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note that a test failed."""
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: Any) -> bool:
        """Try the mutants, print what survives, and note the share that was killed."""
        lines, tree = self.source.splitlines(), ast.parse(self.source)
        reach = self._reach(session.items)
        made = {mutant: mutant.named(lines) for mutant in mutants(tree, self.source)}
        chosen = [mutant for mutant, name in made.items() if name not in self.left_out]
        unknown = self.equal - set(made.values())
        if unknown:
            raise SystemExit(f"{self.name}: EQUAL names no mutant: {sorted(unknown)}")
        if len(chosen) > self.sample:
            chosen = random.Random(0).sample(chosen, self.sample)
        alive = []
        for mutant in chosen:
            items = [item for item in session.items if reach[item.nodeid] & set(mutant.span)]
            if not self._killed(mutant.tree, items):
                alive.append(mutant)
        for mutant in sorted(alive, key=lambda mutant: mutant.line):
            print(f"  {self.name}.py:{mutant.line}: survives: {mutant.named(lines)!r}")
        self.share = 1 - len(alive) / len(chosen)
        print(f"{self.name}: {len(chosen) - len(alive)} of {len(chosen)} killed, {self.share:.0%}", flush=True)
        return True

    def _reach(self, items: list[Any]) -> dict[str, set[int]]:
        """Return the lines of the module that each test comes by; they pass there, unchanged."""
        found: dict[str, set[int]] = {item.nodeid: set() for item in items}
        read, write = os.pipe()
        if os.fork() == 0:
            code = 1
            try:
                for number, item in enumerate(items):
                    trace = self._tracer(found[item.nodeid])
                    threading.settrace(trace)
                    sys.settrace(trace)
                    self._run(item, items[number + 1 : number + 2])
                    sys.settrace(None)
                with os.fdopen(write, "w") as pipe:
                    json.dump({test: sorted(reached) for test, reached in found.items()}, pipe)
                code = int(self.failed)
            finally:
                os._exit(code)
        os.close(write)
        with os.fdopen(read) as pipe:
            text = pipe.read()
        if os.wait()[1]:
            raise SystemExit(f"{self.name}: its tests fail without any change")
        return {test: set(reached) for test, reached in json.loads(text).items()}

    def _tracer(self, lines: set[int]) -> Callable[..., Any]:
        file = self.module.__file__

        def local(frame: types.FrameType, event: str, _: object) -> Any:
            lines.add(frame.f_lineno)
            return local

        return lambda frame, event, _: local if frame.f_code.co_filename == file else None

    def _run(self, item: Any, following: list[Any]) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following[0] if following else None)

    def _killed(self, tree: ast.Module, items: list[Any]) -> bool:
        """Return whether the tests notice a changed module."""
        child = os.fork()
        if child == 0:
            try:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
                exchange(self.module, tree)
                for number, item in enumerate(items):
                    self._run(item, items[number + 1 : number + 2])
                    if self.failed:
                        break
            except BaseException:
                self.failed = True
            os._exit(int(self.failed))
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status != 0
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True


def examine(name: str, sample: int, every: bool) -> float:
    """Return the share of a target's mutants that its tests kill."""
    run = Run(name, sample, every)
    options = ["-o", "addopts=", "-s", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:terminal"]
    if pytest.main([*options, *TARGETS[name][1]], plugins=[run]) not in (0, 5):
        raise SystemExit(f"{name}: its tests cannot be run")
    return run.share


def main() -> int:
    """Examine the targets named; return one when too many mutants survive."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--sample", type=int, default=10_000, help="most mutants per target")
    parser.add_argument("--every", action="store_true", help="try those named in EQUAL as well")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    shares = [examine(name, options.sample, options.every) for name in options.target or TARGETS]
    return 0 if min(shares) >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
