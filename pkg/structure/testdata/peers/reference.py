"""Measures circuits with networkx, igraph, bctpy, pyflagser and numpy.

    reference.py circuits.json > reference.json

Circuits are a list of {name, n, edges, classes, inhibitory}: edges are pairs of pre
and post, classes one index a neuron, inhibitory the neurons of that sign. The result
has the versions of the libraries and, by circuit, measure and library's function,
the value; null where a library gives none or NaN. Where several libraries have a
measure, all are asked.

A value of "numpy" is the definition written out in matrices, for measures that no
library has.
"""

import json
import math
import sys
import warnings
from importlib.metadata import version

import bct
import igraph
import networkx
import numpy
import pyflagser
from scipy.sparse import csgraph

# Of degenerate circuits libraries warn and divide by 0; the value tells.
warnings.simplefilter("ignore")
numpy.seterr(all="ignore")

SEEDS = 20


def measures(circuit):
    n, edges = circuit["n"], circuit["edges"]
    a = numpy.zeros((n, n))
    for pre, post in edges:
        a[pre, post] = 1
    g = networkx.DiGraph()
    g.add_nodes_from(range(n))
    g.add_edges_from(edges)
    ig = igraph.Graph(n=n, edges=edges, directed=True)
    values = {}
    for family in (size, signs, triangles, paths, flow, groups, spectrum, cliques, kinds_of_triangles):
        values |= family(a, g, ig, circuit)
    return values


def size(a, g, ig, circuit):
    out, into = dict(g.out_degree()), dict(g.in_degree())
    return {
        "density": {"networkx.density": networkx.density(g), "igraph.density": ig.density(), "bct.density_dir": bct.density_dir(a)[0]},
        "reciprocity": {"networkx.overall_reciprocity": networkx.overall_reciprocity(g), "igraph.reciprocity": ig.reciprocity()},
        "out_degree": {"networkx.out_degree": [out[i] for i in g]},
        "in_degree": {"networkx.in_degree": [into[i] for i in g]},
        "out_degree_sd": {"numpy.std": a.sum(1).std()},
        "in_degree_sd": {"numpy.std": a.sum(0).std()},
        "out_degree_gini": {"numpy": gini(a.sum(1))},
        "in_degree_gini": {"numpy": gini(a.sum(0))},
        "in_out_correlation": {"numpy.corrcoef": numpy.corrcoef(a.sum(0), a.sum(1))[0, 1]},
        "assortativity": {
            "networkx.degree_assortativity_coefficient(x=out,y=in)": networkx.degree_assortativity_coefficient(g, x="out", y="in"),
            "igraph.assortativity_degree(directed=True)": ig.assortativity_degree(directed=True),
        },
    }


def gini(x):
    return abs(x[:, None] - x).sum() / (2 * len(x) ** 2 * x.mean())


def signs(a, g, ig, circuit):
    """Densities, and mutual pairs over those of independent directions, by sign of pre and post."""
    inhibitory = numpy.isin(numpy.arange(len(a)), circuit["inhibitory"])
    of = {"e": ~inhibitory, "i": inhibitory}
    pairs = 1 - numpy.eye(len(a))
    values = {}
    for pre in of:
        for post in of:
            block = numpy.ix_(of[pre], of[post])
            count = pairs[block].sum()
            values["density_" + pre + post] = {"numpy": a[block].sum() / count}
            chance = (a[block].sum() / count) * (a.T[block].sum() / count)
            values["reciprocity_ratio_" + pre + post] = {"numpy": (a * a.T)[block].sum() / count / chance}
    return values


def triangles(a, g, ig, circuit):
    clustering = networkx.clustering(g)
    undirected = g.to_undirected()
    return {
        # Both have 0 where a neuron has no pair of partners.
        "clustering_node": {"networkx.clustering": [clustering[i] for i in g], "bct.clustering_coef_bd": bct.clustering_coef_bd(a)},
        "transitivity": {"bct.transitivity_bd": bct.transitivity_bd(a)},
        "transitivity_undirected": {
            "networkx.transitivity(undirected)": networkx.transitivity(undirected),
            "igraph.transitivity_undirected": ig.as_undirected().transitivity_undirected(),
        },
        "triad_census": {
            "networkx.triadic_census": networkx.triadic_census(g),
            "igraph.triad_census": {name[1:] if name[0] == "t" else name: int(count) for name, count in zip(TRIADS, ig.triad_census())},
        },
    }


TRIADS = ["003", "012", "102", "021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210", "300"]


def kinds_of_triangles(a, g, ig, circuit):
    """Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, table 1; mean over neurons that could have one."""
    out, into = a.sum(1), a.sum(0)
    mutual = (a @ a).diagonal()
    kinds = {
        "clustering_cycle": ((a @ a @ a).diagonal(), into * out - mutual),
        "clustering_middleman": ((a @ a.T @ a).diagonal(), into * out - mutual),
        "clustering_in": ((a.T @ a @ a).diagonal(), into * (into - 1)),
        "clustering_out": ((a @ a @ a.T).diagonal(), out * (out - 1)),
    }
    s = a + a.T
    kinds["clustering"] = ((s @ s @ s).diagonal() / 2, (out + into) * (out + into - 1) - 2 * mutual)
    return {name: {"numpy": (has[could > 0] / could[could > 0]).mean() if (could > 0).any() else math.nan} for name, (has, could) in kinds.items()}


