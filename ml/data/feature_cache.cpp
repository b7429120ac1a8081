// Feature rows in a memory-mapped file, with one valid byte a row in a second file. Rows are written through a shared
// mapping, so mappings made before and after the file grew show the same rows: old snapshots stay as they are.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <type_traits>

#include "engine/base/hash.h"
#include "ml/data/cache_file.h"
#include "ml/data/caches.h"

namespace mp::ml {
namespace {

constexpr std::size_t kHeaderBytes = 4096;  // values start on a page
constexpr std::size_t kRowStep = 1024;
constexpr std::size_t kMaxExtractor = 256;
constexpr std::uint64_t kMaxRows = 1ull << 32, kMaxD = 1 << 20;

struct Header {
  char magic[8];
  std::uint32_t version, dirty;  // dirty: written to since the last flush
  std::uint64_t d, rows, capacity, pair;
  char boot[40];
  char extractor[kMaxExtractor];
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) <= kHeaderBytes);
constexpr char kMagic[9] = "MPFEAT\r\n";
constexpr std::uint32_t kVersion = 1;

struct Part {
  CacheFile file;
  std::shared_ptr<std::uint8_t> map;
  std::size_t row_bytes = 0;

  Header& header() const { return *reinterpret_cast<Header*>(map.get()); }
  std::uint64_t bytes_for(std::uint64_t capacity) const { return kHeaderBytes + capacity * row_bytes; }
};

void set_text(char* to, std::size_t size, const std::string& text) {
  std::memset(to, 0, size);
  std::memcpy(to, text.data(), std::min(text.size(), size - 1));
}

class FileFeatureCache final : public FeatureCache {
 public:
  FileFeatureCache(std::string extractor, std::size_t d, bool writable)
      : extractor_(std::move(extractor)), d_(d), writable_(writable) {
    values_.row_bytes = d * sizeof(float);
    valid_.row_bytes = 1;
  }
  ~FileFeatureCache() override {
    if (writable_ && values_.map && dirty_) (void)flush();
  }

  /// What is on the disk, if it is whole and of this kind.
  Result<void> load(const std::string& values_path, const std::string& valid_path) {
    const std::string paths[] = {values_path, valid_path};
    Part* parts[] = {&values_, &valid_};
    Header headers[2];
    for (int i = 0; i < 2; ++i) {
      auto file = CacheFile::open(paths[i], writable_);
      if (!file) return tl::make_unexpected(file.error());
      Header& h = headers[i];
      const auto odd = [&](const char* why) {
        return fail("cannot use the cache", paths[i], "a whole feature cache of " + extractor_, why,
                    "delete it: it is computed again");
      };
      if (!file->read_at(0, {reinterpret_cast<std::uint8_t*>(&h), sizeof h})) return odd("a cut-off header");
      h.extractor[kMaxExtractor - 1] = h.boot[sizeof h.boot - 1] = 0;
      if (std::memcmp(h.magic, kMagic, 8) != 0 || h.version != kVersion) return odd("another kind of file");
      if (extractor_ != h.extractor || h.d != d_) return odd("features of another extractor");
      if (h.capacity > kMaxRows || h.rows > h.capacity) return odd("impossible row counts");
      if (file->size() < parts[i]->bytes_for(h.capacity)) return odd("a cut-off file");
      // After a power cut a row may be missing although its valid byte is there.
      if (h.dirty && boot_id() != h.boot) return odd("rows that were not flushed before the machine went down");
      parts[i]->file = std::move(*file);
    }
    if (headers[0].pair != headers[1].pair || headers[0].capacity != headers[1].capacity)
      return fail("cannot use the cache", valid_path, "the companion of its values", "another file's",
                  "delete it: it is computed again");
    rows_ = std::min(headers[0].rows, headers[1].rows);
    capacity_ = headers[0].capacity;
    dirty_ = headers[0].dirty || headers[1].dirty;
    for (Part* p : parts) {
      auto map = p->file.map(p->bytes_for(capacity_), writable_);
      if (!map) return tl::make_unexpected(map.error());
      p->map = *map;
    }
    return {};
  }

