#!/usr/bin/env python3
"""Writes values.h: what PyTorch says of the same networks, weights, images and steps (needs python3-torch)."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


def wave(n, phase, scale):
    """The test computes the same numbers (double, then float)."""
    def noise(i):
        v = math.sin(12.9898 * (i + 1) + 78.233 * (phase + 1)) * 43758.5453
        return 2 * (v - math.floor(v)) - 1

    # Noise: what a smooth wave gives is so nearly degenerate that batch norm magnifies its rounding.
    return torch.tensor([scale * noise(i) for i in range(n)], dtype=torch.float32)


def fill(module):
    """Weights in the order of the parameters of ml/nn/plan: by module, weight, bias, running mean, running variance."""
    k = 0
    for m in module.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            fan = m.weight[0].numel()
            m.weight.data = (wave(m.weight.numel(), k, math.sqrt(2 / fan))).view_as(m.weight)
            k += 1
            if m.bias is not None:
                m.bias.data = wave(m.bias.numel(), k, 0.1)
                k += 1
        elif isinstance(m, nn.BatchNorm2d):
            m.weight.data = 1 + wave(m.weight.numel(), k, 0.1)
            m.bias.data = wave(m.bias.numel(), k + 1, 0.1)
            m.running_mean = wave(m.weight.numel(), k + 2, 0.1)
            m.running_var = 1 + wave(m.weight.numel(), k + 3, 0.1)
            k += 4


class Gapc(nn.Module):
    """gapc in evaluation mode."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 32, 3, 2, 1), nn.Conv2d(32, 32, 3, 2, 1)
        self.c3, self.c4 = nn.Conv2d(32, 64, 3, 2, 1), nn.Conv2d(64, 64, 3, 1, 1)
        self.fc = nn.Linear(64, 3)

    def forward(self, x):
        x = F.max_pool2d(self.c2(self.c1(x).relu()).relu(), 2)
        x = F.max_pool2d(self.c4(self.c3(x).relu()).relu(), 2)
        return self.fc(x.mean((2, 3)))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
        self.strided = stride > 1

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (self.downsample(x) if self.strided else x)).relu()


class Resnet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.layers = nn.Sequential(Block(64, 64, 1), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1),
                                    Block(128, 256, 2), Block(256, 256, 1), Block(256, 512, 2), Block(512, 512, 1))
        self.fc = nn.Linear(512, 3)

    def forward(self, x):
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        x = (x.expand(-1, 3, -1, -1) - mean) / deviation
        x = F.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, 2, 1)
        return self.fc(self.layers(x).mean((2, 3)))


def images(n, px):
    return torch.tensor([[(i * 7 + y * 13 + x * x * (i + 1)) % 256 for y in range(px) for x in range(px)]
                         for i in range(n)], dtype=torch.float32).view(n, 1, px, px) / 255


def floats(name, values):
    text = ", ".join(f"{v:.9g}" + ("f" if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else ".f") for v in values)
    print(f"inline const std::vector<float> {name}{{{text}}};")


print("// Written by make_values.py with PyTorch " + torch.__version__.split("+")[0] + ". Do not edit.")
print("#pragma once\n#include <vector>\n\nnamespace stored {\n")
x, y = images(6, 48), torch.tensor([0, 1, 2, 0, 1, 2])
weights = torch.tensor([1.0, 2.0, 0.5])
for name, make in (("gapc", Gapc), ("resnet18", Resnet18)):
    net = make()
    fill(net)
    net.eval()
    floats(name + "_probability", net(x).softmax(1).flatten().tolist())


def head_run(make, smoothing=0.0, class_weights=None, steps=5):
    # Only the classifier moves, behind frozen layers: the numbers are exact.
    net = Resnet18()
    fill(net)
    net.eval()
    optimiser = make(net.fc.parameters())
    losses = []
    for _ in range(steps):
        z = net(x)
        losses.append(F.cross_entropy(z, y, weight=class_weights).item())
        optimiser.zero_grad()
        F.cross_entropy(z, y, weight=class_weights, label_smoothing=smoothing).backward()
        optimiser.step()
    return losses


floats("adam_loss", head_run(lambda p: torch.optim.Adam(p, 1e-3)))
floats("adam_l2_loss", head_run(lambda p: torch.optim.Adam([{"params": [q], "weight_decay": 0.5 if q.dim() > 1 else 0} for q in p], 1e-3)))
floats("adamw_loss", head_run(lambda p: torch.optim.AdamW([{"params": [q], "weight_decay": 5 if q.dim() > 1 else 0} for q in p], 1e-3)))
floats("sgd_loss", head_run(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)))
floats("rmsprop_loss", head_run(lambda p: torch.optim.RMSprop(p, 1e-3)))
floats("weighted_loss", head_run(lambda p: torch.optim.Adam(p, 1e-3), class_weights=weights))

# A whole resnet18 in training mode: batch norm's statistics and every gradient.
net = Resnet18()
fill(net)
net.train()
optimiser = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9)
losses = []
for _ in range(3):
    loss = F.cross_entropy(net(x), y)
    losses.append(loss.item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
floats("resnet18_training_loss", losses)

# Label smoothing with class weights, and two classes by one output.
z = torch.tensor([[0.2, -1.0, 3.0], [1.5, 0.3, -0.2], [0.0, 0.1, 0.2]])
floats("smoothed_weighted_loss", [F.cross_entropy(z, torch.tensor([2, 1, 0]), weight=weights, label_smoothing=0.1).item()])
net = Resnet18()
fill(net)
net.fc = nn.Linear(512, 1)
net.fc.weight.data = wave(512, 60, math.sqrt(2 / 512)).view(1, 512)
net.fc.bias.data = wave(1, 61, 0.1)
net.eval()
optimiser = torch.optim.Adam(net.fc.parameters(), 1e-3)
losses = []
for _ in range(3):
    loss = F.binary_cross_entropy_with_logits(net(x).squeeze(1), (y > 0).float())
    losses.append(loss.item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
floats("one_output_loss", losses)
print("\n}  // namespace stored")
