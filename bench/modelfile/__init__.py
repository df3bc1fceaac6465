"""Model files: one TOML file per financing system, with dated and sourced values.

A leaf of the package: it knows neither data nor rules, only what a file may say.
"""

from __future__ import annotations

from bench.modelfile.base import EVERY_SCHEME, Text
from bench.modelfile.load import json_schema, load_model, model_file, parse_model, read_model
from bench.modelfile.methods.named import Analysis, Variant
from bench.modelfile.model import Model
from bench.modelfile.sections.analysis import (
    Benchmark,
    Data,
    Exemption,
    Frontier,
    FrontierOptions,
    Indexation,
    Meta,
    Norm,
    Requirement,
    Tables,
)
from bench.modelfile.sections.blocks import (
    Block,
    Choice,
    Correction,
    Mix,
    Price,
    Purchaser,
    Scheme,
    Service,
    Settlement,
    Transition,
    Volume,
)
from bench.modelfile.sections.situations import Case, Expect, Rounding
from bench.modelfile.texts.diff import diff
from bench.modelfile.values import Dated, Entry
from bench.modelfile.weights import cost_weights, service_weights

__all__ = [
    "EVERY_SCHEME",
    "Analysis",
    "Benchmark",
    "Block",
    "Case",
    "Choice",
    "Correction",
    "Data",
    "Dated",
    "Entry",
    "Exemption",
    "Expect",
    "Frontier",
    "FrontierOptions",
    "Indexation",
    "Meta",
    "Mix",
    "Model",
    "Norm",
    "Price",
    "Purchaser",
    "Requirement",
    "Rounding",
    "Scheme",
    "Service",
    "Settlement",
    "Tables",
    "Text",
    "Transition",
    "Variant",
    "Volume",
    "cost_weights",
    "diff",
    "json_schema",
    "load_model",
    "model_file",
    "parse_model",
    "read_model",
    "service_weights",
]