  Result<void> make(const std::string& values_path, const std::string& valid_path) {
    values_.map = valid_.map = nullptr;
    rows_ = capacity_ = 0;
    dirty_ = false;
    const std::uint64_t pair = hash_combine(std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count()),
                                            std::uint64_t(::getpid()));
    const std::string paths[] = {values_path, valid_path};
    Part* parts[] = {&values_, &valid_};
    for (int i = 0; i < 2; ++i) {
      auto file = CacheFile::replace(paths[i]);
      if (!file) return tl::make_unexpected(file.error());
      parts[i]->file = std::move(*file);
      if (auto r = parts[i]->file.reserve(kHeaderBytes); !r) return r;
      auto map = parts[i]->file.map(kHeaderBytes, true);
      if (!map) return tl::make_unexpected(map.error());
      parts[i]->map = *map;
      Header& h = parts[i]->header();
      std::memcpy(h.magic, kMagic, 8);
      h.version = kVersion;
      h.d = d_;
      h.pair = pair;
      set_text(h.extractor, sizeof h.extractor, extractor_);
    }
    return {};
  }

  std::size_t rows() const override {
    std::lock_guard lock(mutex_);
    return rows_;
  }

  Result<void> resize(std::size_t n) override {
    std::lock_guard lock(mutex_);
    if (!writable_)
      return fail("cannot enlarge the cache", values_.file.path(), "a cache open for writing", "a read-only one");
    if (n > kMaxRows)
      return fail("cannot enlarge the cache", values_.file.path(), "at most 2^32 rows", std::to_string(n));
    if (n == rows_) return {};
    if (n > capacity_) {
      // Half as much again, so that a growing import does not remap at every file; just enough if the disk is short.
      const auto round_up = [](std::size_t k) { return (k + kRowStep - 1) / kRowStep * kRowStep; };
      if (auto r = grow(round_up(std::max(n, capacity_ + capacity_ / 2))); !r)
        if (auto exact = grow(n); !exact) return exact;
    }
    mark_dirty_locked();
    ++changes_;
    for (std::size_t i = n; i < rows_; ++i) __atomic_store_n(valid_byte(valid_, i), 0, __ATOMIC_RELEASE);
    rows_ = n;
    for (Part* p : {&values_, &valid_}) p->header().rows = n;
    return {};
  }

  void write(SampleId id, std::span<const float> row) override {
    if (row.size() != d_) return;
    std::shared_ptr<std::uint8_t> values, valid;
    {
      std::lock_guard lock(mutex_);
      if (!writable_ || id >= rows_) return;
      mark_dirty_locked();
      ++changes_;
      ++in_flight_;
      values = values_.map;
      valid = valid_.map;
    }
    std::memcpy(values.get() + kHeaderBytes + id * d_ * sizeof(float), row.data(), d_ * sizeof(float));
    __atomic_store_n(valid.get() + kHeaderBytes + id, 1, __ATOMIC_RELEASE);
    --in_flight_;
  }

  bool valid(SampleId id) const override {
    std::lock_guard lock(mutex_);
    return id < rows_ && __atomic_load_n(valid_byte(valid_, id), __ATOMIC_ACQUIRE) == 1;
  }

  void invalidate(SampleId id) override {
    std::lock_guard lock(mutex_);
    if (!writable_ || id >= rows_) return;
    mark_dirty_locked();
    ++changes_;
    __atomic_store_n(valid_byte(valid_, id), 0, __ATOMIC_RELEASE);
  }

  Result<void> flush() override {
    std::shared_ptr<std::uint8_t> maps[2];
    std::uint64_t bytes[2], changes;
    bool quiet;
    {
      std::lock_guard lock(mutex_);
      if (!writable_ || !dirty_) return {};
      maps[0] = values_.map, maps[1] = valid_.map;
      bytes[0] = values_.bytes_for(capacity_), bytes[1] = valid_.bytes_for(capacity_);
      changes = changes_;
      quiet = in_flight_ == 0;
    }
    // Rows before their valid bytes, the clean mark last. Nobody waits for the disk: the lock is not held.
    for (int i = 0; i < 2; ++i)
      if (::msync(maps[i].get(), bytes[i], MS_SYNC) != 0)
        return fail("cannot write the cache to the disk", (i ? valid_ : values_).file.path(), "a working disk",
                    errno_text(errno), "check the disk");
    std::lock_guard lock(mutex_);
    if (!quiet || changes != changes_) return {};  // written to meanwhile: on the disk, but not known to be whole
    for (Part* p : {&values_, &valid_}) {
      p->header().dirty = 0;
      ::msync(p->map.get(), kHeaderBytes, MS_SYNC);
    }
    dirty_ = false;
    return {};
  }

