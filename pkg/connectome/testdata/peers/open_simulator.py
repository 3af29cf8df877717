"""Prints the network that a simulator makes of a folder, a line an edge: pre, post, weight, delay.

Then it runs the network with a spike forced on each neuron at the start, and
prints how many neurons were heard to spike.
"""

import sys

simulator, folder = sys.argv[1:]
sys.path.insert(0, folder)
found = []


def nest():
    import nest
    from load_nest import load

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    neurons, connections = load(E_L=-65.0, V_th=-50.0)
    first = neurons.tolist()[0]
    for s, t, w, d in zip(*(connections.get([k])[k] for k in ("source", "target", "weight", "delay"))):
        found.append((s - first, t - first, w, d))
    neurons.V_m = -40.0
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(20.0)
    return set(recorder.events["senders"])


def brian2():
    import brian2
    from load_brian2 import load

    brian2.prefs.codegen.target = "numpy"
    neurons, synapses = load()
    for i, j, w, d in zip(synapses.i[:], synapses.j[:], synapses.w[:] / brian2.mV, synapses.delay[:] / brian2.ms):
        found.append((i, j, w, d))
    neurons.v = -40 * brian2.mV
    monitor = brian2.SpikeMonitor(neurons)
    brian2.Network(neurons, synapses, monitor).run(20 * brian2.ms)
    return set(monitor.i[:])


def pynn():
    import pyNN.mock as sim
    from load_pynn import load

    sim.setup(timestep=0.1)
    neurons, projections = load(sim)
    for receptor, projection in projections.items():
        sign = {"excitatory": 1, "inhibitory": -1}[receptor]
        for i, j, w, d in projection.get(["weight", "delay"], format="list"):
            found.append((i, j, sign * w, d))
        # PyNN's own reader of the file sees the same.
        connector = sim.FromFileConnector(f"{folder}/{receptor}.txt")
        again = sim.Projection(neurons, neurons, connector, sim.StaticSynapse(), receptor_type=receptor)
        assert sorted(map(tuple, again.get(["weight", "delay"], format="list"))) == sorted(
            map(tuple, projection.get(["weight", "delay"], format="list"))
        )
    sim.run(1.0)
    return neurons.all_cells


spiked = {"nest": nest, "brian2": brian2, "pynn": pynn}[simulator]()
for i, j, w, d in sorted(found):
    print(int(i), int(j), f"{w:.9g} {d:.6g}")
print("spiked", len(spiked))
