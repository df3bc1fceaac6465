"""What a model runs on when no file is given: its own data set, another model's, or one of its own cases."""

from __future__ import annotations

from bench.modelfile.load import load_model
from bench.modelfile.model import Model, build
from bench.modelfile.sections.situations import Case


def on_bundled_data(model: Model) -> Model:
    """Return the model ready for the data it is shown on.

    A model that names another in ``meta.data_of`` gets its rules put on that model's data
    (:meth:`Model.applied_to`); title and notes say so. Every other model is returned as it is.

    Examples
    --------
    >>> raw = load_model("isf").raw
    >>> raw["meta"] = {**raw["meta"], "dataset": None, "data_of": "kristiansand"}
    >>> shown = on_bundled_data(build(raw, "isf.toml", {}))
    >>> shown.meta.dataset, shown.meta.note[0].en
    ('kristiansand', 'The rules of the model isf on the data of Kristiansand, which has other rules itself.')
    """
    other = model.meta.data_of
    if model.meta.dataset is not None or other is None:
        return model
    shown = model.applied_to(load_model(other))
    raw, place = shown.raw, other.capitalize()
    title = raw["meta"]["title"]
    raw["meta"]["title"] = {
        "nb": f"{title['nb']} – på dataene til {place}",
        "en": f"{title['en']} – on the data of {place}",
    }
    said = {
        "nb": f"Reglene i modellen {model.name} på dataene til {place}, som selv har andre regler.",
        "en": f"The rules of the model {model.name} on the data of {place}, which has other rules itself.",
    }
    raw["meta"]["note"] = [said, *raw["meta"].get("note", [])]
    raw["meta"].pop("data_of", None)
    return build(raw, model.file, {})


def example_case(model: Model) -> Case | None:
    """Return the case whose situation the model is shown on, or None when it has data of its own.

    Raises
    ------
    ModelError
        When ``meta.data_case`` names no case with data and without other values.
    """
    name = model.meta.data_case
    if name is None or model.meta.dataset is not None:
        return None
    for case in model.case:
        if case.name == name and case.data is not None and not case.set:
            return case
    raise model.refuse(f"no case {name!r} with data and without 'set'", ("meta", "data_case"))
