// Tiles made by threads of their own: from the thumbnail where that is fine enough, else from the decoded file, which is
// kept for its other tiles. The main thread asks and takes; what waits is replaced with each wish.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

#include "explorer/views/byte_lru.h"
#include "explorer/views/tile_pixels.h"
#include "ml/data/pool.h"

namespace mp::explorer {

/// Where tiles come from. Immutable.
struct TileSource {
  std::uint64_t epoch = 0;
  ml::PoolPtr pool;
  std::shared_ptr<ml::ThumbCache> thumbs;
  std::shared_ptr<const std::unordered_set<std::uint32_t>> unusable;   // images whose files are gone or changed: not read
};

struct LoadedTile {
  TileId id;
  std::uint64_t epoch = 0;
  PixelBlock pixels;      // with a rim; empty: the file cannot be decoded
  bool failed() const { return pixels.width_px <= 0; }
};

class TileLoader {
 public:
  struct Limits {
    std::size_t decoded_bytes = 48u << 20, finished_bytes = 12u << 20;
    int threads = 0;      // 0: what suits the machine
  };
  TileLoader(std::function<void()> wake, Limits limits);
  ~TileLoader();
  /// Another epoch: forgets everything of the one before.
  void set_source(TileSource source);
  /// Most urgent first; replaces what was wished before and is not being made yet.
  void want(const std::vector<TileId>& tiles);
  /// The oldest finished one.
  std::optional<LoadedTile> take();
  /// Something is being made, or waits to be taken.
  bool busy() const;
  std::size_t waiting() const;

 private:
  void run();
  std::optional<TileId> next();   // with the lock held
  LoadedTile make(const TileSource& source, TileId id);

  std::function<void()> wake_;
  Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  TileSource source_;
  std::deque<TileId> queue_;
  std::unordered_set<std::uint64_t> making_;          // keys that are made or finished
  std::unordered_set<std::uint32_t> decoding_, bad_;  // images
  std::deque<LoadedTile> finished_;
  std::size_t finished_bytes_ = 0;
  ByteLru<std::uint32_t, std::shared_ptr<PictureLevels>> decoded_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mp::explorer
