#include "explorer/cli/bench_data.h"

#include <atomic>
#include <filesystem>
#include <unistd.h>

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
    auto summary = ml::run_import(**project, {canonical.string(), false, 128, false, false}, hooks);
    bar.finish();
    if (!summary) return tl::make_unexpected(summary.error());
    if (summary->cancelled) return fail("stopped");
  }
  auto opened = open_project(b.dir_, ml::OpenMode::write);
  if (!opened) return tl::make_unexpected(opened.error());
  b.opened_ = std::move(*opened);
  if (!b.opened_.data.pool->has_source_labels()) return fail("the images have no known classes", folder, "one folder a class", "images without class folders");
  return b;
}

}  // namespace mp::explorer::cli
