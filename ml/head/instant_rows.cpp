// Which rows a refit of the instant model is made of: the labelled ones in a fixed order, their groups, their copies.
#include <cmath>
#include <cstring>
#include <map>

#include "engine/base/hash.h"
#include "ml/head/instant_impl.h"

namespace mp::ml {
namespace {

std::uint64_t hash_row(const float* row, std::size_t d) {
  std::uint64_t h = 0x9e3779b97f4a7c15ull;
  for (std::size_t k = 0; k < d; ++k) {
    std::uint32_t bits;
    std::memcpy(&bits, row + k, 4);
    h = (h ^ bits) * 0xff51afd7ed558ccdull;
    h ^= h >> 32;
  }
  return h | kDegradedKey;
}

}  // namespace

/// Of each class its share of kMostFitted, but never fewer than kLeastOfClass while it has them; spread by a hash, so
/// that one label more changes little. Positions in `labelled`, by rising id.
std::vector<std::size_t> InstantModel::Impl::thin(std::span<const Labelled> labelled,
                                                  const std::vector<std::size_t>& order) const {
  std::map<ClassId, std::vector<std::pair<std::uint64_t, std::size_t>>> by_class;
  for (std::size_t i : order) by_class[labelled[i].cls].push_back({hash_combine(options.seed, labelled[i].id), i});
  std::vector<std::size_t> kept;
  for (auto& [cls, members] : by_class) {
    const std::size_t share = members.size() * kMostFitted / order.size();
    const std::size_t n = std::min(members.size(), std::max(share, kLeastOfClass));
    std::nth_element(members.begin(), members.begin() + std::ptrdiff_t(n - 1), members.end());
    for (std::size_t k = 0; k < n; ++k) kept.push_back(members[k].second);
  }
  std::sort(kept.begin(), kept.end(),
            [&](std::size_t a, std::size_t b) { return labelled[a].id < labelled[b].id; });
  return kept;
}

Result<FitRows> InstantModel::Impl::gather(std::span<const Labelled> labelled, int classes,
                                           const DegradedRows* degraded) const {
  FitRows fit;
  const std::size_t d = rows->d(), n = rows->n();
  const auto class_error = [classes](ClassId c) {
    return fail("a label has an unknown class", {}, "a class from 0 to " + std::to_string(classes - 1),
                std::to_string(c), "this is an error of the program; please report it");
  };
  std::vector<std::uint8_t> has(std::size_t(classes), 0);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < labelled.size(); ++i) {
    if (labelled[i].id >= n)
      return fail("a labelled sample is not in the feature table", {}, "an id below " + std::to_string(n),
                  std::to_string(labelled[i].id), "wait until its features are computed");
    if (labelled[i].cls < 0 || labelled[i].cls >= classes) return class_error(labelled[i].cls);
    if (!rows->usable(labelled[i].id)) continue;
    has[std::size_t(labelled[i].cls)] = 1;
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return labelled[a].id < labelled[b].id; });
  std::vector<int> index(std::size_t(classes), -1);
  for (int k = 0; k < classes; ++k)
    if (has[std::size_t(k)]) {
      index[std::size_t(k)] = int(fit.present.size());
      fit.present.push_back(k);
    }

  fit.labels = order.size();
  fit.given.assign(labelled.size(), -1);
  fit.exact = order.size() + (degraded ? degraded->cls.size() : 0) <= std::size_t(options.exact_labels);
  if (fit.exact) {
    fit.x.resize(order.size() * d);
  } else if (order.size() > kMostFitted) {
    for (std::size_t i : order) fit.given[i] = -2;
    order = thin(labelled, order);
  }
  std::map<SampleId, int> row_of;
  for (std::size_t i : order) {
    const std::size_t row = fit.size();
    fit.given[i] = std::ptrdiff_t(row);
    if (fit.exact) rows->copy_row(labelled[i].id, fit.x.data() + row * d);
    fit.norms.push_back(rows->norms()[labelled[i].id]);
    fit.keys.push_back(labelled[i].id);
    fit.ids.push_back(labelled[i].id);
    fit.cls.push_back(index[std::size_t(labelled[i].cls)]);
    fit.group.push_back(-1);
    row_of[labelled[i].id] = int(row);
  }
  // A group is named by its first member's row, so that its copies join it below.
  const std::vector<int> groups = groups_of(fit.ids);
  std::map<int, int> first, members;
  for (int g : groups) members[g] += g >= 0;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i] >= 0 && members[groups[i]] > 1) fit.group[i] = first.emplace(groups[i], int(i)).first->second;
  const std::size_t raw_d = rows->standardiser().raw_d();
  if (!degraded || d == 0) return fit;

  if (degraded->features.size() != degraded->cls.size() * raw_d ||
      (!degraded->of.empty() && degraded->of.size() != degraded->cls.size()))
    return fail("the degraded copies do not fit the feature table", {},
                std::to_string(degraded->cls.size()) + " rows of " + std::to_string(raw_d) + " values",
                std::to_string(degraded->features.size()) + " values",
                "this is an error of the program; please report it");
  std::vector<float> row(d);
  for (std::size_t i = 0; i < degraded->cls.size(); ++i) {
    const ClassId cls = degraded->cls[i];
    if (cls < 0 || cls >= classes) return class_error(cls);
    const float norm = rows->standardiser().apply(degraded->features.data() + i * raw_d, row.data());
    if (!std::isfinite(norm) || index[std::size_t(cls)] < 0) continue;
    const auto original = degraded->of.empty() ? row_of.end() : row_of.find(degraded->of[i]);
    int group = -1;
    if (original != row_of.end()) {
      int& of_original = fit.group[std::size_t(original->second)];
      if (of_original < 0) of_original = original->second;
      group = of_original;
    }
    fit.x.insert(fit.x.end(), row.begin(), row.end());
    fit.norms.push_back(norm);
    fit.keys.push_back(hash_row(degraded->features.data() + i * raw_d, raw_d));
    fit.cls.push_back(index[std::size_t(cls)]);
    fit.group.push_back(group);
  }
  return fit;
}

}  // namespace mp::ml
