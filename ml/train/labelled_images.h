// Labelled images at a network's input side, read through an InputSource each time. Owned by the thread that trains.
#pragma once
#include <span>
#include <vector>

#include "ml/train/training_run.h"

namespace mp::ml {

constexpr std::size_t kLoadChunk = 256;  // images read or predicted at once

class LabelledImages {
 public:
  LabelledImages(std::span<const TrainItem> items, int px, InputSource& inputs)
      : items_(items.begin(), items.end()), size_(std::size_t(px) * std::size_t(px)), px_(px), inputs_(&inputs) {}

  /// Reads all once and forgets those that cannot be read.
  void drop_unreadable(const CancelToken& cancel);
  /// Fills images() and labels() and returns the indices that could be read.
  std::vector<std::size_t> read(std::span<const std::size_t> indices);
  void keep(std::span<const std::size_t> indices);

  std::span<const std::uint8_t> images() const { return images_; }
  std::span<const ClassId> labels() const { return labels_; }
  std::size_t size() const { return items_.size(); }
  const TrainItem& item(std::size_t i) const { return items_[i]; }
  std::vector<ClassId> classes() const;

 private:
  std::vector<TrainItem> items_;
  std::size_t size_;
  int px_;
  InputSource* inputs_;
  std::vector<SampleId> ids_;
  std::vector<std::uint8_t> images_, ok_;
  std::vector<ClassId> labels_;
};

}  // namespace mp::ml
