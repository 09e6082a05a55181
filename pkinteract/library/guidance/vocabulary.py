"""What a scenario may say of a patient for rules to ask: closed lists, each word named in every language."""

from __future__ import annotations

CONDITIONS = (
    "acute-porphyria",
    "alcohol-use",
    "alcohol-withdrawal",
    "av-block",
    "bone-marrow-depression",
    "cardiac-channelopathy",
    "confusion",
    "dementia",
    "dravet",
    "emergency-contraception",
    "enteral-feeding",
    "epilepsy",
    "familial-short-qt",
    "fathering",
    "fever-or-heat",
    "glaucoma",
    "heart-conduction-disease",
    "infantile-spasms",
    "juvenile-myoclonic-epilepsy",
    "ketogenic-diet",
    "lennox-gastaut",
    "liver-disease",
    "mitochondrial-disease",
    "pacemaker",
    "planning-pregnancy",
    "polg",
    "postpartum",
    "product-change",
    "rash",
    "scn1a-loss-of-function",
    "scn2a-gain-of-function",
    "scn8a-gain-of-function",
    "seizure-free",
    "self-limited-centrotemporal",
    "sinus-bradycardia",
    "status-epilepticus",
    "structural-heart-disease",
    "sulfonamide-hypersensitivity",
    "swallowing-difficulty",
    "taper-not-tolerated",
    "tricyclic-hypersensitivity",
    "tuberous-sclerosis",
    "urea-cycle-disorder",
    "urinary-retention",
)
"""States that rules ask for."""

SEIZURE_TYPES = ("focal", "tonic-clonic", "absence", "myoclonic", "atonic", "spasms")

ALLELES = (
    "HLA-A*31:01",
    "HLA-B*15:02",
    "ABCB1 C3435T",
    "HTR2A rs7997012",
    "SCN1A rs3812718",
    "SLC6A4 5-HTTLPR",
    "VKORC1 -1639G>A",
)
"""Alleles and variants of genes without a phenotype."""

ANCESTRIES = (
    "European",
    "Near Eastern",
    "Central/South Asian",
    "East Asian",
    "Oceanian",
    "American",
    "Latino",
    "African American/Afro-Caribbean",
    "Sub-Saharan African",
)
"""Biogeographic groups of the frequency tables; in that of East Asia are the peoples of the south-east."""

CONTRACEPTION = (
    "none",
    "combined-pill",
    "progestogen-pill",
    "implant",
    "ring",
    "patch",
    "depot-injection",
    "hormonal-coil",
    "copper-coil",
    "barrier",
    "sterilisation",
)

FEMALE_METHODS = frozenset(CONTRACEPTION) - {"none", "barrier", "sterilisation"}
"""Contraception that only a woman uses."""

INDICATIONS = ("epilepsy", "pain", "depression", "bipolar", "anxiety", "sleep", "migraine", "other")
"""What the drugs are given for."""

EPILEPTIC = frozenset(
    (
        "dravet",
        "epilepsy",
        "infantile-spasms",
        "juvenile-myoclonic-epilepsy",
        "lennox-gastaut",
        "self-limited-centrotemporal",
        "status-epilepticus",
    )
)
"""Conditions that are epilepsies."""
