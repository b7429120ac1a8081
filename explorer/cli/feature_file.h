// Feature tables from files of raw float32 rows, as other programs write them. Any thread.
#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/feature_table.h"

namespace mp::explorer::cli {

/// The 4-byte numbers of a file. Errors: cannot read.
template <class T>
Result<std::vector<T>> read_numbers(const std::string& file, const char* what) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  std::vector<T> values;
  if (in && in.tellg() >= 0) {
    values.resize(std::size_t(in.tellg()) / sizeof(T));
    in.seekg(0);
    in.read(reinterpret_cast<char*>(values.data()), std::streamsize(values.size() * sizeof(T)));
  }
  if (!in) return fail(std::string("cannot read the ") + what, file, "a file of 4-byte numbers", "none that can be read", "name a file");
  return values;
}

/// n x dim. Errors: cannot read, no whole rows.
inline Result<std::shared_ptr<ml::FeatureTable>> read_features(const std::string& file, std::size_t dim) {
  auto values = read_numbers<float>(file, "features");
  if (!values) return tl::make_unexpected(values.error());
  const std::size_t n = values->size() / dim;
  if (n == 0 || n * dim != values->size())
    return fail("the features do not fit", file, "rows of " + std::to_string(dim) + " float32", std::to_string(values->size()) + " numbers", "give their number a row by --dim");
  return ml::make_features("file", n, dim, std::move(*values));
}

}  // namespace mp::explorer::cli
