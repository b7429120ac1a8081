// The caches of an opened project. One writer: the thread that imports or loads.
#pragma once
#include <memory>

#include "ml/data/caches.h"
#include "ml/data/project.h"

namespace mp::ml {

struct ProjectCaches {
  std::shared_ptr<FeatureCache> features;
  std::shared_ptr<ThumbCache> thumbs;
};

/// In the project's cache folder; if `writable`, the feature rows are as many as `samples`.
Result<ProjectCaches> open_caches(const std::string& cache_dir, bool layered, std::size_t samples, bool writable);

/// A writable copy of a cache folder that goes away with the last user of the thumbnails: for projects that are open for
/// reading and whose caches are missing.
Result<ProjectCaches> open_temporary_caches(const std::string& cache_dir, bool layered, std::size_t samples);

/// The first n rows: another instance may have written more.
FeaturesPtr first_rows(FeaturesPtr table, std::size_t n);

}  // namespace mp::ml
