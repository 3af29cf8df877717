"""Lays a ConnectivityMatrix as pandas writes one: lay_matrix.py FILE HOW.

HOW is "plain", a variant ("blosc", "table") or something that is wrong.
"""

import pickle
import sys

import h5py
import numpy as np
import pandas as pd
import tables

path, how = sys.argv[1:]
group = "connectivity/full"
options = {"complib": "blosc", "complevel": 5} if how == "blosc" else {}

vertices = pd.DataFrame(
    {
        "pt_root_id": np.array([864691135866104123, 864691135866104125, 2**53 + 1]),
        "cell_type": pd.Categorical(["23P", "BC", None]),
        "classification_system": ["excitatory_neuron", "inhibitory_neuron", "glia"],
        "x_nm": [1000.0, 2000.0, np.nan],
        "y_nm": [1500.0, 2500.0, 3500.0],
        "z_nm": [4000.0, 5000.0, 6000.0],
    }
)
# One row a synapse; one neuron's synapse onto itself.
row = np.array([0, 1, 1, 0, 1, 1, 2])[:6] if how == "short-edges" else np.array([0, 1, 1, 0, 1, 1, 2])
col = np.array([1, 3 if how == "outside" else 0, 2, 1, 2, 2, 2])[: len(row)]
edges = pd.DataFrame({"size": [10.0, 5.0, 1.0, 20.0, 2.0, 600.0, 9.0], "soma_offset_um": np.arange(7.0)})
if how == "negative-count":
    edges["count"] = [1, 1, -2, 1, 1, 1, 1]
ends = pd.DataFrame({"from" if how == "no-row" else "row": row, "col": col})

vertices.to_hdf(path, key=group + "/vertex_properties", format="table", **options)
edges.to_hdf(path, key=group + "/edges", format="table" if how == "table" else "fixed", **options)
ends.to_hdf(path, key=group + "/edge_indices", format="table" if how == "table" else "fixed", **options)

with h5py.File(path, "a") as file:
    node = file[group]
    node.attrs["NEUROTOP_SHAPE"] = (3, 4) if how == "not-square" else (3, 3)
    node.attrs["NEUROTOP_DEFAULT_EDGE"] = "size"
    node.attrs["NEUROTOP_CLASS"] = "ConnectivityMatrix"


class Evil:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def names(payload):
    """Puts a pickle where pandas keeps the names of a block's columns."""
    with h5py.File(path, "a") as file:
        table = file[group + "/vertex_properties/table"]
        table.attrs["values_block_0_kind"] = np.bytes_(payload)


if how == "evil-names":
    import os

    names(pickle.dumps([Evil(os.system, ("touch /tmp/cortigen-evil",))], 0))
elif how == "evil-array":
    payload = pickle.dumps(Evil(exec, ("raise SystemExit(9)",)))
    with tables.open_file(path, "a") as file:
        place = f"/{group}/edge_indices"
        file.remove_node(place, "block0_items")
        array = file.create_vlarray(place, "block0_items", tables.ObjectAtom())
        array.append(["row", "col"])
    with h5py.File(path, "a") as file:
        file[f"{group}/edge_indices/block0_items"][0] = np.frombuffer(payload, np.uint8)
elif how == "endless-names":
    itself = []
    itself.append(itself)
    names(pickle.dumps(itself, 0))
elif how == "broken-names":
    names(b"(lp0\nVcut")
