// A classifier on a network's features instead of its own dense layers: linear support vectors (one class against the
// rest, cv::ml) or the kernel ridge head of the instant tier. Owned by the thread that trains.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/types.h"
#include "ml/nn/network.h"

namespace mp::ml {

class FeatureHead {
 public:
  virtual ~FeatureHead() = default;
  /// rows x d features -> rows x classes probabilities.
  virtual std::vector<float> predict(std::span<const float> features, std::size_t rows) const = 0;
  /// What read_head() makes the same head of.
  virtual std::vector<NamedTensor> tensors() const = 0;
};

/// kind: "svm" or "ridge"; features n x d, cls n. Errors: fewer than two classes, features that are not finite.
Result<std::unique_ptr<FeatureHead>> fit_head(const std::string& kind, std::vector<float> features, std::size_t d,
                                              std::span<const ClassId> cls, int classes, std::uint64_t seed);

/// The head of a file's tensors. Errors: tensors missing, of other sizes than d features and `classes` need, or not
/// finite.
Result<std::unique_ptr<FeatureHead>> read_head(const std::string& kind, std::span<const NamedTensor> tensors, std::size_t d, int classes);

/// `backbone` with `head` in place of its last layers; null: the one of the file that is loaded. It predicts and gives
/// features, saves both in one file, and cannot be stepped.
std::shared_ptr<Network> with_head(std::shared_ptr<Network> backbone, std::unique_ptr<FeatureHead> head,
                                   const std::string& name);

}  // namespace mp::ml
