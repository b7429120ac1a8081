// Font atlas. Dear ImGui packs the rectangles; FreeType draws the glyphs into them.
#include "engine/ui/fonts.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "engine/base/log.h"

namespace mp::ui {
namespace {

struct FontChoice {
  const char* file;
  float em;      // at scale 1
  bool wide;     // names of files and classes: extended Latin and Cyrillic too
};
// In the order of enum Font.
constexpr FontChoice kFonts[kFontCount] = {
    {"Inter-Regular.otf", 14, true},          {"Inter-SemiBold.otf", 14, true},
    {"Inter-Regular.otf", 12, true},          {"JetBrainsMono-Regular.ttf", 13, true},
    {"JetBrainsMono-Regular.ttf", 11.5f, false}, {"Inter-SemiBold.otf", 16, false},
};
constexpr const char* kFallbackFile = "JetBrainsMono-Regular.ttf";   // for symbols that Inter lacks

struct Range {
  unsigned first, last;
};
// Basic Latin, Latin-1, Greek, punctuation, super- and subscripts, currency, arrows, mathematics, keys, shapes.
constexpr Range kCommon[] = {
    {0x20, 0x7e},     {0xa0, 0xff},     {0x391, 0x3a9},   {0x3b1, 0x3c9},   {0x2010, 0x2015}, {0x2018, 0x201e},
    {0x2020, 0x2022}, {0x2026, 0x2026}, {0x2030, 0x2030}, {0x2032, 0x2033}, {0x2039, 0x203a}, {0x2070, 0x2079},
    {0x207a, 0x207b}, {0x2080, 0x2089}, {0x20ac, 0x20ac}, {0x2190, 0x2199}, {0x21b5, 0x21b5}, {0x21bb, 0x21bb},
    {0x21e5, 0x21e7}, {0x2202, 0x2202}, {0x2206, 0x2206}, {0x2211, 0x2212}, {0x221a, 0x221a}, {0x221e, 0x221e},
    {0x2248, 0x2248}, {0x2260, 0x2260}, {0x2264, 0x2265}, {0x2318, 0x2318}, {0x232b, 0x232b}, {0x23ce, 0x23ce},
    {0x25a0, 0x25a1}, {0x25aa, 0x25ab}, {0x25b2, 0x25b3}, {0x25b4, 0x25c6}, {0x25cb, 0x25cf}, {0x2605, 0x2606},
    {0x26a0, 0x26a0}, {0x2713, 0x2713}, {0x2715, 0x2717}, {0xfffd, 0xfffd},
};
constexpr Range kWide[] = {{0x100, 0x17f}, {0x400, 0x45f}};

/// FreeType objects that close themselves.
struct Library {
  FT_Library lib = nullptr;
  Library() { FT_Init_FreeType(&lib); }
  ~Library() {
    if (lib) FT_Done_FreeType(lib);
  }
  Library(const Library&) = delete;
};
struct Face {
  FT_Face face = nullptr;
  Face(const Library& l, const std::string& path) {
    if (path.empty() || !l.lib || FT_New_Face(l.lib, path.c_str(), 0, &face)) face = nullptr;
  }
  ~Face() {
    if (face) FT_Done_Face(face);
  }
  Face(const Face&) = delete;
};

struct Glyph {
  int font = 0;
  unsigned codepoint = 0;
  int w = 0, h = 0;              // texels, with the filter's margin
  int left = 0, top = 0;         // of the bitmap's corner from the pen: oversampled texels, pixels above the baseline
  float advance = 0;             // px
  std::vector<std::uint8_t> coverage;
  int rect = -1;
};

/// Draws one glyph `over` times wider than high, then smooths it horizontally over one pixel: sampled with a linear
/// filter at any position this gives the coverage of each pixel.
bool rasterise(FT_Face face, unsigned codepoint, float em_px, int over, Glyph& out) {
  unsigned index = FT_Get_Char_Index(face, codepoint);
  if (!index) return false;
  FT_Set_Char_Size(face, FT_F26Dot6(std::lround(em_px * 64)), FT_F26Dot6(std::lround(em_px * 64)), unsigned(72 * over),
                   72);
  if (FT_Load_Glyph(face, index, FT_LOAD_TARGET_LIGHT)) return false;
  // The advance without hinting, in 16.16 pixels of the oversampled grid.
  out.advance = float(face->glyph->linearHoriAdvance) / 65536 / float(over);
  if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL)) return false;
  const FT_Bitmap& b = face->glyph->bitmap;
  int bw = int(b.width), bh = int(b.rows);
  if (bw == 0 || bh == 0) return true;   // a space
  int pad = over - 1;
  out.w = bw + 2 * pad;
  out.h = bh;
  out.left = face->glyph->bitmap_left - pad;
  out.top = face->glyph->bitmap_top;
  out.coverage.assign(std::size_t(out.w) * std::size_t(out.h), 0);
  for (int y = 0; y < bh; ++y) {
    const std::uint8_t* row = b.buffer + std::ptrdiff_t(y) * b.pitch;
    for (int x = 0; x < out.w; ++x) {
      // Window of `over` texels centred at x: for an even count half a texel off, put back by the caller's x offset.
      int sum = 0;
      for (int k = 0; k < over; ++k) {
        int sx = x - pad + k - (over - 1) / 2;
        if (sx >= 0 && sx < bw) sum += row[sx];
      }
      out.coverage[std::size_t(y) * std::size_t(out.w) + std::size_t(x)] = std::uint8_t(sum / over);
    }
  }
  return true;
}

