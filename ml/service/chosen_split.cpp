#include "ml/service/chosen_split.h"

#include <algorithm>

#include "ml/service/sample_lists.h"

namespace mp::ml {

Result<ChosenSplit> choose_split(const Pool& pool, const FeatureTable& features, const SplitChoice& choice, const CancelToken& cancel) {
  auto splits = split_by(pool, choice);
  if (!splits) return tl::make_unexpected(splits.error());
  auto with = pool;
  with.split = *splits;
  ChosenSplit chosen;
  chosen.leaks = layer_leaks(with, *splits);
  chosen.held_out = std::size_t(std::ranges::count(*splits, Split::held_out));
  if (auto list = sample_list("near-duplicates", with, features, cancel)) {
    chosen.straddling = list->straddling;
    chosen.groups = list->groups.size();
  } else if (cancel.cancelled()) {
    return tl::make_unexpected(list.error());
  }
  chosen.splits = std::move(*splits);
  return chosen;
}

std::vector<std::string> split_warnings(const ChosenSplit& c) {
  std::vector<std::string> out;
  if (c.leaks.torn_layers)
    out.push_back(std::to_string(c.leaks.torn_layers) + " layers have patches on both sides; neighbouring patches leak into the test. Split by layers instead");
  if (c.leaks.neighbours) out.push_back(std::to_string(c.leaks.neighbours) + " held-out layers lie next to one that is not");
  if (c.straddling)
    out.push_back(std::to_string(c.straddling) + " of " + std::to_string(c.groups) + " groups of near duplicates lie on both sides: figures on the held-out part will be too good");
  return out;
}

}  // namespace mp::ml
