// Values by layer that a machine logged (oxygen, temperature ...): read from CSV, kept in the project folder's series/.
// Immutable once read; any thread.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/pool.h"

namespace mp::ml {

constexpr std::size_t kMaxSeriesLines = 5'000'000;
constexpr std::size_t kMaxSeries = 256;

struct LayerSeries {
  std::string name, unit;        // "oxygen", "ppm"
  std::vector<float> value;      // by layer; NaN: none
  float min = 0, max = 0;        // of the values that are there
};

struct LayerSeriesList {
  std::vector<LayerSeries> all;
  std::vector<std::string> problems;   // "log.csv, line 7: expected ..., found ..."; the rest is used
};

/// The header names the columns: one of `layer` (number from 1), `z_mm` (height) or `file` (name of the layer's image),
/// then values, "oxygen (ppm)". Several lines of one layer are averaged; empty fields and lines are skipped. Errors:
/// cannot read, no such columns, no usable line, no layers.
Result<LayerSeriesList> read_layer_series(const std::string& file, const Pool& pool);

/// Reads `file` and keeps a copy of it in the project, replacing one of the same name.
Result<LayerSeriesList> import_layer_series(const std::string& file, const std::string& project_dir, const Pool& pool);

/// Everything that was imported, by file name and column. A file that cannot be read any more is among the problems.
LayerSeriesList stored_layer_series(const std::string& project_dir, const Pool& pool);

}  // namespace mp::ml
