"""Cases as they were published, and what the rules say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from runs import course, regimen
from scenario_files import load

from pkinteract import simulate
from pkinteract.analysis import answer_of
from pkinteract.guidance import fire
from pkinteract.guidance.run import facts_of_run


@dataclass(frozen=True, kw_only=True)
class Vignette:
    """A published case or group of patients.

    Attributes
    ----------
    cite
        Where it is told.
    expected
        Rules that must fire, and how grave each is.
    offered
        Drugs that must be offered instead.
    """

    cite: str
    patient: str
    drugs: tuple[str, ...]
    expected: Mapping[str, str]
    offered: tuple[str, ...] = ()
    extra: str = ""
    simulated: bool = False


def standing(drug: str, dose: str, *, until: str = "60 d") -> str:
    return regimen(drug, course("-120 d", f'until = "{until}"', f'dose = "{dose}"', 'every = "12 h"'))


def begun(drug: str, dose: str, *, start: str = "0 d", until: str = "60 d", every: str = "12 h") -> str:
    return regimen(drug, course(start, f'until = "{until}"', f'dose = "{dose}"', f'every = "{every}"'))


MAN = 'sex = "male"\nage = "40 y"\n'
WOMAN = 'sex = "female"\nage = "30 y"\n'

VIGNETTES = {
    "alcohol-withdrawal-trial": Vignette(
        cite="Chance 1991 Ann Emerg Med: recurrence in 6 of 28 under phenytoin, 5 of 27 under placebo",
        patient=MAN + 'conditions = ["alcohol-withdrawal"]\nindication = "other"\n',
        drugs=(begun("phenytoin", "150 mg"),),
        expected={"aws-phenytoin": "avoid"},
        offered=("diazepam", "lorazepam"),
    ),
    "alcohol-withdrawal-intravenous": Vignette(
        cite="Alldredge 1989: 6 of 45 under intravenous phenytoin, 6 of 45 under placebo",
        patient=MAN + 'conditions = ["alcohol-withdrawal"]\n',
        drugs=(
            regimen("phenytoin", course("0 d", 'dose = "1000 mg"', 'route = "intravenous"', 'infusion = "30 min"')),
        ),
        expected={"aws-phenytoin": "avoid", "pht-iv-rate": "caution"},
        offered=("diazepam",),
    ),
    "juvenile-myoclonic": Vignette(
        cite="Gelisse 2004: six young patients under oxcarbazepine, all worse",
        patient=WOMAN + 'conditions = ["juvenile-myoclonic-epilepsy"]\nchildbearing = false\n',
        drugs=(begun("oxcarbazepine", "300 mg"),),
        expected={"myoclonic-worse": "avoid"},
        offered=("levetiracetam", "valproate"),
    ),
    "absence": Vignette(
        cite="NICE 2018 (Primary Care Notebook): carbamazepine not to be offered in typical absence epilepsy",
        patient=MAN + 'seizure_types = ["absence"]\n',
        drugs=(begun("carbamazepine", "200 mg"),),
        expected={"absence-worse": "avoid"},
        offered=("ethosuximide", "valproate", "lamotrigine"),
    ),
    "dravet": Vignette(
        cite="AHFS fenfluramine; North American consensus 2017: lamotrigine makes Dravet syndrome worse",
        patient=MAN + 'conditions = ["dravet"]\n',
        drugs=(standing("lamotrigine", "100 mg"), begun("clobazam", "5 mg")),
        expected={"dravet-lamotrigine": "avoid", "dravet-first-line": "info"},
        offered=("stiripentol", "fenfluramine", "levetiracetam"),
    ),
    "hla-b1502": Vignette(
        cite="CPIC 2017: carbamazepine-naive carriers of HLA-B*15:02",
        patient=MAN + 'alleles = ["HLA-B*15:02"]\n',
        drugs=(begun("carbamazepine", "200 mg"), begun("oxcarbazepine", "300 mg")),
        expected={"cbz-hla-b1502-naive": "contraindicated", "oxc-hla-b1502-naive": "contraindicated"},
        offered=("levetiracetam",),
    ),
    "hla-a3101": Vignette(
        cite="CPIC 2017: carbamazepine-naive carriers of HLA-A*31:01",
        patient=MAN + 'alleles = ["HLA-A*31:01"]\nalleles_absent = ["HLA-B*15:02"]\n',
        drugs=(begun("carbamazepine", "200 mg"),),
        expected={"cbz-hla-a3101-alternative": "avoid", "hla-negative-not-safe": "info"},
        offered=("levetiracetam", "lamotrigine", "lacosamide"),
    ),
    "polg": Vignette(
        cite="BMJ Neurol Open 2024: 53 of 102 patients with POLG disease and valproate died",
        patient=MAN + 'conditions = ["polg"]\n',
        drugs=(begun("valproate", "500 mg"),),
        expected={"polg-vpa": "contraindicated"},
        offered=("levetiracetam", "clobazam"),
    ),
    "porphyria": Vignette(
        cite="University of Cape Town Porphyria Centre: phenytoin is strongly porphyrinogenic",
        patient=MAN + 'conditions = ["acute-porphyria"]\n',
        drugs=(begun("phenytoin", "150 mg"), begun("gabapentin", "300 mg")),
        expected={"porphyria-avoid": "contraindicated", "porphyria-preferred": "info"},
        offered=("levetiracetam", "clonazepam"),
    ),
    "smoking-stops": Vignette(
        cite="Zullino 2002 Int Clin Psychopharmacol 17:141: clozapine and olanzapine after smoking is stopped",
        patient=MAN + 'smoker = true\n[[patient.change]]\nat = "5 d"\nsmoker = false\n',
        drugs=(standing("clozapine", "200 mg"), standing("olanzapine", "5 mg")),
        expected={"smoke-stop-clz": "monitor", "smoke-stop-olz": "monitor", "smoke-stop-rate": "info"},
    ),
    "phenytoin-taper": Vignette(
        cite="Werz and Swartz 2002, AES abstract 1.296: lamotrigine rises once phenytoin is gone",
        patient=MAN + 'seizure_types = ["focal"]\n',
        drugs=(standing("lamotrigine", "200 mg"), standing("phenytoin", "150 mg", until="14 d")),
        expected={"inducer-stop-ltg": "monitor", "na-plus-na-switch": "info", "asm-abrupt": "caution"},
        simulated=True,
    ),
    "meropenem": Vignette(
        cite="Ther Drug Monit 2016: valproate falls by 67 % beside meropenem within 24 h",
        patient=MAN,
        drugs=(standing("valproate", "500 mg"), begun("meropenem", "1 g", start="7 d", until="14 d", every="8 h")),
        expected={"vpa-carbapenem": "avoid", "vpa-carbapenem-stop": "monitor"},
    ),
    "pill-on-lamotrigine": Vignette(
        cite="Sidhu 2006 Br J Clin Pharmacol: ratio of exposure of lamotrigine 0.48 beside the pill",
        patient=WOMAN + 'contraception = "combined-pill"\n',
        drugs=(
            standing("lamotrigine", "100 mg"),
            begun("ethinylestradiol", "0.03 mg", every="24 h"),
            begun("levonorgestrel", "0.15 mg", every="24 h"),
        ),
        expected={"ltg-oestrogen": "caution", "ltg-lowers-progestogen": "info"},
    ),
    "lamotrigine-in-pregnancy": Vignette(
        cite="Pennell 2008 Neurology 70:2130: seizures increase below 65 % of the own level",
        patient=WOMAN + 'pregnancy = "10 wk"\nindication = "epilepsy"\n',
        drugs=(standing("lamotrigine", "100 mg"),),
        expected={"ltg-pregnancy-tdm": "monitor", "ltg-lev-malformation": "info"},
    ),
    "hyponatraemia": Vignette(
        cite="Intravooth 2018; Seoul, n = 1009: oxcarbazepine in the old, beside a diuretic",
        patient='sex = "female"\nage = "74 y"\nheight = "160 cm"\n',
        drugs=(begun("oxcarbazepine", "300 mg"),),
        expected={"hypona-age": "caution", "hypona-risk": "monitor", "elderly-low": "caution"},
        offered=("levetiracetam", "lamotrigine"),
        extra='not_modelled = ["hydrochlorothiazide"]\n',
    ),
    "poor-metaboliser": Vignette(
        cite="CPIC 2016 tricyclics, CYP2D6 activity score 0; ACNP table 4: delirium above 300 ug/L",
        patient=MAN + 'indication = "depression"\n[patient.phenotype]\nCYP2D6 = "*4/*4"\n',
        drugs=(begun("amitriptyline", "100 mg"),),
        expected={"ami-cyp2d6-pm": "avoid", "tca-csf-level-warning": "caution"},
        offered=("mirtazapine", "sertraline"),
        simulated=True,
    ),
    "stones": Vignette(
        cite="AES 2002 abstract 1.161: topiramate, zonisamide and ketogenic diet",
        patient=MAN + 'conditions = ["ketogenic-diet"]\n',
        drugs=(standing("topiramate", "100 mg"), begun("zonisamide", "100 mg")),
        expected={"tpm-zns": "avoid", "tpm-zns-ketogenic": "avoid"},
    ),
    "one-receptor": Vignette(
        cite="Kuo 1998 Mol Pharmacol 54:712: lamotrigine and carbamazepine at one receptor",
        patient=MAN + 'seizure_types = ["focal"]\n',
        drugs=(standing("lamotrigine", "100 mg"), begun("carbamazepine", "200 mg")),
        expected={"na-plus-na": "caution"},
        offered=("levetiracetam",),
    ),
    "clonazepam-stopped": Vignette(
        cite="Joint guideline on benzodiazepine tapering 2025: seizures and delirium after a sudden stop",
        patient=MAN + 'indication = "anxiety"\n',
        drugs=(standing("clonazepam", "1 mg", until="0 d"), standing("citalopram", "10 mg")),
        expected={"bzd-abrupt": "avoid"},
    ),
    "paroxetine-on-risperidone": Vignette(
        cite="PharMe phenoconversion map: paroxetine makes CYP2D6 a poor metaboliser's",
        patient=MAN + 'indication = "depression"\n',
        drugs=(standing("nortriptyline", "25 mg"), begun("paroxetine", "30 mg", until="20 d", every="24 h")),
        expected={"phenoconv-cyp2d6": "caution", "phenoconv-cyp2d6-run": "caution", "fluoxetine-stop": "monitor"},
        simulated=True,
    ),
}


@pytest.mark.parametrize("name", VIGNETTES)
def test_a_published_case_gets_its_guidance(name: str) -> None:
    """The rules that the publication stands for fire as grave as they must, and offer what they must (published)."""
    case = VIGNETTES[name]
    weight = 'weight = "70 kg"\ncreatinine_clearance = "95 mL/min"\n'
    head = f'title = "{name}"\n{case.extra}[simulation]\nduration = "60 d"\n[patient]\n{weight}{case.patient}'
    scenario = load(head + "".join(case.drugs))

    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))) if case.simulated else None)

    told = {one.rule: one for one in fired}
    assert {rule: told[rule].severity for rule in case.expected if rule in told} == dict(case.expected)
    alternatives = {other.drug: other.severity for one in fired for other in one.alternatives}
    for drug in case.offered:
        assert alternatives[drug] in (None, "caution"), drug


@pytest.mark.parametrize(
    ("begin", "end", "pairs"),
    [
        ("4 d", "31 d", {("paroxetine", "lithium"), ("amitriptyline", "paroxetine"), ("amitriptyline", "lithium")}),
        ("-30 d", "0 d", {("amitriptyline", "lithium")}),
    ],
)
def test_serotonin_adds_up_while_both_are_taken(begin: str, end: str, pairs: set[tuple[str, str]]) -> None:
    """Four weeks of an SSRI count though they end in the run; one that ends before it does not."""
    head = 'title = "test"\n[simulation]\nduration = "60 d"\n[patient]\nweight = "70 kg"\n'
    others = (standing("amitriptyline", "50 mg"), standing("lithium", "300 mg"))
    drugs = (*others, begun("paroxetine", "20 mg", start=begin, until=end, every="24 h"))
    scenario = load(head + 'creatinine_clearance = "95 mL/min"\n' + MAN + "".join(drugs))

    assert {one.drugs for one in fire(scenario) if one.rule == "serotonin-pair"} == pairs


def test_there_are_fifteen_and_each_is_cited() -> None:
    """As many as were promised; a case without a citation is none."""
    assert len(VIGNETTES) >= 15
    assert all(case.cite and case.expected for case in VIGNETTES.values())
