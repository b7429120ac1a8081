// Samples of a pool as network inputs: decoded, cut out, resized by area and remembered up to a budget. Owned by the
// thread that trains.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "ml/data/image.h"
#include "ml/data/pool.h"
#include "ml/train/training_run.h"

namespace mp::ml {

constexpr std::size_t kInputCacheBytes = 256u << 20;

class InputImages final : public InputSource {
 public:
  /// `report` hears of each image that cannot be read, once.
  explicit InputImages(PoolPtr pool, std::size_t cache_bytes = kInputCacheBytes,
                       std::function<void(const BadFile&)> report = {});

  /// Ids of one image are served by one decoding.
  void load(std::span<const SampleId> ids, int px, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) override;

  int layer(SampleId id) const override { return id < pool_->layer_of.size() ? pool_->layer_of[id] : -1; }

  std::size_t images_decoded() const { return decoded_; }

 private:
  struct Entry {
    std::uint64_t key = 0;
    bool used = false;  // asked for again since the hand came by
    std::vector<std::uint8_t> pixels;
  };
  bool recall(SampleId id, int px, std::span<std::uint8_t> out);
  void remember(SampleId id, int px, std::span<const std::uint8_t> pixels);
  void decode_group(std::span<const SampleId> ids, std::span<const std::size_t> rows, int px,
                    std::span<std::uint8_t> out, std::span<std::uint8_t> ok);
  void bad(std::uint32_t image, std::string reason);

  PoolPtr pool_;
  std::size_t budget_, bytes_ = 0, hand_ = 0, decoded_ = 0;
  std::function<void(const BadFile&)> report_;
  std::set<std::uint32_t> bad_images_;
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
};

/// The region of a grey image as px x px bytes: area average when it shrinks, linear when it grows. The region must lie
/// within the image.
void resize_region(const GreyImage& image, const Region& region, int px, std::span<std::uint8_t> out);

std::unique_ptr<InputSource> make_input_images(PoolPtr pool);

}  // namespace mp::ml
