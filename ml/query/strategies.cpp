#include "ml/query/strategies.h"

#include <algorithm>
#include <array>

namespace mp::ml {
namespace {

struct Entry {
  StrategyInfo info;
  strategy::Picks (*run)(const QueryInput&);
  bool needs_features;
};

constexpr std::array<Entry, 11> kEntries{{
    {{"margin", "Margin", "smallest lead of the first class over the second (Scheffer 2001)", true},
     strategy::margin,
     false},
    {{"msd", "Margin + diversity", "small margins that differ from what is labelled and from each other", true},
     strategy::msd,
     true},
    {{"least-confidence", "Least confidence", "smallest largest probability (Lewis and Gale 1994)", true},
     strategy::least_confidence,
     false},
    {{"entropy", "Entropy", "largest entropy of the predicted distribution (Shannon 1948)", true},
     strategy::entropy,
     false},
    {{"kls", "KL divergence (KLS)",
      "per class, farthest from how its labelled samples are predicted (steel plate study)", true},
     strategy::kls,
     false},
    {{"badge", "BADGE", "large and diverse gradients of the last layer (Ash 2020)", true}, strategy::badge, true},
    {{"bald", "BALD", "what a network's passes with dropout disagree about (Houlsby 2011, Gal 2017): gapc, gmpc, trc, slm", true}, strategy::bald, false},
    {{"k-center", "k-center", "farthest from everything labelled (Sener and Savarese 2018)", false},
     strategy::k_center,
     true},
    {{"typiclust", "TypiClust", "most typical sample of each cluster without labels (Hacohen 2022)", false},
     strategy::typiclust,
     true},
    {{"medoids", "Cluster medoids", "middle of each cluster: the start while nothing is labelled", false},
     strategy::medoids,
     true},
    {{"random", "Random", "evenly from the pool: the baseline", false}, strategy::random, false},
}};

constexpr auto kInfos = [] {
  std::array<StrategyInfo, kEntries.size()> infos;
  for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = kEntries[i].info;
  return infos;
}();

/// True where the predictions cannot rank the candidates: all have the same margin and the same certainty.
bool uninformative(const QueryInput& input) {
  const Predictions& p = *input.predictions;
  const SampleId first = input.candidates.front();
  return std::all_of(input.candidates.begin(), input.candidates.end(), [&](SampleId id) {
    return p.margin[id] == p.margin[first] && p.confidence[id] == p.confidence[first];
  });
}

}  // namespace

std::span<const StrategyInfo> strategies() {
  return kInfos;
}

Result<std::vector<SampleId>> query(std::string_view name, const QueryInput& given) {
  const auto find = [](std::string_view wanted) {
    return std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.info.name == wanted; });
  };
  auto entry = find(name);
  if (entry == kEntries.end()) {
    std::string known;
    for (const auto& info : kInfos) known += (known.empty() ? "" : ", ") + std::string(info.name);
    return fail("unknown query strategy", {}, known, std::string(name), "choose one of these");
  }
  if (given.k < 1)
    return fail("the number of samples to query is too small", {}, "at least 1", std::to_string(given.k));
  if (given.candidates.empty()) return std::vector<SampleId>{};

  QueryInput input = given;
  std::vector<SampleId> sorted;
  const bool ascending = std::adjacent_find(given.candidates.begin(), given.candidates.end(), std::greater_equal<>()) ==
                         given.candidates.end();
  if (!ascending) {
    sorted.assign(given.candidates.begin(), given.candidates.end());
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    input.candidates = sorted;
  }
  SampleId top = input.candidates.back();
  for (SampleId id : input.labelled) top = std::max(top, id);
  const auto covers = [top](std::size_t n) { return std::size_t(top) < n; };
  if (input.predictions && !covers(input.predictions->n))
    return fail("the predictions do not cover the candidates", {}, "more than " + std::to_string(top) + " samples",
                std::to_string(input.predictions->n), "wait until the pool is rescored");
  if (entry->info.needs_predictions && (!input.predictions || uninformative(input))) entry = find("medoids");
  if (entry->needs_features && (!input.features || !covers(input.features->n)))
    return fail(std::string(entry->info.title) + " needs the features of every candidate", {},
                "more than " + std::to_string(top) + " rows",
                input.features ? std::to_string(input.features->n) : "none",
                "wait until the features are computed, or choose random");
  if (entry->info.name == "bald" && !covers(input.disagreement.size()))
    return fail("BALD asks a trained network with dropout", {}, "gapc, gmpc, trc or slm", "none",
                "train one (in the window again after each opening of the project), or choose margin");
  return entry->run(input);
}

}  // namespace mp::ml
