// Drawn textures as an InputSource for tests: class id % 3 is fine stripes, coarse stripes or noise.
#pragma once
#include <set>

#include "engine/base/hash.h"
#include "ml/train/training_run.h"

namespace mp::ml {

class Textures final : public InputSource {
 public:
  std::set<SampleId> broken;
  int patches = 0;  // a layer; 0: no layers
  int layer(SampleId id) const override { return patches ? int(id) / patches : -1; }
  void load(std::span<const SampleId> ids, int px, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) override {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ok[i] = !broken.contains(ids[i]);
      Rng rng(ids[i]);
      int cls = int(ids[i] % 3), phase = int(rng.below(8));
      for (int k = 0; k < px * px; ++k) {
        int stripe = ((k % px + phase) / (cls ? 2 : 5) % 2 ? 200 : 50) + int(rng.below(30));
        out[i * std::size_t(px) * px + std::size_t(k)] =
            std::uint8_t(cls == 2 ? rng.below(256) : std::uint32_t(stripe));
      }
    }
  }
};

}  // namespace mp::ml
