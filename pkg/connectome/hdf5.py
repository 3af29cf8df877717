"""Reads and writes HDF5 files on behalf of a Go program.

There is no library in pure Go that reads all that these files hold exactly, so
Go starts this script with a Python that has h5py, and asks. Requests are lines
of JSON on standard input, answers lines of JSON on standard output; what numbers
mean is Go's business. Data follow a line as blocks: a length of four bytes
(little-endian), and so many bytes; a length of 0 ends them, one of 0xffffffff is
followed by a line that says what went wrong instead. Numbers are little-endian
int64 ("i8") or float64 ("f8"), texts ("text") each a length of four bytes and
UTF-8.

Files come from anywhere, so nothing in them is believed:
 * a dataset that claims more than CAP bytes for each byte of its file is refused
   before a byte of it is read, and data are read in slices;
 * data that were never written are refused, since HDF5 would give zeros for them;
 * links that leave the file, and data that lie outside of it, are not followed;
 * pickled column names, as pandas writes them, are unpickled to lists of texts and
   integers, and nothing else: no class is looked up and no function called.
"""

import sys

sys.path[:] = [place for place in sys.path if place]  # never the folder that data lie in

import io
import json
import math
import os
import pickle
import struct

CAP = 1024  # bytes in memory for a byte of file; deflate gives 1032 at its best, on constant data
ALWAYS = 1 << 16  # bytes that any file may claim
SLICE = 1 << 23  # bytes at a time
OBJECTS = 20_000  # groups and datasets that a file may have
NAMES = 1 << 20  # characters that column names may have

requests, answers = sys.stdin.buffer, sys.stdout.buffer
sys.stdout = sys.stderr  # a library that prints must not end up among the answers


def say(**answer):
    answers.write(json.dumps(answer, allow_nan=False).encode() + b"\n")


try:
    import h5py
    import numpy as np

    if sys.argv[1] == "frames":
        import pandas
        import tables
except Exception as e:  # a broken library can raise anything
    say(error=f"{type(e).__name__}: {e}", missing=True)
    answers.flush()
    sys.exit(3)

try:
    import hdf5plugin  # blosc, zstd and others, where it is there
except Exception:
    pass


class Refused(Exception):
    pass


# ---- column names as pandas pickles them


class Array:
    """What a pickled numpy array becomes: the list that it holds."""

    def __init__(self, *made):
        self.items = None

    def __setstate__(self, state):
        if isinstance(state, tuple) and len(state) == 5:
            self.items = state[4]


class Dtype:
    """What a pickled numpy dtype becomes: its code, such as "U8"."""

    def __init__(self, *made):
        self.code = made[0] if made else None

    def __setstate__(self, state):
        pass


def scalar(dtype, raw):
    """A pickled numpy text or integer."""
    code = getattr(dtype, "code", None)
    if isinstance(code, str) and isinstance(raw, bytes):
        if code[:1] == "U":
            return raw.decode("utf-32-le").rstrip("\0")
        if code in ("i1", "i2", "i4", "i8"):
            return int.from_bytes(raw, "little", signed=True)
    raise Refused(f"pickled column names hold a numpy value of type {code!r}")


def latin(text, encoding):
    """How protocol 0 gives bytes."""
    return text.encode("latin1") if encoding == "latin1" else b""


KNOWN = {
    ("multiarray", "_reconstruct"): Array,
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): Dtype,
    ("multiarray", "scalar"): scalar,
    ("_codecs", "encode"): latin,
}


class Names(pickle.Unpickler):
    """Knows no class of any module; stand-ins take what numpy's would be given."""

    def find_class(self, module, name):
        short = "multiarray" if module in ("numpy.core.multiarray", "numpy._core.multiarray") else module
        if (short, name) in KNOWN:
            return KNOWN[short, name]
        raise Refused(f"pickled column names mention {module}.{name}, which is not looked up")


def unpickled(raw):
    try:
        names = Names(io.BytesIO(raw)).load()
    except Refused:
        raise
    except Exception as e:
        raise Refused(f"pickled column names cannot be read: {type(e).__name__}: {e}")
    if isinstance(names, Array):
        names = names.items
    if type(names) is not list or any(type(n) not in (str, int) for n in names):
        raise Refused("pickled column names are not a list of texts and integers")
    names = [str(n) for n in names]
    if sum(map(len, names)) > NAMES:
        raise Refused(f"pickled column names have more than {NAMES} characters")
    return names


def names(node, attribute):
    if attribute is not None:
        raw = node.attrs[attribute]
        return unpickled(bytes(raw))
    if node.attrs.get("CLASS") == b"VLARRAY":  # one pickle, as bytes
        check(node)
        return unpickled(bytes(bytearray(node[0])))
    values = slab(node, (0, node.shape[0]), None)
    return [text(v) for v in values] if values.dtype.kind in "SUO" else [str(v) for v in values.tolist()]


