"""Prints as JSON what ConnectivityMatrix.from_h5 has of a file, or where the wheel's examples are.

open_matrix.py where | open_matrix.py FILE PREFIX PROPERTY
"""

import json
import os
import sys
import sysconfig

if sys.argv[1] == "where":
    print(os.path.join(sysconfig.get_paths()["purelib"], "examples", "data"))
    sys.exit()

import numpy as np
from conntility import ConnectivityMatrix

path, prefix, name = sys.argv[1:]
m = ConnectivityMatrix.from_h5(path, prefix=prefix)
if name:
    m = m.default(int(name))
matrix = m.matrix.tocsr().astype(float)
matrix.setdiag(0)
matrix.eliminate_zeros()
matrix.sort_indices()
found = matrix.tocoo()
columns = {}
for column in m.vertices.columns if len(m) < 1000 else []:
    values = m.vertices[column].tolist()
    columns[column] = [None if isinstance(v, float) and np.isnan(v) else v for v in values]
edges = [[int(i), int(j), float(v)] for i, j, v in zip(found.row, found.col, found.data)]
print(json.dumps({"Vertices": len(m), "Edges": edges, "Columns": columns}))
