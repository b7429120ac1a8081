#include "ml/service/import_job.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <unordered_map>

#include "engine/base/clock.h"
#include "ml/data/scan.h"
#include "ml/service/image_work.h"
#include "ml/service/job_hooks.h"
#include "ml/service/ordered_pipeline.h"
#include "ml/service/project_caches.h"
#include "ml/service/truth_table.h"
#include "ml/service/unfinished_splits.h"

namespace mp::ml {
namespace {

constexpr std::size_t kBatchFiles = 64;
constexpr double kBatchMs = 500;
constexpr std::size_t kWindow = 32;  // results that may wait for a commit
constexpr auto kPoll = std::chrono::milliseconds(50);

class ImportRun {
 public:
  ImportRun(Project& project, const ImportRequest& request, const ImportHooks& hooks)
      : project_(project), request_(request), job_(hooks), threads_(std::clamp(hooks.threads, 1, DecodeBudget::kMaxImages)) {}

  Result<ImportSummary> run();

 private:
  struct Todo {
    std::size_t file = 0;                  // index into scan_.files
    std::int64_t known_image = -1;         // changed since its import
    std::vector<SampleId> known_samples;
  };

  Result<void> prepare();
  Result<void> check_kind() const;
  void plan();
  ImageTask task_of(const Todo& todo) const;
  Result<void> work();
  Result<void> take(const Todo& todo, ImageOutcome outcome);
  Result<void> refresh(const Todo& todo, const ImageOutcome& outcome);
  Result<void> commit();
  Result<void> publish();
  Result<void> finish();
  void report(bool end);

