// The six fonts of the interface in one atlas: Inter and JetBrains Mono, rasterised by FreeType. Main thread only.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/ui/ui.h"

struct ImFontAtlas;

namespace mp::ui {

constexpr int kFontCount = 6;

struct FontSet {
  std::array<ImFont*, kFontCount> font{};
  std::array<float, kFontCount> em_px{};     // size of the letters; ImFont::FontSize is the line height
  int atlas_w = 0, atlas_h = 0;
  std::vector<std::uint8_t> rgba;            // the atlas: white, coverage in alpha
  bool found = true;                         // false: system fonts missing, ImGui's own is used
};

/// Clears the atlas and builds all fonts for a scale. Hinted vertically only (FreeType's light mode) and drawn at a
/// finer horizontal resolution, so that letters keep their exact spacing and stay crisp.
FontSet build_fonts(ImFontAtlas& atlas, float scale);

/// Path of a font file under the system's font folders, empty if it is not there. For the cairo export too.
std::string find_font_file(const char* file_name);

}  // namespace mp::ui
