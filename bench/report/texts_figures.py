"""Texts of the charts: titles, subtitles, text alternatives and how to read them."""

from __future__ import annotations

FIGURES: dict[str, tuple[str, str]] = {
    "chart.price": ("Prisnivå", "Price level"),
    "chart.unit_cost": ("Enhetskostnad", "Unit cost"),
    "chart.index_axis": ("Indeks, første pris = 100", "Index, first price = 100"),
    "chart.index": ("Indeks", "Index"),
    "chart.millions": ("mill. kr", "NOK million"),
    "chart.amount": ("Beløp", "Amount"),
    "chart.sum": ("Sum", "Sum"),
    "chart.volume_axis": ("Kumulert volum, prosent av ordningen", "Cumulative volume, per cent of the scheme"),
    "chart.cost_axis": ("Enhetskostnad, ordningen = 100", "Unit cost, scheme = 100"),
    "chart.volume_share": ("Andel av volumet", "Share of volume"),
    "chart.volume_variance": ("Volum", "Volume"),
    "chart.price_variance": ("Pris", "Price"),
    "chart.allowed_axis": ("Tillatt kostnad, andel av grunnlaget", "Allowed cost, share of the base"),
    "chart.base": ("Grunnlag", "Base"),
    "figure.price-path.file": ("prisutvikling", "price-path"),
    "figure.price-path.title": (
        "Pris og enhetskostnad år for år",
        "Price and unit cost by year",
    ),
    "figure.price-path.subtitle": (
        "Prisnivå og enhetskostnad per ordning og år, løpende kroner.",
        "Price level and unit cost per scheme and year, current NOK.",
    ),
    "figure.price-path.alt": (
        "Linjediagram med prisnivå og enhetskostnad per ordning og år, som indeks med første pris lik 100.",
        "Line chart of price level and unit cost per scheme and year, as an index with the first price equal to 100.",
    ),
    "figure.price-path.reading": (
        "Ligger prisen over enhetskostnaden, har ordningen overskudd det året. Ligger den under, har den underskudd.",
        "Where the price lies above the unit cost, the scheme has a surplus that year; below it, a deficit.",
    ),
    "figure.results.file": ("resultat", "results"),
    "figure.results.title": ("Over- og underskudd {year}", "Surpluses and deficits {year}"),
    "figure.results.subtitle": (
        "Hver enhets resultat lagt etter hverandre, til summen for ordningen.",
        "Each unit's result laid end to end, up to the sum of the scheme.",
    ),
    "figure.results.alt": (
        "Fossefallsdiagram per ordning: enhetenes over- og underskudd i {year}, sortert fra størst overskudd "
        "til størst "
        "underskudd, med sum.",
        "Waterfall chart per scheme: the units' surpluses and deficits in {year}, from the largest surplus to "
        "the largest "
        "deficit, with their sum.",
    ),
    "figure.results.reading": (
        "Blå søyler er overskudd, oransje er underskudd. Den mørke søylen nederst er summen for ordningen.",
        "Blue bars are surpluses, orange bars deficits. The dark bar at the bottom is the sum of the scheme.",
    ),
    "figure.staircase.file": ("kostnadstrapp", "staircase"),
    "figure.staircase.title": (
        "Hvem er dyre, og hvor mye betyr det? {year}",
        "Who is costly, and how much does it matter? {year}",
    ),
    "figure.staircase.subtitle": (
        "Enhetskostnad etter kumulert volum. Flaten er enhetens kostnad, den stiplede linjen er prisen.",
        "Unit cost by cumulative volume. The area is the unit's cost, the dashed line is the price.",
    ),
    "figure.staircase.alt": (
        "Trappediagram per ordning: enhetene sortert etter enhetskostnad i {year}, bredden er andelen av "
        "volumet, stiplet "
        "linje viser prisen.",
        "Staircase chart per scheme: units sorted by unit cost in {year}, width is the share of volume, a "
        "dashed line shows "
        "the price.",
    ),
    "figure.staircase.reading": (
        "Trinn under den stiplede linjen går med overskudd, trinn over går med underskudd. Brede trinn betyr "
        "mest for "
        "neste års pris.",
        "Steps below the dashed line run a surplus, steps above a deficit. Wide steps matter most for next "
        "year's price.",
    ),
    "figure.efficiency.file": ("effektivitet", "efficiency"),
    "figure.efficiency.title": ("Effektivitet per enhet", "Efficiency per unit"),
    "figure.efficiency.subtitle": (
        "Andel av kostnaden som de beste i ordningen ville klart seg med.",
        "Share of cost that the best of the scheme would have needed.",
    ),
    "figure.efficiency.alt": (
        "Søylediagram per ordning med effektivitet per enhet, sortert fra høyest til lavest.",
        "Bar chart per scheme of efficiency per unit, from highest to lowest.",
    ),
    "figure.efficiency.reading": (
        "100 % er på fronten. Hver enhet har samme farge i alle figurer.",
        "100% is on the frontier. Each unit has the same colour in all figures.",
    ),
    "figure.peers.file": ("monsterenheter", "peers"),
    "figure.peers.title": ("Hvem sammenliknes med hvem?", "Who is compared with whom?"),
    "figure.peers.subtitle": (
        "Mønsterenhetenes andel av hver enhets sammenlikningsgrunnlag.",
        "The peers' share of what each unit is compared with.",
    ),
    "figure.peers.alt": (
        "Kart per ordning: enheter nedover, mønsterenheter bortover, andel i prosent i cellene.",
        "Map per scheme: units down, peers across, share in per cent in the cells.",
    ),
    "figure.peers.reading": (
        "Les linjevis: tallene viser hvor mye hver mønsterenhet teller. En enhet på fronten har seg selv, 100 %.",
        "Read along the row: the numbers show how much each peer counts. A unit on the frontier has itself, 100%.",
    ),
    "figure.requirements.file": ("krav", "requirements"),
    "figure.requirements.title": (
        "Veien ned til tillatt kostnad {start}–{end}",
        "The way down to allowed cost {start}–{end}",
    ),
    "figure.requirements.subtitle": (
        "Tillatt kostnad per år som andel av grunnlaget, ett punkt per år.",
        "Allowed cost per year as a share of the base, one point per year.",
    ),
    "figure.requirements.alt": (
        "Punktdiagram per ordning: tillatt kostnad per enhet og år fra {start} til {end}, som andel av grunnlaget.",
        "Dot chart per scheme: allowed cost per unit and year from {start} to {end}, as a share of the base.",
    ),
    "figure.requirements.reading": (
        "Første punkt fra høyre er første år, tallet til venstre er siste år. Jo lengre linje, jo større krav.",
        "The first point from the right is the first year, the number at the left the last. The longer the "
        "line, the larger "
        "the requirement.",
    ),
    "figure.purchaser.file": ("bestiller", "purchaser"),
    "figure.purchaser.title": (
        "Bestillers avvik {year}: volum eller pris?",
        "The purchaser's variance {year}: volume or price?",
    ),
    "figure.purchaser.subtitle": (
        "Utgift minus budsjett per tjeneste, delt i volum og pris.",
        "Expenditure minus budget per service, split into volume and price.",
    ),
    "figure.purchaser.alt": (
        "Søylediagram per ordning med volumavvik og prisavvik per tjeneste i {year}.",
        "Bar chart per scheme of volume variance and price variance per service in {year}.",
    ),
    "figure.purchaser.reading": (
        "Søyler mot høyre er merutgift. Volumavvik skyldes endret mengde til budsjettert pris, resten er pris.",
        "Bars to the right are overspending. Volume variance is changed quantity at the budgeted price, the "
        "rest is price.",
    ),
    "figure.waterfall.file": ("resultat", "result"),
    "figure.waterfall.title": (
        "{unit}: fra fjorårets resultat til saldo",
        "{unit}: from last year's result to the balance",
    ),
    "figure.waterfall.subtitle": (
        "Hva som endret resultatet til {year}, og hva oppgjøret gjør med det.",
        "What changed the result by {year}, and what the settlement makes of it.",
    ),
    "figure.waterfall.alt": (
        "Fossefallsdiagram for {unit}: fjorårets resultat, virkning av pris, volum og enhetskostnad, årets "
        "resultat, oppgjør "
        "og utgående saldo.",
        "Waterfall chart for {unit}: last year's result, effect of price, volume and unit cost, this year's "
        "result, settlement "
        "and closing balance.",
    ),
    "figure.waterfall.reading": (
        "Pris: nye priser på årets volum. Volum: marginen på endret mengde. Enhetskostnad: det tjenestene "
        "kostet ut over "
        "fjorårets nivå.",
        "Price: new prices on this year's volume. Volume: the margin on changed quantity. Unit cost: what the "
        "services cost "
        "beyond last year's level.",
    ),
    "figure.waterfall-grant.file": ("resultat", "result"),
    "figure.waterfall-grant.title": (
        "{unit}: fra fjorårets resultat til saldo",
        "{unit}: from last year's result to the balance",
    ),
    "figure.waterfall-grant.subtitle": (
        "Hva som endret resultatet til {year}, og hva oppgjøret gjør med det.",
        "What changed the result by {year}, and what the settlement makes of it.",
    ),
    "figure.waterfall-grant.alt": (
        "Fossefallsdiagram for {unit}: fjorårets resultat, endret ramme, refusjon og korreksjon, endret kostnad, årets "
        "resultat, oppgjør og utgående saldo.",
        "Waterfall chart for {unit}: last year's result, change in block grant, refund and corrections, change in "
        "cost, this year's result, settlement and closing balance.",
    ),
    "figure.waterfall-grant.reading": (
        "Enheten har ingen priser: resultatet endres når rammen, refusjonene eller korreksjonene endres, og når "
        "kostnaden gjør det.",
        "The unit has no prices: its result changes when block grant, refunds or corrections change, and when cost "
        "does.",
    ),
    "figure.waterfall-year.file": ("resultat", "result"),
    "figure.waterfall-year.title": ("{unit}: fra årets resultat til saldo", "{unit}: from the result to the balance"),
    "figure.waterfall-year.subtitle": (
        "Resultatet i {year}, og hva oppgjøret gjør med det.",
        "The result of {year}, and what the settlement makes of it.",
    ),
    "figure.waterfall-year.alt": (
        "Fossefallsdiagram for {unit}: årets resultat, oppgjør og utgående saldo.",
        "Waterfall chart for {unit}: this year's result, settlement and closing balance.",
    ),
    "figure.waterfall-year.reading": (
        "De mørke søylene er årets resultat og saldoen enheten tar med seg; søylene mellom er oppgjøret.",
        "The dark bars are the year's result and the balance the unit carries on; the bars between are the settlement.",
    ),
    "figure.requirement.file": ("krav", "requirement"),
    "figure.requirement.title": ("{unit}: tillatt kostnad per år", "{unit}: allowed cost by year"),
    "figure.requirement.subtitle": ("Mill. kr, etter samlet krav.", "NOK million, after the whole requirement."),
    "figure.requirement.alt": (
        "Søylediagram for {unit} med kostnadsgrunnlag og tillatt kostnad per år.",
        "Bar chart for {unit} of base cost and allowed cost by year.",
    ),
    "figure.requirement.reading": (
        "Den mørke søylen er dagens kostnad, de blå er det som tillates hvert år.",
        "The dark bar is today's cost, the blue ones are what is allowed each year.",
    ),
    "step.previous_result": ("Fjorårets resultat", "Last year's result"),
    "step.price": ("Pris", "Price"),
    "step.volume": ("Volum", "Volume"),
    "step.unit_cost": ("Enhetskostnad", "Unit cost"),
    "step.cost": ("Kostnad", "Cost"),
    "step.other": ("Ramme, refusjon, korreksjon", "Block, refund, corrections"),
    "step.result": ("Årets resultat", "This year's result"),
    "step.opening_balance": ("Inngående saldo", "Opening balance"),
    "step.returned_to_payer": ("Tilbake til betaler", "Back to the payer"),
    "step.forgiven": ("Ettergitt eller rentesatt", "Waived, or interest"),
    "step.closing_balance": ("Utgående saldo", "Closing balance"),
}
