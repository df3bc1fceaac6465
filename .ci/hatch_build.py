"""Compiles the kernels while the wheel is built, so that the first call after installation does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the kernels' bitcode into the wheel; a machine of another kind passes it by and compiles."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files and name their places in the wheel; an editable installation compiles at the first call."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from bench.jit import OVERLOADS
            from bench.lp import boundary
            from bench.lp.proofs import enclosure
            from bench.stochastic import ahead

            made = {
                boundary.SHIPPED: boundary.built(),
                enclosure.SHIPPED: enclosure.built(),
                Path(ahead.__file__).with_name(OVERLOADS): ahead.built(),
            }
        except ImportError as missing:
            self.app.display_warning(f"the kernels are not compiled ahead: {missing}")
            return
        finally:
            sys.path.remove(self.root)
        for place, code in made.items():
            written = Path(self.directory) / place.name
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(code)
            build_data["force_include"][str(written)] = place.relative_to(self.root).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the files away again: they are in the wheel."""
        for path in build_data["force_include"]:
            if Path(path).parent == Path(self.directory):
                Path(path).unlink(missing_ok=True)
