// Labels in and samples with predictions out as CSV (RFC 4180, UTF-8; path bytes that are not UTF-8 are percent-encoded).
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/classes.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"
#include "ml/data/predictions.h"

namespace mp::ml {

struct CsvLabels {
  std::vector<LabelChange> changes;
  std::vector<std::string> new_classes;   // names that were made (only with create_classes)
  std::vector<std::string> problems;      // "line 7: unknown class 'x' (known: a, b)", the rest is used
};

/// Reads a label file: columns path and label (aliases class), optionally x, y, w, h or region for patches, or id.
/// An empty label takes a label away. Errors (whole file): cannot read, no header with the needed columns, over 1e7 lines.
Result<CsvLabels> read_labels_csv(const std::string& file, const Pool& pool, ClassTable& classes, bool create_classes);

/// Columns id, path, region (as "x y w h"), layer, z_mm, split, label, source (who gave the label), source_label (not with
/// hidden labels), predicted, confidence, then p:<class> a class. Paths are relative, with several folders absolute.
/// Written to a temporary file beside it and renamed. predictions may be null (columns stay empty).
Result<void> write_export_csv(const std::string& file, const Pool& pool, const ClassTable& classes,
                              const LabelStore& labels, const Predictions* predictions);

/// One CSV field, quoted where needed.
std::string csv_field(std::string_view text);
/// Splits one logical record; returns false at the end of the text. Quoted fields may hold line breaks.
bool read_csv_record(std::string_view text, std::size_t& position, std::vector<std::string>& fields);

}  // namespace mp::ml
