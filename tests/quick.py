"""Find the test functions that are too slow for ``pytest --quick``, by the CPU they use, and write ``slowest.txt``.

Run ``python tests/quick.py`` from the repository after the tests have changed much. CPU, not time by the clock, is
measured, children included, so that a busy machine writes the same list.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

#: CPU seconds that one test may use; what its module sets up first is counted with it.
MOST = 0.15


class Clock:
    """Measures each test with what it sets up."""

    def __init__(self) -> None:
        self.slow: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        before = sum(os.times()[:4])
        done = yield
        if sum(os.times()[:4]) - before > MOST:
            self.slow.add(item.nodeid.split("[")[0])
        return done


def main() -> int:
    folder = Path(__file__).resolve().parent
    (folder / "slowest.txt").unlink(missing_ok=True)
    clock = Clock()
    code = pytest.main(["-n", "0", "--quick", str(folder)], plugins=[clock])
    (folder / "slowest.txt").write_text("".join(f"{name}\n" for name in sorted(clock.slow)), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
