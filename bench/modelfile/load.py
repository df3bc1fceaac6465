"""Reading a model file: TOML, validation, and errors that name file, key and line."""

from __future__ import annotations

import tomllib
from pathlib import Path as FilePath
from typing import Any

from bench.errors import ModelError, ResourceError, nearest
from bench.modelfile.lines import key_lines
from bench.modelfile.model import Model, build
from bench.modelfile.sections.pricing import WEIGHT_RULES
from bench.resources import model_path


def load_model(name: str | FilePath) -> Model:
    """Load a bundled model by its name, or a model file by its path.

    Parameters
    ----------
    name : str or path
        A bundled name such as ``"kristiansand"``, or the path of a file of one's own. ``"model@alternative"`` takes the
        values of one of its alternatives; so does ``"min-modell.toml@alternative"``.

    Returns
    -------
    Model

    Raises
    ------
    ResourceError
        When there is no such model or file.
    ModelError
        When the file is wrong: unknown key, overlapping dates, no value in force, shares that do not sum,
        a service without a price, a unit in two schemes. Names file, key and line.

    Examples
    --------
    >>> load_model("kristiansand").scheme_ids
    ['omsorg', 'utviklingshemmede', 'helse']
    """
    base, alternative = parts_of_name(name)
    if alternative:
        return load_model(base).with_alternative(alternative)
    path = model_file(name)
    return read_model(path.read_bytes(), path.name)


def parts_of_name(name: str | FilePath) -> tuple[str | FilePath, str]:
    """Return what names the model and what names its alternative; the latter is empty where none is asked for.

    Examples
    --------
    >>> parts_of_name("kristiansand@frontier"), parts_of_name("a@b/min-modell.toml")
    (('kristiansand', 'frontier'), ('a@b/min-modell.toml', ''))
    """
    if isinstance(name, str) and not name.lower().endswith(".toml") and "@" in name:
        base, _, alternative = name.rpartition("@")
        return base, alternative
    return name, ""


def model_file(name: str | FilePath) -> FilePath:
    """Return the file of a model: a bundled one by its name, any other by its path.

    Raises
    ------
    ResourceError
        When there is neither such a bundled model nor such a file.
    """
    if isinstance(name, str) and not is_path(name):
        return model_path(name)
    path = FilePath(name)
    if not path.is_file():
        raise ResourceError(f"there is no model file {str(name)!r}{nearest(path.name, _beside(path))}")
    return path


def is_path(name: str) -> bool:
    """Tell whether a name is that of a file of one's own and no bundled model's."""
    return name.lower().endswith(".toml") or (any(sign in name for sign in "/\\") and FilePath(name).is_file())


def _beside(path: FilePath) -> list[str]:
    return [other.name for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []


def read_model(data: bytes, file: str = "model.toml") -> Model:
    """Return the model that the bytes of a file state; ``file`` is the name errors use.

    Raises
    ------
    ModelError
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError("the file is not UTF-8", file=file) from error
    return parse_model(text, file, data)


def parse_model(text: str, file: str = "model.toml", data: bytes | None = None) -> Model:
    """Return the model a TOML text states; ``file`` is the name errors use, ``data`` the bytes it was decoded from.

    Raises
    ------
    ModelError
    """
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise ModelError("not valid TOML: brackets within brackets go deeper than can be read", file=file) from None
    except ValueError as error:  # also an integer of thousands of digits, which is no TOMLDecodeError
        raise ModelError(f"not valid TOML: {error}", file=file) from error
    return build(raw, file, key_lines(text), data if data is not None else text.encode("utf-8", "surrogatepass"))


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a model file, for editors that complete and check TOML.

    Examples
    --------
    >>> sorted(json_schema()["required"])
    ['data', 'meta', 'scheme']
    """
    schema = Model.model_json_schema(by_alias=True)
    # Two values may be written shorter than they are kept: one method alone, and a rule in the place of a weight.
    method = schema["$defs"]["Frontier"]["properties"]["method"]
    several = {key: method.pop(key) for key in ("items", "type") if key in method}
    method["anyOf"] = [several, several["items"]]
    # A model that ends with its norms needs no settlement; any other is told so when it is loaded.
    required = schema["$defs"]["Scheme"]["required"]
    schema["$defs"]["Scheme"]["required"] = [key for key in required if key != "settlement"]
    schema["$defs"]["Service"]["properties"]["weight"]["anyOf"].append({"enum": list(WEIGHT_RULES)})
    return schema
