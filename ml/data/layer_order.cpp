// Build order of layer images from their names. Stateless; any thread.
#include "ml/data/layer_order.h"

#include <algorithm>
#include <set>

namespace mp::ml {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view stem_of(std::string_view path) {
  if (const auto slash = path.rfind('/'); slash != path.npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.rfind('.'));
}

/// The last run of digits; empty where there is none or it does not fit a long.
std::optional<long> last_number(std::string_view stem) {
  std::size_t end = stem.size();
  while (end > 0 && !digit(stem[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && digit(stem[begin - 1])) --begin;
  std::string_view run = stem.substr(begin, end - begin);
  if (run.empty()) return std::nullopt;
  run.remove_prefix(std::min(run.find_first_not_of('0'), run.size()));
  if (run.size() > 18) return std::nullopt;
  long value = 0;
  for (char c : run) value = value * 10 + (c - '0');
  return value;
}

/// The path with each run of digits as one '0': names of one series have it in common.
std::string skeleton(std::string_view path) {
  std::string s;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (!digit(path[i]) || i == 0 || !digit(path[i - 1])) s += digit(path[i]) ? '0' : path[i];
  return s;
}

}  // namespace

std::vector<ScannedFile> order_layers(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end(), natural_less);
  std::vector<ScannedFile> files;
  std::set<double> heights;
  std::size_t with_height = 0;
  bool numbers = true, series = true;
  for (auto& path : paths) {
    ScannedFile f;
    f.z_mm = height_mm_from_name(stem_of(path));
    f.order = last_number(stem_of(path));
    numbers = numbers && f.order;
    series = series && (files.empty() || skeleton(path) == skeleton(files[0].path));
    if (f.z_mm) {
      ++with_height;
      heights.insert(*f.z_mm);
    }
    f.path = std::move(path);
    files.push_back(std::move(f));
  }
  // The same height in every name is a layer thickness. A few foreign names do not cost the others their heights.
  const bool differ = heights.size() > 1 || (files.size() == 1 && with_height == 1);
  if (differ && 2 * with_height >= files.size()) {
    std::stable_sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.z_mm && b.z_mm ? *a.z_mm < *b.z_mm : a.z_mm.has_value() > b.z_mm.has_value(); });
    for (auto& f : files) {
      f.order.reset();
      if (!f.z_mm) f.note = "no height in the name, unlike the others: placed after them";
    }
    return files;
  }
  for (auto& f : files) f.z_mm.reset();
  const auto by_number = [](auto& a, auto& b) { return *a.order < *b.order; };
  // In one series natural order respects all numbers ("20210909_143308"); the last one counts where names differ.
  if (numbers && !series) std::stable_sort(files.begin(), files.end(), by_number);
  if (!numbers || !std::is_sorted(files.begin(), files.end(), by_number))
    for (auto& f : files) f.order.reset();
  return files;
}

}  // namespace mp::ml
