"""Genes of virtual patients: how often an activity occurs by ancestry, or what a table of patients says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pkinteract.library.people import reference as people
from pkinteract.library.phenotypes import Activity, activity
from pkinteract.population.people.cohort import Genotype, IntArray
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.scenario.streams import Streams


def genotypes(
    genes: Sequence[str], spec: PopulationSpecification, streams: Streams, rows: IntArray | None
) -> dict[str, Genotype]:
    """Gene to what the patients have of it.

    Parameters
    ----------
    genes
        Those that are drawn, besides the ones that the table of patients has.
    rows
        (n,) rows of the table of patients; None without one.
    """
    written: Mapping[str, tuple[str, ...]] = {} if spec.ward is None else spec.ward.phenotype
    names = list(dict.fromkeys((*genes, *written)))
    chances = streams.uniforms(["ancestry", *names])
    group = np.searchsorted(np.cumsum(list(spec.ancestry.values()))[:-1], chances[0], side="right")
    genotypes = {}
    for gene, chance in zip(names, chances[1:], strict=True):
        kinds: list[Activity] = []
        which = np.full(len(chance), -1)
        if gene in written and rows is not None:
            texts = dict.fromkeys(text for text in written[gene] if text)
            kinds += [activity(gene, text) for text in texts]
            places = {"": -1} | {text: n for n, text in enumerate(texts)}
            which = np.array([places[text] for text in written[gene]])[rows]
        for n, name in enumerate(spec.ancestry):
            missing = (which < 0) & (group == n)
            if missing.any():
                table = people.gene_frequencies(gene, name)
                edges = np.cumsum(table.frequencies)[:-1]
                which[missing] = len(kinds) + np.searchsorted(edges, chance[missing], side="right")
                kinds += table.activities
        genotypes[gene] = Genotype(
            phenotype=np.array([kind.phenotype for kind in kinds], dtype=object)[which],
            score=np.array([np.nan if kind.score is None else kind.score for kind in kinds])[which],
            factor=np.array([kind.factor for kind in kinds])[which],
        )
    return genotypes
