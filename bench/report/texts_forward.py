"""Texts of the simulation and comparison pages: key to (bokmål, English)."""

from __future__ import annotations

FORWARD: dict[str, tuple[str, str]] = {
    # -- files ---------------------------------------------------------------------------------------------------
    "forward.page": ("rapport.html", "report.html"),
    "forward.tables": ("tabeller", "tables"),
    "forward.charts": ("diagrammer", "charts"),
    "forward.sources": ("kilder", "sources"),
    # -- common --------------------------------------------------------------------------------------------------
    "forward.synthetic": (
        "Oppdiktede data: tallene er laget for å vise metoden og er ingen kommunes regnskap.",
        "Made-up data: the numbers are made to show the method and are no municipality's accounts.",
    ),
    "forward.synthetic_short": ("Oppdiktede data.", "Made-up data."),
    "forward.assumed": ("antatt", "assumed"),
    "forward.measured": ("målt i regnskapene", "measured in the accounts"),
    "forward.key": ("Forutsetning", "Assumption"),
    "forward.value": ("Verdi", "Value"),
    "forward.status": ("Status", "Status"),
    "forward.scheme": ("Ordning", "Scheme"),
    "forward.unit": ("Enhet", "Unit"),
    "forward.all": ("Alle", "All"),
    "forward.draws": (
        "{draws} trekninger, frø {seed}. Beløp uten annet er i løpende kroner.",
        "{draws} draws, seed {seed}. Amounts are in current NOK unless stated.",
    ),
    "forward.once": (
        "Ingenting er tilfeldig i denne simuleringen, så én trekning er nok.",
        "Nothing is random in this simulation, so one draw is enough.",
    ),
    "forward.checks": (
        "Penger inn = penger ut, fondene stemmer, prisidentiteten holder og ingen volum er negative: kontrollert "
        "i hvert "
        "år av hver trekning. Største avvik er {deviation} av omsetningen.",
        "Money in = money out, reserves reconcile, the price identity holds and no volume is negative: checked "
        "in every "
        "year of every draw. The largest deviation is {deviation} of the turnover.",
    ),
    "forward.about": ("Om beregningen", "About the calculation"),
    "forward.assumptions": ("Forutsetninger", "Assumptions"),
    "forward.assumptions_intro": (
        "Hvordan enheter og bestiller svarer, er antatt og ikke målt. Vekst og usikkerhet er målt i regnskapene "
        "der ikke "
        "annet står. Sett en bryter til null for å se ordningen uten den.",
        "How units and purchaser respond is assumed, not measured. Growth and noise are measured in the accounts "
        "unless "
        "stated otherwise. Set a switch to zero to see the system without it.",
    ),
    "forward.mean": ("Snitt", "Mean"),
    "forward.year": ("År", "Year"),
    # -- simulation ----------------------------------------------------------------------------------------------
    "sim.kind": ("Simulering", "Simulation"),
    "sim.subtitle": ("{first}–{last}, fra regnskapet for {base}", "{first}–{last}, from the accounts of {base}"),
    "sim.lead": ("Hva årene bringer", "What the years bring"),
    "sim.lead.unit_cost": (
        "{scheme}: reell enhetskostnad {cost} i {year} (regnskapet {base} = 100).",
        "{scheme}: real unit cost {cost} in {year} (accounts of {base} = 100).",
    ),
    "sim.lead.power": (
        "En enhet beholder i snitt {power} av en egen varig innsparing, {unit} minst ({least}).",
        "On average a unit keeps {power} of its own lasting saving, {unit} the least ({least}).",
    ),
    "sim.lead.stable": (
        "Svingninger dør ut: {left} er igjen etter ett år når enhetene bruker {spending} av oppgjort resultat.",
        "Swings die out: {left} is left after a year when units spend {spending} of the settled result.",
    ),
    "sim.lead.explosive": (
        "Svingninger vokser: {left} er igjen etter ett år når enhetene bruker {spending} av oppgjort resultat.",
        "Swings grow: {left} is left after a year when units spend {spending} of the settled result.",
    ),
    "sim.lead.safe": ("Grensen er {safe}.", "The boundary is {safe}."),
    "sim.lead.any": ("enhver andel", "any share"),
    "sim.paths": ("Pris og kostnad", "Price and cost"),
    "sim.units": ("Enhetene", "The units"),
    "sim.payer": ("Betaler", "The payer"),
    "sim.stability": ("Stabilitet og insentiver", "Stability and incentives"),
    "sim.chart.paths.title": ("Inntekt og kostnad per volum", "Income and cost per volume"),
    "sim.chart.paths.subtitle": (
        "Faste priser, kostnaden i regnskapet {base} = 100. Felt: 5–95 % av trekningene.",
        "Constant prices, cost in the accounts of {base} = 100. Bands: 5–95 % of the draws.",
    ),
    "sim.chart.paths.reading": (
        "Over kostnaden går enhetene samlet med overskudd, under med underskudd. Brede felt betyr at året er usikkert.",
        "Above cost the units together have a surplus, below a deficit. Wide bands mean that the year is uncertain.",
    ),
    "sim.chart.units.title": ("Enhetenes resultat i {year}", "The units' results in {year}"),
    "sim.chart.units.subtitle": (
        "Prosent av inntekten. Punkt: median. Strek: 5–95 % av trekningene.",
        "Per cent of income. Point: median. Line: 5–95 % of the draws.",
    ),
    "sim.chart.units.reading": (
        "En strek som ikke krysser null, er en enhet som nesten sikkert går med overskudd eller underskudd.",
        "A line that does not cross zero is a unit that almost certainly has a surplus or a deficit.",
    ),
    "sim.chart.payer.title": ("Betalers utgift", "The payer's expenditure"),
    "sim.chart.payer.subtitle": (
        "Mill. kr, siste regnskapsårs priser. Felt: 25–75 % og 5–95 % av trekningene.",
        "Million NOK at prices of the last accounts. Bands: 25–75 % and 5–95 % of the draws.",
    ),
    "sim.chart.payer.reading": (
        "Utgiften er det betaler sitter igjen med etter oppgjør, dispensasjoner og renter.",
        "Expenditure is what the payer is left with after settlement, dispensations and interest.",
    ),
    "sim.chart.map.title": ("Hvor stabil er prisregelen?", "How stable is the price rule?"),
    "sim.chart.map.subtitle": (
        "Andel av en forstyrrelse som er igjen etter ett år, {scheme}. Over 1 vokser den.",
        "Share of a disturbance left after a year, {scheme}. Above 1 it grows.",
    ),
    "sim.chart.map.reading": (
        "Kryss: ordningen slik den er. Gå mot venstre (mindre fondsbruk) eller nedover (lavere tilpasning) for mer ro.",
        "Cross: the scheme as it is. Go left (less spending) or down (lower gain) for more calm.",
    ),
    "sim.axis.index": ("Indeks", "Index"),
    "sim.axis.gain": ("Tilpasning i prisen (g)", "Gain of the price (g)"),
    "sim.axis.spending": ("Brukt andel av oppgjort resultat", "Share of settled result spent"),
    "sim.axis.margin": ("Prosent av inntekten", "Per cent of income"),
    "sim.series.cost": ("Kostnad", "Cost"),
    "sim.series.income": ("Inntekt", "Income"),
    "sim.table.units": ("{scheme}: hvem vinner, hvem taper", "{scheme}: who gains, who loses"),
    "sim.col.share": ("Andel av kostnad", "Share of cost"),
    "sim.col.power": ("Insentivstyrke", "Incentive power"),
    "sim.col.first": ("Margin første år", "Margin first year"),
    "sim.col.last": ("Margin {year}, median", "Margin {year}, median"),
    "sim.col.range": ("5–95 %", "5–95 %"),
    "sim.col.reserves": ("Saldo {year}, median, mill. kr", "Balance {year}, median, NOK million"),
    "sim.col.waived": ("Sjanse for dispensasjon {year}", "Chance of dispensation {year}"),
    "sim.col.gone": ("Sjanse for nedlagt eller sammenslått {year}", "Chance of closed or merged {year}"),
    "sim.table.stability": ("Stabilitet", "Stability"),
    "sim.col.root": ("Største rot", "Largest root"),
    "sim.col.safe": ("Største trygge fondsbruk", "Largest safe spending"),
    "sim.col.half": ("Halveringstid, år", "Half-life, years"),
    "sim.col.anchor": ("Anker", "Anchor"),
    "sim.col.verdict": ("Vurdering", "Verdict"),
    "sim.verdict.stable": ("stabil", "stable"),
    "sim.verdict.boundary": ("på grensen", "on the boundary"),
    "sim.verdict.explosive": ("svingningene vokser", "swings grow"),
    "sim.swings": ("svinger", "swings"),
    "sim.stability_intro": (
        "Røttene er funnet ved å flytte på fjorårets pris, kostnad og oppgjør i de faktiske reglene og se hva neste år "
        "gir. Ankeret er den delen av en varig endring i kostnadsnivået som prisen ikke følger: null betyr at ethvert "
        "kostnadsnivå består. Insentivstyrken er funnet ved å la hver enhet spare 1 % og gjøre opp.",
        "The roots are found by moving last year's price, cost and settlement in the actual rules and seeing "
        "what the next "
        "year brings. The anchor is the part of a lasting change of the cost level that the price does not "
        "follow: zero "
        "means that every cost level lasts. Incentive power is found by letting each unit save 1 % and settling.",
    ),
    "sim.paths_intro": (
        "Prisen følger reglene i modellen år for år, på regnskap som simuleringen lager.",
        "The price follows the model's rules year by year, on accounts the simulation makes.",
    ),
    "sim.units_intro": (
        "Resultatet er inntekt minus kostnad før oppgjør.",
        "The result is income less cost before settlement.",
    ),
    "sim.payer_intro": (
        "Når behovet koster mer enn budsjettet, svarer bestilleren slik modellen og forutsetningene sier.",
        "When need costs more than the budget, the purchaser answers as model and assumptions say.",
    ),
    "sim.table.payer": ("Betaler år for år, mill. kr", "The payer year by year, NOK million"),
    "sim.col.expenditure": ("Utgift", "Expenditure"),
    "sim.col.real": ("Utgift, faste priser", "Expenditure, constant prices"),
    "sim.col.budget": ("Budsjett", "Budget"),
    "sim.col.expected": ("Behovet ville kostet", "Need would cost"),
    "sim.col.supplement": ("Tilleggsbevilgning", "Supplementary grant"),
    # -- comparison ----------------------------------------------------------------------------------------------
    "cmp.kind": ("Sammenligning", "Comparison"),
    "cmp.title": ("Finansieringsordninger på samme data", "Financing systems on the same data"),
    "cmp.subtitle": (
        "{first}–{last}, fra regnskapet for {base} · {systems}",
        "{first}–{last}, from the accounts of {base} · {systems}",
    ),
    "cmp.table": ("Kriteriene", "The criteria"),
    "cmp.criteria": ("Kriterier", "Criteria"),
    "cmp.criteria_intro": (
        "Alle ordninger møter de samme årene: samme behov, samme kostnadssjokk, samme trekninger. Tall merket ✓ "
        "er best på "
        "kriteriet. Det er ingen samlet poengsum: kriteriene trekker i hver sin retning.",
        "All systems meet the same years: the same need, the same cost shocks, the same draws. A number marked ✓ "
        "is best on "
        "the criterion. There is no total score: the criteria pull apart.",
    ),
    "cmp.figures": ("Figurer", "Figures"),
    "cmp.figures_intro": (
        "Utgift og enhetskostnad er vist som snitt av trekningene.",
        "Expenditure and unit cost are shown as means of the draws.",
    ),
    "cmp.differences": ("Sikre forskjeller", "Certain differences"),
    "cmp.differences_intro": (
        "Forskjellen til {first} i hver trekning, og båndet 90 % av trekningene ligger i. Der båndet ikke rommer "
        "null, er "
        "fortegnet sikkert under forutsetningene.",
        "The difference to {first} in each draw, and the band 90 % of the draws lie in. Where the band does not "
        "hold zero, "
        "the sign is certain under the assumptions.",
    ),
    "cmp.formulas": ("Slik er tallene regnet ut", "How the numbers are made"),
    "cmp.formulas_intro": (
        "Kapitlene viser til ECONs evaluering av finansieringssystemer i kommunene (2006).",
        "Chapters refer to ECON's evaluation of financing systems in municipalities (2006).",
    ),
    "cmp.col.criterion": ("Kriterium", "Criterion"),
    "cmp.col.better": ("Best", "Best"),
    "cmp.col.formula": ("Formel", "Formula"),
    "cmp.col.chapter": ("Kapittel", "Chapter"),
    "cmp.col.system": ("Ordning", "System"),
    "cmp.col.difference": ("Forskjell", "Difference"),
    "cmp.col.band": ("90 % av trekningene", "90 % of the draws"),
    "cmp.lower": ("lavt", "low"),
    "cmp.higher": ("høyt", "high"),
    "cmp.zero": ("nær null", "near zero"),
    "cmp.none": ("–", "–"),
    "cmp.chart.expenditure.title": ("Betalers reelle utgift", "The payer's real expenditure"),
    "cmp.chart.expenditure.subtitle": (
        "Kostnaden i regnskapet {base} = 100. Snitt av trekningene.",
        "Cost in the accounts of {base} = 100. Mean of the draws.",
    ),
    "cmp.chart.expenditure.reading": (
        "Linjene stiger med behovet; avstanden mellom dem er ordningenes verk.",
        "The lines rise with need; the distance between them is the systems' doing.",
    ),
    "cmp.chart.cost.title": ("Reell enhetskostnad", "Real unit cost"),
    "cmp.chart.cost.subtitle": (
        "Kostnad per volum i regnskapet {base} = 100. Snitt av trekningene.",
        "Cost per volume in the accounts of {base} = 100. Mean of the draws.",
    ),
    "cmp.chart.cost.reading": (
        "Fallende linjer er effektivisering, men også tapt kvalitet der ordningen presser: se kriteriet for kvalitet.",
        "Falling lines are efficiency, but also lost quality where the system presses: see the criterion for quality.",
    ),
    "cmp.chart.margins.title": ("Enhetenes marginer", "The units' margins"),
    "cmp.chart.margins.subtitle": (
        "Snitt av resultat mot inntekt for hver enhet over årene og trekningene, prosent.",
        "Mean result against income of each unit over years and draws, per cent.",
    ),
    "cmp.chart.margins.reading": (
        "Ett punkt per enhet; stort punkt er stor enhet. Spredning er gevinst for noen og tap for andre.",
        "One point per unit; a large point is a large unit. Spread means gain for some and loss for others.",
    ),
}
