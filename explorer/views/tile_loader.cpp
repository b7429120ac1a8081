#include "explorer/views/tile_loader.h"

#include <algorithm>
#include <new>

#include "ml/service/worker_thread.h"

namespace mp::explorer {

namespace {

constexpr float kThumbSlack = 1.1f;   // a thumbnail a little smaller than a level will do
constexpr int kNice = 5;              // frames come first

/// Fine enough for this level without its file.
bool thumb_suffices(const Pyramid& p, int level, int thumb_px) {
  const int side = std::max(p.level_width(level), p.level_height(level));
  return side <= kTile_px && float(side) <= float(thumb_px) * kThumbSlack;
}

}  // namespace

TileLoader::TileLoader(std::function<void()> wake, Limits limits) : wake_(std::move(wake)), limits_(limits), decoded_(limits.decoded_bytes) {
  const int n = limits.threads > 0 ? limits.threads : std::clamp(int(std::thread::hardware_concurrency()) / 2, 1, 4);
  for (int i = 0; i < n; ++i) threads_.push_back(ml::start_worker("tiles", kNice, [this] { run(); }));
}

TileLoader::~TileLoader() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_all();
  for (auto& t : threads_) t.join();
}

void TileLoader::set_source(TileSource source) {
  std::lock_guard lock(mutex_);
  const bool other = source.epoch != source_.epoch;
  source_ = std::move(source);
  bad_.clear();
  if (!other) return;
  queue_.clear();
  making_.clear();
  finished_.clear();
  finished_bytes_ = 0;
  decoded_.clear();
}

void TileLoader::want(const std::vector<TileId>& tiles) {
  {
    std::lock_guard lock(mutex_);
    queue_.clear();
    for (const auto& t : tiles)
      if (!making_.contains(t.key())) queue_.push_back(t);
  }
  ready_.notify_all();
}

std::optional<LoadedTile> TileLoader::take() {
  std::optional<LoadedTile> t;
  {
    std::lock_guard lock(mutex_);
    if (finished_.empty()) return t;
    t = std::move(finished_.front());
    finished_.pop_front();
    finished_bytes_ -= t->pixels.bytes.size();
    making_.erase(t->id.key());
  }
  ready_.notify_all();
  return t;
}

bool TileLoader::busy() const {
  std::lock_guard lock(mutex_);
  return !making_.empty();
}

std::size_t TileLoader::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

std::optional<TileId> TileLoader::next() {
  if (finished_bytes_ >= limits_.finished_bytes) return std::nullopt;   // the main thread is behind
  // Two threads never decode the same file.
  const auto it = std::find_if(queue_.begin(), queue_.end(), [&](const TileId& t) { return !decoding_.contains(t.image); });
  if (it == queue_.end()) return std::nullopt;
  const auto t = *it;
  queue_.erase(it);
  making_.insert(t.key());
  decoding_.insert(t.image);
  return t;
}

void TileLoader::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<TileId> id;
    ready_.wait(lock, [&] { return stop_ || (id = next()); });
    if (stop_) return;
    const auto source = source_;
    lock.unlock();
    auto made = make(source, *id);
    lock.lock();
    decoding_.erase(id->image);
    ready_.notify_all();
    if (source.epoch != source_.epoch) continue;   // of a project that is closed
    finished_bytes_ += made.pixels.bytes.size();
    finished_.push_back(std::move(made));
    lock.unlock();
    if (wake_) wake_();
    lock.lock();
  }
}

LoadedTile TileLoader::make(const TileSource& source, TileId id) {
  LoadedTile out{id, source.epoch, {}};
  if (!source.pool || id.image >= source.pool->images.size()) return out;
  const auto& entry = source.pool->images[id.image];
  const Pyramid p{entry.width_px, entry.height_px};
  try {
    if (source.thumbs && thumb_suffices(p, id.level, source.thumbs->thumb_px()) && source.thumbs->valid(id.image)) {
      const auto thumb = block_of(source.thumbs->stored(id.image));
      if (thumb.width_px > 0) {
        const auto small = resized(thumb, p.level_width(id.level), p.level_height(id.level));
        out.pixels = cut_with_rim(small, 0, 0, small.width_px, small.height_px);
        return out;
      }
    }
    if (source.unusable && source.unusable->contains(id.image)) return out;
    std::shared_ptr<PictureLevels> levels;
    {
      std::lock_guard lock(mutex_);
      if (source.epoch != source_.epoch || bad_.contains(id.image)) return out;
      if (auto kept = decoded_.get(id.image)) levels = *kept;
    }
    if (!levels) {
      auto decoded = ml::decode_file(source.pool->absolute_path(id.image));
      if (decoded) {
        auto block = block_of(*decoded);
        // A file that changed since its import has no place in the layout that was made for it.
        if (block.width_px == p.width_px && block.height_px == p.height_px) levels = std::make_shared<PictureLevels>(std::move(block));
      }
      std::lock_guard lock(mutex_);
      if (source.epoch != source_.epoch) return out;
      if (!levels) {
        bad_.insert(id.image);
        return out;
      }
      decoded_.put(id.image, levels, levels->bytes());
    }
    out.pixels = levels->tile(id);   // no other thread has this image now
  } catch (const std::bad_alloc&) {
    out.pixels = {};
  }
  return out;
}

}  // namespace mp::explorer
