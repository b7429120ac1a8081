// Thumbnails: pixels in a data file, one 32-byte entry an image in an index file. Both go through pread and pwrite:
// a full disk is an error of that write, and a file that someone cuts off is a missing thumbnail, never a crash.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <type_traits>

#include "ml/data/cache_file.h"
#include "ml/data/caches.h"

namespace mp::ml {
namespace {

constexpr std::uint64_t kHeaderBytes = 64;
constexpr std::uint32_t kMaxImages = 1u << 28;
constexpr char kMagic[9] = "MPTHUMB\n";
constexpr std::uint32_t kVersion = 1;

struct Header {
  char magic[8];
  std::uint32_t version, thumb_px;
};

struct Entry {
  std::uint64_t offset, hash;
  std::uint32_t bytes;
  std::uint16_t width, height;
  std::uint8_t channels;  // 0: not there, 1 grey, 2 grey of 16 bit, 3 RGB, 4 RGBA
  std::uint8_t unused[7];
};
static_assert(sizeof(Entry) == 32 && std::is_trivially_copyable_v<Entry>);

/// Only to tell torn data: 8 bytes a step.
std::uint64_t hash_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t h = 0x9e3779b97f4a7c15ull ^ bytes.size();
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t v;
    std::memcpy(&v, bytes.data() + i, 8);
    h = (h ^ v) * 0xff51afd7ed558ccdull;
    h ^= h >> 32;
  }
  for (; i < bytes.size(); ++i) h = (h ^ bytes[i]) * 0x100000001b3ull;
  return h;
}

class FileThumbCache final : public ThumbCache {
 public:
  FileThumbCache(int thumb_px, bool writable) : thumb_px_(thumb_px), writable_(writable) {}

  Result<void> load(const std::string& index_path, const std::string& data_path) {
    for (auto [path, file] : {std::pair{&index_path, &index_}, {&data_path, &data_}}) {
      auto opened = CacheFile::open(*path, writable_);
      if (!opened) return tl::make_unexpected(opened.error());
      Header h;
      if (!opened->read_at(0, {reinterpret_cast<std::uint8_t*>(&h), sizeof h}) ||
          std::memcmp(h.magic, kMagic, 8) != 0 || h.version != kVersion || int(h.thumb_px) != thumb_px_)
        return fail("cannot use the cache", *path, fmt::format("thumbnails of {} px", thumb_px_),
                    "another kind of file", "delete it: it is made again");
      *file = std::move(*opened);
    }
    const std::uint64_t size = index_.size(), data_size = data_.size();
    const std::uint64_t count =
        size > kHeaderBytes ? std::min<std::uint64_t>((size - kHeaderBytes) / sizeof(Entry), kMaxImages) : 0;
    entries_.resize(count);
    if (count &&
        !index_.read_at(kHeaderBytes, {reinterpret_cast<std::uint8_t*>(entries_.data()), count * sizeof(Entry)}))
      entries_.clear();
    for (Entry& e : entries_) {
      const bool whole = (e.channels >= 1 && e.channels <= 4) && e.width > 0 && e.height > 0 &&
                         e.width <= thumb_px_ && e.height <= thumb_px_ &&
                         e.bytes == std::uint32_t(e.width) * e.height * e.channels && e.offset >= kHeaderBytes &&
                         e.offset <= data_size && e.bytes <= data_size - e.offset;
      if (!whole) e = {};
      end_ = std::max(end_, e.offset + e.bytes);
    }
    return {};
  }

  Result<void> make(const std::string& index_path, const std::string& data_path) {
    entries_.clear();
    end_ = kHeaderBytes;
    std::uint8_t bytes[kHeaderBytes] = {};
    Header h{};
    std::memcpy(h.magic, kMagic, 8);
    h.version = kVersion;
    h.thumb_px = std::uint32_t(thumb_px_);
    std::memcpy(bytes, &h, sizeof h);
    for (auto [path, file] : {std::pair{&index_path, &index_}, {&data_path, &data_}}) {
      auto made = CacheFile::replace(*path);
      if (!made) return tl::make_unexpected(made.error());
      if (auto r = made->write_at(0, bytes); !r) return r;
      *file = std::move(*made);
    }
    return {};
  }

  int thumb_px() const override { return thumb_px_; }

  Result<void> write(std::uint32_t image, const RgbaImage& thumb) override { return write(image, packed(thumb)); }

