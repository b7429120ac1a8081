// See labelled_images.h.
#include "ml/train/labelled_images.h"

#include <algorithm>

namespace mp::ml {

void LabelledImages::drop_unreadable(const CancelToken& cancel) {
  std::vector<TrainItem> good;
  for (std::size_t from = 0; from < items_.size() && !cancel.cancelled(); from += kLoadChunk) {
    std::vector<std::size_t> part;
    for (std::size_t i = from; i < std::min(items_.size(), from + kLoadChunk); ++i) part.push_back(i);
    for (auto i : read(part)) good.push_back(items_[i]);
  }
  if (!cancel.cancelled()) items_ = std::move(good);
}

std::vector<std::size_t> LabelledImages::read(std::span<const std::size_t> indices) {
  ids_.clear();
  for (auto i : indices) ids_.push_back(items_[i].id);
  images_.resize(indices.size() * size_);
  ok_.assign(indices.size(), 0);
  inputs_->load(ids_, px_, images_, ok_);
  std::vector<std::size_t> good;
  labels_.clear();
  for (std::size_t k = 0; k < indices.size(); ++k) {
    if (!ok_[k]) continue;
    if (good.size() != k)
      std::copy_n(images_.begin() + std::ptrdiff_t(k * size_), size_,
                  images_.begin() + std::ptrdiff_t(good.size() * size_));
    good.push_back(indices[k]);
    labels_.push_back(items_[indices[k]].cls);
  }
  images_.resize(good.size() * size_);
  return good;
}

void LabelledImages::keep(std::span<const std::size_t> indices) {
  std::vector<TrainItem> kept;
  for (auto i : indices) kept.push_back(items_[i]);
  items_ = std::move(kept);
}

std::vector<ClassId> LabelledImages::classes() const {
  std::vector<ClassId> c;
  for (auto& i : items_) c.push_back(i.cls);
  return c;
}

}  // namespace mp::ml
