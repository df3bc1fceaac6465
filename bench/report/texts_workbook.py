"""Texts of the workbook."""

from __future__ import annotations

WORKBOOK: dict[str, tuple[str, str]] = {
    "sheet.readme": ("Les meg", "Read me"),
    "sheet.assumptions": ("Forutsetninger", "Assumptions"),
    "sheet.data": ("Data", "Data"),
    "sheet.corrections": ("Korreksjoner", "Corrections"),
    "sheet.grants": ("Rammer", "Grants"),
    "sheet.lines": ("Volum", "Volumes"),
    "sheet.prices": ("Priser", "Prices"),
    "sheet.settlement": ("Oppgjør", "Settlement"),
    "sheet.requirements": ("Krav", "Requirements"),
    "sheet.purchaser": ("Bestiller", "Purchaser"),
    "sheet.efficiency": ("Effektivitet", "Efficiency"),
    "sheet.checks": ("Kontroll", "Checks"),
    "note.readme": (
        "Arbeidsboken regner ut priser, oppgjør og krav på nytt når en gul celle endres.",
        "The workbook recomputes prices, settlement and requirements when a yellow cell is changed.",
    ),
    "note.assumptions": (
        "Gule celler kan endres: deflator, andeler, startpris, vekter. Alle priser og oppgjør følger med.",
        "Yellow cells may be changed: deflator, shares, start price, weights. All prices and settlements follow.",
    ),
    "note.data": (
        "Kostnad og faste beløp per enhet og år, i kroner. Gule celler kan endres.",
        "Cost and given amounts per unit and year, in NOK. Yellow cells may be changed.",
    ),
    "note.corrections": (
        "Hver korreksjon per enhet og år, i kroner. Gule celler kan endres; arket Data summerer dem.",
        "Each correction per unit and year, in NOK. Yellow cells may be changed; the sheet Data adds them up.",
    ),
    "note.grants": (
        "Rammen per enhet og år, fra arket Data: andel av ordningens ramme, endring fra året før og hvor mye av "
        "kostnaden den dekker.",
        "The grant per unit and year, from the sheet Data: its share of the scheme's grant, its change from the year "
        "before and how much of the cost it covers.",
    ),
    "note.lines": (
        "Volum som gir betaling, ganget med prisen fra arket Priser.",
        "Volume that is paid for, times the price from the sheet Prices.",
    ),
    "note.prices": (
        "Nytt prisnivå = deflator × kostnadsgrunnlag / vektet volum. Pris per tjeneste = prisnivå × vekt.",
        "New price level = deflator × cost base / weighted volume. Price per service = price level × weight.",
    ),
    "note.settlement": (
        "Resultat = inntekt − kostnad. Andelene som beholdes og bæres, står under Forutsetninger.",
        "Result = income − cost. The shares kept and carried are under Assumptions.",
    ),
    "note.requirements": (
        "Samlet krav = 1 − (1 − individuelt) × (1 − generelt), av tillatt kostnad året før.",
        "Requirement = 1 − (1 − individual) × (1 − general), of the allowed cost of the year before.",
    ),
    "note.purchaser": (
        "Volumavvik er endret mengde til budsjettert pris. Resten av avviket er pris.",
        "Volume variance is changed quantity at the budgeted price. The rest of the variance is price.",
    ),
    "note.efficiency": (
        "Løsninger av lineære programmer; de regnes ikke på nytt her.",
        "Solutions of linear programs; they are not recomputed here.",
    ),
    "note.checks": (
        "Beregningens tall ved siden av formelens. Alt skal stemme til en forutsetning endres; da viser "
        "avvikene virkningen.",
        "The engine's number beside the formula's. All agree until an assumption is changed; then the "
        "deviations show the effect.",
    ),
    "part.parameters": ("Parametere per ordning og år", "Parameters per scheme and year"),
    "part.weights": ("Vekter per tjeneste", "Weights per service"),
    "part.listed": (
        "Alle parametere i modellen, med kilde (på modellfilens språk)",
        "All parameters of the model, with their source (in the language of the model file)",
    ),
    "part.levels": ("Prisnivå per ordning", "Price level per scheme"),
    "part.products": ("Pris per tjeneste", "Price per service"),
    "readme.input": ("Gul celle", "Yellow cell"),
    "readme.input_text": ("Inndata som kan endres.", "Input that may be changed."),
    "readme.engine": ("Grå kursiv", "Grey italics"),
    "readme.engine_text": (
        "Tall fra beregningen som ikke har noen formel her.",
        "Number from the calculation that has no formula here.",
    ),
    "check.deviations": ("Antall avvik", "Number of deviations"),
    "check.ok": ("OK", "OK"),
    "check.deviates": ("AVVIK", "DEVIATES"),
    "col.start_level": ("Startnivå", "Start level"),
    "col.next_deflator": ("Deflator til neste pris", "Deflator to the next price"),
    "col.keep": ("Andel av overskudd som beholdes", "Share of surplus kept"),
    "col.carry": ("Andel av underskudd som bæres", "Share of deficit carried"),
    "col.cost_outside": ("Andre poster i kostnadsgrunnlaget", "Other items in the cost base"),
    "col.volume_outside": ("Annet vektet volum", "Other weighted volume"),
    "col.rule_factor": ("Øvrige regler i modellen (faktor)", "Other rules of the model (factor)"),
    "col.from_year": ("Fra år", "From year"),
    "col.weight": ("Vekt", "Weight"),
    "col.line_factor": ("Andel", "Share"),
    "col.price_level": ("Prisnivå", "Price level"),
    "col.cost_base": ("Kostnadsgrunnlag", "Cost base"),
    "col.weighted_volume": ("Vektet volum", "Weighted volume"),
    "col.unit_cost": ("Enhetskostnad", "Unit cost"),
    "col.next_price_level": ("Neste prisnivå", "Next price level"),
    "col.class_factor": ("Klassefaktor", "Class factor"),
    "col.base_cost": ("Kostnadsgrunnlag", "Base cost"),
    "col.other_changes": ("Renter og annet", "Interest and other"),
    "col.budget_volume": ("Budsjettert volum", "Budgeted volume"),
    "col.actual_volume": ("Faktisk volum", "Actual volume"),
    "col.budget_price": ("Budsjettert pris", "Budgeted price"),
    "col.income_share": ("Andel av aktivitetsinntekten", "Share of activity income"),
    "col.what": ("Hva", "What"),
    "col.engine": ("Beregningen", "Engine"),
    "col.formula": ("Formelen", "Formula"),
    "col.difference": ("Forskjell", "Difference"),
    "col.tolerance": ("Toleranse", "Tolerance"),
    "col.verdict": ("Vurdering", "Verdict"),
}
