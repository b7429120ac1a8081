#include "ml/service/unfinished_splits.h"

#include <algorithm>

#include "engine/base/log.h"
#include "ml/service/import_job.h"

namespace mp::ml {

void hold_out_unassigned(Pool& pool, SampleId first) {
  for (std::size_t id = first; id < pool.size(); ++id)
    if (pool.source_class[id] != kNoClass) pool.split[id] = Split::held_out;
}

Result<void> assign_unfinished_splits(Project& project, Pool& pool) {
  const auto imports = project.load_imports();
  if (!imports) return tl::make_unexpected(imports.error());
  if (std::all_of(imports->begin(), imports->end(), [](const ImportRequest& r) { return r.finished; })) return {};
  auto splits = assign_splits(pool, kHeldOutShare, kSplitSeed);
  if (splits == pool.split) return {};
  pool.split = std::move(splits);
  if (project.read_only()) return {};
  // In memory they count all the same: a full disk is no reason to keep the project shut.
  if (auto saved = project.save_splits(pool.split); !saved)
    log::error("the held-out samples could not be stored: {}", saved.error().message());
  return {};
}

}  // namespace mp::ml
