#include "ml/service/labelled_sets.h"

#include <algorithm>
#include <map>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {

bool has_features(const FeatureTable* features, std::size_t id) {
  return !features || (id < features->n && features->valid[id]);
}

void sort_by_hash(std::vector<Labelled>& v, std::uint64_t seed) {
  std::sort(v.begin(), v.end(), [seed](const Labelled& a, const Labelled& b) {
    const auto x = hash_combine(seed, a.id), y = hash_combine(seed, b.id);
    return x != y ? x < y : a.id < b.id;
  });
}

void sort_by_id(std::vector<Labelled>& v) {
  std::sort(v.begin(), v.end(), [](const Labelled& a, const Labelled& b) { return a.id < b.id; });
}

}  // namespace

std::vector<Labelled> fit_set(const Pool& pool, const LabelStore& labels, const FeatureTable* features) {
  std::vector<Labelled> out;
  const auto n = std::min(pool.size(), labels.cls.size());
  for (std::size_t i = 0; i < n; ++i)
    if (labels.cls[i] != kNoClass && pool.split[i] == Split::pool && has_features(features, i))
      out.push_back({SampleId(i), labels.cls[i]});
  return out;
}

std::vector<Labelled> held_out_truth(const Pool& pool, std::span<const Labelled> fit, const FeatureTable* features,
                                     std::size_t most, std::uint64_t seed) {
  std::vector<Labelled> out;
  std::vector<bool> known;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const ClassId c = pool.source_class[i];
    if (pool.split[i] != Split::held_out || c == kNoClass || !has_features(features, i)) continue;
    out.push_back({SampleId(i), c});
    if (std::size_t(c) >= known.size()) known.resize(std::size_t(c) + 1);
    known[std::size_t(c)] = true;
  }
  const bool shared = std::any_of(fit.begin(), fit.end(), [&](const Labelled& l) {
    return std::size_t(l.cls) < known.size() && known[std::size_t(l.cls)];
  });
  if (!shared && !fit.empty()) return {};
  if (out.size() > most) {
    sort_by_hash(out, seed);
    out.resize(most);
    sort_by_id(out);
  }
  return out;
}

std::vector<Labelled> balanced_subset(std::span<const Labelled> fit, std::size_t most, std::uint64_t seed) {
  std::map<ClassId, std::vector<Labelled>> by_class;
  for (const auto& l : fit) by_class[l.cls].push_back(l);
  for (auto& [cls, v] : by_class) sort_by_hash(v, seed);
  std::vector<Labelled> out;
  for (std::size_t turn = 0; out.size() < std::min(most, fit.size()); ++turn)
    for (auto& [cls, v] : by_class)
      if (turn < v.size() && out.size() < most) out.push_back(v[turn]);
  sort_by_id(out);
  return out;
}

std::map<ClassId, int> copy_rounds(std::span<const Labelled> chosen, std::size_t most) {
  std::map<ClassId, std::size_t> count;
  for (const auto& l : chosen) ++count[l.cls];
  std::size_t frequent = 0, copied = 0;
  for (const auto& [cls, n] : count) frequent = std::max(frequent, n);
  std::map<ClassId, int> rounds;
  for (const auto& [cls, n] : count) copied += n * std::size_t(rounds[cls] = int(std::min<std::size_t>(frequent / n, kMostCopyRounds)));
  if (copied > most)
    for (auto& [cls, r] : rounds) r = 1;
  return rounds;
}

std::vector<SampleId> query_candidates(const Pool& pool, const LabelStore& labels, const FeatureTable& features) {
  std::vector<SampleId> out;
  const auto n = std::min(pool.size(), features.n);
  for (std::size_t i = 0; i < n; ++i)
    if (pool.split[i] == Split::pool && features.valid[i] && (i >= labels.cls.size() || labels.cls[i] == kNoClass))
      out.push_back(SampleId(i));
  return out;
}

}  // namespace mp::ml
