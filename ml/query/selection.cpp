#include "ml/query/selection.h"

#include "engine/base/hash.h"
#include "ml/head/parallel.h"

namespace mp::ml {

std::vector<SampleId> random_subset(std::span<const SampleId> ids, std::size_t count, std::uint64_t seed) {
  std::vector<SampleId> all(ids.begin(), ids.end());
  if (all.size() <= count) return all;
  struct Item {
    std::uint64_t key;
    SampleId id;
    bool operator<(const Item& o) const { return key != o.key ? key < o.key : id < o.id; }
  };
  std::vector<Item> items(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) items[i] = {hash_combine(seed, all[i]), all[i]};
  const auto middle = items.begin() + std::ptrdiff_t(count);
  std::nth_element(items.begin(), middle, items.end());
  all.resize(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = items[i].id;
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<SampleId> uncertain_subset(const QueryInput& input, std::size_t count) {
  if (!input.predictions) return random_subset(input.candidates, count, input.seed);
  if (input.candidates.size() <= count) return {input.candidates.begin(), input.candidates.end()};
  auto ids =
      lowest(input.candidates, int(count), [&](SampleId id, std::size_t) { return input.predictions->margin[id]; });
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<float> gather_rows(const FeatureTable& table, std::span<const SampleId> ids) {
  std::vector<float> out(ids.size() * table.d);
  parallel_blocks(ids.size(), 1024, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = table.row(ids[i]);
      std::copy(row.begin(), row.end(), out.begin() + std::ptrdiff_t(i * table.d));
    }
  });
  return out;
}

std::vector<float> squared_norms(std::span<const float> rows, std::size_t d) {
  std::vector<float> out(d ? rows.size() / d : 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    float part[8] = {};
    const float* r = rows.data() + i * d;
    for (std::size_t k = 0; k < d; ++k) part[k % 8] += r[k] * r[k];
    for (float p : part) out[i] += p;
  }
  return out;
}

}  // namespace mp::ml
