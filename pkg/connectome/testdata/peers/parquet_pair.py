"""Opens a parquet pair as a user would, says what it holds, and writes it anew.

python parquet_pair.py PAIR NEW: prints the sum of checks, and writes NEW with pandas and pyarrow.
"""
import json
import os
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

old, new = sys.argv[1:]
neurons = pd.read_parquet(os.path.join(old, "neurons.parquet"))
edges = pd.read_parquet(os.path.join(old, "edges.parquet"))
meta = {k.decode(): v.decode() for k, v in pq.read_schema(os.path.join(old, "edges.parquet")).metadata.items()}
pre, post = neurons["id"].to_numpy()[edges["pre"]], neurons["id"].to_numpy()[edges["post"]]
print(json.dumps({
    "neurons": len(neurons), "edges": len(edges), "first": [str(pre[0]), str(post[0])],
    "synapses": int(edges["synapses"].sum()), "size": float(edges["size"].sum()),
    "observed": int(neurons["observed"].sum()), "placed": int(neurons["depth_um"].notna().sum()),
    "density": float(neurons["factor_density"].sum()),
    "sorted": bool((np.diff(edges["pre"].to_numpy().astype(np.int64) * len(neurons) + edges["post"].to_numpy()) > 0).all()),
    "dtypes": {c: str(t) for c, t in edges.dtypes.items()},
    "name": meta["cortigen.name"], "unit": meta["cortigen.size_unit"],
}))
os.mkdir(new)
shuffled = edges.sample(frac=1, random_state=1).astype({"pre": "int64", "post": "int64", "synapses": "Int64"})
table = pa.Table.from_pandas(shuffled, preserve_index=False)
table = table.replace_schema_metadata({**(table.schema.metadata or {}), "cortigen.size_unit": meta["cortigen.size_unit"]})
pq.write_table(table, os.path.join(new, "edges.parquet"), compression="zstd", row_group_size=40)
neurons["class"] = neurons["class"].astype("category")
neurons["layer"] = neurons["layer"].replace({"": None})
neurons.to_parquet(os.path.join(new, "neurons.parquet"), index=False)  # snappy
