"""Does on command what package connectome does on a graph of ten million edges.

Commands come in lines; each answer is a line of JSON: seconds, and what was found,
which must be what ours finds.

    scipy-load FILE       pandas' C parser, two columns of integers, then coo to csr
    igraph-load           the graph of igraph, of the edges that are loaded (not timed against)
    scipy-NAME, igraph-NAME   degrees, reciprocity, components
    scipy-cut FILE        finds neurons near an axis and takes submatrices, a column a line of FILE
    scipy-known FILE      takes the submatrices only
    peak                  the most memory so far, in MB
"""

import json
import resource
import sys
import time

import igraph
import numpy
import pandas
from scipy import sparse
from scipy.sparse import csgraph

matrix = None
graph = None


def scipy_load(path):
    global matrix
    table = pandas.read_csv(path, engine="c", dtype={"pre": numpy.int32, "post": numpy.int32})
    pre, post = table["pre"].to_numpy(), table["post"].to_numpy()
    n = int(max(pre.max(), post.max())) + 1
    matrix = sparse.coo_matrix((numpy.ones(len(pre), numpy.int8), (pre, post)), shape=(n, n)).tocsr()
    return {"neurons": n, "edges": int(matrix.nnz)}


def igraph_load():
    global graph
    coo = matrix.tocoo()
    graph = igraph.Graph(n=matrix.shape[0], edges=numpy.column_stack([coo.row, coo.col]), directed=True)
    return {"neurons": graph.vcount(), "edges": graph.ecount()}


def scipy_degrees():
    out = numpy.diff(matrix.indptr)
    into = numpy.bincount(matrix.indices, minlength=matrix.shape[0])
    return {"largest_out": int(out.max()), "largest_in": int(into.max())}


def igraph_degrees():
    return {"largest_out": max(graph.outdegree()), "largest_in": max(graph.indegree())}


def scipy_reciprocity():
    pattern = matrix.astype(bool)
    return {"reciprocity": float(pattern.multiply(pattern.T.tocsr()).nnz / pattern.nnz)}


def igraph_reciprocity():
    return {"reciprocity": graph.reciprocity()}


def scipy_components():
    count, labels = csgraph.connected_components(matrix, directed=True, connection="strong")
    return {"components": int(count), "largest": int(numpy.bincount(labels).max())}


def igraph_components():
    sizes = graph.connected_components(mode="strong").sizes()
    return {"components": len(sizes), "largest": max(sizes)}


def read_columns(path):
    """Places of all neurons in the first two lines, then the neurons of a column in each."""
    with open(path) as lines:
        x, y = (numpy.array(next(lines).split(), float) for _ in range(2))
        return x, y, [numpy.array(line.split(), numpy.int64) for line in lines]


def cut(path, search):
    """Cuts the columns that are listed. With search, the time has also what it takes
    to find the neurons nearest to an axis, as one does it: distances to all, then a
    partition. What it finds is not used, since the axes of ours are not told."""
    x, y, chosen = read_columns(path)
    begun, cpu = time.perf_counter(), time.process_time()
    columns = []
    for index in chosen:
        if search:
            distances = numpy.hypot(x - x[index[0]], y - y[index[0]])
            numpy.argpartition(distances, len(index))[: len(index)]
        columns.append(matrix[index][:, index])
    spent = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    return {"columns": len(columns), "edges": int(sum(c.nnz for c in columns))} | spent


def scipy_cut(path):
    return cut(path, search=True)


def scipy_known(path):
    return cut(path, search=False)


def peak():
    return {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


for line in sys.stdin:
    name, *arguments = line.rstrip("\n").split(" ", 1)
    if graph is not None:
        # igraph remembers what it found of a graph, such as that it is strongly connected.
        getattr(graph, "__invalidate_cache")()
    begun, cpu = time.perf_counter(), time.process_time()
    answer = globals()[name.replace("-", "_")](*arguments)
    spent = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    answer = spent | answer
    print(json.dumps(answer), flush=True)
