"""What the package is made with: licences, a bill of materials, and known holes. No network but for the last.

    python .ci/supply.py licences      what installing brings, with licences; fails on one that is not allowed
    python .ci/supply.py sbom FILE     the same as a bill of materials, CycloneDX 1.5
    python .ci/supply.py audit         pip-audit; where there is none, or nothing to ask, it says so and lets pass

It looks at the environment it runs in, at the package's own dependencies and what those need, extras included.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

#: Licences that ask for no more than a notice, by what is written in their name or expression.
ALLOWED = (
    "MIT",
    "BSD",
    "Apache",
    "ISC",
    "PSF",
    "Python Software Foundation",
    "Zlib",
    "Unlicense",
    "CC0",
    "0BSD",
    "HPND",
    "OFL",
)
#: Packages whose licence is allowed for a reason of their own.
REASONED = {
    "certifi": "MPL-2.0: a file of certificates, used as it is",
    "hypothesis": "MPL-2.0: tests only",
    "orloge": "MIT, as its README says; comes with PuLP 4",
    "odfpy": "Apache-2.0 or GPL: taken under Apache; tests only",
    "pathspec": "MPL-2.0: builds and checks only",
}
#: Extras whose packages come to those who use the program; the rest is for tests and developers.
EXTRAS = ("fetch", "parquet", "letters", "app", "dask", "test")


def packages() -> dict[str, metadata.Distribution]:
    """Return every package that installing brings and that is here, by its normal name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    wanted += [text for extra in EXTRAS for text in project["optional-dependencies"][extra]]
    todo = [Requirement(text) for text in wanted]
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while todo:
        need = todo.pop()
        name, extras = normal(need.name), tuple(sorted(need.extras))
        if name == normal(project["name"]) or (name, extras) in seen:
            continue
        seen.add((name, extras))
        if need.marker is not None and not any(need.marker.evaluate({"extra": one}) for one in ("", *extras)):
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for text in found[name].requires or ():
            part = Requirement(text)
            if part.marker is None or any(part.marker.evaluate({"extra": one}) for one in ("", *extras)):
                part.marker = None
                todo.append(part)
    return dict(sorted(found.items()))


def normal(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(package: metadata.Distribution) -> str:
    """Return what a package says its licence is: the expression, the classifiers, or the first line of the text."""
    said: Any = package.metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    classes = [line.rsplit(" :: ", 1)[-1] for line in said.get_all("Classifier", []) if line.startswith("License ::")]
    classes = [one for one in classes if one != "OSI Approved"]
    if classes:
        return " OR ".join(classes)
    written = (said.get("License") or "").strip()
    return written.splitlines()[0][:80] if written else "not stated"


def allowed(name: str, licence: str) -> bool:
    """Tell whether a licence is one we ship with.

    Examples
    --------
    >>> allowed("a", "MIT"), allowed("a", "GPL-3.0-or-later"), allowed("a", "BSD-3-Clause OR GPL-2.0"), allowed("a", "")
    (True, False, True, False)
    """
    if name in REASONED:
        return True
    return any(
        all(any(word in part for word in ALLOWED) for part in re.split(r"\s+AND\s+|\s*,\s*", choice))
        for choice in re.split(r"\s+OR\s+|\s+or\s+", licence)
    )


def licences() -> int:
    """Print every package with its licence; the number of those that are not allowed."""
    refused = 0
    for name, package in packages().items():
        licence = licence_of(package)
        good = allowed(name, licence)
        refused += not good
        note = f"  ({REASONED[name]})" if name in REASONED else ""
        print(f"{'' if good else 'NOT ALLOWED '}{name} {package.version}: {licence}{note}")
    return refused


def bill() -> dict[str, Any]:
    """Return the bill of materials; the same environment gives the same bytes."""
    found = packages()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.search(r'__version__ = "([^"]+)"', (ROOT / "bench/__init__.py").read_text(encoding="utf-8"))
    own = f"pkg:pypi/{project['name']}@{version[1] if version else '0'}"
    names = {name: f"pkg:pypi/{name}@{package.version}" for name, package in found.items()}
    parts = [
        {
            "type": "library",
            "bom-ref": names[name],
            "name": name,
            "version": package.version,
            "purl": names[name],
            "licenses": [{"license": {"name": licence_of(package)}}],
        }
        for name, package in found.items()
    ]
    needs = {
        name: sorted({names[normal(Requirement(text).name)] for text in package.requires or () if _needed(text, names)})
        for name, package in found.items()
    }
    direct = sorted({names[normal(Requirement(text).name)] for text in project["dependencies"] if _needed(text, names)})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([own, sorted(names.values())]))}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": own, "name": project["name"], "purl": own}},
        "components": parts,
        "dependencies": [
            {"ref": own, "dependsOn": direct},
            *({"ref": names[name], "dependsOn": needs[name]} for name in found),
        ],
    }


def _needed(text: str, names: dict[str, str]) -> bool:
    part = Requirement(text)
    return normal(part.name) in names and (part.marker is None or part.marker.evaluate({"extra": ""}))


def audit() -> int:
    """Run pip-audit; where it cannot look, say so and let pass."""
    asked = [f"{name}=={package.version}" for name, package in packages().items()]
    listing = ROOT / "build" / "audited.txt"
    listing.parent.mkdir(exist_ok=True)
    listing.write_text("\n".join(asked) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json", "-r", str(listing)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if "No module named pip_audit" in said:
        print("not audited: pip-audit is not installed (pip install pip-audit)")
        return 0
    if re.search(r"ConnectionError|Max retries|Name or service|ProxyError|timed out|SSLError", said):
        print("not audited: the list of known holes could not be reached")
        return 0
    return _audited(done.stdout, asked)


def _audited(answer: str, asked: list[str]) -> int:
    """Say what was looked up and what was found; return one when there is a known hole.

    An index of packages that keeps no list of holes makes pip-audit skip what it does not find, and end well.
    """
    found = json.loads(answer[answer.index("{") :])["dependencies"]
    looked_up = [one for one in found if "skip_reason" not in one]
    holes = [f"{one['name']} {one['version']}: {hole['id']}" for one in looked_up for hole in one["vulns"]]
    print(f"{'' if looked_up else 'not audited: '}{len(looked_up)} of {len(asked)} looked up, {len(holes)} known holes")
    for hole in holes:
        print(f"  {hole}")
    return min(len(holes), 1)


def main(words: list[str]) -> int:
    """Do what is asked."""
    if words == ["licences"]:
        return min(licences(), 1)
    if words == ["audit"]:
        return audit()
    if len(words) == 2 and words[0] == "sbom":
        Path(words[1]).write_text(json.dumps(bill(), indent=2) + "\n", encoding="utf-8")
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
