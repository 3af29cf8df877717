"""Lays a small SONATA network as other software writes them.

lay_sonata.py FOLDER HOW: "plain", a variant of the file ("latest", "gzip",
"config", "one-file", "two") or something that is wrong in it.
"""

import json
import os
import sys

import h5py
import numpy as np

folder, how = sys.argv[1:]
options = {"libver": "latest"} if how == "latest" else {}
packed = {"compression": "gzip", "chunks": (2,), "maxshape": (None,), "shuffle": True} if how == "gzip" else {}


def put(group, name, values, dtype=None):
    return group.create_dataset(name, data=np.array(values, dtype=dtype), **packed)


def words(group, name, values):
    group.create_dataset(name, data=values, dtype=h5py.string_dtype())


def nodes(file):
    cortex = file.create_group("nodes/cortex")
    put(cortex, "node_id", [10, 11, 2**64 - 1 if how == "huge-id" else 2**53 + 1, 10 if how == "twice" else 13, 14], "u8")
    put(cortex, "node_type_id", [100, 100, 101, 101, 100], "u8")
    put(cortex, "node_group_id", [0, 0, 1, 1, 0], "u4")
    put(cortex, "node_group_index", [0, 1, 7 if how == "bad-index" else 1, 0, 2], "u8")
    first, second = cortex.create_group("0"), cortex.create_group("1")
    put(first, "x", [1.0, 4.0, 7.0])
    put(first, "y", [-200.0, -210.0, np.nan])
    put(first, "z", [3.0, 6.0, 9.0])
    if how == "text-position":
        words(second, "x", ["left", "right"])
    else:
        put(second, "x", [11.0, 12.0])
    put(second, "y", [-300.0, -310.0])
    put(second, "z", [13.0, 14.0])
    words(first, "@library/mtype", ["L23_BC", "L4_PC"])
    put(first, "mtype", [1, 9 if how == "bad-library" else 1, 1], "u4")
    words(second, "mtype", ["L23_BC", "L23_BC"])
    put(second, "layer", ["2/3", "2/3"], "S3")
    first.create_group("dynamics_params").create_dataset("tau", data=[1.0, 2.0, 3.0])


def thalamus(file):
    group = file.create_group("nodes/thalamus")
    put(group, "node_type_id", [-1, -1], "i8")
    put(group.create_group("0"), "rate", [1.0, 2.0])


def edges(file):
    within = file.create_group("edges/cortex_to_cortex")
    source = [10, 10, 10, 2**53 + 1, 13, 14, 11, 999]
    target = [11, 11, 11, 10, 2**53 + 1, 2**53 + 1, 11, 10]
    if how == "float-ids":
        source = np.array(source, "f8")
    if how == "short-target":
        target = target[:-1]
    put(within, "source_node_id", source, None if how == "float-ids" else "u8").attrs["node_population"] = "cortex"
    put(within, "target_node_id", target, "u8").attrs["node_population"] = "cortex"
    put(within, "edge_type_id", [7] * 8, "u4")
    put(within, "edge_group_id", [0, 0, 0, 1, 0, 0, 0, 0], "u2")
    put(within, "edge_group_index", [0, 1, 2, 0, 3, 4, 5, 6], "u4")
    put(within, "0/nsyns", [1, 2, 4, -1 if how == "negative" else 0, 2, 1, 1], "i4")
    put(within, "1/syn_weight", [0.5])
    into = file.create_group("edges/thalamus_to_cortex")
    put(into, "source_node_id", [0, 1], "u8").attrs["node_population"] = "thalamus"
    put(into, "target_node_id", [10, 11], "u8").attrs["node_population"] = "cortex"
    put(into, "edge_type_id", [7, 7], "u4")
    if how == "two":
        own = file.create_group("edges/thalamus_to_thalamus")
        put(own, "source_node_id", [0], "u8").attrs["node_population"] = "thalamus"
        put(own, "target_node_id", [1], "u8").attrs["node_population"] = "thalamus"
        put(own, "edge_type_id", [7], "u4")


below = os.path.join(folder, "network") if how == "config" else folder
os.makedirs(below, exist_ok=True)
names = {"nodes": "net_nodes.h5", "edges": "net_edges.h5"}
if how == "one-file":
    names = {"nodes": "network.h5", "edges": "network.h5"}
with h5py.File(os.path.join(below, names["nodes"]), "w", **options) as file:
    nodes(file)
    thalamus(file)
with h5py.File(os.path.join(below, names["edges"]), "a", **options) as file:
    edges(file)
with open(os.path.join(below, "net_node_types.csv"), "w") as file:
    file.write("node_type_id ei layer model_name note\n")
    file.write(f'100 {"x" if how == "bad-sign" else "e"} 4 generic "a ""quoted"" word"\n101 i NULL generic NULL\n')
with open(os.path.join(below, "net_edge_types.csv"), "w") as file:
    file.write("edge_type_id delay\n" + ("seven" if how == "bad-types" else "7") + " 2.0\n")
if how == "config":
    # A second table would leave it open which one belongs to the nodes.
    with open(os.path.join(below, "other_node_types.csv"), "w") as file:
        file.write("node_type_id ei\n100 i\n101 e\n")
    with open(os.path.join(folder, "circuit_config.json"), "w") as file:
        json.dump(
            {
                "manifest": {"$BASE_DIR": ".", "$NETWORK_DIR": "$BASE_DIR/network"},
                "networks": {
                    "nodes": [{"nodes_file": "$NETWORK_DIR/net_nodes.h5", "node_types_file": "${NETWORK_DIR}/net_node_types.csv"}],
                    "edges": [{"edges_file": "$NETWORK_DIR/net_edges.h5", "edge_types_file": "$NETWORK_DIR/net_edge_types.csv"}],
                },
            },
            file,
        )
