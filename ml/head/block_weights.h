// Which weights of the feature blocks explain the labels best, and which labelled samples show the same thing. Pure;
// any thread. Source: shared reference local_extremes.py.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/head/row_source.h"

namespace mp::ml {

struct HeadChoice {
  std::size_t weights = 0;  // index of the candidate
  double ridge = 0;
};

/// The weights (one row of `candidates` each, one weight a block) with the least closed-form leave-one-out log loss of a
/// ridge head on `ids` with classes `cls` in [0, classes); the first unless another one is better by a fifth. With them,
/// of `ridge` and 4, 16 and 64 times as much the one with the least loss, the smaller unless the larger is better by 3 in
/// a hundred: clean labels want little, labels that contradict their neighbours want more. Rows of one group (>= 0) are left
/// out together. `gamma` is of the mean squared distance.
HeadChoice choose_head(const RowSource& rows, std::span<const SampleId> ids, std::span<const int> cls, int classes,
                       std::span<const int> group, float gamma, double ridge,
                       std::span<const std::vector<float>> candidates);

/// Group of each id, the index of its first member: ids whose raw values of block `block` correlate above `threshold`,
/// directly or through others, are one group.
std::vector<int> near_duplicate_groups(const RowSource& rows, std::span<const SampleId> ids, std::size_t block,
                                       float threshold = .6f);

}  // namespace mp::ml
