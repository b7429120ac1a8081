#include "explorer/cli/bench_data.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

#include "ml/data/boxes_io.h"

namespace mp::explorer::cli {

namespace fs = std::filesystem;

BenchData::~BenchData() {
  if (dir_.empty()) return;
  opened_ = {};
  std::error_code ec;
  fs::remove_all(dir_, ec);
}

BenchData::BenchData(BenchData&& o) noexcept : opened_(std::move(o.opened_)), dir_(std::exchange(o.dir_, {})) {}

Result<BenchData> BenchData::load(const std::string& folder) {
  auto b = import(folder, false, 128);
  if (b && !b->opened_.data.pool->has_source_labels()) return fail("the images have no known classes", folder, "one folder a class", "images without class folders");
  return b;
}

Result<BenchData> BenchData::load_layers(const std::string& folder, int patch_px, const std::vector<std::string>& box_files, const std::vector<std::string>& ignored) {
  auto b = import(folder, true, patch_px);
  if (!b) return b;
  auto pool = std::make_shared<ml::Pool>(*b->opened_.data.pool);
  pool->source_class.assign(pool->size(), ml::kNoClass);
  std::vector<std::vector<ml::SampleId>> patches(pool->images.size());
  for (ml::SampleId i = 0; i < pool->size(); ++i) patches[pool->image_of[i]].push_back(i);
  for (const auto& file : box_files) {
    ml::ClassTable classes;
    const auto boxes = ml::read_boxes(file, ml::BoxFormat::coco, *pool, classes);
    if (!boxes) return tl::make_unexpected(boxes.error());
    for (const auto& problem : boxes->problems.lines()) std::fprintf(stderr, "%s: %s\n", file.c_str(), problem.c_str());
    for (auto image : boxes->complete)
      for (auto id : patches[image]) pool->source_class[id] = std::max<ml::ClassId>(pool->source_class[id], 0);
    for (const auto& box : boxes->boxes) {
      if (box.status != ml::BoxStatus::accepted) continue;
      if (std::find(ignored.begin(), ignored.end(), classes[std::size_t(box.cls)].name) != ignored.end()) continue;
      for (auto id : patches[box.image]) {
        const auto& r = pool->region[id];
        if (box.rect.x0 < float(r.x + r.w) && box.rect.x1 > float(r.x) && box.rect.y0 < float(r.y + r.h) && box.rect.y1 > float(r.y)) pool->source_class[id] = 1;
      }
    }
  }
  if (!pool->has_source_labels()) return fail("no image of the folder has boxes", folder, "images that the box files name", "none");
  b->opened_.classes = {ml::default_class(0, "none"), ml::default_class(1, "defect")};
  b->opened_.data.pool = std::move(pool);
  return b;
}

Result<BenchData> BenchData::import(const std::string& folder, bool layers, int patch_px) {
  static std::atomic<int> number{0};
  BenchData b;
  b.dir_ = (fs::temp_directory_path() / ("meltpool-data-" + std::to_string(getpid()) + "-" + std::to_string(number++))).string();
  {
    auto project = ml::Project::create(b.dir_);
    if (!project) return tl::make_unexpected(project.error());
    ProgressBar bar("reading images");
    ml::ImportHooks hooks;
    hooks.cancel = cancel_on_interrupt();
    hooks.progress = [&](const ml::ImportProgress& p) { bar.show(double(p.files_done), double(p.files_total), p.eta_s); };
    std::error_code ec;
    const auto canonical = fs::weakly_canonical(folder, ec);
    auto summary = ml::run_import(**project, {canonical.string(), layers, patch_px, false, false}, hooks);
    bar.finish();
    if (!summary) return tl::make_unexpected(summary.error());
    if (summary->cancelled) return fail("stopped");
  }
  auto opened = open_project(b.dir_, ml::OpenMode::write);
  if (!opened) return tl::make_unexpected(opened.error());
  b.opened_ = std::move(*opened);
  return b;
}

}  // namespace mp::explorer::cli