# ---- what there is


def kind(dtype):
    if h5py.check_string_dtype(dtype) or dtype.kind in "SU":
        return "text"
    return {"i": "i8", "u": "i8", "b": "i8", "f": "f8"}.get(dtype.kind, "other")


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def attribute(value):
    """An attribute as JSON, or None where it is large or strange."""
    if isinstance(value, (bytes, str)):
        return text(value) if len(value) < 4096 else None
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.size <= 64:
        return [attribute(v) for v in value]
    if isinstance(value, (np.integer, np.bool_)):
        return int(value)
    if isinstance(value, np.floating) and np.isfinite(value):
        return float(value)
    return None


def describe(path, node):
    known = {}
    for name in node.attrs:
        try:
            value = attribute(node.attrs[name])
        except Exception:  # of a type that h5py does not know
            value = None
        if value is not None:
            known[name] = value
    d = {"path": path, "kind": "group", "attrs": known}
    if isinstance(node, h5py.Dataset):
        dtype = node.dtype
        d.update(kind="dataset", dtype=kind(dtype), shape=list(node.shape or ()))
        if dtype.names:
            d["dtype"] = "table"
            d["fields"] = [
                {"name": f, "dtype": kind(dtype[f].base), "shape": list(dtype[f].shape)} for f in dtype.names
            ]
    return d


listed = {}  # by file, the paths of the objects that tree found


def node(file, path):
    """An object that tree found: not one that other links lead to."""
    if path not in listed.get(file.filename, ()):
        raise Refused("is not in the file, or not by a link that stays in it")
    return file[path]


def tree(file):
    """Every group and dataset that hard links lead to, once."""
    found, seen, pending = [], {h5py.h5o.get_info(file.id).addr}, [("", file)]
    while pending:
        path, group = pending.pop()
        for name in sorted(group):
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            below = f"{path}/{name}"
            try:
                one = group[name]
            except Exception as e:
                raise Refused(f"{below}: cannot be opened: {e}")
            place = h5py.h5o.get_info(one.id).addr
            if place in seen or not isinstance(one, (h5py.Group, h5py.Dataset)):
                continue
            seen.add(place)
            listed.setdefault(file.filename, set()).add(below)
            if len(seen) > OBJECTS:
                raise Refused(f"more than {OBJECTS} groups and datasets")
            found.append(describe(below, one))
            if isinstance(one, h5py.Group):
                pending.append((below, one))
    return found


# ---- data


