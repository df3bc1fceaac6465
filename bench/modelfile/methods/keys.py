"""Keys of a method, wherever one is named: their words and ranges, and which method takes which of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from bench.catalogue import COLUMN_KEYS, METHODS, links_of, methods_with
from bench.errors import nearest
from bench.modelfile.base import Many, Section, described
from bench.options import Rts, SfaPanel, SfaShape

Distribution = Literal[
    "half-normal",
    "exponential",
    "truncated-normal",
    "truncated-normal-scaled",
    "rayleigh",
    "uniform",
    "generalised-exponential",
    "truncated-skewed-laplace",
    "gamma",
    "weibull",
    "lognormal",
]
Form = Literal["cobb-douglas", "translog"]
LinkKind = Literal["free", "fixed", "good", "bad"]


class MethodKeys(Section):
    """A method with its own keys. Every method's guide page (``bench explain``) says what its keys mean."""

    method: str = described("Method", "Metode", words=tuple(METHODS))
    inputs: Many[str] | None = described("Inputs: its cost definition", "Innsats: variantens kostnad", default=None)
    outputs: dict[str, Many[str]] | None = described("Outputs", "Produkter", default=None)
    environment: Many[str] | None = described("Conditions", "Rammevilkår", default=None)
    rts: Rts | None = described("Returns to scale", "Skalautbytte", default=None)
    form: Form | None = described("Functional form", "Funksjonsform", default=None)
    distribution: Distribution | None = described("Distribution of inefficiency", "Fordeling", default=None)
    panel: SfaPanel | None = described("Panel model", "Panelmodell", default=None)
    shape: SfaShape | None = described("Shape imposed on the frontier", "Form som pålegges fronten", default=None)
    u: Many[str] | None = described(
        "Columns the spread of inefficiency depends on", "Kolonner som spredningen i ineffektivitet avhenger av",
        default=None,
    )  # fmt: skip
    mu: Many[str] | None = described(
        "Columns the location of inefficiency depends on", "Kolonner som nivået på ineffektiviteten avhenger av",
        default=None,
    )  # fmt: skip
    m: int | None = described(
        "Order m: units compared with", "Orden m: enheter det sammenlignes med", default=None, ge=1
    )
    alpha: float | None = described("Order alpha", "Orden alfa", default=None, gt=0.0, le=1.0)
    goal: Literal["aggressive", "benevolent"] | None = described(
        "Cross-efficiency: among equal weights those worst or best for the others",
        "Krysseffektivitet: blant like gode vekter de verste eller beste for de andre",
        default=None,
    )
    surrogate: Literal["ratio", "difference"] | None = described(
        "Cross-efficiency: the others together by the ratio of their outputs and inputs, or by the difference",
        "Krysseffektivitet: de andre samlet ved forholdet mellom produkter og innsats, eller ved differansen",
        default=None,
    )
    least: float | None = described(
        "Least share every measure is worth", "Minste andel hver størrelse er verd", default=None, ge=0.0, lt=0.5
    )
    scaling: Many[float] | None = described(
        "Smallest and largest size a peer may be taken at", "Minste og største størrelse et forbilde kan tas i",
        default=None, min_length=2, max_length=2,
    )  # fmt: skip
    whole: Many[str] | None = described(
        "Inputs and outputs that are whole numbers", "Innsats og produkter som er hele tall", default=None
    )
    fixed: Many[str] | None = described("Inputs that cannot be changed", "Innsats som ikke kan endres", default=None)
    fixed_as: Literal["total", "average"] | None = described(
        "Fixed measures are compared in total or per unit of size", "Faste størrelser sammenlignes samlet eller snitt",
        default=None,
    )  # fmt: skip
    bounds: dict[str, Many[str]] | None = described(
        "Input, and the columns with its lower and upper bound", "Innsats, og kolonnene med nedre og øvre grense",
        default=None,
    )  # fmt: skip
    category: str | None = described(
        "Column with the ordered category: 1 is the hardest", "Kolonne med kategorien, 1 er den vanskeligste",
        default=None,
    )  # fmt: skip
    weak: Many[str] | None = described(
        "Outputs that cannot be dropped for free", "Produkter som ikke kan droppes fritt", default=None
    )
    bad: Many[str] | None = described(
        "Columns with undesirable outputs", "Kolonner med uønskede produkter", default=None
    )
    bad_weight: float | None = described(
        "What one undesirable output counts, where a good one counts 1",
        "Hva ett uønsket produkt teller, når et ønsket teller 1",
        default=None, gt=0.0,
    )  # fmt: skip
    treatment: Literal["weak", "input", "translation"] | None = described(
        "How undesirable outputs can fall", "Hvordan uønskede produkter kan falle", default=None
    )
    polluting: Many[str] | None = described(
        "Inputs that make the undesirable outputs", "Innsats som lager de uønskede produktene", default=None
    )
    content: dict[str, float] | None = described(
        "Content of the material per input and output", "Innhold av stoffet per innsats og produkt", default=None
    )
    group: str | dict[str, Many[str]] | None = described(
        "Column with the group's word (data.texts) or number, or the units of each group by its name",
        "Kolonne med gruppens ord (data.texts) eller nummer, eller enhetene i hver gruppe etter navn",
        default=None,
    )
    against: Literal["all", "group"] | None = described(
        "Metafrontier: the score against all, or against the own group", "Metafront: mot alle, eller mot egen gruppe",
        default=None,
    )  # fmt: skip
    envelope: Literal["stochastic", "linear", "quadratic"] | None = described(
        "How the metafrontier envelops the groups", "Hvordan metafronten omslutter gruppene", default=None
    )
    intermediate: Many[str] | None = described(
        "Columns with what the first stage makes for the second", "Kolonner med det første trinn lager til det andre",
        default=None,
    )  # fmt: skip
    stages: dict[str, dict[Literal["inputs", "outputs"], Many[str]]] | None = described(
        "Stages by name, each with its inputs and outputs", "Trinn etter navn, hvert med innsats og produkter",
        default=None,
    )  # fmt: skip
    measure: Literal["radial", "sbm", "russell", "additive", "directional", "holder"] | None = described(
        "Measure of inefficiency; of a network one factor for all stages (radial) or the slacks of each (sbm)",
        "Mål for ineffektivitet; i et nettverk én faktor for alle trinn (radial) eller slakkene i hvert (sbm)",
        default=None,
    )
    links: LinkKind | dict[str, LinkKind] | None = described(
        "What may happen to an amount that passes between stages", "Hva som kan skje med en mengde mellom trinn",
        default=None,
    )  # fmt: skip
    carry_overs: dict[str, LinkKind] | None = described(
        "Columns with what is carried over to the next year, and of what kind",
        "Kolonner med det som overføres til neste år, og av hvilket slag",
        default=None,
    )  # fmt: skip
    shared: dict[str, Many[str]] | None = described(
        "Inputs of several stages that count in total", "Innsats i flere trinn som teller samlet", default=None
    )
    stage_weights: dict[str, float] | None = described("Weight of each stage", "Vekt for hvert trinn", default=None)
    input_prices: Many[str] | None = described(
        "Columns with the price of each input", "Kolonner med prisen på hver innsats", default=None
    )
    output_prices: Many[str] | None = described(
        "Columns with the price of each output", "Kolonner med prisen på hvert produkt", default=None
    )
    weights: Literal["raw", "mip", "normalised", "ram", "bam"] | None = described(
        "Weights of the slacks", "Vekter for slakkene", default=None
    )
    slack_limits: dict[str, str] | None = described(
        "Input or output, and the column with the most it can be changed",
        "Innsats eller produkt, og kolonnen med det meste det kan endres",
        default=None,
    )
    money: Literal["profit", "cost", "revenue"] | None = described("What is forgone", "Hva som går tapt", default=None)
    reverse: bool | None = described(
        "Technical inefficiency is worth what the measure's target saves and earns",
        "Teknisk ineffektivitet er verd det målets mål sparer og tjener",
        default=None,
    )
    norm: Literal["sum", "largest"] | None = described("Norm of the distance", "Norm for avstanden", default=None)
    elasticity: bool | None = described("With scale elasticities", "Med skalaelastisiteter", default=None)
    unit: str | None = described("The unit that is looked at", "Enheten det gjelder", default=None, min_length=1)
    mergers: dict[str, Many[str]] | None = described(
        "Mergers: name and the units that join", "Sammenslåinger: navn og enhetene som går sammen", default=None
    )
    effects: Literal["fixed", "random", "polynomial", "path"] | None = described(
        "Effects of the panel", "Panelets effekter", default=None
    )
    degree: int | None = described("Degree of the unit's path", "Grad for enhetens bane", default=None, ge=1, le=5)
    monotone: bool | None = described("Cost never falls with volume", "Kostnaden faller aldri med volum", default=None)
    floor: float | None = described("Least elasticity", "Minste elastisitet", default=None, ge=0.0)
    classes: int | None = described("Number of classes", "Antall klasser", default=None, ge=2, le=5)
    starts: int | None = described("Searches", "Søk", default=None, ge=1)
    membership: Many[str] | None = described(
        "Columns that move a unit between the classes", "Kolonner som flytter en enhet mellom klassene", default=None
    )
    share: Many[str] | None = described(
        "Columns that move the share of efficient units", "Kolonner som flytter andelen effektive enheter", default=None
    )
    tau: float | None = described("Quantile or expectile", "Kvantil eller ekspektil", default=None, gt=0.0, lt=1.0)
    leave_out: Many[str] | None = described(
        "Regressors without a mean", "Forklaringsvariabler uten snitt", default=None
    )
    endogenous: Many[str] | None = described(
        "Outputs that depend on the noise", "Produkter som avhenger av støyen", default=None
    )
    instruments: Many[str] | None = described("Columns with instruments", "Kolonner med instrumenter", default=None)
    selected: str | None = described(
        "Column that is 1 for units that are seen, 0 for the others",
        "Kolonne som er 1 for enheter som er med, ellers 0",
        default=None,
    )  # fmt: skip
    selection: Many[str] | None = described(
        "Columns that move a unit in or out", "Kolonner som flytter en enhet inn eller ut", default=None
    )
    hypothesis: Literal["constant-returns", "convexity"] | None = described(
        "Hypothesis about the technology", "Hypotese om teknologien", default=None
    )
    algorithm: Literal[1, 2] | None = described("Algorithm", "Algoritme", default=None)
    frontier: Literal["own", "pooled"] | None = described(
        "Each group's own frontier, or one for all", "Gruppens egen front, eller én for alle", default=None
    )
    requirement: float | None = described(
        "Efficiency that a unit may be below", "Effektivitet en enhet kan ligge under", default=None, gt=0.0, le=1.0
    )
    sets: Literal["adjacent", "sequential", "biennial", "global"] | None = described(
        "Malmquist: years whose frontiers are compared", "Malmquist: årene hvis fronter sammenlignes", default=None
    )
    width: int | None = described("Years in a window", "År i et vindu", default=None, ge=1)
    index: Literal["lowe", "fisher", "fare-primont"] | None = described(
        "Index of productivity", "Produktivitetsindeks", default=None
    )
    regression: Literal["least-squares", "sfa", "cnls"] | None = described(
        "Function of cost behind a conformal interval", "Kostnadsfunksjonen bak et konformt intervall", default=None
    )
    resampling: Literal["jackknife+", "cv+", "split"] | None = described(
        "Who is left out while errors are measured", "Hvem som holdes utenfor mens feil måles", default=None
    )
    folds: int | None = described("Parts the units are left out in", "Deler enhetene utelates i", default=None, ge=3)
    technical: Many[str] | None = described(
        "Conditions that are technical change, such as a trend", "Rammevilkår som er teknisk endring, som en trend",
        default=None,
    )  # fmt: skip
    distributions: Many[Distribution] | None = described("Distributions", "Fordelinger", default=None, min_length=1)
    forms: Many[Form] | None = described("Functional forms", "Funksjonsformer", default=None, min_length=1)
    criterion: Literal["aic", "bic"] | None = described(
        "Criterion of the weights", "Kriterium for vektene", default=None
    )
    convention: str | None = described(
        "Rule of the bias correction", "Regel for skjevhetskorreksjonen", default=None, min_length=1
    )
    threshold: float | None = described(
        "How far beyond the others an outlier lies", "Hvor langt foran de andre en uteligger er", default=None, gt=0.0
    )
    deletions: int | None = described(
        "Most units taken away together", "Flest enheter tatt bort sammen", default=None, ge=1, le=10
    )
    seed: int | None = described("Seed of the draws", "Frø for trekningene", default=None, ge=0)
    replicates: int | None = described("Replicates", "Gjentak", default=None, ge=10)
    level: float | None = described("Level of the interval", "Nivå for intervallet", default=None, gt=0.0, lt=1.0)
    splits: int | None = described("Random splits of the units", "Tilfeldige delinger av enhetene", default=None, ge=1)
    halves: int | None = described("Random halves of a part", "Tilfeldige halvdeler av en del", default=None, ge=1)

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if method not in METHODS:
            raise PydanticCustomError(
                "method_unknown",
                "no method '{method}'{hint}; there are {known}",
                {"method": method, "hint": nearest(method, METHODS), "known": ", ".join(METHODS)},
            )
        return method

    @model_validator(mode="after")
    def _taken(self) -> MethodKeys:
        spec = METHODS[self.method]
        if self.rts is not None and "rts" not in spec.keys:
            raise PydanticCustomError(
                "rts", "method '{method}' takes no rts: take the key out", {"method": self.method}
            )
        for name in METHOD_KEYS:
            if getattr(self, name) is not None and name not in spec.keys:
                self._refuse_condition(name)
                raise PydanticCustomError(
                    "method_key",
                    "{name} belongs to method {methods}, not '{method}'",
                    {
                        "name": name,
                        "methods": " or ".join(f"'{m}'" for m in methods_with(name)),
                        "method": self.method,
                    },
                )
        for name in spec.needs:
            if getattr(self, name) in (None, ()) and (name not in INHERITED or name == "environment"):
                raise PydanticCustomError(
                    "method_key",
                    "method '{method}' needs {name}: {meaning}",
                    {"name": name, "method": self.method, "meaning": str(type(self).model_fields[name].description)},
                )
        if self.scaling is not None and not 0.0 < self.scaling[0] <= self.scaling[1]:
            raise PydanticCustomError("scaling", "scaling is a smallest and a largest size, such as [0.85, 1.15]")
        for measure, columns in (self.bounds or {}).items():
            if len(columns) != 2:
                raise PydanticCustomError(
                    "bounds", "the bounds of {measure} are two columns: lower and upper", {"measure": measure}
                )
        return self

    def _refuse_condition(self, name: str) -> None:
        if name == "environment":
            raise PydanticCustomError(
                "environment",
                "method '{method}' takes no conditions: use [frontier.correction] (DEA), or method 'sfa', 'stoned' or "
                "'conditional'",
                {"method": self.method},
            )

    def stated_keys(self) -> Mapping[str, Any]:
        """Return the method's own keys that are stated; what it may inherit from the frontier is not among them."""
        found = {name: getattr(self, name) for name in METHOD_KEYS if name not in INHERITED}
        return {name: value for name, value in found.items() if value is not None}

    def columns(self) -> list[str]:
        """Return the columns of the table that these keys name."""
        found: list[str] = [*(self.inputs or ()), *(self.environment or ())]
        for name in COLUMN_KEYS:
            value = getattr(self, name)
            found += [value] if isinstance(value, str) else value or ()
        if isinstance(self.group, str):
            found.append(self.group)
        found += [*links_of(self.stages or {}), *(self.carry_overs or {})]
        for pair in (self.bounds or {}).values():
            found += pair
        found += (self.slack_limits or {}).values()
        return list(dict.fromkeys(found))


#: Keys that name no method, but what is measured.
_DATA_KEYS = ("method", "inputs", "outputs")
#: Keys that may come from the frontier's own options.
INHERITED = ("rts", "form", "distribution", "environment")
#: Keys of methods.
METHOD_KEYS = tuple(name for name in MethodKeys.model_fields if name not in _DATA_KEYS)
