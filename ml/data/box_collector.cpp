#include "ml/data/box_collector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ml/data/scan.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxAnnotationFiles = 2'000'000;
constexpr std::size_t kMaxReviewerBytes = 200;
constexpr std::size_t kMaxCauses = 6;  // in one message

std::string stem_of(std::string_view path) {
  const auto slash = path.rfind('/');
  auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos && dot > 0) name = name.substr(0, dot);
  return std::string(name);
}

std::string without_ending(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto from = slash == std::string::npos ? 0 : slash + 1;
  const auto dot = path.rfind('.');
  return dot == std::string::npos || dot <= from ? path : path.substr(0, dot);
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string unsafe_name(std::string_view name) {
  if (name.empty()) return "an empty name";
  if (name.size() > 4096) return "a name of more than 4096 bytes";
  if (name.front() == '/' || name.front() == '\\') return "a name from the root of the disk";
  if (name.size() > 1 && name[1] == ':' && std::isalpha(static_cast<unsigned char>(name[0]))) return "a name with a drive";
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32; })) return "a name with control characters";
  for (std::size_t from = 0; from <= name.size();) {
    const auto to = std::min(name.find_first_of("/\\", from), name.size());
    if (name.substr(from, to - from) == "..") return "a name that leaves its folder (..)";
    from = to + 1;
  }
  return {};
}

BoxCollector::BoxCollector(const Pool& pool, ClassTable& classes, BoxImport& out)
    : pool_(pool), classes_(classes), out_(out), finder_(pool) {
  for (std::size_t c = 0; c < classes.size(); ++c) class_of_.emplace(classes[c].name, ClassId(c));
}

Result<void> BoxCollector::finish(const std::string& path) {
  for (const auto& [image, complete] : complete_) {
    out_.images.push_back(image);
    if (complete.value_or(true)) out_.complete.push_back(image);
  }
  if (!complete_.empty()) return {};
  auto causes = out_.problems.brief(1);
  if (causes.size() > kMaxCauses) causes.resize(kMaxCauses);
  const char* action = unknown_ == 0 && other_size_ == 0 ? "Correct the file"
                       : other_size_ > unknown_         ? "Import the images that the boxes were drawn on, or scale the boxes to those of the project"
                                                        : "Import the images first, or correct their names in the file";
  return fail(unknown_ + other_size_ ? "nothing in it fits the images of the project" : "nothing in it can be used", path,
              unknown_ + other_size_ ? "images of the project under their names and in their size" : "",
              causes.empty() ? "no image" : fmt::format("{}", fmt::join(causes, "; ")), action);
}

std::optional<std::uint32_t> BoxCollector::image(const std::string& name, const std::string& where, bool quiet) {
  if (const auto why = unsafe_name(percent_decode(name)); !why.empty()) {
    problem(fmt::format("{}: '{}' is refused: {}", where, percent_encode(name, true), why));
    return std::nullopt;
  }
  const auto found = finder_.find_image(name);
  if (found) return *found;
  if (quiet) return std::nullopt;
  ++unknown_;
  problem(fmt::format("{}: {}", where, found.error().what));
  return std::nullopt;
}

std::optional<std::uint32_t> BoxCollector::image_of_stem(const std::string& stem, const std::string& where) {
  if (by_stem_.empty())
    for (std::uint32_t i = 0; i < pool_.images.size(); ++i) by_stem_[stem_of(pool_.images[i].path)].push_back(i);
  const std::string decoded = percent_decode(stem);
  std::vector<std::uint32_t> found;
  if (const auto at = by_stem_.find(last_part(decoded)); at != by_stem_.end()) {
    if (at->second.size() == 1) return at->second.front();
    // Several images of that name: the folders must tell them apart.
    for (auto i : at->second)
      if (("/" + without_ending(pool_.absolute_path(i))).ends_with("/" + decoded)) found.push_back(i);
  }
  if (found.size() == 1) return found.front();
  ++unknown_;
  problem(fmt::format("{}: {} '{}' in the project", where, found.empty() ? "no image" : "more than one image",
                      percent_encode(stem, true)));
  return std::nullopt;
}

bool BoxCollector::size_fits(std::uint32_t image, double width, double height, const std::string& where) {
  const ImageEntry& e = pool_.images[image];
  if ((width == 0 || width == e.width_px) && (height == 0 || height == e.height_px)) return true;
  ++other_size_;
  problem(fmt::format("{}: drawn on {} x {} px, but '{}' has {} x {} px", where, width, height, percent_encode(e.path, true),
                      e.width_px, e.height_px));
  return false;
}

