// Import: scan, decode each file once on worker threads, write samples, thumbnails and features. Continues where an
// interrupted import stopped. Runs on the caller's thread plus its decode workers.
#pragma once
#include <functional>

#include "engine/base/channel.h"
#include "ml/data/caches.h"
#include "ml/data/project.h"
#include "ml/service/messages.h"

namespace mp::ml {

constexpr double kHeldOutShare = 0.2;
constexpr std::uint64_t kSplitSeed = 1;   // fixed: every program finds the same held-out fifth in the same files

/// All are called on the caller's thread; each may be empty.
struct ImportHooks {
  std::function<void(const ImportProgress&)> progress;       // at most every 100 ms and at the end
  std::function<void(std::vector<BadFile>)> bad;
  std::function<void(PoolPtr, FeaturesPtr)> published;       // growing pool, at most every 500 ms and at the end
  CancelToken cancel;
  int threads = 2;
};

struct ImportSummary {
  std::size_t samples = 0, layers = 0, bad = 0;   // of the project after the import
  std::size_t ignored = 0;                        // files that are no images by their ending
  std::size_t added = 0, skipped = 0;             // files that became samples now; that were there before
  bool cancelled = false;
  double seconds = 0;
};

/// Files that the project has already are skipped, bad ones are tried again; a file that has changed on the disk gets new
/// features and a new thumbnail if its size in pixels is the same, else it is listed as bad. Samples keep ids and labels.
/// Errors: source folder missing or without images; whole images and layers, or two patch sizes, in one project; project
/// read-only; disk full (what is in the project stays, and the import can be repeated). Bad files are no error.
Result<ImportSummary> run_import(Project& project, const ImportRequest& request, const ImportHooks& hooks);

/// What a program needs to work with an opened project.
struct ProjectData {
  PoolPtr pool;
  FeaturesPtr features;                        // raw
  std::shared_ptr<ThumbCache> thumbs;
  std::vector<BadFile> bad;                    // stored ones and files removed or changed since import
};

/// Opens pool and caches; rebuilds missing features and thumbnails (deleted cache) with progress and growing features
/// through hooks. Rows that cannot be computed stay invalid; cancelled, the rest stays invalid until the next time. A
/// project that is open for reading rebuilds into a temporary folder.
Result<ProjectData> load_project_data(Project& project, const ImportHooks& hooks);

}  // namespace mp::ml
