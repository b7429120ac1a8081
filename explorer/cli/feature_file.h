// Feature tables from files of raw float32 rows, as other programs write them. Any thread.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/feature_table.h"

namespace mp::explorer::cli {

/// The 4-byte numbers of a file. Errors: no regular file, a size that is no multiple of 4, cannot be read.
template <class T>
Result<std::vector<T>> read_numbers(const std::string& file, const char* what) {
  std::vector<T> values;
  std::error_code ec;
  const auto wrong = [&](std::string found) { return fail(std::string("cannot read the ") + what, file, "a file of 4-byte numbers", std::move(found), "name a file"); };
  if (!std::filesystem::exists(file, ec)) return wrong("none");
  if (!std::filesystem::is_regular_file(file, ec)) return wrong("no regular file");
  const auto bytes = std::filesystem::file_size(file, ec);
  if (bytes % sizeof(T) != 0) return wrong(std::to_string(bytes) + " bytes, which is no multiple of 4");
  std::ifstream in(file, std::ios::binary);
  values.resize(bytes / sizeof(T));
  in.read(reinterpret_cast<char*>(values.data()), std::streamsize(bytes));
  if (!in) return wrong("none that can be read");
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
