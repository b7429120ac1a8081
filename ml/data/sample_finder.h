// Finds the samples that a line of a CSV file means: by path (relative, absolute or a unique end of it) and region, or by
// id. Built once from a pool that must outlive it; reading is safe from any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/pool.h"

namespace mp::ml {

class SampleFinder {
 public:
  explicit SampleFinder(const Pool& pool);

  struct Query {
    std::string path;             // empty: by id
    std::optional<Region> region;
    std::optional<SampleId> id;
  };
  /// The error's `what` says in words why no single sample is meant.
  Result<SampleId> find(const Query& query) const;
  /// Index into Pool::images; errors as with find.
  Result<std::uint32_t> find_image(const std::string& path) const;

 private:
  std::vector<std::uint32_t> images_ending(std::string_view path) const;

  const Pool& pool_;
  std::unordered_map<std::string_view, std::uint32_t> by_path_;  // relative path -> image, kTwice if not unique
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_name_;  // file name -> images
  std::vector<std::uint32_t> first_of_, sample_;  // image -> range in sample_
};

}  // namespace mp::ml
