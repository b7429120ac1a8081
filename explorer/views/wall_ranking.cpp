#include "explorer/views/wall_ranking.h"

#include <algorithm>
#include <bit>

namespace mp::explorer {

namespace {

constexpr std::uint32_t kHalf = 1u << 15;   // buckets for confidences below one half, and as many above

std::uint32_t bits_of(float confidence) { return std::bit_cast<std::uint32_t>(confidence > 0 ? confidence : 0.f); }

/// Rises with the confidence; finest towards certainty, where models crowd.
std::uint32_t bucket_of(float confidence) {
  if (!(confidence >= .5f)) return std::uint32_t(std::max(confidence, 0.f) * float(2 * kHalf));
  return kHalf + std::min(kHalf - 1, (bits_of(confidence) - bits_of(.5f)) >> 8);
}

}  // namespace

std::uint32_t WallRanking::key(SampleId id) const {
  const auto bits = bits_of(predictions_->confidence[id]);
  return by_ == WallOrder::confident_first ? ~bits : bits;
}

void WallRanking::rank(const State& s) {
  samples_ = s.samples();
  predictions_ = s.show_network && s.network ? s.network : s.instant;
  const auto* p = predictions_.get();
  by_ = p && p->n >= samples_ && p->labelled && s.mosaic.order != WallOrder::alike ? s.mosaic.order : WallOrder::by_import;
  if (by_ == WallOrder::by_import) {
    std::vector<SampleId>().swap(ids_);
    bucket_end_ = {std::uint32_t(samples_)};
    bucket_ = 1;
    return;
  }
  const std::uint32_t buckets = by_ == WallOrder::by_class ? std::uint32_t(ml::kMaxClasses) + 1 : 2 * kHalf;
  auto bucket = [&](std::size_t i) {
    if (by_ == WallOrder::by_class) return std::uint32_t(p->predicted[i] + 1);
    const auto b = bucket_of(p->confidence[i]);
    return by_ == WallOrder::confident_first ? buckets - 1 - b : b;
  };
  std::vector<std::uint32_t> next(buckets + 1, 0);
  for (std::size_t i = 0; i < samples_; ++i) ++next[bucket(i) + 1];
  for (std::uint32_t b = 0; b < buckets; ++b) next[b + 1] += next[b];
  bucket_end_.assign(next.begin() + 1, next.end());
  ids_.resize(samples_);
  for (std::size_t i = 0; i < samples_; ++i) ids_[next[bucket(i)]++] = SampleId(i);
  bucket_ = 0;
}

void WallRanking::sort_bucket() {
  const auto begin = ids_.begin() + (bucket_ ? bucket_end_[bucket_ - 1] : 0u), end = ids_.begin() + bucket_end_[bucket_];
  ++bucket_;
  auto before = [this](SampleId a, SampleId b) {
    const auto ka = key(a), kb = key(b);
    return ka != kb ? ka < kb : a < b;
  };
  if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
}

void WallRanking::filter(const State& s) {
  visible_ = s.visible;
  cells_ = visible_.count();
  for (; known_ > 0; --known_) cell_of_[order_[known_ - 1]] = kNoCell;
  order_.clear();
  next_ = 0;
}

void WallRanking::take(std::vector<SampleId> order) {
  for (; known_ > 0; --known_) cell_of_[order_[known_ - 1]] = kNoCell;
  order_ = std::move(order);
  cells_ = order_.size();
}

SampleId WallRanking::at(std::size_t cell) {
  while (order_.size() <= cell) {
    while (bucket_ < bucket_end_.size() && next_ >= (bucket_ ? bucket_end_[bucket_ - 1] : 0u)) sort_bucket();
    const auto id = ids_.empty() ? SampleId(next_) : ids_[next_];
    ++next_;
    if (visible_.test(id)) order_.push_back(id);
  }
  return order_[cell];
}

std::uint32_t WallRanking::cell_of(SampleId id) {
  if (cell_of_.size() != samples_) {
    cell_of_.assign(samples_, kNoCell);
    known_ = 0;
  }
  for (; known_ < order_.size(); ++known_) cell_of_[order_[known_]] = std::uint32_t(known_);
  return id < cell_of_.size() ? cell_of_[id] : kNoCell;
}

}  // namespace mp::explorer
