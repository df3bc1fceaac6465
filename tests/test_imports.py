"""Imports go one way along the flow of data, and importing the package stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bench

PACKAGE = Path(bench.__file__).parent

#: What each part may import of the package itself; leaves are open to everyone.
LEAVES = {
    "presenting",
    "typing",
    "tolerances",
    "cells",
    "catalogue",
    "errors",
    "options",
    "seeds",
    "units",
    "resources",
    "manifest",
    "results",
}
ALLOWED = {
    "typing": set(),
    "tolerances": set(),
    "cells": set(),
    "errors": set(),
    "presenting": {"errors"},
    "catalogue": set(),
    "options": {"errors", "typing"},
    "seeds": {"errors"},
    "table_rules": {"cells", "errors", "typing"},
    "native": {"errors"},
    "units": {"errors", "native", "presenting", "table_rules", "typing"},
    "resources": {"errors"},
    "citations": {"errors", "resources"},
    "manifest": {"errors"},
    "results": {"errors", "presenting", "units", "report", "typing"},
    "mapping": LEAVES | {"reading", "modelfile"},
    "reading": LEAVES,
    "fetch": {"errors", "resources"},
    "formulas": {"errors", "typing"},
    "modelfile": {"catalogue", "errors", "formulas", "options", "presenting", "resources", "typing"},
    "jit": set(),
    "lp": {"errors", "jit", "typing"},
    "envelopment": LEAVES | {"lp"},
    "stochastic": LEAVES | {"jit"},
    "norms": {"errors", "options", "typing"},
    "stykkpris": LEAVES | {"modelfile"},
    "report": LEAVES | {"citations", "formulas", "jit", "modelfile", "norms", "stykkpris"},
}
LP_LIBRARIES = {"numpy", "scipy", "llvmlite", "numba", "highspy", "pulp", "joblib"}


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[tuple[str, int, bool]]:
    """Every imported module with its line, and whether it is for the type checker only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, id(node) in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            if node.module == "bench":
                names = [f"bench.{alias.name}" for alias in node.names]
            found += [(name, node.lineno, id(node) in typing_only) for name in names]
    return found


FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_bundled" not in path.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    part = _part(path)
    if part in {"__init__", "pipeline", "cli", "_cli", "verification"} or part not in ALLOWED:
        known = {"__init__", "__main__", "pipeline", "cli", "verification", "trace", "doctor", "guide", "app", "site"}
        assert part in known, f"{part}: no rule"
        return
    wrong = []
    for module, line, _ in _imports(path):
        if module.split(".")[0] != "bench" or module == "bench":
            continue
        target = module.split(".")[1]
        if target != part and target not in ALLOWED[part] and target != "__version__":
            wrong.append(f"line {line}: {module}")
    assert not wrong, f"{part} must not import {wrong}"


@pytest.mark.parametrize("path", [p for p in FILES if _part(p) == "lp"], ids=lambda path: path.name)
def test_lp_imports_numpy_and_solvers_only(path):
    outside = [
        f"line {line}: {module}"
        for module, line, typing_only in _imports(path)
        if not typing_only
        and module.split(".")[0] not in LP_LIBRARIES | {"bench"}
        and module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert not outside


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_slow_statistics_packages_are_not_imported(path):
    modules = {module for module, _, _ in _imports(path)}
    assert not {m for m in modules if m.startswith(("scipy.stats", "statsmodels", "matplotlib"))}


def test_import_is_light():
    code = "import bench, sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("numpy", "pandas", "scipy", "numba", "altair", "pydantic", "pulp"):
        assert f"'{heavy}'" not in loaded


def test_data_folders_hold_no_package():
    repository = Path(__file__).resolve().parent.parent
    for folder in ("models", "datasets", "benchmarks"):
        assert not list((repository / folder).rglob("__init__.py"))


def _names_imported(tree: ast.Module, modules: set[str]) -> set[str]:
    """Modules of the package that a file imports, wherever the import stands: in functions and for types too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & modules


def _circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in arrows[name]:
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in arrows:
        if name not in order:
            visit(name)
    return found


def test_no_circle_of_any_kind():
    """Counting imports inside functions and for the type checker; a package's own lazy table of names is no import."""
    root = PACKAGE.parent
    modules = {}
    for path in FILES:
        parts = path.relative_to(root).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    arrows = {}
    for name, path in modules.items():
        reached = _names_imported(ast.parse(path.read_text(encoding="utf-8")), set(modules))
        # «from package import module» reaches the module, not the package around it.
        inner = {other for other in reached if any(one != other and one.startswith(f"{other}.") for one in reached)}
        arrows[name] = reached - inner - {name}
    assert _circles(arrows) == []


def test_no_module_is_imported_by_a_name_that_is_put_together():
    """Such an arrow is in no graph; a package's own table of literal names, loaded when asked for, is allowed."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in FILES
        if path.name != "__init__.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__")
        if node.args and not isinstance(node.args[0], ast.Constant)
    ]
    assert not found


@pytest.mark.parametrize("folder", ["bench", "tests"])
def test_no_folder_of_more_than_twenty_five_files(folder):
    root = PACKAGE.parent / folder
    crowded = {
        str(place.relative_to(root)): count
        for place in [root, *(path for path in root.rglob("*") if path.is_dir())]
        if (count := len(list(place.glob("*.py")))) > 25
    }
    assert not crowded


#: Modules behind a public name that are no method of their own: what a method returns, or a part that others name.
NO_METHODS = {"estimate", "method_result", "outcome", "result", "selection_estimate", "technology"}


def _methods() -> dict[str, str]:
    from bench import envelopment, stochastic

    homes = {*envelopment._PUBLIC.values(), *stochastic._PUBLIC.values()}
    return {home.rsplit(".", 1)[1]: home for home in homes}


@pytest.mark.parametrize("stem", sorted(set(_methods()) - NO_METHODS))
def test_a_methods_module_page_and_test_share_a_stem(stem):
    tests = Path(__file__).resolve().parent
    assert (PACKAGE / "guide" / f"{stem}.md").is_file(), f"bench/guide/{stem}.md tells how {_methods()[stem]} is used"
    assert [*tests.rglob(f"test_{stem}.py")], f"tests/…/test_{stem}.py holds {_methods()[stem]} against the truth"


def test_what_is_named_no_method_is_there():
    assert set(_methods()) >= NO_METHODS