std::vector<unsigned> codepoints(bool wide) {
  std::vector<unsigned> out;
  for (auto r : kCommon)
    for (unsigned c = r.first; c <= r.last; ++c) out.push_back(c);
  if (wide)
    for (auto r : kWide)
      for (unsigned c = r.first; c <= r.last; ++c) out.push_back(c);
  return out;
}

void copy_alpha(ImFontAtlas& atlas, FontSet& set) {
  unsigned char* alpha = nullptr;
  atlas.GetTexDataAsAlpha8(&alpha, &set.atlas_w, &set.atlas_h);
  std::size_t n = std::size_t(set.atlas_w) * std::size_t(set.atlas_h);
  set.rgba.resize(n * 4);
  for (std::size_t i = 0; i < n; ++i) {
    std::memset(&set.rgba[i * 4], 255, 3);
    set.rgba[i * 4 + 3] = alpha[i];
  }
}

FontSet build_default(ImFontAtlas& atlas, float scale) {
  FontSet set;
  set.found = false;
  for (int f = 0; f < kFontCount; ++f) {
    ImFontConfig c;
    c.SizePixels = std::max(8.f, std::round(kFonts[f].em * scale));
    set.font[std::size_t(f)] = atlas.AddFontDefault(&c);
    set.em_px[std::size_t(f)] = c.SizePixels;
  }
  atlas.Build();
  copy_alpha(atlas, set);
  return set;
}

}  // namespace

std::string find_font_file(const char* file_name) {
  namespace fs = std::filesystem;
  std::vector<fs::path> roots{"/usr/share/fonts/opentype/inter", "/usr/share/fonts/truetype/jetbrains-mono",
                              "/usr/share/fonts", "/usr/local/share/fonts"};
  if (const char* home = std::getenv("HOME")) roots.emplace_back(fs::path(home) / ".local/share/fonts");
  std::error_code ec;
  for (const auto& root : roots)   // the places of the Debian packages, without a walk through all fonts
    if (fs::exists(root / file_name, ec)) return (root / file_name).string();
  for (std::size_t k = 2; k < roots.size(); ++k)
    for (auto it = fs::recursive_directory_iterator(roots[k], fs::directory_options::skip_permission_denied, ec);
         !ec && it != fs::recursive_directory_iterator(); it.increment(ec))
      if (it->path().filename() == file_name) return it->path().string();
  return {};
}

