// What strategies share: the k best by a score, and fewer candidates where a pool is large. Pure; any thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "ml/query/strategy.h"

namespace mp::ml {

constexpr std::size_t kPreselected = 20'000;  // candidates that the strategies of quadratic cost look at
constexpr int kQueryThreads = 2;

/// The ids of the k lowest scores, lowest first, ties by id. score(id, position) is called once each.
template <class Score>
std::vector<SampleId> lowest(std::span<const SampleId> ids, int k, Score score);

/// At most `count` of the candidates, spread evenly by a hash of seed and id; in the order of `ids`.
std::vector<SampleId> random_subset(std::span<const SampleId> ids, std::size_t count, std::uint64_t seed);
/// At most `count` of least margin (a random subset without predictions), ascending ids.
std::vector<SampleId> uncertain_subset(const QueryInput& input, std::size_t count);

/// Rows of the table as one m x d matrix, and their squared norms.
std::vector<float> gather_rows(const FeatureTable& table, std::span<const SampleId> ids);
std::vector<float> squared_norms(std::span<const float> rows, std::size_t d);

template <class Score>
std::vector<SampleId> lowest(std::span<const SampleId> ids, int k, Score score) {
  struct Item {
    float score;
    SampleId id;
    bool operator<(const Item& o) const { return score != o.score ? score < o.score : id < o.id; }
  };
  std::vector<Item> items(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) items[i] = {float(score(ids[i], i)), ids[i]};
  const std::size_t n = std::min(items.size(), std::size_t(k));
  const auto middle = items.begin() + std::ptrdiff_t(n);
  if (n < items.size()) std::nth_element(items.begin(), middle, items.end());
  std::sort(items.begin(), middle);
  std::vector<SampleId> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = items[i].id;
  return out;
}

}  // namespace mp::ml