def check(node):
    """Refuses what would not be there, or would not fit."""
    created = node.id.get_create_plist()
    if created.get_layout() == h5py.h5d.VIRTUAL or created.get_external_count() > 0:
        raise Refused("its data lie in other files, which are not read")
    for k in range(created.get_nfilters()):
        code, _, _, name = created.get_filter(k)
        if not h5py.h5z.filter_avail(code):
            raise Refused(f"is packed by filter {code} ({text(name)}), which takes the Python package hdf5plugin")
    size = node.size or 0
    claimed, stored = size * node.dtype.itemsize, os.path.getsize(node.file.filename)
    if claimed > CAP * stored + ALWAYS:
        raise Refused(
            f"claims {size} values ({claimed} bytes) in a file of {stored} bytes: more than {CAP} bytes for a byte of file are not read"
        )
    if node.chunks and math.prod(node.chunks) * node.dtype.itemsize > CAP * stored + (1 << 24):
        raise Refused(f"its chunks of {node.chunks} values are larger than the file can fill")
    if size == 0 or created.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED:
        return
    if node.chunks:
        want = math.prod(-(-n // c) for n, c in zip(node.shape, node.chunks))
        have = node.id.get_num_chunks()
        if have < want:
            raise Refused(f"{want - have} of its {want} chunks were never written: they would read as zeros")
    elif node.id.get_storage_size() < claimed:
        raise Refused("its data were never written: they would read as zeros")


def slab(node, rows, field):
    part = node[rows[0] : rows[1]] if node.shape else np.asarray(node[()]).reshape(1)
    return part[field] if field else part


def plain(part):
    """A slab as bytes."""
    if part.dtype.kind in "iub":
        if part.dtype.kind == "u" and part.size and int(part.max()) >= 1 << 63:
            raise Refused(f"{int(part.max())} is beyond the integers that are read (2⁶³ − 1)")
        return np.ascontiguousarray(part, "<i8").tobytes()
    if part.dtype.kind == "f":
        return np.ascontiguousarray(part, "<f8").tobytes()
    if part.dtype.kind in "SUO":
        texts = [text(v).encode("utf-8", "replace") for v in part.reshape(-1).tolist()]
        return b"".join(struct.pack("<I", len(t)) + t for t in texts)
    raise Refused(f"values of type {part.dtype} are not read")


def block(data):
    for at in range(0, len(data), SLICE):
        piece = data[at : at + SLICE]
        answers.write(struct.pack("<I", len(piece)) + piece)


def read(node, field):
    if not isinstance(node, h5py.Dataset):
        raise Refused("is a group, not a dataset")
    check(node)
    dtype = node.dtype[field] if field else node.dtype
    shape = list(node.shape or (1,)) + list(dtype.shape)
    if kind(dtype.base) == "other":
        raise Refused(f"values of type {dtype} are not read")
    say(dtype=kind(dtype.base), shape=shape)
    sent, allowed = 0, CAP * os.path.getsize(node.file.filename) + ALWAYS
    rows = shape[0]
    width = max(1, node.dtype.itemsize * math.prod(node.shape[1:] or (1,)))
    step = max(1, SLICE // width)
    if node.chunks:  # whole chunks, so that none is unpacked twice
        step = max(node.chunks[0], step // node.chunks[0] * node.chunks[0])
    try:
        for at in range(0, rows, step):
            data = plain(slab(node, (at, min(rows, at + step)), field))
            sent += len(data)
            if sent > 8 * allowed:
                raise Refused("its texts are longer than the file can hold")
            block(data)
        answers.write(struct.pack("<I", 0))
    except Exception as e:
        answers.write(struct.pack("<I", 0xFFFFFFFF))
        say(error=str(e) if isinstance(e, Refused) else f"cannot be read: {e}")


# ---- writing


def taken():
    """The blocks of a request."""
    parts = []
    while True:
        (size,) = struct.unpack("<I", requests.read(4))
        if size == 0:
            return b"".join(parts)
        parts.append(requests.read(size))


def texts(data, count):
    at, found = 0, []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return found


def values(request):
    """What follows a request, as the array that it describes."""
    data, shape = taken(), request["shape"]
    if request["dtype"] == "text":
        return np.array(texts(data, shape[0]), dtype=object)
    return np.frombuffer(data, "<" + request["dtype"]).reshape(shape).astype(request["as"])


def write(file, request):
    made = values(request)
    if request["dtype"] == "text":
        node = file.create_dataset(request["path"], data=made, shape=made.shape, dtype=h5py.string_dtype())
    else:
        node = file.create_dataset(request["path"], data=made)
    mark(node, request)


# ---- data frames, as pandas writes them: columns are gathered, then put

columns = {}


def put(path, request):
    made = pandas.DataFrame(columns)
    columns.clear()
    made.to_hdf(path, key=request["path"], format=request["format"])


def attributes(path, request):
    with h5py.File(path, "a") as file:
        mark(file[request["path"]], request)


def mark(node, request):
    for name, value in (request.get("attrs") or {}).items():
        node.attrs[name] = np.array(value, request.get("as", "<u4")) if isinstance(value, list) else value


def answer(files, request):
    op, file = request["op"], files[request.get("file", 0)]
    if op == "tree":
        say(objects=tree(file))
    elif op == "read":
        read(node(file, request["path"]), request.get("field"))
    elif op == "names":
        say(names=names(node(file, request["path"]), request.get("attr")))
    elif op == "column":
        columns[request["path"]] = values(request)
        if request["dtype"] == "text" and any("\0" in t for t in columns[request["path"]]):
            raise Refused("a text has a zero byte in it, which pandas' tables would cut off")
        say(done=True)
    elif op == "put":
        put(file, request)
        say(done=True)
    elif op == "attributes":
        attributes(file, request)
        say(done=True)
    elif op == "write":
        write(file, request)
        say(done=True)
    elif op == "group":
        mark(file.require_group(request["path"]), request)
        say(done=True)
    elif op == "close":
        for f in files:
            if isinstance(f, h5py.File):
                f.close()
        say(done=True)
    else:
        raise Refused(f"unknown request {op}")


def main(mode, paths):
    files = []
    for k, path in enumerate(paths):
        try:
            files.append(path if mode == "frames" else h5py.File(path, mode))
        except Exception as e:
            say(error=f"cannot be opened: {e}", file=k)
            answers.flush()
            return 4
    say(hello="cortigen-hdf5", version=1, h5py=h5py.__version__)
    answers.flush()
    for line in requests:
        try:
            answer(files, json.loads(line))
        except Exception as e:
            say(error=str(e) if isinstance(e, Refused) else f"{type(e).__name__}: {e}")
        answers.flush()
    return 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
