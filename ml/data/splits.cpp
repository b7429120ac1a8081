// The held-out fifth. Depends on the files and their classes only, not on the order of import.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "engine/base/hash.h"
#include "ml/data/project.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMinBlocks = 10;       // fewer would leave the held-out share too coarse
constexpr std::size_t kMaxBlockLayers = 50;  // longer ones would leave parts of a build's height unseen
constexpr int kSubsetTrials = 2000;

std::size_t share_of(std::size_t n, double share) { return std::size_t(std::lround(double(n) * share)); }

// Stratified: in each class the samples with the smallest hashes.
void hold_out_images(const Pool& pool, const std::vector<SampleId>& ids, double share, std::uint64_t seed,
                     std::vector<Split>& splits) {
  std::map<ClassId, std::vector<std::pair<std::uint64_t, SampleId>>> by_class;
  for (SampleId id : ids) {
    const Region& r = pool.region[id];
    std::uint64_t h = mix64(hash_bytes(pool.image(id).path) ^ mix64(seed));
    h = hash_combine(h, std::uint64_t(std::uint32_t(r.x)) << 32 | std::uint32_t(r.y));
    by_class[pool.source_class[id]].emplace_back(h, id);
  }
  for (auto& [cls, list] : by_class) {
    std::sort(list.begin(), list.end(), [&](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first < b.first;
      // One name in two folders: the folder's name decides, its place in the project does not.
      const auto &ia = pool.image(a.second), &ib = pool.image(b.second);
      return std::tie(pool.roots[ia.root], ia.path, a.second) < std::tie(pool.roots[ib.root], ib.path, b.second);
    });
    const std::size_t n = share_of(list.size(), share);
    for (std::size_t i = 0; i < n; ++i) splits[list[i].second] = Split::held_out;
  }
}

using Counts = std::map<ClassId, double>;

// How far a choice of blocks is from holding out `share` of every class.
double imbalance(const Counts& held, const Counts& total, double share) {
  double sum = 0;
  for (const auto& [cls, n] : total) {
    const auto at = held.find(cls);
    const double d = (at == held.end() ? 0 : at->second) / n - share;
    sum += d * d;
  }
  return sum;
}

// Whole blocks of consecutive layers; of many random choices the one with the most even classes.
void hold_out_blocks(const Pool& pool, const std::vector<std::vector<SampleId>>& layers, double share, Rng& rng,
                     std::vector<Split>& splits) {
  const std::size_t length = std::clamp(layers.size() / kMinBlocks, std::size_t(1), kMaxBlockLayers);
  // The last block takes the remainder: a short one would have two close neighbours.
  const std::size_t blocks = layers.size() / length;
  if (blocks < 2) return;
  const auto block_of = [&](std::size_t layer) { return std::min(layer / length, blocks - 1); };
  std::vector<Counts> counts(blocks);
  Counts total;
  for (std::size_t l = 0; l < layers.size(); ++l)
    for (SampleId id : layers[l]) {
      ++counts[block_of(l)][pool.source_class[id]];
      ++total[pool.source_class[id]];
    }
  const std::size_t take = std::clamp(share_of(blocks, share), std::size_t(1), blocks - 1);
  std::vector<std::size_t> order(blocks), best;
  for (std::size_t i = 0; i < blocks; ++i) order[i] = i;
  double best_imbalance = 0;
  for (int trial = 0; trial < kSubsetTrials; ++trial) {
    rng.shuffle(order);
    Counts held;
    for (std::size_t i = 0; i < take; ++i)
      for (const auto& [cls, n] : counts[order[i]]) held[cls] += n;
    const double d = imbalance(held, total, share);
    if (best.empty() || d < best_imbalance) {
      best.assign(order.begin(), order.begin() + std::ptrdiff_t(take));
      best_imbalance = d;
    }
  }
  for (std::size_t l = 0; l < layers.size(); ++l)
    if (std::find(best.begin(), best.end(), block_of(l)) != best.end())
      for (SampleId id : layers[l]) splits[id] = Split::held_out;
}

}  // namespace

std::vector<Split> assign_splits(const Pool& pool, double held_out_share, std::uint64_t seed) {
  std::vector<Split> splits(pool.size(), Split::pool);
  std::vector<SampleId> whole;
  // Layers with source labels, in build order; one list a build.
  std::map<std::string, std::vector<std::vector<SampleId>>> builds;
  std::vector<std::vector<SampleId>> by_layer(pool.layers.size());
  for (SampleId id = 0; id < pool.size(); ++id) {
    if (pool.source_class[id] == kNoClass) continue;
    const std::int32_t layer = pool.layer_of.empty() ? -1 : pool.layer_of[id];
    if (layer < 0)
      whole.push_back(id);
    else
      by_layer[std::size_t(layer)].push_back(id);
  }
  for (std::size_t l = 0; l < by_layer.size(); ++l)
    if (!by_layer[l].empty())
      builds[pool.roots[pool.images[pool.layers[l].image].root]].push_back(std::move(by_layer[l]));
  hold_out_images(pool, whole, held_out_share, seed, splits);
  for (const auto& [root, layers] : builds) {
    Rng rng(hash_combine(seed, layers.size()));
    hold_out_blocks(pool, layers, held_out_share, rng, splits);
  }
  return splits;
}

}  // namespace mp::ml
