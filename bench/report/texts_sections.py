"""Texts of the page's sections: headings, navigation, and what each section says first."""

from __future__ import annotations

SECTIONS: dict[str, tuple[str, str]] = {
    "section.decision": ("Det som besluttes", "What is decided"),
    "section.risks": ("Hva kan gjøre dette feil?", "What could make this wrong?"),
    "section.prices": ("Priser", "Prices"),
    "section.grants": ("Rammer", "Block grants"),
    "section.prices_and_grants": ("Priser og rammer", "Prices and block grants"),
    "section.results": ("Resultat per enhet", "Result per unit"),
    "section.efficiency": ("Effektivitet", "Efficiency"),
    "section.requirements": ("Effektiviseringskrav", "Efficiency requirements"),
    "section.purchaser": ("Bestillers budsjett", "The purchaser's budget"),
    "section.assumptions": ("Forutsetninger", "Assumptions"),
    "section.book": ("Prisbok", "Price book"),
    "section.about": ("Om kjøringen", "About this run"),
    "nav.decision": ("Vedtak", "Decision"),
    "nav.risks": ("Feilkilder", "Risks"),
    "nav.prices": ("Priser", "Prices"),
    "nav.grants": ("Rammer", "Grants"),
    "nav.prices_and_grants": ("Priser og rammer", "Prices and grants"),
    "nav.results": ("Resultat", "Results"),
    "nav.efficiency": ("Effektivitet", "Efficiency"),
    "nav.requirements": ("Krav", "Requirements"),
    "nav.purchaser": ("Bestiller", "Purchaser"),
    "nav.assumptions": ("Forutsetninger", "Assumptions"),
    "nav.book": ("Prisbok", "Price book"),
    "nav.about": ("Om", "About"),
    "intro.average_cost": (
        "Prisen er ordningens gjennomsnittskostnad i regnskapsåret, justert for lønns- og prisvekst. Der "
        "tjenestene har ett felles prisnivå, endres alle prisene med samme prosent, bortsett fra avrunding.",
        "The price is the scheme's average cost in the accounting year, adjusted for growth in wages and prices. "
        "Where the services share one price level, all prices change by the same per cent, apart from rounding.",
    ),
    "intro.best_practice": (
        "Prisen er kostnaden hos de beste enhetene i ordningen i regnskapsåret, justert for lønns- og prisvekst. "
        "De fleste enheter får da mindre enn det tjenestene kostet dem.",
        "The price is the cost of the best units of the scheme in the accounting year, adjusted for growth in wages "
        "and prices. Most units are then paid less than the services cost them.",
    ),
    "intro.frontier": (
        "Prisen følger kostnadsnormene fra effektivitetsmålingen i regnskapsåret, justert for lønns- og prisvekst. "
        "Ordningen får da det normene tilsier, ikke det tjenestene kostet.",
        "The price follows the cost norms from the measurement of efficiency in the accounting year, adjusted for "
        "growth in wages and prices. The scheme is then paid what the norms imply, not what the services cost.",
    ),
    "intro.stated": (
        "Prisene er oppgitt utenfra (anbud, forhandling, tidsstudie eller nasjonal sats). De kan følge lønns- og "
        "prisvekst, men ikke enhetenes egne kostnader.",
        "The prices are stated from outside (tender, negotiation, time study or national rate). They may follow "
        "growth in wages and prices, but not the units' own cost.",
    ),
    "intro.previous": (
        "Prisen settes første gang ut fra gjennomsnittskostnad eller et oppgitt nivå; siden er den fjorårets pris, "
        "justert for lønns- og prisvekst.",
        "The price is set once from average cost or a stated level; from then on it is last year's price, adjusted "
        "for growth in wages and prices.",
    ),
    "intro.grants": (
        "Enhetene får en ramme som ikke følger aktiviteten gjennom året. Tabellen viser rammen og hva annet "
        "inntekten består av.",
        "The units are paid a block grant that does not follow their activity during the year. The table shows the "
        "grant and what else the income consists of.",
    ),
    "intro.of_schemes": ("{schemes}: {text}", "{schemes}: {text}"),
    "intro.results": (
        "Overskudd (mindreforbruk) er inntekt minus kostnad. En del av et overskudd kan gå tilbake til "
        "betaleren; resten og "
        "underskuddet (merforbruket) følger enheten til neste år.",
        "A surplus is income minus cost. Part of a surplus may go back to the payer; the rest, and a deficit, "
        "follows the "
        "unit to the next year.",
    ),
    "intro.efficiency": (
        "Effektiviteten sammenlikner hver enhet med de beste i samme ordning. 90 % betyr at de beste ville "
        "gjort det samme "
        "for 90 % av kostnaden. Tallet sier hvor det lønner seg å lete, ikke hva årsaken er.",
        "Efficiency compares each unit with the best of its scheme. 90% means that the best would have done the "
        "same for "
        "90% of the cost. The number says where to look, not why.",
    ),
    "intro.requirements": (
        "Kravet er summen av et individuelt krav, som følger av enhetens potensial, og et generelt krav som er "
        "likt for alle.",
        "The requirement is an individual part, which follows from the unit's potential, plus a general part "
        "equal for all.",
    ),
    "intro.purchaser": (
        "Avviket mellom budsjett og utgift delt i to: endret mengde (volum) og endret pris.",
        "The variance between budget and expenditure split in two: changed quantity (volume) and changed price.",
    ),
    "intro.assumptions": (
        "Alle tall modellen bruker. Antatte verdier står først: de er valgt fordi kildene ikke sier noe, og bør "
        "bekreftes før vedtak. Kildene er sitert på språket i modellfilen.",
        "Every number the model uses. Assumed values come first: they were chosen because the sources are "
        "silent, and should be confirmed before a decision. Sources are quoted in the language of the model file.",
    ),
    "intro.book": (
        "Prisene slik de skal vedtas, med gyldighet og beregningsmåte.",
        "The prices as they are to be decided, with validity and method.",
    ),
}
