// Walks a folder and says what an import would bring in. Links to folders are followed once each, so loops end.
// Stateless; any thread.
#include "ml/data/scan.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "ml/data/decode.h"
#include "ml/data/layer_order.h"

namespace mp::ml {
namespace {

constexpr int kMaxDepth = 64;

struct Listing {
  std::vector<std::string> images, folders;
};

class Walk {
 public:
  Walk(const std::string& root, ScanReport& report) : root_(root), report_(report) {}

  /// One folder's images and subfolders, each in byte order; `relative` is empty for the root, else ends with '/'.
  /// False: it was walked before (a link back) or cannot be read.
  bool list(const std::string& relative, Listing& out) {
    const std::string path = root_ + "/" + relative;
    struct Close {
      void operator()(DIR* d) const { ::closedir(d); }
    };
    std::unique_ptr<DIR, Close> dir(::opendir(path.c_str()));
    struct stat info;
    if (!dir || ::fstat(::dirfd(dir.get()), &info) != 0) {
      report_.bad.push_back({relative.empty() ? root_ : relative, "cannot read the folder: " + errno_text(errno)});
      return false;
    }
    if (!walked_.emplace(info.st_dev, info.st_ino).second) return false;
    errno = 0;
    while (const dirent* e = ::readdir(dir.get())) {
      const std::string name = e->d_name;
      if (name == "." || name == "..") continue;
      sort_in(relative, name, e->d_type, ::dirfd(dir.get()), out);
      errno = 0;
    }
    if (errno) report_.bad.push_back({relative, "cannot read the whole folder: " + errno_text(errno)});
    std::sort(out.images.begin(), out.images.end());
    std::sort(out.folders.begin(), out.folders.end());
    return true;
  }

  /// All images at and below a folder.
  void collect(const std::string& relative, int depth, std::vector<std::string>& images) {
    if (depth > kMaxDepth) {
      report_.bad.push_back({relative, fmt::format("folders deeper than {} levels are not read", kMaxDepth)});
      return;
    }
    Listing here;
    if (!list(relative, here)) return;
    images.insert(images.end(), here.images.begin(), here.images.end());
    for (auto& f : here.folders) collect(f + "/", depth + 1, images);
  }

  /// "12 files (.txt 9, .csv 3), 2 folders" of all that was passed over.
  std::string others() const {
    std::vector<std::pair<std::string, int>> kinds(endings_.begin(), endings_.end());
    std::stable_sort(kinds.begin(), kinds.end(), [](auto& a, auto& b) { return a.second > b.second; });
    std::string list;
    for (std::size_t i = 0; i < kinds.size() && i < 4; ++i)
      list += fmt::format("{}{} {}", i ? ", " : "", kinds[i].first, kinds[i].second);
    if (kinds.size() > 4) list += ", ...";
    std::string text;
    if (report_.ignored)
      text = fmt::format("{} other file{} ({})", report_.ignored, report_.ignored == 1 ? "" : "s", list);
    if (folders_) text += fmt::format("{}{} folder{}", text.empty() ? "" : ", ", folders_, folders_ == 1 ? "" : "s");
    if (!report_.bad.empty())
      text += fmt::format("{}{} unreadable ({}: {})", text.empty() ? "" : ", ", report_.bad.size(), report_.bad[0].path,
                          report_.bad[0].reason);
    return text.empty() ? "an empty folder" : text;
  }

 private:
  void sort_in(const std::string& relative, const std::string& name, unsigned char type, int dir, Listing& out) {
    if (name[0] == '.') return ignore("hidden");
    const bool image = has_image_extension(name);
    struct stat info;
    if (type == DT_UNKNOWN || type == DT_LNK) {
      if (::fstatat(dir, name.c_str(), &info, 0) != 0) {
        if (image)
          report_.bad.push_back({relative + name, "link to nothing: " + errno_text(errno)});
        else
          ignore("links to nothing");
        return;
      }
      type = S_ISDIR(info.st_mode) ? DT_DIR : S_ISREG(info.st_mode) ? DT_REG : DT_FIFO;
    }
    if (type == DT_DIR) {
      ++folders_;
      out.folders.push_back(relative + name);
    } else if (!image) {
      const auto dot = name.rfind('.');
      ignore(dot == name.npos || name.size() - dot > 12 ? "no ending" : name.substr(dot));
    } else if (type != DT_REG) {
      report_.bad.push_back({relative + name, "not a regular file"});
    } else {
      out.images.push_back(relative + name);
    }
  }
  void ignore(const std::string& kind) {
    ++report_.ignored;
    ++endings_[kind];
  }

  const std::string& root_;
  ScanReport& report_;
  std::set<std::pair<dev_t, ino_t>> walked_;
  std::map<std::string, int> endings_;
  int folders_ = 0;
};

void scan_classes(Walk& walk, ScanReport& report) {
  Listing top;
  if (!walk.list("", top)) return;
  const auto add = [&](std::vector<std::string> images, const std::string& cls) {
    std::sort(images.begin(), images.end(), natural_less);
    for (auto& path : images) report.files.push_back({std::move(path), cls, std::nullopt, std::nullopt});
  };
  add(std::move(top.images), "");
  for (auto& folder : top.folders) {
    std::vector<std::string> images;
    walk.collect(folder + "/", 1, images);
    if (images.empty()) continue;
    report.class_folders = true;
    report.class_names.push_back(folder);
    add(std::move(images), folder);
  }
}

void scan_layers(Walk& walk, ScanReport& report) {
  Listing top;
  if (!walk.list("", top)) return;
  std::vector<std::string> images = std::move(top.images);
  if (images.empty()) {
    for (auto& folder : top.folders) {
      Listing below;
      walk.list(folder + "/", below);
      images.insert(images.end(), below.images.begin(), below.images.end());
    }
  }
  report.files = order_layers(std::move(images));
  const std::string truth = report.root + "/truth.csv";
  struct stat info;
  if (::stat(truth.c_str(), &info) == 0 && S_ISREG(info.st_mode)) report.truth_csv = truth;
}

}  // namespace

Result<ScanReport> scan_folder(const std::string& root, const ScanOptions& options) {
  const char* kExpected =
      options.layers ? "layer images (PNG, JPEG, TIFF, BMP, PGM, GIF) in the folder itself or in its subfolders"
                     : "images (PNG, JPEG, TIFF, BMP, PGM, GIF): one subfolder a class, or all in one folder";
  std::unique_ptr<char, decltype(&std::free)> real(::realpath(root.empty() ? "." : root.c_str(), nullptr), &std::free);
  if (!real) return fail("cannot import the folder", root, kExpected, errno_text(errno), "check the path");
  struct stat info;
  if (::stat(real.get(), &info) != 0) return fail("cannot import the folder", root, kExpected, errno_text(errno));
  if (!S_ISDIR(info.st_mode))
    return fail("cannot import the folder", root, kExpected, "a file", "give the folder that the file is in");
  if (::access(real.get(), R_OK | X_OK) != 0)
    return fail("cannot import the folder", root, kExpected, errno_text(errno), "check the folder's permissions");

  ScanReport report;
  report.root = real.get();
  Walk walk(report.root, report);
  if (options.layers)
    scan_layers(walk, report);
  else
    scan_classes(walk, report);
  if (report.files.empty())
    return fail("no image to import", report.root, kExpected, walk.others(), "choose the folder that holds the images");
  return report;
}

}  // namespace mp::ml
