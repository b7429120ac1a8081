#!/usr/bin/env python3
"""Writes the small files of weights that the tests read (needs python3-torch, python3-h5py)."""
import collections
import os
import sys

import h5py
import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))
state = collections.OrderedDict()
state["conv.weight"] = torch.arange(24, dtype=torch.float32).view(2, 3, 2, 2) / 8
state["conv.bias"] = torch.tensor([1.5, -2.0], dtype=torch.float64)
state["fc.weight"] = torch.arange(6, dtype=torch.float16).view(2, 3).t()  # lies transposed in its storage
state["bn.num_batches_tracked"] = torch.tensor(7)
state["tail"] = torch.nn.Parameter(torch.arange(10, dtype=torch.float32))[6:]  # a view of a larger storage
torch.save(state, f"{here}/state.pth")
torch.save({"epoch": 3, "model": state, "name": "x"}, f"{here}/state_old.pth", _use_new_zipfile_serialization=False)


class Hostile:
    def __reduce__(self):
        return (os.system, ("echo harm",))


torch.save({"conv.weight": state["conv.weight"], "x": Hostile()}, f"{here}/hostile.pth")
torch.jit.script(torch.nn.Linear(2, 2)).save(f"{here}/script.pt")
# 8 GB of values from four bytes: a storage of one value with stride 0.
torch.save({"conv1.weight": torch.zeros(1).expand(2**31 - 1)}, f"{here}/bomb.pth")

with h5py.File(f"{here}/notop.h5", "w") as f:
    f.attrs["layer_names"] = [b"block1_conv1", b"dense"]
    g = f.create_group("block1_conv1")  # as the files of 2016 name them
    g["block1_conv1_W_1:0"] = numpy.arange(3 * 3 * 1 * 2, dtype="f4").reshape(3, 3, 1, 2)
    g["block1_conv1_b_1:0"] = numpy.array([0.5, -1], "f4")
    g = f.create_group("dense/dense")  # and later ones
    g["kernel:0"] = numpy.arange(6, dtype="f8").reshape(3, 2)
    g["bias:0"] = numpy.array([1, 2], "f4")
with h5py.File(f"{here}/elsewhere.h5", "w") as f:
    f.create_group("conv1").create_dataset("kernel:0", (4,), "f4", external=[("/etc/hostname", 0, 16)])
sys.exit(0)
