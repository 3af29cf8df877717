"""Makes the network of this folder in PyNN: neurons, projections = load(sim).

sim is a PyNN simulator that is set up, such as pyNN.nest. The weights are for
synapses by conductance (uS); FromFileConnector reads the files by itself too."""

import csv
import os

import numpy as np


def load(sim, folder=os.path.dirname(os.path.abspath(__file__)), cell=None):
    with open(os.path.join(folder, "neurons.csv"), encoding="utf-8", newline="") as file:
        size = sum(1 for _ in csv.DictReader(file))
    neurons = sim.Population(size, cell or sim.IF_cond_exp())
    projections = {}
    for receptor in ("excitatory", "inhibitory"):
        with open(os.path.join(folder, receptor + ".txt"), encoding="utf-8") as file:
            rows = [line for line in file if not line.startswith("#")]
        if rows:
            table = np.loadtxt(rows, ndmin=2)
            connector = sim.FromListConnector(table, column_names=["weight", "delay"])
            projections[receptor] = sim.Projection(
                neurons, neurons, connector, sim.StaticSynapse(), receptor_type=receptor
            )
    return neurons, projections
