#include "ml/service/project_caches.h"

#include <cerrno>
#include <filesystem>
#include <stdlib.h>

#include "ml/features/feature_blocks.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

struct TemporaryFolder {
  std::string path;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

// The order of members matters: the cache goes before its folder.
struct ThumbsInFolder {
  std::shared_ptr<TemporaryFolder> folder;
  std::shared_ptr<ThumbCache> thumbs;
};
struct FeaturesInFolder {
  std::shared_ptr<TemporaryFolder> folder;
  std::shared_ptr<FeatureCache> features;
};

}  // namespace

Result<ProjectCaches> open_caches(const std::string& cache_dir, bool layered, std::size_t samples, bool writable) {
  ProjectCaches caches;
  if (writable) {
    std::error_code error;
    fs::create_directories(cache_dir, error);
    if (error) return fail("cannot make the cache folder", cache_dir, {}, errno_text(error.value()), "Check the disk");
  }
  auto features = FeatureCache::open(cache_dir, "blocks", kBlocksExtractor, kBlocksDim, writable);
  if (!features) return tl::make_unexpected(features.error());
  caches.features = *features;
  auto thumbs = ThumbCache::open(cache_dir, layered ? kLayerThumbPx : kThumbPx, writable);
  if (!thumbs) return tl::make_unexpected(thumbs.error());
  caches.thumbs = *thumbs;
  // More rows than samples: an import was interrupted between the cache and the database.
  if (writable && caches.features->rows() != samples)
    if (auto ok = caches.features->resize(samples); !ok) return tl::make_unexpected(ok.error());
  return caches;
}

Result<ProjectCaches> open_temporary_caches(const std::string& cache_dir, bool layered, std::size_t samples) {
  std::error_code error;
  std::string pattern = (fs::temp_directory_path(error) / "meltpool_cache_XXXXXX").string();
  if (error || !mkdtemp(pattern.data()))
    return fail("cannot make a temporary folder for the caches", pattern, {}, errno_text(errno),
                "Free some space there, or set TMPDIR to a folder with space");
  auto folder = std::make_shared<TemporaryFolder>();
  folder->path = pattern;
  // What cannot be copied is computed again.
  if (fs::is_directory(cache_dir, error))
    fs::copy(cache_dir, pattern, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  auto caches = open_caches(pattern, layered, samples, true);
  if (!caches) return caches;
  auto thumbs = std::make_shared<ThumbsInFolder>(ThumbsInFolder{folder, caches->thumbs});
  auto features = std::make_shared<FeaturesInFolder>(FeaturesInFolder{folder, caches->features});
  caches->thumbs = std::shared_ptr<ThumbCache>(thumbs, thumbs->thumbs.get());
  caches->features = std::shared_ptr<FeatureCache>(features, features->features.get());
  return caches;
}

FeaturesPtr first_rows(FeaturesPtr table, std::size_t n) {
  if (!table || table->n <= n) return table;
  auto cut = std::make_shared<FeatureTable>(*table);
  cut->n = n;
  cut->values = table->values.first(n * table->d);
  cut->valid.resize(n);
  return cut;
}

}  // namespace mp::ml
