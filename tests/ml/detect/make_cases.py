#!/usr/bin/env python3
"""Writes coco_cases.json: boxes, detections and what COCOeval's definition gives for them, worked in plain Python.

Written from the definition (greedy matching by score, crowd and size ignores, 101 recall points), without the program.
"""
import json
import pathlib
import random

EPS = 2.220446049250313e-16


def iou(d, g):
    w = min(d["bbox"][0] + d["bbox"][2], g["bbox"][0] + g["bbox"][2]) - max(d["bbox"][0], g["bbox"][0])
    h = min(d["bbox"][1] + d["bbox"][3], g["bbox"][1] + g["bbox"][3]) - max(d["bbox"][1], g["bbox"][1])
    if w <= 0 or h <= 0:
        return 0.0
    da, ga = d["bbox"][2] * d["bbox"][3], g["bbox"][2] * g["bbox"][3]
    return w * h / (da if g.get("iscrowd") else da + ga - w * h)


def average(images, truth, found, cat, thr, low, high):
    """(AP, recall) of one class, threshold and area range; None if no box counts."""
    rows, total = [], 0
    for im in images:
        gt = [dict(g, skip=bool(g.get("iscrowd")) or not low <= g["area"] <= high) for g in truth
              if g["image_id"] == im and g["category_id"] == cat]
        gt.sort(key=lambda g: g["skip"])
        total += sum(not g["skip"] for g in gt)
        dt = sorted((d for d in found if d["image_id"] == im and d["category_id"] == cat), key=lambda d: -d["score"])
        used = set()
        for d in dt[:100]:
            best, pick = min(thr, 1 - 1e-10), None
            for i, g in enumerate(gt):
                if i in used and not g.get("iscrowd"):
                    continue
                if pick is not None and not gt[pick]["skip"] and g["skip"]:
                    break
                if iou(d, g) >= best:
                    best, pick = iou(d, g), i
            if pick is not None:
                used.add(pick)
                rows.append((d["score"], 1, gt[pick]["skip"]))
            else:
                area = d["bbox"][2] * d["bbox"][3]
                rows.append((d["score"], 0, area < low or area > high))
    if total == 0:
        return None
    rows.sort(key=lambda r: -r[0])
    tp = fp = 0
    recall, precision = [], []
    for _, hit, skip in rows:
        tp += hit and not skip
        fp += (not hit) and not skip
        recall.append(tp / total)
        precision.append(tp / (tp + fp + EPS))
    points = []
    for k in range(101):
        at = 1.0 if k == 100 else k * 0.01
        first = next((i for i, r in enumerate(recall) if r >= at), None)
        points.append(max(precision[first:]) if first is not None else 0.0)
    return sum(points) / 101, recall[-1] if recall else 0.0


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def work(case):
    images, cats = [i["id"] for i in case["images"]], [c["id"] for c in case["categories"]]
    thresholds = [0.5 + i * ((0.95 - 0.5) / 9) for i in range(9)] + [0.95]  # as numpy.linspace
    def grid(low, high):
        return [[average(images, case["annotations"], case["results"], c, t, low, high) for t in thresholds] for c in cats]
    whole = grid(0, 1e10)
    first = lambda cell: None if cell is None else cell[0]
    out = {
        "map50": mean(first(r[0]) for r in whole), "map75": mean(first(r[5]) for r in whole),
        "map": mean(first(c) for r in whole for c in r),
        "recall100": mean(None if c is None else c[1] for r in whole for c in r),
        "by_size": [mean(first(c) for r in grid(a, b) for c in r) for a, b in ((0, 1024), (1024, 9216), (9216, 1e10))],
        "ap50": [first(r[0]) for r in whole],
    }
    return out


def make(seed, images, cats, boxes, noise, crowd, many=0):
    rnd = random.Random(seed)
    case = {"images": [{"id": 10 + i, "file_name": f"{i}.png"} for i in range(images)],
            "categories": [{"id": 1 + c, "name": f"class {c}"} for c in range(cats + 1)], "annotations": [], "results": []}
    for k in range(boxes):
        side = rnd.choice([12, 28, 40, 90, 130])
        b = [round(rnd.uniform(0, 150), 2), round(rnd.uniform(0, 150), 2), round(side * rnd.uniform(.6, 1.5), 2), round(side * rnd.uniform(.6, 1.5), 2)]
        g = {"id": k + 1, "image_id": 10 + rnd.randrange(max(1, images - 1)), "category_id": 1 + rnd.randrange(cats), "bbox": b,
             "area": round(b[2] * b[3] * rnd.choice([1, .8]), 3), "iscrowd": int(rnd.random() < crowd)}
        case["annotations"].append(g)
        for _ in range(rnd.choice([0, 1, 1, 1, 2, 3])):
            s = noise * side
            d = [b[0] + rnd.gauss(0, s), b[1] + rnd.gauss(0, s), b[2] * rnd.uniform(1 - noise, 1 + noise), b[3] * rnd.uniform(1 - noise, 1 + noise)]
            cat = g["category_id"] if rnd.random() < .85 else 1 + rnd.randrange(cats)
            case["results"].append({"image_id": g["image_id"], "category_id": cat, "bbox": [round(v, 2) for v in d], "score": round(rnd.random(), 1 if rnd.random() < .4 else 4)})
    for _ in range(boxes // 2 + many):
        side = rnd.uniform(8, 120)
        case["results"].append({"image_id": 10 + rnd.randrange(1 if many else images), "category_id": 1 + rnd.randrange(cats), "bbox": [round(rnd.uniform(0, 150), 2), round(rnd.uniform(0, 150), 2), round(side, 2), round(side * .8, 2)], "score": round(rnd.random(), 3)})
    case["expected"] = work(case)
    return case


if __name__ == "__main__":
    cases = [make(1, 5, 2, 12, .08, 0), make(2, 8, 3, 40, .12, .15), make(3, 3, 1, 6, .3, 0), make(4, 4, 2, 10, .1, .2, many=220), make(5, 2, 1, 0, .1, 0)]
    target = pathlib.Path(__file__).with_name("coco_cases.json")
    target.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
