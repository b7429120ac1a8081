// See output_path.h.
#include "ml/data/output_path.h"

#include <filesystem>
#include <fstream>

#include "ml/data/decode.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace fs = std::filesystem;

Result<void> check_text_output(const std::string& file) {
  std::error_code code;
  if (!fs::exists(file, code)) return {};
  std::ifstream in(file, std::ios::binary);
  std::string first(4096, '\0');
  in.read(first.data(), std::streamsize(first.size()));
  first.resize(std::size_t(in.gcount()));
  // A character may be cut at the end of what was read.
  bool text = first.find('\0') == std::string::npos;
  bool utf8 = is_utf8(first);
  for (int cut = 1; !utf8 && cut <= 3 && first.size() == 4096; ++cut) utf8 = is_utf8(first.substr(0, first.size() - std::size_t(cut)));
  text = text && utf8 && !has_image_extension(file);
  if (text) return {};
  return fail("something else is here, and it is left as it is", file, "a new file, or one of text", "an image or other data", "Name another file");
}

Result<void> check_output_folder(const std::string& folder, const Pool& pool) {
  std::error_code code;
  const auto to = fs::weakly_canonical(fs::absolute(folder, code), code);
  for (const auto& root : pool.roots) {
    const auto source = fs::weakly_canonical(root, code);
    const auto [end, rest] = std::mismatch(source.begin(), source.end(), to.begin(), to.end());
    if (end == source.end()) return fail("the folder of the images is not written to", folder, "a folder outside " + source.string(), "one inside", "Name another folder");
  }
  return {};
}

}  // namespace mp::ml
