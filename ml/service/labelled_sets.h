// Which labelled samples a model may see and what it is measured on: the rules of the held-out split in one place.
// Pure; any thread.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"
#include "ml/head/instant_model.h"

namespace mp::ml {

/// Labelled samples of the pool split, by rising id; with features, only those whose row is there. Labels of held-out
/// samples are stored by the database and left out here.
std::vector<Labelled> fit_set(const Pool& pool, const LabelStore& labels, const FeatureTable* features);

/// Held-out samples with a source label, as evaluation truth; at most `most` of them, chosen by hash. Empty where no
/// label of `fit` names a class that the held-out samples have: a person with classes of their own is not measured on
/// the folder names.
std::vector<Labelled> held_out_truth(const Pool& pool, std::span<const Labelled> fit, const FeatureTable* features,
                                     std::size_t most, std::uint64_t seed);

/// At most `most` of `fit`, as equal over the classes as they allow. A label added elsewhere changes little of it, so
/// that copies made for one fit serve the next.
std::vector<Labelled> balanced_subset(std::span<const Labelled> fit, std::size_t most, std::uint64_t seed);

/// How often a class's samples are copied so that a rare one comes near the most frequent in weight (rounded down): by
/// class, 1 to kMostCopyRounds; 1 for all where the copies would be those of more than `most` samples.
constexpr int kMostCopyRounds = 4;
std::map<ClassId, int> copy_rounds(std::span<const Labelled> chosen, std::size_t most);

/// Unlabelled samples of the pool split with features.
std::vector<SampleId> query_candidates(const Pool& pool, const LabelStore& labels, const FeatureTable& features);

}  // namespace mp::ml
