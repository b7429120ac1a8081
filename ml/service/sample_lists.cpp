#include "ml/service/sample_lists.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "engine/base/hash.h"
#include "ml/features/feature_blocks.h"
#include "ml/project/knn.h"

namespace mp::ml {
namespace {

constexpr float kSame = .9f;          // correlation of two thumbnails
constexpr int kNear = 5, kNeighbours = 10;
constexpr double kMostOutliers = .02;
constexpr std::size_t kThumbnailBegin = kExtremesDim + kTextureDim;
constexpr std::size_t kThumbnailCells = 121;  // of 22 x 22 values the means of 2 x 2: enough to find neighbours with

struct Groups {
  std::vector<std::uint32_t> parent;
  explicit Groups(std::size_t n) : parent(n) { std::iota(parent.begin(), parent.end(), 0u); }
  std::uint32_t root(std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    parent[std::max(a, b)] = std::min(a, b);
  }
};

/// The thumbnail without its mean, of unit length; all zero where it is flat.
std::vector<float> unit_thumbnail(const FeatureTable& f, std::size_t i) {
  const float* raw = f.row(SampleId(i)).data() + kThumbnailBegin;
  std::vector<float> out(raw, raw + kThumbnailDim);
  double mean = 0, square = 0;
  for (float v : out) mean += double(v) / kThumbnailDim;
  for (float& v : out) {
    v -= float(mean);
    square += double(v) * double(v);
  }
  const float scale = square > 1e-6 ? float(1 / std::sqrt(square)) : 0;
  for (float& v : out) v *= scale;
  return out;
}

SampleList as_list(Groups& groups, const Pool& pool) {
  std::map<std::uint32_t, std::vector<SampleId>> members;
  for (std::uint32_t i = 0; i < groups.parent.size(); ++i) members[groups.root(i)].push_back(i);
  SampleList list;
  for (auto& [root, ids] : members) {
    if (ids.size() < 2) continue;
    list.straddling += std::any_of(ids.begin(), ids.end(), [&](SampleId i) { return pool.split[i] != pool.split[ids[0]]; });
    list.groups.push_back(std::move(ids));
  }
  std::stable_sort(list.groups.begin(), list.groups.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const auto& g : list.groups) list.ids.insert(list.ids.end(), g.begin(), g.end());
  return list;
}

SampleList exact(const Pool& pool, const FeatureTable& f, std::size_t n) {
  std::map<std::uint64_t, std::vector<std::uint32_t>> by_hash;
  for (std::size_t i = 0; i < n; ++i)
    if (f.valid[i]) by_hash[hash_bytes({reinterpret_cast<const char*>(f.row(SampleId(i)).data()), f.d * sizeof(float)})].push_back(std::uint32_t(i));
  Groups groups(n);
  for (const auto& [hash, ids] : by_hash)
    for (std::size_t k = 1; k < ids.size(); ++k)
      for (std::size_t j = 0; j < k; ++j)
        if (std::memcmp(f.row(ids[k]).data(), f.row(ids[j]).data(), f.d * sizeof(float)) == 0) {
          groups.join(ids[k], ids[j]);
          break;
        }
  return as_list(groups, pool);
}

Result<SampleList> near(const Pool& pool, const FeatureTable& f, std::size_t n, const CancelToken& cancel) {
  if (f.extractor != kBlocksExtractor)
    return fail("near duplicates need the features of this version", {}, kBlocksExtractor, f.extractor, "open the project for writing, so that its caches are made again");
  constexpr std::size_t side = 22;
  static_assert(side * side == std::size_t(kThumbnailDim) && kThumbnailCells == side / 2 * (side / 2));
  std::vector<float> cells(n * kThumbnailCells, 0);
  for (std::size_t i = 0; i < n; ++i) {
    if (!f.valid[i]) continue;
    const auto t = unit_thumbnail(f, i);
    float* out = cells.data() + i * kThumbnailCells;
    for (std::size_t y = 0; y < side; ++y)
      for (std::size_t x = 0; x < side; ++x) out[y / 2 * (side / 2) + x / 2] += t[y * side + x];
  }
  KnnOptions options;
  options.k = kNear;
  const auto graph = knn_graph(cells, n, kThumbnailCells, options, std::span(f.valid).first(n), nullptr, cancel);
  if (!graph) return tl::make_unexpected(graph.error());
  Groups groups(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (!f.valid[i]) continue;
    std::vector<float> a;
    for (auto j : graph->row(i)) {
      if (j == kNoNeighbour || groups.root(j) == groups.root(std::uint32_t(i))) continue;
      if (a.empty()) a = unit_thumbnail(f, i);
      const auto b = unit_thumbnail(f, j);
      if (std::inner_product(a.begin(), a.end(), b.begin(), 0.f) > kSame) groups.join(std::uint32_t(i), j);
    }
  }
  return as_list(groups, pool);
}

Result<SampleList> outliers(const FeatureTable& f, std::size_t n, const CancelToken& cancel) {
  // Standardised means of groups of features: distances in 1,656 dimensions would cost ten times as much.
  constexpr std::size_t kStep = 9;
  const std::size_t d = (f.d + kStep - 1) / kStep;
  std::vector<double> mean(f.d, 0), square(f.d, 0);
  std::vector<std::uint8_t> usable(n, 0);
  double count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = f.row(SampleId(i));
    usable[i] = f.valid[i] && std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); });
    if (!usable[i]) continue;
    ++count;
    for (std::size_t k = 0; k < f.d; ++k) {
      mean[k] += double(row[k]);
      square[k] += double(row[k]) * double(row[k]);
    }
  }
  if (count < kNeighbours + 2) return SampleList{};
  for (std::size_t k = 0; k < f.d; ++k) {
    mean[k] /= count;
    square[k] = 1 / (std::sqrt(std::max(0., square[k] / count - mean[k] * mean[k])) + 1e-6);
  }
  std::vector<float> rows(n * d, 0);
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable[i]) continue;
    const auto row = f.row(SampleId(i));
    for (std::size_t k = 0; k < f.d; ++k) rows[i * d + k / kStep] += float(std::clamp((double(row[k]) - mean[k]) * square[k], -8., 8.) / kStep);
  }
  KnnOptions options;
  options.k = kNeighbours;
  const auto graph = knn_graph(rows, n, d, options, usable, nullptr, cancel);
  if (!graph) return tl::make_unexpected(graph.error());
  std::vector<std::pair<float, SampleId>> far;
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable[i]) continue;
    float sum = 0;
    int k = 0;
    for (int j = 0; j < graph->k; ++j)
      if (const float x = graph->distances[i * std::size_t(graph->k) + std::size_t(j)]; std::isfinite(x)) {
        sum += x;
        ++k;
      }
    if (k) far.push_back({sum / float(k), SampleId(i)});
  }
  std::sort(far.begin(), far.end(), std::greater<>());
  const float q3 = far[far.size() / 4].first, q1 = far[far.size() * 3 / 4].first;
  const std::size_t most = std::max<std::size_t>(1, std::size_t(double(far.size()) * kMostOutliers));
  SampleList list;
  for (const auto& [distance, id] : far)
    if (distance > q3 + 3 * (q3 - q1) && list.ids.size() < most) list.ids.push_back(id);
  return list;
}

}  // namespace

Result<SampleList> sample_list(std::string_view name, const Pool& pool, const FeatureTable& features, const CancelToken& cancel) {
  const std::size_t n = std::min(pool.size(), features.n);
  if (name == "exact-duplicates") return exact(pool, features, n);
  if (name == "near-duplicates") return near(pool, features, n, cancel);
  if (name == "outliers") return outliers(features, n, cancel);
  return fail("unknown list", {}, "exact-duplicates, near-duplicates, outliers", std::string(name));
}

}  // namespace mp::ml