  Result<void> write(std::uint32_t image, const PackedThumb& thumb) override {
    const std::size_t pixels = std::size_t(std::max(thumb.width_px, 0)) * std::size_t(std::max(thumb.height_px, 0));
    if (!writable_)
      return fail("cannot write the thumbnail", data_.path(), "a cache open for writing", "a read-only one");
    if (image >= kMaxImages || pixels == 0 || thumb.width_px > thumb_px_ || thumb.height_px > thumb_px_ ||
        thumb.channels < 1 || thumb.channels > 4 || thumb.bytes.size() != pixels * std::size_t(thumb.channels))
      return fail("cannot write the thumbnail", data_.path(), fmt::format("at most {} px a side", thumb_px_),
                  fmt::format("{} x {} px for image {}", thumb.width_px, thumb.height_px, image));
    const auto& bytes = thumb.bytes;
    Entry e{};
    {
      std::lock_guard lock(mutex_);
      // A thumbnail made again takes its old place if it fits; nobody reads it meanwhile, as it is marked missing.
      if (image < entries_.size() && entries_[image].bytes >= bytes.size()) {
        e.offset = entries_[image].offset;
        entries_[image] = {};
      } else {
        e.offset = end_;
        end_ += bytes.size();
      }
    }
    if (auto r = data_.write_at(e.offset, bytes); !r) return r;
    e.hash = hash_of(bytes);
    e.bytes = std::uint32_t(bytes.size());
    e.width = std::uint16_t(thumb.width_px);
    e.height = std::uint16_t(thumb.height_px);
    e.channels = std::uint8_t(thumb.channels);
    std::lock_guard lock(mutex_);
    if (auto r = store(image, e); !r) return r;
    if (entries_.size() <= image) entries_.resize(std::max<std::size_t>(image + 1, entries_.size() * 3 / 2));
    entries_[image] = e;
    return {};
  }

  bool valid(std::uint32_t image) const override {
    std::lock_guard lock(mutex_);
    return image < entries_.size() && entries_[image].channels != 0;
  }

  PackedThumb stored(std::uint32_t image) const override {
    Entry e;
    {
      std::lock_guard lock(mutex_);
      if (image >= entries_.size() || entries_[image].channels == 0) return {};
      e = entries_[image];
    }
    std::vector<std::uint8_t> bytes(e.bytes);
    if (!data_.read_at(e.offset, bytes) || hash_of(bytes) != e.hash) {
      std::lock_guard lock(mutex_);
      if (entries_[image].hash == e.hash) entries_[image] = {};  // so that it is made again
      return {};
    }
    return {e.width, e.height, e.channels, std::move(bytes)};
  }

  RgbaImage read(std::uint32_t image) const override {
    auto t = stored(image);
    RgbaImage out{t.width_px, t.height_px, {}};
    if (t.channels == 4) {
      out.pixels = std::move(t.bytes);
      return out;
    }
    out.pixels.resize(std::size_t(t.width_px) * std::size_t(t.height_px) * 4);
    const auto step = std::size_t(t.channels);
    for (std::size_t i = 0; step && i < t.bytes.size() / step; ++i) {
      const std::uint8_t* p = t.bytes.data() + i * step;
      std::uint8_t* q = out.pixels.data() + 4 * i;
      if (step == 2) {   // 65535 is 255
        q[0] = q[1] = q[2] = std::uint8_t((std::uint32_t(p[0] | p[1] << 8) + 128) / 257);
        q[3] = 255;
        continue;
      }
      q[0] = p[0];
      q[1] = step == 3 ? p[1] : p[0];
      q[2] = step == 3 ? p[2] : p[0];
      q[3] = 255;
    }
    return out;
  }

 private:
  Result<void> store(std::uint32_t image, const Entry& e) const {
    return index_.write_at(kHeaderBytes + std::uint64_t(image) * sizeof e,
                           {reinterpret_cast<const std::uint8_t*>(&e), sizeof e});
  }

  const int thumb_px_;
  const bool writable_;
  CacheFile index_, data_;
  mutable std::mutex mutex_;  // guards what follows; pixels are read and written outside it
  mutable std::vector<Entry> entries_;
  std::uint64_t end_ = kHeaderBytes;
};

}  // namespace

Result<std::shared_ptr<ThumbCache>> ThumbCache::open(const std::string& cache_dir, int thumb_px, bool writable) {
  const std::string base = fmt::format("{}/thumbs_{}", cache_dir, thumb_px), index = base + ".index",
                    data = base + ".data";
  if (thumb_px < 1 || thumb_px > 4096)
    return fail("cannot open the cache", index, "thumbnails of 1 to 4096 px", std::to_string(thumb_px));
  auto cache = std::make_shared<FileThumbCache>(thumb_px, writable);
  auto loaded = cache->load(index, data);
  if (loaded) return cache;
  if (!writable) return tl::make_unexpected(loaded.error());
  if (auto r = make_cache_dir(cache_dir); !r) return tl::make_unexpected(r.error());
  if (auto r = cache->make(index, data); !r) return tl::make_unexpected(r.error());
  return cache;
}

}  // namespace mp::ml