  FeaturesPtr table() const override {
    auto t = std::make_shared<FeatureTable>();
    std::shared_ptr<std::uint8_t> valid;
    {
      std::lock_guard lock(mutex_);
      t->n = rows_;
      t->keep = values_.map;
      t->values = {reinterpret_cast<const float*>(values_.map.get() + kHeaderBytes), rows_ * d_};
      valid = valid_.map;
    }
    t->extractor = extractor_;
    t->d = d_;
    t->valid.resize(t->n);
    for (std::size_t i = 0; i < t->n; ++i)
      t->valid[i] = __atomic_load_n(valid.get() + kHeaderBytes + i, __ATOMIC_ACQUIRE) == 1;
    return t;
  }

 private:
  static std::uint8_t* valid_byte(const Part& p, std::size_t i) { return p.map.get() + kHeaderBytes + i; }

  Result<void> grow(std::size_t capacity) {
    std::shared_ptr<std::uint8_t> maps[2];
    Part* parts[] = {&values_, &valid_};
    for (int i = 0; i < 2; ++i) {
      const std::uint64_t bytes = parts[i]->bytes_for(capacity);
      if (auto r = parts[i]->file.reserve(bytes); !r) return r;
      auto map = parts[i]->file.map(bytes, true);
      if (!map) return tl::make_unexpected(map.error());
      maps[i] = *map;
    }
    for (int i = 0; i < 2; ++i) {
      parts[i]->map = std::move(maps[i]);
      parts[i]->header().capacity = capacity;
    }
    capacity_ = capacity;
    return {};
  }

  /// Before the first change after a flush the mark is on the disk.
  void mark_dirty_locked() {
    if (dirty_) return;
    dirty_ = true;
    const std::string boot = boot_id();
    for (Part* p : {&values_, &valid_}) {
      p->header().dirty = 1;
      set_text(p->header().boot, sizeof p->header().boot, boot);
      ::msync(p->map.get(), kHeaderBytes, MS_SYNC);
    }
  }

  const std::string extractor_;
  const std::size_t d_;
  const bool writable_;
  mutable std::mutex mutex_;  // guards what follows; rows are written outside it
  Part values_, valid_;
  std::size_t rows_ = 0, capacity_ = 0;
  std::uint64_t changes_ = 0;
  bool dirty_ = false;
  std::atomic<int> in_flight_ = 0;  // rows that are being copied
};

}  // namespace

Result<std::shared_ptr<FeatureCache>> FeatureCache::open(const std::string& cache_dir, const std::string& name,
                                                         const std::string& extractor, std::size_t d, bool writable) {
  std::string file = name;
  std::replace(file.begin(), file.end(), '/', '_');
  const std::string values = cache_dir + "/" + file + ".features", valid = cache_dir + "/" + file + ".valid";
  if (d == 0 || d > kMaxD || extractor.size() >= kMaxExtractor)
    return fail("cannot open the cache", values,
                fmt::format("1 to {} values a row, a name below {} bytes", kMaxD, kMaxExtractor),
                fmt::format("{} and {}", d, extractor.size()));
  auto cache = std::make_shared<FileFeatureCache>(extractor, d, writable);
  auto loaded = cache->load(values, valid);
  if (loaded) return cache;
  if (!writable) return tl::make_unexpected(loaded.error());
  if (auto r = make_cache_dir(cache_dir); !r) return tl::make_unexpected(r.error());
  if (auto r = cache->make(values, valid); !r) return tl::make_unexpected(r.error());
  return cache;
}

}  // namespace mp::ml