FontSet build_fonts(ImFontAtlas& atlas, float scale) {
  atlas.Clear();
  atlas.Flags |= ImFontAtlasFlags_NoMouseCursors;
  Library library;
  std::vector<std::string> paths;
  for (const auto& f : kFonts) {
    paths.push_back(find_font_file(f.file));
    if (paths.back().empty()) {
      log::warn("font {} is missing (packages fonts-inter, fonts-jetbrains-mono); using a plain one", f.file);
      return build_default(atlas, scale);
    }
  }
  // Letters of many pixels need less sub-pixel precision, and the atlas stays below 4096 x 4096.
  const int over = scale < 1.6f ? 3 : scale < 2.4f ? 2 : 1;
  Face fallback(library, find_font_file(kFallbackFile));
  std::vector<Glyph> glyphs;
  FontSet set;
  static const ImWchar kOnlySpace[] = {0x20, 0x20, 0};
  std::array<float, kFontCount> ascent{};
  for (std::size_t f = 0; f < kFontCount; ++f) {
    Face face(library, paths[f]);
    if (!face.face) {
      log::warn("font {} cannot be read; using a plain one", paths[f]);
      atlas.Clear();
      return build_default(atlas, scale);
    }
    float em = kFonts[f].em * scale;
    float line = std::ceil(em * 1.21f);
    set.em_px[f] = em;
    ImFontConfig c;
    c.SizePixels = line;
    c.GlyphRanges = kOnlySpace;
    c.OversampleH = c.OversampleV = 1;
    set.font[f] = atlas.AddFontFromFileTTF(paths[f].c_str(), line, &c);
    Glyph cap;
    rasterise(face.face, 'H', em, 1, cap);
    ascent[f] = std::floor((line + float(cap.top)) / 2);   // capitals in the middle, rather higher
    for (unsigned cp : codepoints(kFonts[f].wide)) {
      Glyph g;
      g.font = int(f);
      g.codepoint = cp;
      if (!rasterise(face.face, cp, em, over, g) && !(fallback.face && rasterise(fallback.face, cp, em, over, g)))
        continue;
      if (g.w > 0) g.rect = atlas.AddCustomRectRegular(g.w + 1, g.h + 1);   // a free texel against bleeding
      glyphs.push_back(std::move(g));
    }
  }
  atlas.TexDesiredWidth = scale < 1.6f ? 2048 : 4096;
  if (!atlas.Build()) return build_default(atlas, scale);

  unsigned char* alpha = nullptr;
  int aw = 0, ah = 0;
  atlas.GetTexDataAsAlpha8(&alpha, &aw, &ah);
  for (auto* font : set.font) font->Glyphs.resize(0);
  for (const auto& g : glyphs) {
    ImFont* font = set.font[std::size_t(g.font)];
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0, u0 = 0, v0 = 0, u1 = 0, v1 = 0;
    if (g.rect >= 0) {
      const auto* r = atlas.GetCustomRectByIndex(g.rect);
      for (int y = 0; y < g.h; ++y)
        std::memcpy(alpha + std::ptrdiff_t(r->Y + y) * aw + r->X, &g.coverage[std::size_t(y) * std::size_t(g.w)],
                    std::size_t(g.w));
      float shift = over % 2 ? 0.f : .5f;   // an even window is centred half a texel to the right
      x0 = (float(g.left) + shift) / float(over);
      x1 = x0 + float(g.w) / float(over);
      y0 = ascent[std::size_t(g.font)] - float(g.top);
      y1 = y0 + float(g.h);
      u0 = float(r->X) / float(aw), u1 = float(r->X + g.w) / float(aw);
      v0 = float(r->Y) / float(ah), v1 = float(r->Y + g.h) / float(ah);
    }
    font->AddGlyph(font->ConfigData, ImWchar(g.codepoint), x0, y0, x1, y1, u0, v0, u1, v1, g.advance);
  }
  for (std::size_t f = 0; f < kFontCount; ++f) {
    ImFont* font = set.font[f];
    font->Ascent = ascent[f];
    font->Descent = ascent[f] - font->FontSize;
    font->FallbackChar = font->EllipsisChar = ImWchar(-1);
#if IMGUI_VERSION_NUM < 18800
    font->DotChar = ImWchar(-1);
#endif
    font->BuildLookupTable();
  }
  copy_alpha(atlas, set);
  return set;
}

}  // namespace mp::ui
