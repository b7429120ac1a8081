// The tiles of all pictures on the device: finds one or what stands for it, gathers the wishes of the views, uploads
// what has been made within a budget a frame. Main thread only.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "explorer/model/state.h"
#include "explorer/views/tile_loader.h"

namespace mp::explorer {

/// A view wishes for its own tiles; its next wishes replace them.
enum class TileUser { sheet, detail, boxes, box_map, inspector, pictures };
constexpr int kTileUsers = 6;

struct TileWish {
  TileId id;
  float urgency = 0;         // smaller is sooner
  bool shown = true;         // false: only fetched ahead
};

class Tiles {
 public:
  Tiles(draw::Renderer& renderer, std::function<void()> wake);
  /// other: another project, else the same one with more images.
  void set_source(const State& state, bool other);
  /// Once a frame, before anything is drawn.
  void pump();

  struct Found {
    draw::TextureId texture = 0;
    Rect uv;
    draw::PixelFormat format = draw::PixelFormat::grey8;
  };
  std::optional<Found> find(TileId id);
  /// Of a kind of slot (see Pyramid::slot_kind): how many fit at once.
  std::size_t capacity(int slot_kind) const;
  void wish(TileUser user, std::vector<TileWish> wishes);
  /// A file of this image cannot be read or decoded.
  bool failed(std::uint32_t image) const { return failed_images_.contains(image); }
  bool failed(TileId id) const { return failed_.contains(id.key()); }
  bool any_failed() const { return !failed_images_.empty(); }
  /// Something of it is on the device, made from its thumbnail.
  bool shown_coarsely(std::uint32_t image);
  /// Values of all pictures seen so far, each counted once from its small version, in bins over the full range.
  static constexpr int kValueBins = 4096;
  const std::vector<float>& value_counts() const { return value_counts_; }
  bool wide() const { return wide_; }               // there are values of 16 bit
  float value_max() const { return wide_ ? 65535.f : 255.f; }
  /// Shares of the full range that are black and white now.
  struct Range {
    float low = 0, high = 1;
    friend bool operator==(const Range&, const Range&) = default;
  };
  Range window(const MosaicState& mosaic) const;
  /// Grows whenever a picture that was drawn may look different now.
  std::uint64_t arrivals() const { return arrivals_; }
  /// Something that a view shows is missing still.
  bool loading() const;

 private:
  draw::ImagePages& pages(draw::PixelFormat format, int slot_kind);
  void send_wishes();
  void count_values(const LoadedTile& tile);

  draw::Renderer& renderer_;
  std::array<std::array<std::unique_ptr<draw::ImagePages>, kSlotKinds>, 3> pages_;   // made when first needed
  std::array<std::vector<TileWish>, kTileUsers> wishes_;
  std::unordered_set<std::uint64_t> failed_;
  std::unordered_set<std::uint32_t> failed_images_;
  ml::PoolPtr pool_;
  std::optional<LoadedTile> held_;       // did not fit this frame's budget
  std::vector<float> value_counts_ = std::vector<float>(kValueBins);
  std::unordered_set<std::uint32_t> counted_;   // images
  Range automatic_;
  bool wide_ = false;
  std::uint64_t arrivals_ = 0, epoch_ = 0;
  bool wishes_changed_ = false;
  TileLoader loader_;                    // last: its threads end first
};

}  // namespace mp::explorer
