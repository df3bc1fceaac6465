"""Compiles the kernel while the wheel is built, so that the first call after installation does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the kernel's bitcode into the wheel; a machine of another kind passes it by and compiles."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file and name its place in the wheel; an editable installation compiles at the first call."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from bench.lp.boundary import SHIPPED, built

            code = built()
        except ImportError as missing:
            self.app.display_warning(f"the kernel is not compiled ahead: {missing}")
            return
        finally:
            sys.path.remove(self.root)
        written = Path(self.directory) / SHIPPED.name
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(code)
        build_data["force_include"][str(written)] = SHIPPED.relative_to(self.root).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the file away again: it is in the wheel."""
        for path in build_data["force_include"]:
            if Path(path).parent == Path(self.directory):
                Path(path).unlink(missing_ok=True)
