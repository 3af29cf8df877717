"""Opens and writes graphs as users of networkx and igraph do.

  graphs.py show  LIBRARY FORMAT PATH      what the library reads, as lines of text
  graphs.py write LIBRARY FORMAT FROM PATH writes the graph of node-link JSON FROM

LIBRARY is networkx or igraph; FORMAT is graphml, edges or links (node-link JSON
with its edges so called).
"""
import json
import math
import sys

import igraph
import networkx as nx

NEURON = ["class", "layer", "sign", "x_um", "y_um", "depth_um", "observed", "factor_density"]
EDGE = ["synapses", "size"]


def word(x):
    """One value: numbers in full, nothing for what is not known."""
    if x is None or x == "" or isinstance(x, float) and math.isnan(x):
        return "-"
    if isinstance(x, bool) or isinstance(x, str):
        return str(x).lower() if isinstance(x, bool) else x
    return "%.17g" % x


def show(name, unit, neurons, edges):
    print("graph", name, unit, sep="\t")
    for key, values in neurons:
        print("neuron", key, *(word(values.get(a)) for a in NEURON), sep="\t")
    for pre, post, values in sorted(edges, key=lambda e: e[:2]):
        print("edge", pre, post, *(word(values.get(a)) for a in EDGE), sep="\t")


def load_networkx(form, path):
    if form == "graphml":
        return nx.read_graphml(path)
    with open(path, encoding="utf-8") as f:
        return nx.node_link_graph(json.load(f), edges=form)


def show_networkx(form, path):
    g = load_networkx(form, path)
    assert g.is_directed() and not g.is_multigraph()
    show(g.graph["name"], g.graph["size_unit"], g.nodes(data=True), g.edges(data=True))


def show_igraph(path):
    g = igraph.Graph.Read_GraphML(path)
    assert g.is_directed() and g.is_simple()
    ids = g.vs["id"]
    show(g["name"], g["size_unit"], ((v["id"], v.attributes()) for v in g.vs),
         ((ids[e.source], ids[e.target], e.attributes()) for e in g.es))


def write_networkx(form, source, path):
    """As from a table of pandas: integer ids, NaN for coordinates not known."""
    known = load_networkx("edges", source)
    g = nx.DiGraph(**known.graph)
    for key, values in known.nodes(data=True):
        g.add_node(int(key), **{a: values.get(a, math.nan if a.endswith("_um") else "") for a in NEURON})
    g.add_edges_from((int(a), int(b), values) for a, b, values in known.edges(data=True))
    if form == "graphml":
        nx.write_graphml(g, path)
        return
    with open(path, "w", encoding="utf-8") as f:
        json.dump(nx.node_link_data(g, edges=form), f, indent=1)
        f.write("\n")


def write_igraph(source, path):
    """Ids go into the attribute name, as igraph's users have them."""
    known = load_networkx("edges", source)
    keys = list(known.nodes)
    at = {key: i for i, key in enumerate(keys)}
    edges = list(known.edges(data=True))
    g = igraph.Graph(n=len(keys), edges=[(at[a], at[b]) for a, b, _ in edges], directed=True)
    g.vs["name"] = keys
    for a in NEURON:
        nothing = math.nan if a.endswith("_um") else ""
        g.vs[a] = [values.get(a, nothing) for _, values in known.nodes(data=True)]
    for a in EDGE:
        g.es[a] = [values[a] for _, _, values in edges]
    for a, x in known.graph.items():
        g[a] = x
    g.write_graphml(path)


if __name__ == "__main__":
    verb, library, form, *paths = sys.argv[1:]
    if library == "networkx":
        {"show": show_networkx, "write": write_networkx}[verb](form, *paths)
    else:
        {"show": show_igraph, "write": write_igraph}[verb](*paths)
