"""From the answers of a form to the words of the command line: there is one way to a result, and this is its door."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import OptionError

#: What can be done with a file, in the order of a user's work.
KINDS = ("run", "compare", "simulate", "advise")

#: Those that need a file of one's own.
OWN_FILE = ("advise",)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for.

    Attributes
    ----------
    kind : {"run", "compare", "simulate", "advise"}
    models : tuple of str
        Bundled names or paths; the first gives the data where there is no file.
    file, mapping : Path, optional
    languages : tuple of str
    settings : Mapping of str to str
        Changed values by dotted key.
    tables : Mapping of str to Path
        Further tables by name.
    years, draws, seed : str
        Of what is played forward; empty for the command's own.
    inhabitants, setup : str
        Of advice.
    """

    kind: str
    models: tuple[str, ...]
    file: Path | None = None
    mapping: Path | None = None
    languages: tuple[str, ...] = ("nb",)
    settings: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Path] = field(default_factory=dict)
    years: str = ""
    draws: str = ""
    seed: str = ""
    inhabitants: str = ""
    setup: str = ""

    def arguments(self) -> list[str]:
        """Return the words after ``bench``, the folder apart.

        Raises
        ------
        OptionError
            When something is missing that the command cannot do without.

        Examples
        --------
        >>> Asked("compare", ("kristiansand", "hamar"), languages=("nb", "en"), draws="50").arguments()
        ['compare', 'kristiansand', 'hamar', '--language', 'nb,en', '--draws', '50']
        """
        if not self.models and self.kind != "advise":
            raise OptionError("no model was chosen")
        if self.file is None and self.kind in OWN_FILE:
            raise OptionError("advice is given on a file of one's own")
        made = [self.kind]
        if self.kind == "advise":
            made.append(str(self.file))
            made += [word for model in self.models for word in ("--system", model)]
        else:
            made += self.models
            if self.file is not None:
                made += ["--file", str(self.file)] if self.kind == "compare" else [str(self.file)]
        if self.mapping is not None:
            made += ["--map", str(self.mapping)]
        made += ["--language", ",".join(self.languages)]
        for key, value in self.settings.items():
            made += ["--set", f"{key}={value}"]
        for name, path in self.tables.items():
            made += ["--table", f"{name}={path}"]
        numbers = {
            "--years": self.years,
            "--draws": self.draws,
            "--seed": self.seed,
            "--inhabitants": self.inhabitants,
            "--setup": self.setup,
        }
        return made + [word for option, text in numbers.items() if text for word in (option, text)]


def shown(arguments: Sequence[str], folder: str) -> str:
    """Return a command as one would type it beside the files: names without the window's own folders.

    Examples
    --------
    >>> shown(["run", "average-cost", "min fil.csv", "--map", "/tmp/x/min fil.csv.mapping.toml"], "resultat")
    "bench run average-cost 'min fil.csv' --map 'min fil.csv.mapping.toml' --out resultat"
    """
    words = []
    for word in arguments:
        name, sign, path = word.partition("=")
        if Path(word).is_absolute():
            word = Path(word).name
        elif sign and Path(path).is_absolute():
            word = f"{name}={Path(path).name}"
        words.append(word)
    return shlex.join(["bench", *words, "--out", folder])
