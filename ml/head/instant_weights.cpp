// Leave-one-out groups and the choice of block weights of the instant model.
#include <map>

#include "engine/base/hash.h"
#include "ml/head/block_weights.h"
#include "ml/head/instant_impl.h"

namespace mp::ml {

std::vector<int> InstantModel::Impl::groups_of(std::span<const SampleId> ids) const {
  std::vector<int> group(ids.size(), -1);
  if (options.group_of) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] < options.group_of->size()) group[i] = (*options.group_of)[ids[i]];
  } else if (options.duplicate_block >= 0 && std::size_t(options.duplicate_block) < rows->blocks().size() &&
             ids.size() <= kMostGrouped) {
    group = near_duplicate_groups(*rows, ids, std::size_t(options.duplicate_block));
  }
  return group;
}

// On at most as many labels as the exact head takes, spread by a hash: more would not change the choice, but cost it.
void InstantModel::Impl::choose_weights(std::span<const Labelled> labelled, int classes) {
  if (options.block_weights.empty()) return;
  std::vector<Labelled> use;
  for (const Labelled& l : labelled)
    if (rows->usable(l.id)) use.push_back(l);
  const std::size_t l = use.size(), every = std::size_t(std::max(options.choose_every, 1));
  if (l < std::size_t(options.choose_from)) {
    if (weights_of == 0) return;
  } else if (weights_of > 0) {
    // On large pools other weights cost a second, so they are reconsidered when the labels have grown by half.
    const std::size_t away = l > weights_of ? l - weights_of : weights_of - l;
    if (away < every || (rows->n() > kSmallPool && away < weights_of / 2)) return;
    if (l > std::size_t(options.exact_labels) && weights_of > std::size_t(options.exact_labels)) return;
  }
  HeadChoice best{0, double(options.ridge)};
  if (l >= std::size_t(options.choose_from)) {
    const auto key = [&](const Labelled& a) { return hash_combine(options.seed, a.id); };
    if (l > std::size_t(options.exact_labels)) {
      std::sort(use.begin(), use.end(), [&](const Labelled& a, const Labelled& b) { return key(a) < key(b); });
      use.resize(std::size_t(options.exact_labels));
    }
    std::sort(use.begin(), use.end(), [](const Labelled& a, const Labelled& b) { return a.id < b.id; });
    std::vector<SampleId> ids;
    std::vector<int> cls, index(std::size_t(classes), -1);
    int present = 0;
    for (const Labelled& a : use) {
      int& k = index[std::size_t(a.cls)];
      if (k < 0) k = present++;
      ids.push_back(a.id);
      cls.push_back(k);
    }
    if (present < 2) return;
    best = choose_head(*rows, ids, cls, present, groups_of(ids), options.gamma, double(options.ridge),
                       options.block_weights);
    weights_of = l;
  } else {
    weights_of = 0;  // labels were taken away again
  }
  ridge_now = best.ridge;
  if (best.weights == weights) return;
  weights = best.weights;
  rows->set_weights(options.block_weights[weights]);
  columns->clear();
  landmarks_chosen = false;
  landmarks = {};
  phi = {};
  degraded_keys.clear();
}

}  // namespace mp::ml
