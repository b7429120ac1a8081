// Images of class folders as features and true classes, for the learning benchmarks: imported into a project of their
// own that is removed at the end.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "explorer/cli/project_model.h"

namespace mp::explorer::cli {

class BenchData {
 public:
  static Result<BenchData> load(const std::string& folder);
  /// Layers cut into patches of `patch_px`: class "defect" where a box of these COCO files overlaps, else "none". Boxes of
  /// the classes in `ignored` do not count. Images that no file speaks of have no class.
  static Result<BenchData> load_layers(const std::string& folder, int patch_px, const std::vector<std::string>& box_files, const std::vector<std::string>& ignored);
  ~BenchData();
  BenchData(BenchData&&) noexcept;
  BenchData& operator=(BenchData&&) = delete;
  const OpenedProject& opened() const { return opened_; }

 private:
  BenchData() = default;
  static Result<BenchData> import(const std::string& folder, bool layers, int patch_px);
  OpenedProject opened_;
  std::string dir_;
};

}  // namespace mp::explorer::cli
