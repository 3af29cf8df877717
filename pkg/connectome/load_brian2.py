"""Makes the network of this folder in Brian2: neurons, synapses = load().

Run it in Network(neurons, synapses): objects that a function returns are not in
Brian2's own collection."""

import csv
import os

import brian2
import numpy as np

LEAKY = "dv/dt = (-65*mV - v) / (10*ms) : volt (unless refractory)"
RULES = {"threshold": "v > -50*mV", "reset": "v = -65*mV", "refractory": 2 * brian2.ms, "method": "exact"}


def load(folder=os.path.dirname(os.path.abspath(__file__)), model=LEAKY, on_pre="v_post += w", **rules):
    with open(os.path.join(folder, "neurons.csv"), encoding="utf-8", newline="") as file:
        neurons = brian2.NeuronGroup(sum(1 for _ in csv.DictReader(file)), model, **(RULES | rules))
    neurons.v = -65 * brian2.mV
    with open(os.path.join(folder, "connections.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    synapses = brian2.Synapses(neurons, neurons, "w : volt", on_pre=on_pre)
    synapses.connect(i=np.array([int(r["i"]) for r in rows], int), j=np.array([int(r["j"]) for r in rows], int))
    if rows:
        synapses.w = np.array([float(r["weight_mV"]) for r in rows]) * brian2.mV
        synapses.delay = np.array([float(r["delay_ms"]) for r in rows]) * brian2.ms
    return neurons, synapses
