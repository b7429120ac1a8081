#include "ml/data/sample_finder.h"

#include <algorithm>
#include <fmt/format.h>

#include "ml/data/utf8.h"

namespace mp::ml {
namespace {

constexpr std::uint32_t kTwice = ~0u;

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The whole path or its end after a slash.
bool ends_at_component(std::string_view path, std::string_view end) {
  if (!path.ends_with(end)) return false;
  return path.size() == end.size() || path[path.size() - end.size() - 1] == '/';
}

}  // namespace

SampleFinder::SampleFinder(const Pool& pool) : pool_(pool), first_of_(pool.images.size() + 1, 0) {
  for (std::uint32_t i = 0; i < pool.images.size(); ++i) {
    const std::string& path = pool.images[i].path;
    by_name_[file_name(path)].push_back(i);
    if (const auto [at, first] = by_path_.try_emplace(path, i); !first) at->second = kTwice;
  }
  for (auto image : pool.image_of) ++first_of_[image + 1];
  for (std::size_t i = 1; i < first_of_.size(); ++i) first_of_[i] += first_of_[i - 1];
  sample_.resize(pool.size());
  auto next = first_of_;
  for (SampleId id = 0; id < pool.size(); ++id) sample_[next[pool.image_of[id]]++] = id;
}

std::vector<std::uint32_t> SampleFinder::images_ending(std::string_view path) const {
  std::vector<std::uint32_t> found;
  if (const auto whole = by_path_.find(path); whole != by_path_.end() && whole->second != kTwice)
    return {whole->second};
  const auto at = by_name_.find(file_name(path));
  if (at == by_name_.end()) return found;
  for (auto image : at->second) {
    // An absolute path must be the whole one; a relative one the end of it.
    if (path.front() == '/') {
      if (pool_.absolute_path(image) == path) return {image};
    } else if (ends_at_component(pool_.absolute_path(image), path)) {
      found.push_back(image);
    }
  }
  return found;
}

Result<std::uint32_t> SampleFinder::find_image(const std::string& path) const {
  // As it stands; percent-decoded (bytes that are no UTF-8); with the slashes of Windows; without "./".
  std::vector<std::string> spellings{path};
  const auto add = [&](std::string s) {
    if (!s.empty() && std::find(spellings.begin(), spellings.end(), s) == spellings.end())
      spellings.push_back(std::move(s));
  };
  add(percent_decode(path));
  std::string slashes = path;
  std::replace(slashes.begin(), slashes.end(), '\\', '/');
  add(slashes);
  for (std::size_t i = 0, n = spellings.size(); i < n; ++i)
    if (spellings[i].starts_with("./")) add(spellings[i].substr(2));
  for (const auto& spelling : spellings) {
    const auto found = images_ending(spelling);
    if (found.size() == 1) return found[0];
    if (found.size() > 1)
      return fail(fmt::format("'{}' could be {} images ({}, {}{})", percent_encode(path), found.size(),
                              percent_encode(pool_.images[found[0]].path), percent_encode(pool_.images[found[1]].path),
                              found.size() > 2 ? ", ..." : ""));
  }
  return fail(fmt::format("no image '{}' in the project", percent_encode(path)));
}

Result<SampleId> SampleFinder::find(const Query& query) const {
  if (query.path.empty()) {
    if (!query.id) return fail("neither a path nor an id");
    if (*query.id >= pool_.size())
      return fail(fmt::format("no sample {} in the project (0 to {})", *query.id, std::int64_t(pool_.size()) - 1));
    return *query.id;
  }
  const auto image = find_image(query.path);
  if (!image) return tl::make_unexpected(image.error());
  const std::uint32_t first = first_of_[*image], last = first_of_[*image + 1];
  if (query.region) {
    const Region& r = *query.region;
    for (auto k = first; k < last; ++k)
      if (pool_.region[sample_[k]] == r) return sample_[k];
    return fail(fmt::format("'{}' has no sample at {} {} {} {}", percent_encode(query.path), r.x, r.y, r.w, r.h));
  }
  if (query.id && *query.id < pool_.size() && pool_.image_of[*query.id] == *image) return *query.id;
  if (last - first == 1) return sample_[first];
  if (last == first) return fail(fmt::format("'{}' has no samples", percent_encode(query.path)));
  return fail(fmt::format("'{}' has {} patches: say which by x, y, w, h or region", percent_encode(query.path),
                          last - first));
}

}  // namespace mp::ml
