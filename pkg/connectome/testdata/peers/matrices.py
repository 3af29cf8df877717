"""Opens and writes sparse matrices as users of scipy do.

  matrices.py show PATH                 what scipy reads, as lines of text
  matrices.py write LAYOUT FROM PATH    the counts of node-link JSON FROM, with a
                                        table of its neurons beside (PATH.csv)
"""
import csv
import json
import sys

import numpy as np
from scipy import sparse

NEURON = ["class", "layer", "sign", "x_um", "y_um", "depth_um", "observed", "factor_density"]


def show(path):
    m = sparse.load_npz(path)
    m.check_format()
    assert m.has_canonical_format
    print(m.format, m.dtype, *m.shape)
    coo = m.tocoo()
    for i, j, x in sorted(zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist())):
        print(i, j, "%.17g" % x)


def write(layout, source, path):
    with open(source, encoding="utf-8") as f:
        graph = json.load(f)
    nodes, edges = graph["nodes"], graph["edges"]
    at = {node["id"]: i for i, node in enumerate(nodes)}
    row = np.array([at[e["source"]] for e in edges])
    col = np.array([at[e["target"]] for e in edges])
    counts = np.array([e["synapses"] for e in edges])
    m = sparse.coo_matrix((counts, (row, col)), shape=(len(nodes), len(nodes)))
    if layout == "csr":  # with 64-bit indices, and a stored zero
        m = sparse.csr_array(m)
        m.indices, m.indptr = m.indices.astype(np.int64), m.indptr.astype(np.int64)
        m.data = np.append(m.data, 0)
        m.indices = np.append(m.indices, len(nodes) - 1)
        m.indptr[-1] += 1
        sparse.save_npz(path + ".npz", m)
    elif layout == "csc":  # of floats
        sparse.save_npz(path + ".npz", m.tocsc().astype(np.float32))
    elif layout == "coo":  # uncompressed, big-endian, the layout a text as before scipy 1.0
        np.savez(path + ".npz", format="coo", shape=m.shape, data=m.data.astype(">i2"), row=m.row, col=m.col)
    with open(path + ".csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["root_id"] + NEURON)
        w.writerows([node["id"]] + [node.get(a, "") for a in NEURON] for node in nodes)


if __name__ == "__main__":
    {"show": show, "write": write}[sys.argv[1]](*sys.argv[2:])
