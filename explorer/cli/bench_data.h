// Images of class folders as features and true classes, for the learning benchmarks: imported into a project of their
// own that is removed at the end.
#pragma once
#include <string>

#include "engine/base/error.h"
#include "explorer/cli/project_model.h"

namespace mp::explorer::cli {

class BenchData {
 public:
  static Result<BenchData> load(const std::string& folder);
  ~BenchData();
  BenchData(BenchData&&) noexcept;
  BenchData& operator=(BenchData&&) = delete;
  const OpenedProject& opened() const { return opened_; }

 private:
  BenchData() = default;
  OpenedProject opened_;
  std::string dir_;
};

}  // namespace mp::explorer::cli
