#!/usr/bin/env python3
"""Writes the small .pth files that pth_test.cpp reads (needs python3-torch)."""
import collections
import os
import sys

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
sys.exit(0)
