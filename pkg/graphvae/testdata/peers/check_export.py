"""Runs read_export.py and prints what it holds then, and what numpy finds in the files."""

import json
import pathlib
import sys

exec((pathlib.Path(__file__).parent.parent / "read_export.py").read_text())


def plain(array):
    """Text as it is, whole numbers as such, other numbers by their bits."""
    if array.dtype.kind in "Uiu":
        return array.ravel().tolist()
    assert array.dtype == np.float32, array.dtype
    return array.ravel().view(np.uint32).tolist()


def listed(file):
    return {name: {"type": file[name].dtype.kind, "shape": file[name].shape, "values": plain(file[name])} for name in file.files}


print(json.dumps({
    "latent": config["latent"], "first_class": config["classes"][0]["class"], "z": z.shape, "u": u.shape,
    "u_values": plain(u), "weights": listed(weights), "codes": listed(codes),
}))
