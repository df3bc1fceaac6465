"""What speaks for and against a kind of system where nothing can be simulated: arguments, each with its passage.

Every rating is the evaluation's own judgement: ``+`` it says the kind does well, ``−`` badly, ``0`` neither, ``?`` the
sources do not say. A rating is never added to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.modelfile import Model

Kind = Literal["refund", "incremental", "grant", "orders", "price", "blend", "choice"]
Rating = Literal["+", "0", "−", "?"]
Pair = tuple[str, str]

#: Kind of system -> name in bokmål and English.
KINDS: Mapping[Kind, Pair] = {
    "refund": ("kostnadsrefusjon", "cost refund"),
    "incremental": ("inkrementell ramme", "incremental grant"),
    "grant": ("fast ramme", "fixed grant"),
    "orders": ("ramme med bestiller uten penger", "grant with a purchaser without money"),
    "price": ("stykkpris", "unit price"),
    "blend": ("blanding av stykkpris og ramme", "blend of unit price and grant"),
    "choice": ("stykkpris med brukervalg", "unit price with user choice"),
}


def kind_of(model: Model) -> Kind:
    """Return the kind a model's rules belong to: what follows activity, what follows cost, and who decides.

    Examples
    --------
    >>> from bench.modelfile import load_model
    >>> [kind_of(load_model(name)) for name in ("cost-refund", "hamar", "drammen", "kristiansand", "user-choice")]
    ['refund', 'grant', 'orders', 'price', 'choice']
    >>> [kind_of(load_model(name)) for name in ("blended", "isf")]
    ['blend', 'blend']
    """
    scheme = model.scheme[0]
    if (scheme.mix.refund.constant or 0.0) >= 0.5:
        return "refund"
    if scheme.price.source != "none" and scheme.mix.activity.constant != 0.0:
        if scheme.choice.on:
            return "choice"
        return "price" if scheme.mix.block.constant == 0.0 else "blend"
    if model.purchaser is not None and model.purchaser.orders_without_money:
        return "orders"
    return "incremental" if scheme.block.kind == "incremental" else "grant"


@dataclass(frozen=True, slots=True)
class Argument:
    """One criterion that is argued, not computed.

    Attributes
    ----------
    key : str
    name : pair of str
    ratings : mapping of kind to rating
    because : pair of str
        Why, in bokmål and English.
    source : str
        A citation with its passages.
    """

    key: str
    name: Pair
    ratings: Mapping[Kind, Rating]
    because: Pair
    source: str


def _rated(refund: Rating, incremental: Rating, grant: Rating, orders: Rating, price: Rating) -> Mapping[Kind, Rating]:
    return {
        "refund": refund, "incremental": incremental, "grant": grant, "orders": orders,
        "price": price, "blend": price, "choice": price,
    }  # fmt: skip


ARGUMENTS: tuple[Argument, ...] = (
    Argument(
        "sectors", ("Prioritering mellom sektorer", "Prioritisation between sectors"), _rated("?", "+", "+", "0", "+"),
        ("Rammer holder sektoren innenfor kommunens budsjett; stykkpris gjør det der bestilleren selv har en ramme",
         "Grants hold the sector inside the municipal budget; a price does where the purchaser has a budget itself"),
        "econ2006, ch. 3.1.3: «gitt gode muligheter for fordeling av ressurser mellom ulike formål i "
        "kommunen» «I tilfeller der ABF er kombinert med en rammefinansiert bestillerenhet»",
    ),
    Argument(
        "services", ("Prioritering mellom tjenester og brukere", "Prioritisation between services and users"),
        _rated("?", "0", "0", "−", "+"),
        ("Pengene følger vedtaket; uten penger må bestilleren be, og utføreren tilpasser selv",
         "Money follows the decision; without money the purchaser must ask, and the provider adapts by itself"),
        "econ2006, ch. 5.1.6: «ABF-BUM gir bedre tildeling mellom hovedgrupper av brukere»; econ2006, "
        "ch. 5.1.4: «utfører tiltar seg bestilleroppgaver»",
    ),
    Argument(
        "users", ("Likebehandling av brukere", "Equal treatment of users"), _rated("?", "−", "0", "0", "+"),
        ("Ett kontor tildeler likere enn mange utførere; det hjelper mindre når utførerne endrer vedtakene",
         "One office allots more alike than many providers; it helps less where providers change the decisions"),
        "econ2006, ch. 5.1.6: «felles BUM medfører mer likeartet tildelingspraksis»; econ2006, ch. "
        "5.2.1: «bestillerenhetens tildeling ofte modifiseres av utførerne»",
    ),
    Argument(
        "coverage", ("Dekning for nye grupper", "Coverage of new groups"), _rated("?", "0", "0", "0", "+"),
        ("En egen bestiller får søkere som før hadde lite, til en pris: utgiftene øker",
         "A purchaser of its own meets applicants who had little before, at a cost: expenditure grows"),
        "econ2006, ch. 5.1.6: «fått en økende tilstrømming av nye brukergrupper» «en kilde til økte "
        "utgifter»",
    ),
    Argument(
        "choice", ("Brukernes valg", "Users' choice"),
        {"refund": "0", "incremental": "−", "grant": "−", "orders": "−", "price": "0", "blend": "0", "choice": "+"},
        ("Brukervalg krever at pengene følger brukeren", "User choice needs money that follows the user"),
        "econ2006, ch. 2.4: «Brukervalg krever at ”pengene følger brukeren”»",
    ),
    Argument(
        "staff_conditions", ("Arbeidsforhold", "Working conditions"), _rated("?", "0", "0", "0", "−"),
        ("Timene følger bestillingene: mer vikarbruk og kortere stillinger",
         "Hours follow the orders: more temporary staff and shorter positions"),
        "econ2006, ch. 5.2.2: «noe mer vikarbruk og innleie av arbeidskraft» «kommunen tilbyr "
        "kortere deltidsbrøk enn før»",
    ),
    Argument(
        "cooperation", ("Samarbeid mellom tjenester", "Cooperation between services"), _rated("?", "0", "0", "−", "+"),
        ("Bestilleren setter sammen pakker; uten penger blir vedtaket et pålegg",
         "The purchaser puts packages together; without money the decision is an order"),
        "econ2006, ch. 5.1.3: «synes ABF å legge godt til rette for samarbeid mellom produsenter» "
        "«mangel på samarbeid og samordning mellom de ulike utførende enhetene»",
    ),
    Argument(
        "levels", ("Samarbeid mellom nivåer", "Cooperation between levels"), _rated("?", "?", "?", "?", "?"),
        ("Kildene spør, men svarer ikke: hvem som får gevinsten av samarbeid med helseforetaket",
         "The sources ask and do not answer: who gains by cooperation with the hospital trust"),
        "hod2021, p. 2: «Fordeling av kostnader og gevinster ved samarbeid mellom kommuner og helseforetak»",
    ),
    Argument(
        "quality_watch", ("Kvalitet under press", "Quality under pressure"), _rated("+", "+", "−", "−", "−"),
        ("Faste beløp belønner kutt i kvalitet like mye som effektivitet; refusjon gjør ingen av delene",
         "Fixed amounts reward a cut in quality as much as efficiency; a refund rewards neither"),
        "econ2006, ch. 2.4: «incentivet til å spare ved å renonsere på kvaliteten»; econ2006, ch. "
        "3.2.1: «både er et incitament til effektivisering, men også et incitament til å renonsere på "
        "kvaliteten»",
    ),
    Argument(
        "change", ("Kostnad og tid ved overgangen", "Cost and time of the change"), _rated("+", "+", "0", "0", "−"),
        ("Stykkpris krever priser, registrering og forankring; om lag 10 mill. kr i Stavanger og to–tre år",
         "A price needs prices, recording and consent; about NOK 10 million in Stavanger, and two to three years"),
        "econ2006, ch. 5.1.2: «Totalt kan investeringskostnaden ha kommet opp i 10 millioner kroner»; "
        "econ2006: «Etter 2-3 år synes overgangsproblemene å være tilbakelagt»",
    ),
    Argument(
        "data", ("Krav til data", "Need for data"), _rated("0", "+", "0", "0", "−"),
        ("Der indikatoren utløser penger, må den være riktig", "An indicator that releases money must be right"),
        "econ2006, ch. 3.1.2: «er det ved ABF viktigere at indikatorene er gode»",
    ),
)  # fmt: skip
