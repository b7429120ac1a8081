#!/usr/bin/python3
"""Writes the expected values beside this file from the reference arithmetic; run by hand when a case is added.
    make_reference.py REFERENCE_DIR DATA_DIR          # needs python3-numpy, python3-scipy, python3-pil
A case that does not fit a scale (the reference has no value there) gets zeros, as texture.h states."""
import math
import os
import sys

import numpy as np
from PIL import Image

reference_dir, data_dir = sys.argv[1], sys.argv[2]
sys.path.insert(0, reference_dir)
import local_extremes as le  # noqa: E402
import texture_head as th  # noqa: E402

here = os.path.dirname(os.path.abspath(__file__))


def synthetic(kind, w, h):
    """The same formulas as synthetic_images.h; integer arithmetic, so that both sides agree to the bit."""
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    noise = ((x * 73856093) ^ (y * 19349663) ^ ((x * y + 7) * 83492791)) & 0xffffffff
    noise = ((noise >> 7) ^ noise) & 0xff
    if kind == "noise":
        return noise.astype(np.float64)
    if kind == "texture":
        return np.clip(96 + (x * 3) % 41 + (y * x // 17) % 29 + noise // 8, 0, 255).astype(np.float64)
    if kind == "ramp":
        return ((x + 2 * y) % 256).astype(np.float64)
    if kind == "constant":
        return np.full((h, w), 100.0)
    if kind == "blocks":
        return (((x // 9 + y // 7) % 2) * 140 + 40 + noise // 64).astype(np.float64)
    if kind == "deep":  # 16 bit, scaled to [0, 255] in single precision
        v = (128 * 256 + (x * 211 + y * 97) % 9001 + noise * 37) % 65536
        return (v.astype(np.float32) * np.float32(255 / 65535)).astype(np.float64)
    raise ValueError(kind)


SYNTHETIC = [("texture", 200, 200), ("noise", 128, 128), ("ramp", 96, 61), ("constant", 64, 64), ("blocks", 131, 77),
             ("deep", 150, 90), ("texture", 24, 31), ("texture", 17, 40), ("noise", 8, 8), ("texture", 9, 13),
             ("deep", 16, 16), ("texture", 300, 20)]
# Local extremes and thumbnails: a constant image is left out (rounding noise in the reference), larger ones are reduced.
SMALL = [("texture", 200, 200), ("ramp", 96, 61), ("blocks", 131, 77), ("deep", 150, 90),
         ("texture", 9, 13), ("noise", 8, 8), ("blocks", 700, 531), ("texture", 257, 1000)]
REAL = ["neu/images/crazing/crazing_1.jpg", "neu/images/inclusion/inclusion_10.jpg", "neu/images/patches/patches_100.jpg",
        "neu/images/scratches/scratches_7.jpg", "neu/images/pitted_surface/pitted_surface_5.jpg", "xsdd:0", "xsdd:1", "pblm:0", "pblm:1"]


def texture(image):
    """texture_features with zeros for what does not fit."""
    old = np.seterr(all="ignore")
    h, w = image.shape
    out = []
    for r, b in th.LBP_SCALES:
        out.append(th.lbp_histogram(image, r, b) if min(h, w) > 2 * r else np.zeros(80))
    out.append(np.sqrt(np.histogram(image, 32, (0, 255))[0] / image.size))
    gradients = np.zeros(80)
    z = image
    for scale in range(4):
        if min(z.shape) > 1:
            n = (z.shape[0] - 1) * (z.shape[1] - 1)
            for d, g in enumerate((z[1:, 1:] - z[1:, :-1], z[1:, 1:] - z[:-1, 1:], z[1:, 1:] - z[:-1, :-1], z[1:, :-1] - z[:-1, 1:])):
                a = np.abs(g).ravel()
                gradients[scale * 20 + d * 5:][:5] = [math.log1p(a.mean()), math.log1p(a.std(ddof=1)) if n > 1 else 0,
                                                      *np.log1p(np.quantile(a, (.5, .9, .99)))]
        a, b = z.shape[0] // 2 * 2, z.shape[1] // 2 * 2
        z = z[:a, :b].reshape(a // 2, 2, b // 2, 2).mean((1, 3))
    out.append(gradients)
    np.seterr(**old)
    f = np.concatenate(out)
    if min(h, w) >= 24:
        assert np.abs(f - th.texture_features(image)).max() < 1e-12
    assert np.isfinite(f).all()
    return f


def real(name):
    if name.startswith("xsdd:"):
        files = sorted(os.path.join(d, f) for d, _, fs in os.walk(os.path.join(data_dir, "xsdd_hot_rolled")) for f in fs if f.endswith(".jpg"))
        path = files[int(name[5:]) * 700 + 11]
        box = None
    elif name.startswith("pblm:"):
        root = os.path.join(data_dir, "lpbf_pblm_recoating", "Powder Uneven_With_Scratch")
        path = os.path.join(root, sorted(os.listdir(root))[int(name[5:]) * 400 + 100])
        box = (256, 384, 384, 512)
    else:
        path, box = os.path.join(data_dir, name), None
    image = Image.open(path).convert("L")
    return os.path.relpath(path, data_dir), box, np.asarray(image.crop(box) if box else image, np.float64)


def reduced(image):
    """load_grey of local_extremes.py on pixels in memory; images that are not of whole numbers keep their fractions."""
    h, w = image.shape
    if max(w, h) > le.SIDE:
        s = le.SIDE / max(w, h)
        pil = Image.fromarray(image.astype(np.uint8) if (image == image.round()).all() else image.astype(np.float32))
        image = np.asarray(pil.resize((max(8, round(w * s)), max(8, round(h * s))), Image.BILINEAR))
    return image.astype(np.float32)


def store(name, rows, lines):
    np.stack(rows).astype("<f4").tofile(os.path.join(here, name + ".f32"))
    with open(os.path.join(here, name + ".txt"), "w") as f:
        f.writelines(lines)


def main():
    lines = [f"{kind} {w} {h}\n" for kind, w, h in SYNTHETIC]
    store("texture_synthetic", [texture(synthetic(*c)) for c in SYNTHETIC], lines)
    images = [reduced(synthetic(*c)) for c in SMALL]
    lines = [f"{kind} {w} {h}\n" for kind, w, h in SMALL]
    store("extremes_synthetic", [le.detector(z) for z in images], lines)
    store("thumbnail_synthetic", [le.thumbnail(z) for z in images], lines)
    found = [real(name) for name in REAL]
    lines = [f"{path}\t{' '.join(map(str, box)) if box else 'whole'}\n" for path, box, _ in found]
    store("texture_real", [texture(z) for _, _, z in found], lines)
    found, lines = found[::4], lines[::4]  # fewer: the files stay small
    big = "lpbf_pblm_recoating/Powder Uneven_With_Scratch/converted_ 0100.jpg"
    found.append((big, None, np.asarray(Image.open(os.path.join(data_dir, big)).convert("L"), np.float64)))
    lines.append(big + "\twhole\n")
    store("extremes_real", [le.detector(reduced(z)) for _, _, z in found], lines)
    store("thumbnail_real", [le.thumbnail(reduced(z)) for _, _, z in found], lines)


if __name__ == "__main__":
    main()
