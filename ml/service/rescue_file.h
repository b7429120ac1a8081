// The last resort for labels and boxes that no database took: a CSV that `meltpool label PROJECT --csv FILE` reads back,
// and a JSON file that `meltpool import-boxes FILE --format changes` does.
// Stateless; any thread.
#pragma once
#include <span>
#include <string>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/labels.h"

namespace mp::ml {

/// Writes dir/unsaved-labels-<UTC time>.csv (columns id, label, time_ms, author; in the order given, an empty label
/// takes a label away), or the same in the folder for temporary files where dir cannot be written. Never overwrites.
/// Returns the path.
Result<std::string> write_rescue_file(const std::string& dir, std::span<const LabelBatch> batches,
                                      const ClassTable& classes);

/// The same for boxes: dir/unsaved-boxes-<UTC time>.json.
Result<std::string> write_box_rescue_file(const std::string& dir, std::span<const BoxBatch> batches);

/// {"changes": [{id, image, rect, class, source, status, score, reviewer}], "checked": [image], "unchecked": [image]}
std::string box_changes_text(std::span<const BoxBatch> batches);
/// Errors: not such a file.
Result<BoxBatch> read_box_changes(const std::string& path);

/// The text of that file.
std::string rescue_csv(std::span<const LabelBatch> batches, const ClassTable& classes);

}  // namespace mp::ml