def paths(a, g, ig, circuit):
    n = len(a)
    lengths = csgraph.shortest_path(a, unweighted=True)
    apart = ~numpy.eye(n, dtype=bool)
    reached = lengths[apart & numpy.isfinite(lengths)]
    between = networkx.betweenness_centrality(g, normalized=False)
    return {
        "path_length": {"igraph.average_path_length(unconn=True)": ig.average_path_length(directed=True, unconn=True), "scipy.sparse.csgraph.shortest_path": reached.mean()},
        "reachable_pairs": {"scipy.sparse.csgraph.shortest_path": len(reached)},
        "diameter": {"igraph.diameter(unconn=True)": ig.diameter(directed=True, unconn=True)},
        "efficiency": {"bct.efficiency_bin": bct.efficiency_bin(a), "scipy.sparse.csgraph.shortest_path": (1 / lengths[apart]).mean()},
        "betweenness_node": {"networkx.betweenness_centrality(normalized=False)": [between[i] for i in g], "igraph.betweenness": ig.betweenness(directed=True)},
        "strong_components": {
            "networkx": sorted(map(len, networkx.strongly_connected_components(g))),
            "igraph": sorted(ig.connected_components(mode="strong").sizes()),
        },
        "weak_components": {
            "networkx": sorted(map(len, networkx.weakly_connected_components(g))),
            "igraph": sorted(ig.connected_components(mode="weak").sizes()),
        },
    }


def flow(a, g, ig, circuit):
    """MacKay, Johnson & Sansom 2020, doi:10.1098/rsos.201138, with the pseudoinverse."""
    laplacian = numpy.diag(a.sum(0) + a.sum(1)) - a - a.T
    levels = numpy.linalg.pinv(laplacian, hermitian=True) @ (a.sum(0) - a.sum(1))
    steps = (levels - levels[:, None])[a > 0]
    return {"trophic_coherence": {"numpy": 1 - ((steps - 1) ** 2).mean()}}


def groups(a, g, ig, circuit):
    def both(membership):
        communities = [{i for i, c in enumerate(membership) if c == k} for k in set(membership)]
        return {
            "networkx.community.modularity": networkx.community.modularity(g, communities),
            "igraph.modularity(directed=True)": ig.modularity(membership, directed=True),
        }

    found = [networkx.community.louvain_communities(g, seed=seed) for seed in range(SEEDS)]
    membership = [next(k for k, c in enumerate(found[0]) if i in c) for i in g]
    scores = sorted(networkx.community.modularity(g, communities) for communities in found)
    cores = networkx.core_number(g)
    return {
        "modularity_of_classes": both(circuit["classes"]),
        "membership": {"networkx.community.louvain_communities(seed=0)": membership},
        "modularity_of_membership": both(membership),
        "louvain_20_seeds": {"networkx.community.louvain_communities": [scores[0], float(numpy.median(scores)), scores[-1]]},
        "core_numbers": {"networkx.core_number": [cores[i] for i in g], "igraph.coreness(mode=all)": ig.coreness(mode="all")},
        # From a total degree above 1 on.
        "rich_club": {"bct.rich_club_bd": bct.rich_club_bd(a)[0]},
        "common_neighbour_bias": {"numpy": common_neighbours(a)},
    }


def common_neighbours(a):
    either = ((a + a.T) > 0).astype(float)
    shared, pairs = either @ either, numpy.triu(numpy.ones_like(a), 1)
    return shared[(pairs > 0) & (either > 0)].mean() / shared[(pairs > 0) & (either == 0)].mean()


def spectrum(a, g, ig, circuit):
    signs = numpy.ones(len(a))
    signs[circuit["inhibitory"]] = -1
    moduli = sorted(abs(numpy.linalg.eigvals(a)))
    singular = numpy.linalg.svd(a, compute_uv=False)
    p = singular[singular > 1e-9] / singular.sum()
    return {
        "spectral_radius": {"numpy.linalg.eigvals": moduli[-1]},
        "spectral_gap": {"numpy.linalg.eigvals": moduli[-1] - moduli[-2]},
        "signed_spectral_radius": {"numpy.linalg.eigvals": max(abs(numpy.linalg.eigvals(signs[:, None] * a)))},
        "singular_entropy": {"numpy.linalg.svd": -(p * numpy.log(p)).sum() / math.log(len(a))},
    }


def cliques(a, g, ig, circuit):
    found = pyflagser.flagser_unweighted(a)
    return {
        "simplices": {"pyflagser.flagser_unweighted": found["cell_count"], "pyflagser.flagser_count_unweighted": pyflagser.flagser_count_unweighted(a)},
        "euler_characteristic": {"pyflagser.flagser_unweighted": found["euler"]},
    }


def plain(value):
    """Numbers of Python to twelve decimals, and null for NaN."""
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    return round(float(value), 12) if math.isfinite(value) else None


def line(value):
    return json.dumps(value, separators=(",", ":"))


with open(sys.argv[1]) as file:
    circuits = json.load(file)
versions = {name: version(name) for name in ("networkx", "igraph", "bctpy", "pyflagser", "numpy", "scipy")}
print('{"versions":%s,\n"circuits":{' % line(versions))
for k, circuit in enumerate(circuits):
    # A measure a line, so that a change shows which.
    lines = (line(name) + ":" + line(plain(value)) for name, value in measures(circuit).items())
    print(line(circuit["name"]) + ":{\n" + ",\n".join(lines) + "}" + "," * (k + 1 < len(circuits)))
print("}}")
