#include "ml/query/similar.h"

#include <algorithm>

#include "engine/base/simd.h"

namespace mp::ml {

namespace {

constexpr std::size_t kLanes = 16;

MP_CLONES float squared_distance(const float* a, const float* b, std::size_t d) {
  float sums[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= d; j += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) sums[l] += (a[j + l] - b[j + l]) * (a[j + l] - b[j + l]);
  float rest = 0;
  for (; j < d; ++j) rest += (a[j] - b[j]) * (a[j] - b[j]);
  for (float s : sums) rest += s;
  return rest;
}

}  // namespace

std::vector<SampleId> similar_samples(const FeatureTable& f, SampleId to, int k) {
  if (to >= f.n || !f.valid[to] || k < 0) return {};
  struct Near {
    float distance;
    SampleId id;
    bool operator<(const Near& o) const { return distance != o.distance ? distance < o.distance : id < o.id; }
  };
  std::vector<Near> heap;   // the worst on top
  const float* row = f.row(to).data();
  for (SampleId i = 0; i < f.n; ++i) {
    if (i == to || !f.valid[i]) continue;
    const Near near{squared_distance(row, f.row(i).data(), f.d), i};
    if (heap.size() < std::size_t(k)) {
      heap.push_back(near);
      std::push_heap(heap.begin(), heap.end());
    } else if (k > 0 && near < heap.front()) {
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = near;
      std::push_heap(heap.begin(), heap.end());
    }
  }
  std::sort_heap(heap.begin(), heap.end());
  std::vector<SampleId> ids{to};
  for (const auto& n : heap) ids.push_back(n.id);
  return ids;
}

}  // namespace mp::ml
