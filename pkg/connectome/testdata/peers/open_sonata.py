"""Prints what libsonata or bluepysnap sees of a network: a line a neuron, a line an edge."""

import sys

import numpy as np

library, folder = sys.argv[1:]
config = folder + "/circuit_config.json"
columns = ["neuron_id", "cell_type", "layer", "ei", "x", "y", "z"]

if library == "libsonata":
    import libsonata

    circuit = libsonata.CircuitConfig.from_file(config)
    (name,) = circuit.node_populations
    population = circuit.node_population(name)
    every = libsonata.Selection([(0, population.size)])
    nodes = {c: population.get_attribute(c, every) for c in columns}
    (name,) = circuit.edge_populations
    edges = circuit.edge_population(name)
    size = population.size

    def of(node):
        chosen = edges.efferent_edges([node])
        back = edges.afferent_edges(np.unique(edges.target_nodes(chosen)).tolist()) if chosen.flat_size else chosen
        assert set(chosen.flatten()) <= set(back.flatten()), "the two indices disagree"
        return zip(edges.target_nodes(chosen), edges.get_attribute("nsyns", chosen), edges.get_attribute("size", chosen))

else:
    import bluepysnap

    circuit = bluepysnap.Circuit(config)
    (name,) = circuit.nodes.population_names
    table = circuit.nodes[name].get(properties=columns)
    nodes = {c: table[c].to_numpy() for c in columns}
    size = len(table)
    (name,) = circuit.edges.population_names
    edges = circuit.edges[name]

    def of(node):
        found = edges.efferent_edges(node, properties=["@target_node", "nsyns", "size"])
        return zip(found["@target_node"], found["nsyns"], found["size"]) if len(found) else []


for i in range(size):
    of_node = [nodes[c][i] for c in columns]
    words = [str(w) for w in of_node[:4]]
    words[3] = words[3].upper()
    x, y, z = of_node[4:]
    print("|".join(words + [f"{x:.9g}", f"{0 - y:.9g}", f"{z:.9g}"]))
for i in range(size):
    for j, n, s in of(i):
        print(i, j, n, f"{s:g}")
