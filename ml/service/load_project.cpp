#include <algorithm>
#include <fmt/format.h>

#include "ml/service/check_files.h"
#include "ml/service/image_work.h"
#include "ml/service/import_job.h"
#include "ml/service/job_hooks.h"
#include "ml/service/ordered_pipeline.h"
#include "ml/service/project_caches.h"
#include "ml/service/unfinished_splits.h"

namespace mp::ml {
namespace {

constexpr std::size_t kWindow = 32;
constexpr double kFlushMs = 2000;
constexpr auto kPoll = std::chrono::milliseconds(50);

// Images whose thumbnail or one of whose rows is missing, and whose file is there.
std::vector<std::uint32_t> missing_images(const Pool& pool, const ProjectCaches& caches,
                                          const std::vector<std::uint8_t>& there) {
  std::vector<std::uint8_t> missing(pool.images.size(), 0);
  for (std::uint32_t i = 0; i < pool.images.size(); ++i) missing[i] = !caches.thumbs->valid(i);
  const std::size_t rows = caches.features->rows();
  for (SampleId id = 0; id < pool.size(); ++id)
    if (id >= rows || !caches.features->valid(id)) missing[pool.image_of[id]] = 1;
  std::vector<std::uint32_t> images;
  for (std::uint32_t i = 0; i < pool.images.size(); ++i)
    if (missing[i] && there[i]) images.push_back(i);
  return images;
}

ImageTask task_of(const Pool& pool, std::uint32_t image, const std::vector<SampleId>& samples, int thumb_px) {
  ImageTask task;
  task.path = pool.absolute_path(image);
  task.name = pool.images[image].path;
  task.thumb_px = thumb_px;
  task.width_px = pool.images[image].width_px;
  task.height_px = pool.images[image].height_px;
  for (SampleId id : samples) task.regions.push_back(pool.region[id]);
  return task;
}

Result<void> rebuild(const PoolPtr& pool, const ProjectCaches& caches, const std::vector<std::uint32_t>& images,
                     const ImportHooks& hooks, std::vector<BadFile>& bad) {
  std::vector<std::vector<SampleId>> samples(pool->images.size());
  for (SampleId id = 0; id < pool->size(); ++id) samples[pool->image_of[id]].push_back(id);
  const int threads = std::clamp(hooks.threads, 1, DecodeBudget::kMaxImages);
  std::vector<ImageWork> workers(static_cast<std::size_t>(threads));
  DecodeBudget budget;
  JobHooks job(hooks);
  ImportProgress progress;
  progress.files_total = images.size();
  progress.samples = pool->size();
  progress.root = pool->roots.empty() ? std::string() : pool->roots.front();
  job.progress(progress, 0, images.size());
  OrderedPipeline<ImageOutcome> pipeline(images.size(), threads, kWindow, [&](std::size_t i, int t) {
    return workers[std::size_t(t)].run(task_of(*pool, images[i], samples[images[i]], caches.thumbs->thumb_px()), budget);
  });
  double flushed_ms = now_ms();
  while (!pipeline.finished() && !job.cancelled()) {
    const std::size_t item = pipeline.taken();
    if (auto outcome = pipeline.next(kPoll)) {
      const std::uint32_t image = images[item];
      if (outcome->bad.empty()) {
        for (std::size_t k = 0; k < samples[image].size(); ++k)
          caches.features->write(samples[image][k],
                                 std::span<const float>(outcome->features).subspan(k * kBlocksDim, kBlocksDim));
        if (auto ok = caches.thumbs->write(image, outcome->thumb); !ok) return ok;
      } else {
        // It may be listed already as changed: this reason says more.
        std::erase_if(bad, [&](const BadFile& b) { return b.path == pool->images[image].path; });
        bad.push_back({pool->images[image].path, std::move(outcome->bad)});
        ++progress.bad;
      }
      progress.files_done = pipeline.taken();
    }
    if (now_ms() - flushed_ms > kFlushMs) {
      if (auto ok = caches.features->flush(); !ok) return ok;
      flushed_ms = now_ms();
    }
    if (job.publish_is_due()) job.published(pool, caches.features->table(), 0);
    job.progress(progress, progress.files_done, images.size());
  }
  if (auto ok = caches.features->flush(); !ok) return ok;
  progress.finished = pipeline.finished();
  progress.cancelled = !progress.finished;
  job.progress(progress, progress.files_done, images.size());
  return {};
}

}  // namespace

Result<ProjectData> load_project_data(Project& project, const ImportHooks& hooks) {
  auto loaded = project.load_pool();
  if (!loaded) return tl::make_unexpected(loaded.error());
  auto stored = project.load_bad();
  if (!stored) return tl::make_unexpected(stored.error());
  if (auto ok = assign_unfinished_splits(project, *loaded); !ok) return tl::make_unexpected(ok.error());
  const auto pool = std::make_shared<const Pool>(std::move(*loaded));
  ProjectData data;
  data.pool = pool;
  data.bad = std::move(*stored);
  const bool writable = !project.read_only();
  auto caches = open_caches(project.cache_dir(), pool->layered(), pool->size(), writable);
  if (!caches && writable) return tl::make_unexpected(caches.error());
  auto files = check_files(*pool, caches ? caches->thumbs.get() : nullptr);
  data.bad.insert(data.bad.end(), files.bad.begin(), files.bad.end());
  if (writable && !files.touched.empty())
    if (auto ok = project.update_images(files.touched); !ok) return tl::make_unexpected(ok.error());
  std::vector<std::uint32_t> missing;
  if (caches) missing = missing_images(*pool, *caches, files.there);
  if (!caches || (!writable && (!missing.empty() || caches->features->rows() < pool->size()))) {
    caches = open_temporary_caches(project.cache_dir(), pool->layered(), pool->size());
    if (!caches) return tl::make_unexpected(caches.error());
    missing = missing_images(*pool, *caches, files.there);
  }
  if (!missing.empty())
    if (auto ok = rebuild(pool, *caches, missing, hooks, data.bad); !ok) return tl::make_unexpected(ok.error());
  data.features = first_rows(caches->features->table(), pool->size());
  data.thumbs = caches->thumbs;
  return data;
}

}  // namespace mp::ml
