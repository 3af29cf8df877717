"""Lays a SONATA network, of lay_sonata.py's kind, in whose edges file something is not what it seems.

lay_hostile.py FOLDER HOW
"""

import os
import sys

import h5py
import numpy as np

folder, how = sys.argv[1:]
secret = os.path.join(folder, "secret.bin")
np.arange(8, dtype="u8").tofile(secret)

with h5py.File(os.path.join(folder, "nodes.h5"), "w") as file:
    nodes = file.create_group("nodes/n")
    nodes["node_type_id"] = np.zeros(4, "i8")
    if how == "claimed-nodes":
        del nodes["node_type_id"]
        nodes.create_dataset("node_type_id", (10**12,), "i8", chunks=(1024,), fillvalue=1)

with h5py.File(os.path.join(folder, "edges.h5"), "w") as file:
    edges = file.create_group("edges/n_to_n")
    edges["target_node_id"] = np.array([1, 2, 3, 0, 2, 3, 0, 1], "u8")
    edges["edge_type_id"] = np.zeros(8, "i8")
    name = "source_node_id"
    good = np.array([0, 0, 0, 1, 1, 2, 3, 3], "u8")
    if how in ("claims", "claims-filled"):
        fill = {"fillvalue": 1} if how == "claims-filled" else {}
        edges.create_dataset(name, (10**12,), "u8", chunks=(1024,), **fill)
    elif how == "large-chunk":
        edges.create_dataset(name, (8,), "u8", chunks=(10**8,), maxshape=(None,), compression="gzip", fillvalue=1)
    elif how == "never-written":
        edges.create_dataset(name, (8,), "u8")
    elif how == "partly-written":
        edges.create_dataset(name, (8,), "u8", chunks=(2,))
        edges[name][:4] = good[:4]
    elif how == "external-data":
        edges.create_dataset(name, (8,), "u8", external=[(secret, 0, 64)])
    elif how == "external-link":
        with h5py.File(os.path.join(folder, "other.h5"), "w") as other:
            other["x"] = good
        edges[name] = h5py.ExternalLink(os.path.join(folder, "other.h5"), "/x")
    elif how == "virtual":
        with h5py.File(os.path.join(folder, "other.h5"), "w") as other:
            other["x"] = good
        layout = h5py.VirtualLayout((8,), "u8")
        layout[:] = h5py.VirtualSource(os.path.join(folder, "other.h5"), "x", (8,))
        edges.create_virtual_dataset(name, layout)
    elif how == "a-group":
        edges.create_group(name)
    elif how == "complex":
        edges[name] = good.astype(complex)
    elif how == "matrix":
        edges[name] = good.reshape(4, 2)
    else:
        edges[name] = good
    if how == "loop":
        edges["again"] = file["edges"]
        file["edges/again"] = file["/"]
    if how == "many":
        for k in range(20_001):
            edges.create_group(f"g{k}")
    if how == "deep":
        place = file
        for _ in range(3000):
            place = place.create_group("g")
    file.attrs["marks"] = "source_node_id"
    if how not in ("a-group", "external-link"):
        edges[name].attrs["node_population"] = "n"
    edges["target_node_id"].attrs["node_population"] = "n"
if how.startswith(("external", "virtual")):
    sys.exit()
os.remove(secret)
