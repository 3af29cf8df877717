"""Writes CAVE tables as pandas users keep them: python cave_tables.py FOLDER COMPRESSION."""
import os
import sys

import numpy as np
import pandas as pd

folder, compression = sys.argv[1:]
compression = None if compression == "none" else compression
root = 864691135866104123
types = pd.DataFrame({
    "id": [1, 2, 3], "valid": ["t"] * 3, "pt_root_id": np.array([root, root + 2, root + 4], dtype=np.int64),
    "classification_system": ["excitatory_neuron", "inhibitory_neuron", "nonneuron"], "cell_type": ["23P", "BC", "astrocyte"],
    "pt_position": [np.array([240640, 207872, 21360]), np.array([1, 2, 3]), np.array([4, 5, 6])],
})
types.to_parquet(os.path.join(folder, "types.parquet"), compression=compression)
proof = pd.DataFrame({"pt_root_id": [root], "valid_id": [root], "status_axon": [True], "strategy_axon": ["axon_fully_extended"]})
proof.to_parquet(os.path.join(folder, "proofreading.parquet"), compression=compression)
synapses = pd.DataFrame({"id": [1, 2, 3], "pre_pt_root_id": [root, root, root + 2], "post_pt_root_id": [root + 2, root + 2, root], "size": [10, 20, 30]})
synapses.to_parquet(os.path.join(folder, "synapses.parquet"), compression=compression)
