// The last resort for labels that no database took: a CSV that `meltpool label PROJECT --csv FILE` reads back.
// Stateless; any thread.
#pragma once
#include <span>
#include <string>

#include "engine/base/error.h"
#include "ml/data/classes.h"
#include "ml/data/labels.h"

namespace mp::ml {

/// Writes dir/unsaved-labels-<UTC time>.csv (columns id, label, time_ms, author; in the order given, an empty label
/// takes a label away), or the same in the folder for temporary files where dir cannot be written. Never overwrites.
/// Returns the path.
Result<std::string> write_rescue_file(const std::string& dir, std::span<const LabelBatch> batches,
                                      const ClassTable& classes);

/// The text of that file.
std::string rescue_csv(std::span<const LabelBatch> batches, const ClassTable& classes);

}  // namespace mp::ml
