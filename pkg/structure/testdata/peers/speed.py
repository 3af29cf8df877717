"""Times what measures circuits beside ours, on command.

    speed.py circuits.json

reads the circuits and makes the graphs, which is not timed. Commands are names of
jobs, a line each; each answer is a line of JSON: the seconds of the processor that a
circuit takes, which others at work on the machine do not lengthen, as the mean over
as many passes through all circuits as fit into SPEND of them, and one at least; and
values, by circuit, which must be what ours finds.
"""

import json
import sys
import time

import bct
import igraph
import networkx
import numpy
import pyflagser

SPEND = 0.2


class Circuit:
    def __init__(self, n, edges):
        self.n = n
        self.matrix = numpy.zeros((n, n))
        for pre, post in edges:
            self.matrix[pre, post] = 1
        self.igraph = igraph.Graph(n=n, edges=edges, directed=True)
        self.networkx = networkx.DiGraph()
        self.networkx.add_nodes_from(range(n))
        self.networkx.add_edges_from(edges)
        self.copy = None

    def ready(self):
        # igraph remembers what it found of a graph, such as that it is connected.
        getattr(self.igraph, "__invalidate_cache")()
        self.copy = self.igraph.copy()


def triads(c):
    return list(c.igraph.triad_census())


def clustering(c):
    return bct.clustering_coef_bd(c.matrix)


def betweenness(c):
    return c.igraph.betweenness(directed=True)


def paths(c):
    length = c.igraph.average_path_length(directed=True, unconn=True)
    distances = numpy.array(c.igraph.distances())
    numpy.fill_diagonal(distances, numpy.inf)
    return [length, (1 / distances).sum() / (c.n * (c.n - 1))]


def louvain(c):
    return [networkx.community.modularity(c.networkx, communities) for communities in louvain_alone(c)]


def louvain_alone(c):
    return [networkx.community.louvain_communities(c.networkx)]


def components(c):
    return [len(c.igraph.connected_components(mode="strong"))]


def simplices(c):
    return pyflagser.flagser_count_unweighted(c.matrix)


def rewire(c):
    """Ten trials an edge; a trial that would repeat an edge or make an autapse is one too."""
    c.copy.rewire(n=10 * c.copy.ecount())
    return []


with open(sys.argv[1]) as file:
    circuits = [Circuit(c["n"], c["edges"]) for c in json.load(file) if c["name"].startswith("cortex")]

# Modularity is for the answer; it is not timed.
timed = {"louvain": louvain_alone}

for line in sys.stdin:
    job = globals()[line.strip()]
    work = timed.get(line.strip(), job)
    values = []
    for c in circuits:
        c.ready()
        values.append([float(v) for v in job(c)])
    spent, done = 0, 0
    while spent < SPEND:
        for c in circuits:
            c.ready()
            begun = time.process_time()
            work(c)
            spent += time.process_time() - begun
            done += 1
    print(json.dumps({"seconds": spent / done, "values": values}), flush=True)
