#!/usr/bin/python3
"""Writes cases.txt beside this file: probabilities, truth and what scikit-learn says of them. Run by hand: needs python3-sklearn.
Format, blanks between: case NAME n classes; n rows of classes probabilities (hexadecimal floats); truth; accuracy macro_f1 auc ece;
macro precision, recall, weighted precision, recall, f1, macro average precision (one against rest);
per class precision recall f1 support; confusion; per class a ROC curve: points, auc, then fpr tpr threshold by point (0 points: a side is empty)."""
import os
import warnings

import numpy as np
from sklearn import metrics as m

warnings.simplefilter("ignore")


def ece(top, correct, bins=15):
    edges = np.linspace(0, 1, bins + 1)
    out = 0
    for i, (a, b) in enumerate(zip(edges[:-1], edges[1:])):
        inside = (top > a) & (top <= b) if i else (top <= b)
        if inside.any():
            out += inside.mean() * abs(correct[inside].mean() - top[inside].mean())
    return out


def case(f, name, p, y):
    p = p.astype(np.float32)
    n, c = p.shape
    q = p.argmax(1)
    pr, rc, f1, sup = m.precision_recall_fscore_support(y, q, labels=range(c), zero_division=0)
    curves, aucs, aps = [], [], []
    for k in range(c):
        if 0 < (y == k).sum() < n:
            fpr, tpr, t = m.roc_curve(y == k, p[:, k].astype(np.float64))
            auc = m.roc_auc_score(y == k, p[:, k])
            aucs.append(auc)
            aps.append(m.average_precision_score(y == k, p[:, k]))
            curves.append(f"{len(t)} {auc:.12g} " + " ".join(f"{a:.9g} {b:.9g} {d:.9g}" for a, b, d in zip(fpr, tpr, t)))
        else:
            curves.append("0 nan")
    w = lambda a: " ".join(f"{v:.12g}" for v in a)
    f.write(f"case {name} {n} {c}\n")
    for row in p:
        f.write(" ".join(float(v).hex() for v in row) + "\n")
    f.write(" ".join(map(str, y)) + "\n")
    f.write(w([m.accuracy_score(y, q), m.f1_score(y, q, average="macro", zero_division=0), np.mean(aucs) if aucs else float("nan"),
               ece(p.max(1).astype(np.float64), q == y)]) + "\n")
    macro, weighted = (m.precision_recall_fscore_support(y, q, average=a, zero_division=0)[:3] for a in ("macro", "weighted"))
    f.write(w([*macro[:2], *weighted, np.mean(aps) if aps else float("nan")]) + "\n")
    f.write("\n".join(w(a) for a in (pr, rc, f1, sup)) + "\n")
    f.write(" ".join(map(str, m.confusion_matrix(y, q, labels=range(c)).ravel())) + "\n")
    f.write("\n".join(curves) + "\n")


def soft(r, n, c, sharp, y=None, help_=0.0):
    z = r.randn(n, c) * sharp
    if y is not None:
        z[np.arange(n), y] += help_
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def main():
    r = np.random.RandomState(7)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.txt"), "w") as f:
        y = r.randint(0, 6, 80)
        case(f, "six_classes", soft(r, 80, 6, 1.5, y, 2), y)
        y = r.randint(0, 3, 60)
        case(f, "ties", np.round(soft(r, 60, 3, 1, y, 1) * 4) / 4, y)
        y = r.choice([0, 2], 40)
        case(f, "class_absent_from_truth", soft(r, 40, 4, 1, y, 1), y)
        p = soft(r, 30, 4, 1)
        p[:, 3] = 0
        case(f, "class_never_predicted", p, r.randint(0, 3, 30))
        case(f, "one_class_only_in_truth", soft(r, 20, 3, 1), np.full(20, 1))
        case(f, "single_class", np.ones((5, 1)), np.zeros(5, int))
        case(f, "one_sample", np.array([[.25, .75]]), np.array([1]))
        case(f, "one_sample_wrong", np.array([[.25, .75]]), np.array([0]))
        case(f, "all_equal", np.full((24, 4), .25), r.randint(0, 4, 24))
        y = np.arange(12) % 2
        case(f, "perfect", np.eye(2)[y], y)
        case(f, "always_wrong", np.eye(2)[1 - y], y)
        y = (r.rand(120) < .06).astype(int)
        case(f, "imbalanced", soft(r, 120, 2, 1, y, 1), y)


main()
