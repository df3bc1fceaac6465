"""Every text of the reports: key to (bokmål, English). Closed: a key that is not here is a fault.

Groups whose words come from the engine (``source.``, ``status.``, ``rule.``, ``option.``, ``measure.``) are looked up
by :meth:`bench.report.language.Texts.known`; all others are used by name.
"""

from __future__ import annotations

from bench.report.texts_figures import FIGURES
from bench.report.texts_sections import SECTIONS
from bench.report.texts_words import WORDS
from bench.report.texts_workbook import WORKBOOK

PAGE: dict[str, tuple[str, str]] = {
    # -- the page --------------------------------------------------------------------------------------------
    "page.model": ("Finansieringsmodell", "Financing model"),
    "page.kind": ("Beslutningsgrunnlag", "Basis for decision"),
    "page.subtitle": (
        "Regnskapsår {year} · priser som gjelder {price_year}",
        "Accounts of {year} · prices valid in {price_year}",
    ),
    "page.subtitle_no_prices": ("Data for {year}", "Data of {year}"),
    "page.skip": ("Hopp til innholdet", "Skip to content"),
    "page.contents": ("Innhold", "Contents"),
    "page.all_units": ("Alle enheter", "All units"),
    "page.all_schemes": ("Alle ordninger", "All schemes"),
    "page.always": ("alltid", "always"),
    "page.own_other_year": ("seg selv i et annet år", "itself in another year"),
    "page.on_frontier": ("på fronten", "on the frontier"),
    "page.show_more": ("Vis: {caption} ({count} rader)", "Show: {caption} ({count} rows)"),
    "page.scroll": ("{caption} (kan rulles sidelengs)", "{caption} (scrolls sideways)"),
    "page.how_to_read": ("Slik leser du figuren: ", "How to read this: "),
    "page.back": ("Tilbake til rapporten", "Back to the report"),
    "page.workbook": (
        "Regnearket {file} har de samme tallene med levende formler.",
        "The workbook {file} holds the same numbers with live formulas.",
    ),
    "page.not_applicable": (
        "Et punktum (.) betyr at tallet ikke er aktuelt, en strek (–) at andelen ikke gir mening. Beløp er i løpende "
        "kroner.",
        "A point (.) means that the number does not apply, a dash (–) that the share has no meaning. Amounts are in "
        "current NOK.",
    ),
    "synthetic.banner": (
        "Oppdiktede data. Tallene er laget for å vise metoden og beskriver ingen virkelig enhet.",
        "Made-up data. The numbers are made to show the method and describe no real unit.",
    ),
    "synthetic.short": ("Oppdiktede data.", "Made-up data."),
    # -- first screen ----------------------------------------------------------------------------------------
    "lead.up": ("{scheme}: prisnivået stiger {share}.", "{scheme}: the price level rises by {share}."),
    "lead.down": ("{scheme}: prisnivået faller {share}.", "{scheme}: the price level falls by {share}."),
    "lead.same": ("{scheme}: prisnivået er uendret.", "{scheme}: the price level is unchanged."),
    "lead.balance": (
        "Enhetene gikk samlet i balanse i {year}: {signs}.",
        "Together the units broke even in {year}: {signs}.",
    ),
    "lead.surplus": (
        "Enhetene hadde samlet overskudd på {amount} i {year}: {signs}.",
        "Together the units had a surplus of {amount} in {year}: {signs}.",
    ),
    "lead.deficit": (
        "Enhetene hadde samlet underskudd på {amount} i {year}: {signs}.",
        "Together the units had a deficit of {amount} in {year}: {signs}.",
    ),
    "lead.requirement": (
        "Effektiviseringskrav {start}–{end}: kostnadene skal samlet ned {amount}, {share} av grunnlaget.",
        "Efficiency requirements {start}–{end}: cost is to fall by {amount} in all, {share} of the base.",
    ),
    "card.level": ("prisnivå {price_year} mot {year}", "price level {price_year} against {year}"),
    "card.service": ("{service}, per {measure}", "{service}, per {measure}"),
    "card.price": ("Pris, kr", "Price, NOK"),
    "card.previous": ("Forrige pris, kr", "Previous price, NOK"),
    "card.units": ("Enheter", "Units"),
    "card.signs": ("{plus} i pluss, {minus} i minus", "{plus} in surplus, {minus} in deficit"),
    "card.signs_even": (
        "{plus} i pluss, {minus} i minus, {even} i balanse",
        "{plus} in surplus, {minus} in deficit, {even} even",
    ),
    "card.even": ("i balanse", "broke even"),
    "card.cost": ("Kostnad {year}", "Cost {year}"),
    "card.result": ("Resultat {year}", "Result {year}"),
    "ends.best": ("Størst overskudd (andel av inntekten)", "Largest surplus (share of income)"),
    "ends.worst": ("Størst underskudd (andel av inntekten)", "Largest deficit (share of income)"),
    "ends.none": ("Ingen.", "None."),
    # -- risks -----------------------------------------------------------------------------------------------
    "risk.assumed": (
        "{count} av {total} parametere er antatt, ikke dokumentert. De står først under Forutsetninger.",
        "{count} of {total} parameters are assumed, not documented. They come first under Assumptions.",
    ),
    "risk.deflator": (
        "Hvert prosentpoeng feil i anslaget på lønns- og prisvekst flytter inntektene i {year} med om lag {amount}.",
        "Each percentage point of error in the forecast of wage and price growth moves the income of {year} by "
        "about {amount}.",
    ),
    "risk.large_unit": (
        "{scheme}: {unit} står for {share} av kostnaden og påvirker dermed sin egen pris merkbart.",
        "{scheme}: {unit} has {share} of the cost and so moves its own price noticeably.",
    ),
    "risk.few_units": (
        "{scheme}: bare {count} enheter er sammenliknet, og {full} av dem får full uttelling. Les "
        "effektiviteten som en "
        "beskrivelse, ikke som en rangering.",
        "{scheme}: only {count} units are compared, and {full} of them get a full score. Read the efficiencies as a "
        "description, not as a ranking.",
    ),
    "risk.few_units_one": (
        "{scheme}: bare {count} enheter er sammenliknet, og {full} av dem får full uttelling. Les effektiviteten som "
        "en beskrivelse, ikke som en rangering.",
        "{scheme}: only {count} units are compared, and {full} of them gets a full score. Read the efficiencies as a "
        "description, not as a ranking.",
    ),
    "risk.one_unit": (
        "{scheme}: bare én enhet. Effektiviteten har ingen å sammenliknes med.",
        "{scheme}: only one unit. Its efficiency is compared with nobody else's.",
    ),
    "risk.few_units_none": (
        "{scheme}: bare {count} enheter er sammenliknet. Les effektiviteten som en beskrivelse, ikke som en rangering.",
        "{scheme}: only {count} units are compared. Read the efficiencies as a description, not as a ranking.",
    ),
    "risk.requirement": (
        "Kravene bygger på ett mål for effektivitet. Målefeil i kostnad eller volum på {share} flytter kravet "
        "omtrent like mye.",
        "The requirements rest on one measure of efficiency. An error of {share} in cost or volume moves the "
        "requirement about as much.",
    ),
    "risk.dispensation": (
        "Dispensasjon er gitt til {units} ({amount}). Uten den ville saldoen vært tilsvarende svakere.",
        "Dispensation was given to {units} ({amount}). Without it the balance would have been weaker by as much.",
    ),
    "risk.volume": (
        "Bestilleren brukte {amount} mer enn budsjettert i siste år. Undervurdert behov gir samme feil i neste "
        "budsjett.",
        "The purchaser spent {amount} more than budgeted in the last year. Underrated need repeats in the next budget.",
    ),
    "risk.volume_under": (
        "Bestilleren brukte {amount} mindre enn budsjettert i siste år. Overvurdert behov binder penger i neste "
        "budsjett.",
        "The purchaser spent {amount} less than budgeted in the last year. Overrated need ties up money in the "
        "next budget.",
    ),
    "risk.checks": (
        "{count} avstemminger går ikke opp. Tallene bør ikke brukes før årsaken er funnet.",
        "{count} reconciliations fail. Do not use the numbers before the cause is found.",
    ),
    "warnings.title": ("Varsler fra kjøringen", "Warnings from the run"),
    # -- questions -------------------------------------------------------------------------------------------
    "ask.cost_high": (
        "Enheten koster {share} mer per vektet tjeneste enn ordningen i snitt. Hva ved brukere, bygg, reisevei "
        "eller bemanning forklarer det?",
        "The unit costs {share} more per weighted service than the scheme on average. Which users, buildings, "
        "travel or staffing explain it?",
    ),
    "ask.cost_low": (
        "Enheten koster {share} mindre per vektet tjeneste enn ordningen i snitt. Er alle kostnader med, og er "
        "kvaliteten som avtalt?",
        "The unit costs {share} less per weighted service than the scheme on average. Are all costs included, "
        "and is quality as agreed?",
    ),
    "ask.deficits": (
        "Enheten har hatt underskudd både i {year} og året etter. Hvilke tiltak er vedtatt, og når virker de?",
        "The unit had a deficit both in {year} and in the year after. Which measures are decided, and when do "
        "they work?",
    ),
    "ask.dispensation": (
        "Enheten har fått ettergitt {amount}. Hva skal til for at det ikke trengs neste år?",
        "The unit was relieved of {amount}. What would make that unnecessary next year?",
    ),
    "ask.volume": (
        "{service}: volumet falt {share}. Er det behovet, tildelingen eller registreringen som er endret?",
        "{service}: the volume fell by {share}. Did need, allocation or registration change?",
    ),
    "ask.peers": (
        "Sammenlikningen bygger på {peers}. Er det enheter det er rimelig å måles mot, og hva gjør de annerledes?",
        "The comparison rests on {peers}. Are they reasonable to be measured against, and what do they do differently?",
    ),
    "ask.full": (
        "Enheten får full effektivitet. Er det god drift, eller er den så spesiell at ingen andre likner?",
        "The unit is fully efficient. Is that good management, or is it so special that no other resembles it?",
    ),
    "ask.requirement": (
        "Kravet i {year} er {share}. Hvilke utgifter kan tas ned uten at vedtakene berøres?",
        "The requirement in {year} is {share}. Which spending can be reduced without touching what was granted?",
    ),
    "ask.nothing": (
        "Tallene skiller seg lite ut. Stemmer registrerte volumer og kostnader med det dere kjenner til?",
        "The numbers do not stand out. Do the registered volumes and costs agree with what you know?",
    ),
    # -- the unit's sheet and the price book -----------------------------------------------------------------
    "unit.kind": ("Enhetsark", "Unit sheet"),
    "unit.questions": ("Spørsmål å stille", "Questions to ask"),
    "unit.thousand": ("1 000 kr", "NOK thousand"),
    "unit.list": ("Enhetsark", "Unit sheets"),
    "unit.result": ("Resultat {year}", "Result {year}"),
    "unit.of_which": ("herav {name}", "of which {name}"),
    "correction.transition": ("Overgangsordning", "Transition"),
    "unit.margin": ("{share} av inntekten", "{share} of income"),
    "unit.balance": ("Saldo ved utgangen av {year}", "Balance at the end of {year}"),
    "unit.requirement": ("Krav {year}", "Requirement {year}"),
    "unit.note_cost": (
        "Kostnad per produkt er enhetens samlede kostnad fordelt etter prisvektene.",
        "Cost per product is the unit's total cost shared out by the price weights.",
    ),
    "book.title": ("Prisbok {year}", "Price book {year}"),
    "book.no_class": ("felles", "common"),
    "book.class_reason": (
        "Prisklassen {name} i {scheme}: {reason}",
        "Price class {name} in {scheme}: {reason}",
    ),
    "book.rounding": (
        "Prisene er gitt med to desimaler. Endringen er regnet fra forrige gjeldende pris.",
        "Prices have two decimals. The change is taken from the previous valid price.",
    ),
    # -- tables ----------------------------------------------------------------------------------------------
    "table.prices": ("{scheme}: priser {year}", "{scheme}: prices {year}"),
    "table.benchmark": (
        "{scheme}: målestokkpriser på hvert sitt nivå, kr",
        "{scheme}: benchmark prices, each at its own level, NOK",
    ),
    "benchmark.scale": ("Faktor opp til den oppgitte summen", "Factor up to the stated total"),
    "table.book": ("{scheme}: prisbok {year}", "{scheme}: price book {year}"),
    "table.grants": (
        "{scheme}: ramme og annen inntekt {year}, {money}",
        "{scheme}: grant and other income {year}, {money}",
    ),
    "table.sharing": (
        "{scheme}: hvem som deler det enhetene ikke beholder eller bærer, {money}",
        "{scheme}: who shares what the units neither keep nor carry, {money}",
    ),
    "table.results": ("{scheme}: resultat {year}, {money}", "{scheme}: results {year}, {money}"),
    "table.efficiency": (
        "{scheme}: effektivitet, norm og krav (norm, potensial og samlet krav i {money})",
        "{scheme}: efficiency, norm and requirement (norm, potential and total requirement in {money})",
    ),
    "table.purchaser": ("Budsjett og utgift {year}, {money}", "Budget and expenditure {year}, {money}"),
    "table.methods": ("{scheme}: metodene side om side, {year}", "{scheme}: the methods side by side, {year}"),
    "table.rank_correlation": (
        "{scheme}: rangkorrelasjon mellom metodene (Spearman, alle år)",
        "{scheme}: rank correlation between the methods (Spearman, all years)",
    ),
    "table.follow_up": (
        "Når bestilleren så en underdekning komme, og hva som ville lukket den (beløp i {money})",
        "When the purchaser saw a shortfall coming, and what would have closed it (amounts in {money})",
    ),
    "table.supplement": (
        "Vedtatte tilleggsbevilgninger (beløp i {money})",
        "Supplementary grants that were decided (amounts in {money})",
    ),
    "method.dea": ("DEA", "DEA"),
    "method.sfa": ("SFA", "SFA"),
    "method.stoned": ("StoNED", "StoNED"),
    "col.method": ("Metode", "Method"),
    "col.disagreement": ("Største forskjell", "Largest difference"),
    "col.month": ("Meldt etter måned", "Reported after month"),
    "col.shortfall": ("Anslått underdekning", "Forecast shortfall"),
    "col.cut_volume": ("Kutt i volum resten av året", "Cut in volume for the rest of the year"),
    "col.cut_quality": ("eller i kostnad per tjeneste", "or in cost per service"),
    "col.supplement": ("Tilleggsbevilgning", "Supplementary grant"),
    "col.variance_left": ("Avvik etter tillegget", "Variance after the grant"),
    "col.add_money": ("eller tilleggsbevilgning", "or supplementary grant"),
    "table.assumed": ("Tall som er antatt eller valgt som scenario", "Numbers that are assumed or set as a scenario"),
    "table.choices": ("Valg og dokumenterte verdier", "Choices and documented values"),
    "table.products": ("Kostnad og inntekt per produkt {year}", "Cost and income per product {year}"),
    "table.norm": ("Norm og effektivitet", "Norm and efficiency"),
    "table.peers": ("Hvem enheten sammenliknes med", "Who the unit is compared with"),
    "table.income": ("Inntekt, korreksjoner og resultat {year}", "Income, corrections and result {year}"),
    "table.settlement": ("Oppgjør per år, kr", "Settlement by year, NOK"),
    "table.requirements": ("Krav per år", "Requirement by year"),
    "col.unit": ("Enhet", "Unit"),
    "col.scheme": ("Ordning", "Scheme"),
    "col.service": ("Tjeneste", "Service"),
    "col.party": ("Part", "Party"),
    "col.correction": ("Korreksjon", "Correction"),
    "col.grant_share": ("Andel av ordningens ramme", "Share of the scheme's grant"),
    "col.cost_covered": ("Dekker av kostnaden", "Covers of the cost"),
    "col.price_class": ("Prisklasse", "Price class"),
    "col.price": ("Pris", "Price"),
    "col.previous_price": ("Forrige pris", "Previous price"),
    "col.per": ("Per", "Per"),
    "col.valid_from": ("Gjelder fra", "Valid from"),
    "col.valid_to": ("Gjelder til", "Valid to"),
    "col.change": ("Endring", "Change"),
    "col.valid": ("Gjelder", "Valid"),
    "col.price_source": ("Beregnet av", "Computed from"),
    "col.accounts": ("Regnskapsår", "Accounts"),
    "col.deflator": ("Deflator", "Deflator"),
    "col.year": ("År", "Year"),
    "col.income": ("Inntekt", "Income"),
    "col.cost": ("Kostnad", "Cost"),
    "col.result": ("Resultat", "Result"),
    "col.margin": ("Resultat i % av inntekt", "Result as % of income"),
    "col.kept_or_carried": ("Beholdes (+) / bæres (−)", "Kept (+) / carried (−)"),
    "col.kept": ("Beholdt", "Kept"),
    "col.carried": ("Båret", "Carried"),
    "col.returned_to_payer": ("Til betaler", "To payer"),
    "col.dispensation": ("Dispensasjon", "Dispensation"),
    "col.opening_balance": ("Inngående saldo", "Opening balance"),
    "col.closing_balance": ("Utgående saldo", "Closing balance"),
    "col.activity_income": ("Aktivitetsinntekt (pris × volum)", "Activity income (price × volume)"),
    "col.block_income": ("Rammetilskudd", "Block grant"),
    "col.refund": ("Refusjon", "Refund"),
    "col.corrections": ("Korreksjoner", "Corrections"),
    "col.efficiency": ("Effektivitet", "Efficiency"),
    "col.super_efficiency": ("Supereffektivitet", "Super-efficiency"),
    "col.scale_efficiency": ("Skalaeffektivitet", "Scale efficiency"),
    "col.norm": ("Kostnadsnorm", "Cost norm"),
    "col.average_norm": ("Norm, gjennomsnitt", "Norm, average"),
    "col.best_practice_norm": ("Norm, beste praksis", "Norm, best practice"),
    "col.dea_norm": ("Norm, front", "Norm, frontier"),
    "col.potential": ("Potensial", "Potential"),
    "col.requirement_first": ("Krav første år", "Requirement, first year"),
    "col.requirement_total": ("Krav i alt", "Requirement in all"),
    "col.peers": ("Mønsterenheter", "Peers"),
    "col.peer": ("Mønsterenhet", "Peer"),
    "col.share": ("Andel av normen", "Share of the norm"),
    "col.intensity": ("Vekt i sammenlikningen", "Weight in the comparison"),
    "col.budget": ("Budsjett", "Budget"),
    "col.expenditure": ("Utgift", "Expenditure"),
    "col.variance": ("Avvik", "Variance"),
    "col.volume_variance": ("Volumavvik", "Volume variance"),
    "col.price_variance": ("Prisavvik", "Price variance"),
    "col.parameter": ("Parameter", "Parameter"),
    "col.from": ("Gjelder fra", "Valid from"),
    "col.value": ("Verdi", "Value"),
    "col.status": ("Status", "Status"),
    "col.source": ("Kilde", "Source"),
    "col.volume": ("Volum", "Volume"),
    "col.cost_per_product": ("Kostnad per produkt", "Cost per product"),
    "col.item": ("Post", "Item"),
    "col.amount": ("Beløp", "Amount"),
    "col.individual": ("Individuelt krav", "Individual"),
    "col.general": ("Generelt krav", "General"),
    "col.requirement": ("Samlet krav", "Requirement"),
    "col.requirement_nok": ("Krav i kroner", "Requirement, NOK"),
    "col.allowed_cost": ("Tillatt kostnad", "Allowed cost"),
    # -- about -----------------------------------------------------------------------------------------------
    "about.checks": (
        "{count} avstemminger er kontrollert, og alle går opp.",
        "{count} reconciliations were checked, and all of them hold.",
    ),
    "about.checks_failed": (
        "{failed} av {count} avstemminger går ikke opp.",
        "{failed} of {count} reconciliations fail.",
    ),
    "about.created": ("Kjørt {date}.", "Run on {date}."),
    "about.files": (
        "Alle tabeller ligger som CSV i mappen {tables}, figurene i {charts}, ett ark per enhet i {units}. "
        "Sjekksummer for "
        "alle filer står i manifest.json.",
        "All tables are CSV files in the folder {tables}, the charts are in {charts}, one sheet per unit in {units}. "
        "Checksums of all files are in manifest.json.",
    ),
    "about.sources": ("Kilder for modellen: {sources}.", "Sources of the model: {sources}."),
    "about.version": ("Programversjon {version}.", "Program version {version}."),
    # -- files -----------------------------------------------------------------------------------------------
    "file.report": ("rapport.html", "report.html"),
    "file.workbook": ("arbeidsbok.xlsx", "workbook.xlsx"),
    "file.book": ("prisbok", "price-book"),
    "file.readme": ("LESMEG.txt", "README.txt"),
    "folder.tables": ("tabeller", "tables"),
    "folder.sources": ("kilder", "sources"),
    "folder.charts": ("diagrammer", "charts"),
    "folder.units": ("enheter", "units"),
    "readme.tables": (
        "Tabellene har {separator} mellom kolonnene, desimalskilletegn {decimal} og tegnsettet UTF-8{bom}. "
        "Andeler er "
        "brøker (0,05 er 5 %), beløp er i kroner, en tom celle betyr at tallet ikke er aktuelt.",
        "The tables have {separator} between columns, {decimal} as decimal sign and the encoding UTF-8{bom}. "
        "Shares are "
        "fractions (0.05 is 5%), amounts are in NOK, an empty cell means that the number does not apply.",
    ),
    "readme.bom": (" med byte-rekkefølgemerke", " with a byte order mark"),
    # -- summary in the terminal -----------------------------------------------------------------------------
    "summary.checks": ("Avstemminger: {ok} av {count} går opp.", "Reconciliations: {ok} of {count} hold."),
    "summary.assumed": ("Antatte parametere: {count}.", "Assumed parameters: {count}."),
    "summary.warnings": ("Varsler: {count}.", "Warnings: {count}."),
}

#: Key to (bokmål, English).
TEXTS: dict[str, tuple[str, str]] = {**PAGE, **SECTIONS, **FIGURES, **WORDS, **WORKBOOK}
