#include "ml/data/split_by.h"

#include <iterator>
#include <algorithm>
#include <cmath>
#include <map>

#include "engine/base/hash.h"
#include "ml/data/scan.h"

namespace mp::ml {
namespace {

constexpr int kMostBlock = 50;
using Ids = std::vector<SampleId>;

/// Root and, where folders are not classes, the first folder below it.
std::string build_of(const Pool& pool, SampleId id) {
  const auto& image = pool.image(id);
  auto build = pool.roots[image.root];
  const auto slash = image.path.find('/');
  if ((pool.layered() || pool.source_class[id] == kNoClass) && slash != std::string::npos) build += "/" + image.path.substr(0, slash);
  return build;
}

std::map<ClassId, Ids> by_class(const Pool& pool) {
  std::map<ClassId, Ids> classes;
  for (SampleId i = 0; i < pool.size(); ++i) classes[pool.source_class[i]].push_back(i);
  return classes;
}

std::size_t part(std::size_t n, double share) { return std::size_t(std::lround(double(n) * share)); }

void hold(std::vector<Split>& splits, const Ids& ids, std::size_t begin, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) splits[ids[(begin + k) % ids.size()]] = Split::held_out;
}

Result<void> names(const Pool& pool, const SplitChoice& c, std::vector<Split>& splits) {
  const auto less = [&](SampleId a, SampleId b) { return natural_less(pool.image(a).path, pool.image(b).path); };
  if (!c.from.empty() || !c.to.empty()) {
    // A range is given by whole paths or by file names.
    const auto inside = [&](const std::string& path) {
      const auto slash = path.rfind('/');
      const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
      const auto& with = c.from.find('/') != std::string::npos || c.to.find('/') != std::string::npos ? path : name;
      return (c.from.empty() || !natural_less(with, c.from)) && (c.to.empty() || !natural_less(c.to, with));
    };
    bool any = false;
    for (SampleId i = 0; i < pool.size(); ++i)
      if (inside(pool.image(i).path)) {
        splits[i] = Split::held_out;
        any = true;
      }
    if (!any) return fail("no file lies in this range of names", {}, "names from " + c.from + " to " + c.to, "none", "give names as the list of samples shows them");
    return {};
  }
  for (auto& [cls, ids] : by_class(pool)) {
    Ids sorted = ids;
    std::stable_sort(sorted.begin(), sorted.end(), less);
    Rng rng(hash_combine(c.seed, 0x6e616d65ull + std::uint64_t(cls + 1)));
    hold(splits, sorted, rng.below(std::uint32_t(sorted.size())), part(sorted.size(), c.share));
  }
  return {};
}

Result<void> layers(const Pool& pool, const SplitChoice& c, std::vector<Split>& splits) {
  if (!pool.layered()) return fail("there are no layers to split by", {}, "a pool that was imported with --layers", "whole images", "split by random, builds or names");
  std::map<std::string, std::vector<std::size_t>> builds;
  for (std::size_t l = 0; l < pool.layers.size(); ++l) builds[build_of(pool, pool.layers[l].first_sample)].push_back(l);
  std::vector<std::uint8_t> held(pool.layers.size(), 0);
  for (const auto& [build, all] : builds) {
    const std::size_t length = c.block_layers > 0 ? std::size_t(c.block_layers) : std::clamp<std::size_t>(all.size() / 10, 1, kMostBlock);
    const std::size_t blocks = std::max<std::size_t>(1, all.size() / length);
    if (blocks < 2) continue;
    std::vector<std::size_t> order(blocks);
    for (std::size_t b = 0; b < blocks; ++b) order[b] = b;
    Rng rng(hash_combine(c.seed, hash_bytes(build)));
    rng.shuffle(order);
    const std::size_t take = std::clamp<std::size_t>(part(blocks, c.share), 1, blocks - 1);
    for (std::size_t k = 0; k < take; ++k)
      for (std::size_t i = order[k] * length; i < (order[k] + 1 == blocks ? all.size() : (order[k] + 1) * length); ++i) held[all[i]] = 1;
  }
  for (SampleId i = 0; i < pool.size(); ++i)
    if (pool.layer_of[i] >= 0 && held[std::size_t(pool.layer_of[i])]) splits[i] = Split::held_out;
  return {};
}

Result<void> builds(const Pool& pool, const SplitChoice& c, std::vector<Split>& splits) {
  std::map<std::string, Ids> of;
  for (SampleId i = 0; i < pool.size(); ++i) of[build_of(pool, i)].push_back(i);
  if (of.size() < 2) return fail("there is one build only", {}, "two or more imported folders, or subfolders of one", "one", "split by layers or names");
  std::vector<const Ids*> order;
  for (const auto& [name, ids] : of) order.push_back(&ids);
  Rng rng(hash_combine(c.seed, 0x6275696c64ull));
  rng.shuffle(order);
  const std::size_t take = std::clamp<std::size_t>(part(order.size(), c.share), 1, order.size() - 1);
  for (std::size_t k = 0; k < take; ++k) hold(splits, *order[k], 0, order[k]->size());
  return {};
}

}  // namespace

std::optional<SplitBy> split_way(std::string_view name) {
  static constexpr std::string_view names[] = {"random", "builds", "layers", "names"};
  const auto at = std::ranges::find(names, name);
  if (at == std::end(names)) return {};
  return SplitBy(at - std::begin(names));
}

Result<std::vector<Split>> split_by(const Pool& pool, const SplitChoice& c) {
  if (!(c.share > 0 && c.share < 1)) return fail("the held-out share is out of range", {}, "above 0 and below 1", std::to_string(c.share));
  std::vector<Split> splits(pool.size(), Split::pool);
  Result<void> done;
  if (c.by == SplitBy::random) {
    for (auto& [cls, ids] : by_class(pool)) {
      Ids shuffled = ids;
      Rng rng(hash_combine(c.seed, std::uint64_t(cls + 1)));
      rng.shuffle(shuffled);
      hold(splits, shuffled, 0, part(shuffled.size(), c.share));
    }
  } else {
    done = c.by == SplitBy::names ? names(pool, c, splits) : c.by == SplitBy::layers ? layers(pool, c, splits) : builds(pool, c, splits);
  }
  if (!done) return tl::make_unexpected(done.error());
  const auto held = std::size_t(std::count(splits.begin(), splits.end(), Split::held_out));
  if (held == 0 || held == splits.size())
    return fail("this split leaves one side empty", {}, "samples on both sides", std::to_string(held) + " of " + std::to_string(splits.size()) + " held out", "choose another share");
  return splits;
}

SplitLeaks layer_leaks(const Pool& pool, const std::vector<Split>& splits) {
  SplitLeaks leaks;
  std::vector<int> side(pool.layers.size(), -1);   // 0 pool, 1 held out, 2 torn
  for (SampleId i = 0; i < pool.size(); ++i) {
    if (pool.layer_of[i] < 0) continue;
    int& s = side[std::size_t(pool.layer_of[i])];
    const int mine = splits[i] == Split::held_out;
    s = s < 0 || s == mine ? mine : 2;
  }
  for (std::size_t l = 0; l < side.size(); ++l) {
    leaks.torn_layers += side[l] == 2;
    if (side[l] != 1) continue;
    const bool below = l > 0 && side[l - 1] == 0, above = l + 1 < side.size() && side[l + 1] == 0;
    leaks.neighbours += below || above;
  }
  return leaks;
}

}  // namespace mp::ml