std::optional<ClassId> BoxCollector::class_of(const std::string& text, const std::string& where) {
  const std::string name = clean_class_name(text);
  if (name.empty()) {
    problem(fmt::format("{}: a box without a class name", where));
    return std::nullopt;
  }
  if (const auto at = class_of_.find(name); at != class_of_.end()) return at->second;
  if (classes_.size() >= std::size_t(kMaxClasses)) {
    problem(fmt::format("{}: '{}' would be class {} of at most {}", where, name, kMaxClasses + 1, kMaxClasses));
    return std::nullopt;
  }
  const auto id = ClassId(classes_.size());
  classes_.push_back(default_class(id, name));
  class_of_.emplace(name, id);
  out_.new_classes.push_back(name);
  return id;
}

void BoxCollector::make_classes(const std::vector<std::string>& names, const std::string& where) {
  std::vector<std::string> missing;
  std::unordered_set<std::string> seen;
  for (const auto& text : names) {
    auto name = clean_class_name(text);
    if (!name.empty() && !class_of_.contains(name) && seen.insert(name).second) missing.push_back(std::move(name));
  }
  // Those without boxes must not take the places of those with boxes.
  if (classes_.size() + missing.size() > std::size_t(kMaxClasses))
    return problem(fmt::format("{}: {} classes more would be above {}: those without boxes are left out", where,
                               missing.size(), kMaxClasses));
  for (const auto& name : missing) class_of(name, where);
}

bool BoxCollector::add_box(std::uint32_t image, double x0, double y0, double x1, double y1, const std::string& cls,
                       double score, const std::string& where, BoxOrigin origin) {
  const auto left_out = [&](std::string why) {
    problem(where + ": " + std::move(why));
    return false;
  };
  const ImageEntry& e = pool_.images[image];
  const double w = e.width_px, h = e.height_px;
  const std::string box = fmt::format("box {:.6g} {:.6g} to {:.6g} {:.6g}", x0, y0, x1, y1);
  if (!(std::isfinite(x0) && std::isfinite(y0) && std::isfinite(x1) && std::isfinite(y1) && x1 > x0 && y1 > y0))
    return left_out(box + " has no size");
  if (!(score >= 0 && score <= 1)) return left_out(fmt::format("the score {} is not between 0 and 1", score));
  if (x1 <= 0 || y1 <= 0 || x0 >= w || y0 >= h)
    return left_out(fmt::format("{} lies outside the image of {} x {} px", box, w, h));
  // Half a pixel more is how other programs round.
  if (x0 < -.5 || y0 < -.5 || x1 > w + .5 || y1 > h + .5)
    out_.notes.add(fmt::format("{}: {} was cut to the image of {} x {} px", where, box, w, h));
  Box b;
  b.image = image;
  b.rect = {float(std::max(x0, 0.)), float(std::max(y0, 0.)), float(std::min(x1, w)), float(std::min(y1, h))};
  if (b.rect.width() <= 0 || b.rect.height() <= 0) return left_out(box + " has no size");
  const auto id = class_of(cls, where);
  if (!id) return false;
  if (out_.boxes.size() >= kMaxBoxes)
    return left_out(fmt::format("more than {} boxes", kMaxBoxes));
  b.cls = *id;
  b.source = origin.source;
  b.status = origin.status;
  b.score = float(score);
  if (origin.reviewer.size() <= kMaxReviewerBytes) b.reviewer = clean_class_name(origin.reviewer);
  if (b.status == BoxStatus::proposed) {
    auto& complete = complete_[image];
    complete = complete.value_or(false);
  }
  out_.boxes.push_back(std::move(b));
  return true;
}

void BoxCollector::add(std::uint32_t image, double x0, double y0, double x1, double y1, const std::string& cls,
                       double score, const std::string& where, BoxOrigin origin) {
  if (!add_box(image, x0, y0, x1, y1, cls, score, where, std::move(origin))) lacks_box(image);
}

Result<std::vector<std::string>> annotation_files(const std::string& path, std::string_view ending) {
  std::error_code code;
  if (!fs::exists(path, code)) return fail("there is no such file or folder", path, {}, {}, "Check the path");
  if (!fs::is_directory(path, code)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
    std::error_code ignored;
    if (at.depth() > 32) at.disable_recursion_pending();
    if (!at->is_regular_file(ignored) || at->path().extension() != ending) continue;
    files.push_back(at->path().string());
    if (files.size() > kMaxAnnotationFiles)
      return fail("too many files", path, fmt::format("at most {}", kMaxAnnotationFiles), {}, "Choose a smaller folder");
  }
  if (code) return fail("cannot read the folder", path, {}, errno_text(code.value()), "Check its permissions");
  if (files.empty())
    return fail("the folder holds no boxes", path, fmt::format("files ending in {}", ending), "none", "Choose another folder");
  std::sort(files.begin(), files.end(), natural_less);
  return files;
}

}  // namespace mp::ml
