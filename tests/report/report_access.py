"""What a page owes those who see little, see no colours, use no mouse or hear it read: rules of WCAG 2, in the browser.

The rules are those of the common checkers (names and roles, contrast, order of headings, labels, landmarks, ids, heads
of tables, languages, focus), written here so that they run without a network.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from report.report_browser import Browser

AUDIT = Path(__file__).with_name("access.js").read_text(encoding="utf-8")


def violations(page: Browser) -> list[tuple[str, str, str]]:
    """Return every break of a rule in the open page: (rule, element, more)."""
    return [(rule, element, more) for rule, element, more in json.loads(page.run(AUDIT))]


def axe(page: Browser) -> list[Any] | None:
    """Return what axe-core finds in the open page, or None where it is not installed.

    ``AXE_CORE`` names its script (``npm pack axe-core`` brings it). It is used where it is, and never copied: its
    licence is another one than ours.
    """
    script = os.environ.get("AXE_CORE", "")
    if not script or not Path(script).is_file():
        return None
    page.run(Path(script).read_text(encoding="utf-8") + "\n;0")
    asked = "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html])))"
    found: list[Any] = json.loads(page.run(asked))
    return found
