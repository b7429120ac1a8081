"""tools/check_layers finds each kind of breach, and none in a clean tree. Run by CTest with the checker's path."""
import pathlib
import subprocess
import sys
import tempfile

CASES = [  # file, line, what the report must name; an empty name: allowed
    ("engine/base/a.h", '#include "engine/gpu/device.h"', "engine/base may not include engine/gpu/device.h"),
    ("engine/draw/a.cpp", '#include "ml/data/pool.h"', "engine/draw may not include ml/data/pool.h"),
    ("ml/data/a.cpp", '#include "engine/gpu/device.h"', "ml/data may not include engine/gpu/device.h"),
    ("ml/features/a.cpp", '#include "ml/service/service.h"', "ml/features may not include ml/service/service.h"),
    ("explorer/model/a.cpp", '#include "explorer/views/views.h"', "explorer/model may not include explorer/views/views.h"),
    ("explorer/model/a.cpp", '  #  include "engine/draw/renderer.h"', "explorer/model may not include engine/draw/renderer.h"),
    ("explorer/views/a.cpp", '#include "explorer/panels/panels.h"', "explorer/views may not include explorer/panels/panels.h"),
    ("explorer/panels/a.cpp", '#include "explorer/app/app.h"', "explorer/panels may not include explorer/app/app.h"),
    ("ml/train/a.cpp", "#include <torch/torch.h>", "LibTorch"),
    ("ml/nn/a.cpp", "#include <ATen/ATen.h>", "LibTorch"),
    ("ml/features/a.cpp", "#include <opencv2/core.hpp>", "OpenCV"),
    ("explorer/app/a.cpp", "#include <vulkan/vulkan.h>", "Vulkan"),
    ("explorer/app/a.cpp", "#include <volk.h>", "Vulkan"),
    ("explorer/model/a.cpp", "#include <imgui.h>", "Dear ImGui"),
    ("explorer/app/a.cpp", "#include <sqlite3.h>", "SQLite"),
    ("ml/pools/a.cpp", "", "no place in the layers"),
    ("explorer/app/a.cpp", '#include "../model/state.h"', "includes go from the root"),
    ("ml/nn/torch/a.cpp", "#include <torch/torch.h>", ""),
    ("engine/gpu/a.cpp", "#include <volk.h>", ""),
    ("explorer/panels/a.cpp", '#include "explorer/views/views.h"', ""),
    ("explorer/app/a.cpp", '#include "explorer/panels/panels.h"', ""),
    ("ml/train/a.cpp", '// #include "explorer/app/app.h"', ""),
]


def main():
    failed = 0
    for file, line, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / file
            path.parent.mkdir(parents=True)
            path.write_text("#pragma once\n" + line + "\n")
            run = subprocess.run([sys.executable, sys.argv[1], folder], capture_output=True, text=True)
            good = run.returncode == (1 if expected else 0) and (expected in run.stdout if expected else not run.stdout)
            if good and expected and line:
                good = run.stdout.startswith(f"{file}:2: ") and run.stdout.count("\n") == 1
            if not good:
                failed += 1
                print(f"{file}: {line!r}: expected {expected or 'nothing'!r}, got {run.returncode}: {run.stdout}{run.stderr}")
    with tempfile.TemporaryDirectory() as empty:
        if subprocess.run([sys.executable, sys.argv[1], empty], capture_output=True).returncode != 1:
            failed += 1
            print("a folder without the tree passes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
