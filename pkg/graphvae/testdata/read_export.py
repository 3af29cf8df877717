import json, sys, numpy as np
weights, codes = np.load(sys.argv[1]), np.load(sys.argv[2])
config = json.loads(bytes(weights["config.json"]))         # what kind of model, its classes and sizes
z = codes["z_mean"]                                        # [circuits, latent]
u = codes["u_mean"][codes["neuron_circuit"] == 0]          # [neurons of the first circuit, neuron latent]
