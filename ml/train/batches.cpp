// See batches.h.
#include "ml/train/batches.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <set>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {

constexpr double kDecayRate = 0.96, kDecayStep = 162;  // Yang et al. 2023, equation 7

/// Shuffled indices of each class, in the order of the classes.
std::vector<std::vector<std::size_t>> shuffled_by_class(std::span<const ClassId> classes, std::uint64_t seed) {
  std::map<ClassId, std::vector<std::size_t>> by_class;
  for (std::size_t i = 0; i < classes.size(); ++i) by_class[classes[i]].push_back(i);
  std::vector<std::vector<std::size_t>> groups;
  Rng rng(seed);
  for (auto& [cls, indices] : by_class) {
    rng.shuffle(indices);
    groups.push_back(std::move(indices));
  }
  return groups;
}

/// The classes spread evenly over the sequence: the k-th of m members sits at (k + offset) / m of the way.
std::vector<std::size_t> spread(std::span<const ClassId> classes, std::uint64_t seed) {
  struct Place {
    double at;
    std::size_t index;
  };
  std::vector<Place> places;
  Rng rng(hash_combine(seed, 1));
  for (auto& group : shuffled_by_class(classes, seed)) {
    double offset = double(rng.unit());
    for (std::size_t k = 0; k < group.size(); ++k)
      places.push_back({(double(k) + offset) / double(group.size()), group[k]});
  }
  std::sort(places.begin(), places.end(),
            [](auto& a, auto& b) { return a.at < b.at || (a.at == b.at && a.index < b.index); });
  std::vector<std::size_t> order;
  for (auto& p : places) order.push_back(p.index);
  return order;
}

}  // namespace

std::vector<std::vector<std::size_t>> stratified_batches(std::span<const ClassId> classes, int batch,
                                                         std::uint64_t seed) {
  auto order = spread(classes, seed);
  std::size_t n = order.size(), count = (n + std::size_t(batch) - 1) / std::size_t(batch);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t b = 0; b < count; ++b) {
    auto from = order.begin() + std::ptrdiff_t(b * n / count), to = order.begin() + std::ptrdiff_t((b + 1) * n / count);
    batches.emplace_back(from, to);
  }
  Rng(hash_combine(seed, 2)).shuffle(batches);
  return batches;
}

Fold leave_fold_out(std::span<const ClassId> classes, int folds, std::uint64_t seed) {
  Fold fold;
  auto groups = shuffled_by_class(classes, seed);
  bool possible = folds > 1 && std::ranges::all_of(groups, [](auto& g) { return g.size() > 1; });
  for (auto& g : groups) {
    std::size_t out = possible ? std::max<std::size_t>(1, (g.size() + std::size_t(folds) / 2) / std::size_t(folds)) : 0;
    fold.left_out.insert(fold.left_out.end(), g.begin(), g.begin() + std::ptrdiff_t(out));
    fold.kept.insert(fold.kept.end(), g.begin() + std::ptrdiff_t(out), g.end());
  }
  std::sort(fold.kept.begin(), fold.kept.end());
  std::sort(fold.left_out.begin(), fold.left_out.end());
  return fold;
}

Fold leave_groups_out(std::span<const ClassId> classes, std::span<const int> groups, int folds, std::uint64_t seed) {
  const std::size_t n = classes.size();
  std::map<int, std::vector<std::size_t>> by_group;
  std::map<ClassId, std::size_t> kept, left;
  for (std::size_t i = 0; i < n; ++i) {
    by_group[groups[i] < 0 ? -1 - int(i) : groups[i]].push_back(i);
    ++kept[classes[i]];
  }
  std::vector<std::vector<std::size_t>> order;
  for (auto& [group, members] : by_group) order.push_back(std::move(members));
  Rng(hash_combine(seed, 3)).shuffle(order);
  std::ranges::stable_sort(order, {}, [](auto& members) { return members.size(); });
  Fold fold;
  std::vector<std::uint8_t> taken(order.size(), 0);
  const auto has = [&](std::size_t g, ClassId c) { return std::ranges::any_of(order[g], [&](auto i) { return classes[i] == c; }); };
  const auto take = [&](std::size_t g) {
    if (taken[g]) return false;
    std::map<ClassId, std::size_t> mine;
    for (auto i : order[g]) ++mine[classes[i]];
    for (auto& [c, count] : mine)
      if (count >= kept[c]) return false;
    for (auto& [c, count] : mine) kept[c] -= count, left[c] += count;
    fold.left_out.insert(fold.left_out.end(), order[g].begin(), order[g].end());
    taken[g] = 1;
    return true;
  };
  // Every class first, by the smallest group that has it; then at random until there are enough.
  const std::set<ClassId> present(classes.begin(), classes.end());
  bool possible = folds > 1;
  for (auto c : present) {
    bool covered = left[c] > 0;
    for (std::size_t g = 0; g < order.size() && !covered; ++g) covered = has(g, c) && take(g);
    possible = possible && covered;
  }
  if (possible && fold.left_out.size() <= n / 2) {
    std::vector<std::size_t> any(order.size());
    std::iota(any.begin(), any.end(), std::size_t(0));
    Rng(hash_combine(seed, 4)).shuffle(any);
    for (auto g : any)
      if (fold.left_out.size() + order[g].size() / 2 <= n / std::size_t(folds)) take(g);
  } else {
    fold.left_out.clear();
  }
  std::ranges::sort(fold.left_out);
  for (std::size_t i = 0; i < n; ++i)
    if (!std::ranges::binary_search(fold.left_out, i)) fold.kept.push_back(i);
  return fold;
}

std::vector<std::size_t> stratified_subset(std::span<const ClassId> classes, std::size_t most, std::uint64_t seed) {
  std::vector<std::size_t> chosen;
  std::size_t before = 0, n = classes.size();
  most = std::min(most, n);
  for (auto& g : shuffled_by_class(classes, seed)) {
    // Shares are cut from the running sum, so that they add up to `most`.
    std::size_t share = (before + g.size()) * most / n - before * most / n;
    before += g.size();
    chosen.insert(chosen.end(), g.begin(), g.begin() + std::ptrdiff_t(share));
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<float> balanced_weights(std::span<const ClassId> classes, int count) {
  std::vector<float> n(std::size_t(count), 0.f);
  for (auto c : classes) ++n[std::size_t(c)];
  const auto present = std::ranges::count_if(n, [](float v) { return v > 0; });
  for (auto& v : n) v = v > 0 ? float(classes.size()) / (float(present) * v) : 0.f;
  return n;
}

float scheduled_rate(Schedule schedule, float initial, double progress, int epoch) {
  switch (schedule) {
    case Schedule::cosine: return float(initial * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
    case Schedule::inverse_time: return float(initial / (1 + kDecayRate * epoch / kDecayStep));
    case Schedule::plateau:
    case Schedule::constant: break;
  }
  return initial;
}

}  // namespace mp::ml
