// Import: scan, decode each file once on worker threads, write samples, thumbnails and features. Continues where an
// interrupted import stopped. Runs on the caller's thread plus its decode workers.
#pragma once
#include <functional>

#include "engine/base/channel.h"
#include "ml/data/caches.h"
#include "ml/data/project.h"
#include "ml/service/messages.h"

namespace mp::ml {

struct ImportHooks {
  std::function<void(const ImportProgress&)> progress;       // at most every 100 ms and at the end
  std::function<void(std::vector<BadFile>)> bad;
  std::function<void(PoolPtr, FeaturesPtr)> published;       // growing pool, at most every 500 ms and at the end
  CancelToken cancel;
  int threads = 2;
};

struct ImportSummary {
  std::size_t samples = 0, layers = 0, bad = 0, ignored = 0;
  bool cancelled = false;
  double seconds = 0;
};

/// Errors: source folder missing or without images; project read-only; disk full. Bad files are no error.
Result<ImportSummary> run_import(Project& project, const ImportRequest& request, const ImportHooks& hooks);

/// What a program needs to work with an opened project.
struct ProjectData {
  PoolPtr pool;
  FeaturesPtr features;                        // raw
  std::shared_ptr<ThumbCache> thumbs;
  std::vector<BadFile> bad;                    // stored ones and files removed or changed since import
};

/// Opens pool and caches; rebuilds missing features and thumbnails (deleted cache) with progress through hooks.
Result<ProjectData> load_project_data(Project& project, const ImportHooks& hooks);

}  // namespace mp::ml
