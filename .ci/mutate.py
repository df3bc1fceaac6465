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
import os
import random
import signal
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

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

#: Mutants that nobody can tell from the original: part of the line, and why.
EQUAL = {
    "rounding": {"quantize(Decimal(1)": "only the exponent of the number is looked at, and that of two is the same"},
    "price": {"if gain == 1.0": "with all of the gap both ways give the target, but for the last digit"},
    "settlement": {"brought + kept, rules": "where there is a deficit nothing is kept"},
    "certificate": {
        "_TERMS": "size of a block: how much is looked at together",
        "_GATHERED": "size of a block",
        "_ROWS": "size of a block",
        "_FEW": "which of two routes that give the same is taken",
        "max(1, ": "size of a block",
        "step = ": "size of a block",
        "width = max": "size of a block",
        "* UNIT": "a bound on rounding that may be wider by a term",
        "* _SINGLE": "a bound on rounding that may be wider by a term",
        "_TINY": "stands for nothing where there is nothing",
        "least = weight.min(": "looked at only where some intensity is below zero",
        "if not (least": "a way out before work whose result is the same",
        "> margin": "a pair at the margin itself is proven, and may be looked at or not",
        "reshape(-1)": "numpy takes any size below zero for what is left",
        "> 1e-12 * weight": "at the limit itself",
        "4.0 * unit": "how much room rounding gets: whether it was enough is checked two lines below",
        "(total - slip)": "a first guess, which is checked three lines below",
        "2.0 * unit": "a bound on rounding that may be wider by a term",
        "np.maximum(np.abs(value), 1.0)": "the scores are never larger than either",
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


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield line, what was done, and the changed tree; texts, types and messages of errors stay."""
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
        for attribute, old, what, new in changes:
            setattr(node, attribute, new)
            yield node.lineno, what, ast.fix_missing_locations(copy.deepcopy(tree))
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


def killed(module: types.ModuleType, tree: ast.Module, tests: list[str]) -> bool:
    """Return whether the tests notice a changed module."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            exchange(module, tree)
            import pytest

            code = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", *tests])
        finally:
            os._exit(int(code))
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def examine(name: str, sample: int) -> float:
    """Try the mutants of a target, print what survives, and return the share that was killed."""
    path, tests = TARGETS[name]
    module = importlib.import_module(path)
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    if killed(module, tree, tests):
        raise SystemExit(f"{name}: its tests fail without any change")
    chosen = [
        (line, what, changed)
        for line, what, changed in mutants(tree)
        if not any(part in lines[line - 1] for part in EQUAL.get(name, {}))
    ]
    if len(chosen) > sample:
        chosen = random.Random(0).sample(chosen, sample)
    alive = [(line, what) for line, what, changed in chosen if not killed(module, changed, tests)]
    for line, what in sorted(alive):
        print(f"  {name}.py:{line}: another {what} survives: {lines[line - 1].strip()}")
    share = 1 - len(alive) / len(chosen)
    print(f"{name}: {len(chosen) - len(alive)} of {len(chosen)} killed, {share:.0%}", flush=True)
    return share


def main() -> int:
    """Examine the targets named; return one when too many mutants survive."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--sample", type=int, default=10_000, help="most mutants per target")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    shares = [examine(name, options.sample) for name in options.target or TARGETS]
    return 0 if min(shares) >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
