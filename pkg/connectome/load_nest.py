"""Makes the network of this folder in NEST 3: neurons, connections = load()."""

import csv
import os

import nest
import numpy as np


def load(folder=os.path.dirname(os.path.abspath(__file__)), model="iaf_psc_exp", **parameters):
    with open(os.path.join(folder, "neurons.csv"), encoding="utf-8", newline="") as file:
        neurons = nest.Create(model, sum(1 for _ in csv.DictReader(file)), parameters)
    with open(os.path.join(folder, "connections.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    ids = np.array(neurons.tolist())
    for name in sorted({row["synapse_model"] for row in rows}):
        of = [row for row in rows if row["synapse_model"] == name]
        ends = [ids[[int(row[end]) - 1 for row in of]] for end in ("source", "target")]
        numbers = [np.array([float(row[column]) for row in of]) for column in ("weight_pA", "delay_ms")]
        synapse = {"synapse_model": name, "weight": numbers[0], "delay": numbers[1]}
        nest.Connect(*ends, "one_to_one", synapse)
    return neurons, nest.GetConnections(neurons, neurons)
