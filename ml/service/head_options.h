// The instant head's options for a pool: feature blocks and their candidate weights, and what leave-one-out leaves out
// together. Pure; any thread.
#pragma once
#include <string_view>

#include "ml/data/feature_table.h"
#include "ml/data/pool.h"
#include "ml/head/instant_model.h"

namespace mp::ml {

/// What shows the same thing and must not vouch for itself in an estimate: nothing, samples whose shading-free thumbnails
/// correlate, samples of neighbouring layers (ten to a group), samples of one build (one imported folder, or its first
/// subfolder level where classes are not folders).
enum class GroupBy : std::uint8_t { none, near_duplicates, layers, builds };

std::string_view name_of(GroupBy g);                         // "near-duplicates"
std::optional<GroupBy> group_by_name(std::string_view name);
/// layers for pools of layers, near_duplicates for others.
GroupBy default_group_by(const Pool& pool);
/// Group of each sample for layers and builds; empty for the others.
std::vector<int> sample_groups(const Pool& pool, GroupBy by);

/// Sets blocks, weights and groups for features of this program (`kBlocksExtractor`); other tables are one block.
void set_head_options(InstantOptions& options, const FeatureTable& features, const Pool& pool, GroupBy by);

}  // namespace mp::ml