  Project& project_;
  ImportRequest request_;
  JobHooks job_;
  const int threads_;
  Stopwatch clock_;
  ScanReport scan_;
  TruthTable truth_;
  Pool pool_;                              // as it was before this import
  ProjectCaches caches_;
  std::vector<Todo> todo_;
  ImportSummary summary_;
  std::size_t samples_ = 0, images_ = 0;   // in the database
  std::size_t done_ = 0, bad_ = 0;
  // Not yet committed:
  std::vector<NewImage> batch_;
  std::vector<float> batch_features_;
  std::vector<ImageUpdate> batch_updates_;
  std::vector<BadFile> batch_bad_;
  double last_commit_ms_ = 0;
};

Result<ImportSummary> ImportRun::run() {
  if (auto ok = prepare(); !ok) return tl::make_unexpected(ok.error());
  plan();
  report(false);
  if (auto ok = work(); !ok) return tl::make_unexpected(ok.error());
  if (auto ok = finish(); !ok) return tl::make_unexpected(ok.error());
  summary_.seconds = clock_.ms() / 1000;
  return summary_;
}

Result<void> ImportRun::prepare() {
  if (project_.read_only())
    return fail("cannot import into a project that is open for reading only", project_.dir(), {},
                project_.why_read_only(), "Close the other instance or make the folder writable, and open it again");
  auto scan = scan_folder(request_.root, {request_.layers, request_.patch_px});
  if (!scan) return tl::make_unexpected(scan.error());
  scan_ = std::move(*scan);
  request_.root = scan_.root;
  summary_.ignored = scan_.ignored;
  auto pool = project_.load_pool();
  if (!pool) return tl::make_unexpected(pool.error());
  pool_ = std::move(*pool);
  if (auto ok = assign_unfinished_splits(project_, pool_); !ok) return ok;
  samples_ = pool_.size();
  images_ = pool_.images.size();
  if (auto ok = check_kind(); !ok) return ok;

  request_.finished = false;
  if (auto ok = project_.save_import(request_); !ok) return ok;
  if (auto ok = project_.clear_bad(scan_.root); !ok) return ok;
  batch_bad_ = scan_.bad;
  if (request_.layers && !scan_.truth_csv.empty()) {
    truth_.read(scan_.truth_csv);
    batch_bad_.insert(batch_bad_.end(), truth_.problems().begin(), truth_.problems().end());
  }
  // All at once and first: the window knows the classes before the first sample comes.
  std::vector<std::string> names = scan_.class_names;
  names.insert(names.end(), truth_.class_names().begin(), truth_.class_names().end());
  if (!names.empty())
    if (auto ok = project_.add_classes(names); !ok) return ok;
  auto caches = open_caches(project_.cache_dir(), request_.layers, samples_, true);
  if (!caches) return tl::make_unexpected(caches.error());
  caches_ = std::move(*caches);
  return {};
}

Result<void> ImportRun::check_kind() const {
  if (request_.layers && request_.patch_px < kMinTextureSide)
    return fail("the patches are too small", scan_.root, fmt::format("at least {} px", kMinTextureSide),
                fmt::format("{} px", request_.patch_px), "Choose larger patches");
  if (pool_.images.empty()) return {};
  const int had = pool_.patch_px, wanted = request_.layers ? request_.patch_px : 0;
  if (had == wanted) return {};
  const auto kind = [](int px) { return px > 0 ? fmt::format("layers cut into patches of {} px", px) : "whole images"; };
  return fail("one project holds one kind of samples", project_.dir(), kind(had), kind(wanted),
              "Import this folder into a new project");
}

void ImportRun::plan() {
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (std::uint32_t i = 0; i < pool_.images.size(); ++i)
    if (pool_.roots[pool_.images[i].root] == scan_.root) known.emplace(pool_.images[i].path, i);
  std::unordered_map<std::uint32_t, std::size_t> changed;  // image -> todo
  for (std::size_t f = 0; f < scan_.files.size(); ++f) {
    const auto at = known.find(scan_.files[f].path);
    if (at == known.end()) {
      todo_.push_back({f, -1, {}});
      continue;
    }
    ImageEntry now;
    std::string reason;
    const ImageEntry& then = pool_.images[at->second];
    const bool there = stat_image(scan_.root + "/" + scan_.files[f].path, now, reason);
    if (there && now.size_bytes == then.size_bytes && now.mtime_ns == then.mtime_ns) {
      ++summary_.skipped;
    } else {
      changed.emplace(at->second, todo_.size());
      todo_.push_back({f, std::int64_t(at->second), {}});
    }
  }
  if (!changed.empty())
    for (SampleId id = 0; id < pool_.size(); ++id)
      if (const auto at = changed.find(pool_.image_of[id]); at != changed.end())
        todo_[at->second].known_samples.push_back(id);
}

ImageTask ImportRun::task_of(const Todo& todo) const {
  const ScannedFile& file = scan_.files[todo.file];
  ImageTask task;
  task.path = scan_.root + "/" + file.path;
  task.name = file.path;
  task.patch_px = request_.layers ? request_.patch_px : 0;
  task.thumb_px = caches_.thumbs->thumb_px();
  if (todo.known_image >= 0) {
    const ImageEntry& entry = pool_.images[std::size_t(todo.known_image)];
    task.width_px = entry.width_px;
    task.height_px = entry.height_px;
    for (SampleId id : todo.known_samples) task.regions.push_back(pool_.region[id]);
  }
  return task;
}

Result<void> ImportRun::work() {
  std::vector<ImageWork> workers(static_cast<std::size_t>(threads_));
  DecodeBudget budget;
  OrderedPipeline<ImageOutcome> pipeline(todo_.size(), threads_, kWindow, [&](std::size_t i, int t) {
    return workers[std::size_t(t)].run(task_of(todo_[i]), budget);
  });
  last_commit_ms_ = now_ms();
  while (!pipeline.finished() && !job_.cancelled()) {
    const std::size_t item = pipeline.taken();
    if (auto outcome = pipeline.next(kPoll)) {
      if (auto ok = take(todo_[item], std::move(*outcome)); !ok) return ok;
      ++done_;
    }
    if (batch_.size() + batch_updates_.size() >= kBatchFiles || now_ms() - last_commit_ms_ > kBatchMs) {
      if (auto ok = commit(); !ok) return ok;
      if (job_.publish_is_due())
        if (auto ok = publish(); !ok) return ok;
    }
    report(false);
  }
  summary_.cancelled = !pipeline.finished();
  return commit();
}

Result<void> ImportRun::take(const Todo& todo, ImageOutcome outcome) {
  const ScannedFile& file = scan_.files[todo.file];
  if (!outcome.bad.empty()) {
    batch_bad_.push_back({file.path, std::move(outcome.bad)});
    return {};
  }
  if (todo.known_image >= 0) return refresh(todo, outcome);
  const auto image = std::uint32_t(images_ + batch_.size());
  if (auto ok = caches_.thumbs->write(image, outcome.thumb); !ok) return ok;
  batch_features_.insert(batch_features_.end(), outcome.features.begin(), outcome.features.end());
  NewImage& added = batch_.emplace_back();
  added.image = std::move(outcome.entry);
  added.image.path = file.path;
  added.source_class = file.source_class;
  if (!file.note.empty()) added.image.note += (added.image.note.empty() ? "" : "; ") + file.note;
  if (request_.layers) {
    LayerEntry& layer = added.layer.emplace();
    if (file.z_mm) layer.z_mm = float(*file.z_mm);
    if (file.order) added.layer_position = double(*file.order);
    layer.cols = outcome.cols;
    layer.rows = outcome.rows;
    added.region_classes = truth_.classes_of(file.path, outcome.regions);
  }
  added.regions = std::move(outcome.regions);
  return {};
}

// The picture of a file was replaced: samples keep their ids and labels, features and thumbnail are new.
Result<void> ImportRun::refresh(const Todo& todo, const ImageOutcome& outcome) {
  for (std::size_t i = 0; i < todo.known_samples.size(); ++i)
    caches_.features->write(todo.known_samples[i], std::span(outcome.features).subspan(i * kBlocksDim, kBlocksDim));
  const auto image = std::uint32_t(todo.known_image);
  if (auto ok = caches_.thumbs->write(image, outcome.thumb); !ok) return ok;
  batch_updates_.push_back({image, outcome.entry});
  return {};
}

Result<void> ImportRun::commit() {
  last_commit_ms_ = now_ms();
  if (!batch_.empty()) {
    // The caches first: a sample in the database always has its row.
    const std::size_t rows = batch_features_.size() / kBlocksDim;
    if (auto ok = caches_.features->resize(samples_ + rows); !ok) return ok;
    for (std::size_t i = 0; i < rows; ++i)
      caches_.features->write(SampleId(samples_ + i),
                              std::span<const float>(batch_features_).subspan(i * kBlocksDim, kBlocksDim));
    if (auto ok = caches_.features->flush(); !ok) return ok;
    if (auto first = project_.append_images(scan_.root, batch_); !first) return tl::make_unexpected(first.error());
    samples_ += rows;
    images_ += batch_.size();
    summary_.added += batch_.size();
    batch_.clear();
    batch_features_.clear();
  }
  if (!batch_updates_.empty()) {
    if (auto ok = caches_.features->flush(); !ok) return ok;
    if (auto ok = project_.update_images(batch_updates_); !ok) return ok;
    batch_updates_.clear();
  }
  if (!batch_bad_.empty()) {
    if (auto ok = project_.append_bad(batch_bad_, scan_.root); !ok) return ok;
    bad_ += batch_bad_.size();
    job_.bad(std::exchange(batch_bad_, {}));
  }
  return {};
}

Result<void> ImportRun::publish() {
  const Stopwatch watch;
  auto pool = project_.load_pool();
  if (!pool) return tl::make_unexpected(pool.error());
  const double cost_ms = watch.ms();
  summary_.layers = pool->layers.size();
  hold_out_unassigned(*pool, SampleId(pool_.size()));
  job_.published(std::make_shared<const Pool>(std::move(*pool)), caches_.features->table(), cost_ms);
  return {};
}

Result<void> ImportRun::finish() {
  auto pool = project_.load_pool();
  if (!pool) return tl::make_unexpected(pool.error());
  pool->split = assign_splits(*pool, kHeldOutShare, kSplitSeed);
  if (auto ok = project_.save_splits(pool->split); !ok) return ok;
  request_.finished = !summary_.cancelled;
  if (auto ok = project_.save_import(request_); !ok) return ok;
  const auto bad = project_.load_bad();
  if (!bad) return tl::make_unexpected(bad.error());
  summary_.samples = pool->size();
  summary_.layers = pool->layers.size();
  summary_.bad = bad->size();
  job_.published(std::make_shared<const Pool>(std::move(*pool)), caches_.features->table(), 0);
  report(true);
  return {};
}

void ImportRun::report(bool end) {
  ImportProgress p;
  p.files_total = scan_.files.size();
  p.files_done = summary_.skipped + done_;
  p.samples = samples_;
  p.bad = bad_;
  p.finished = end && !summary_.cancelled;
  p.cancelled = end && summary_.cancelled;
  p.root = scan_.root;
  job_.progress(p, done_, todo_.size());
}

}  // namespace

Result<ImportSummary> run_import(Project& project, const ImportRequest& request, const ImportHooks& hooks) {
  return ImportRun(project, request, hooks).run();
}

}  // namespace mp::ml
