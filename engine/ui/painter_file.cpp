// Painter on a cairo surface: SVG and PDF with vector text, PNG at twice the size. Dark ink on white paper.
#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>

#include "engine/ui/painter.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

constexpr double kPngScale = 2;

struct Deleter {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};

class CairoPainter final : public FilePainter {
 public:
  CairoPainter(std::string file, bool png, cairo_surface_t* surface, int w, int h)
      : file_(std::move(file)), png_(png), surface_(surface), cairo_(cairo_create(surface)) {
    if (png_) cairo_scale(cairo_.get(), kPngScale, kPngScale);
    fill({0, 0, float(w), float(h)}, ink().surface, 0);
    cairo_font_options_t* o = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    cairo_set_font_options(cairo_.get(), o);
    cairo_font_options_destroy(o);
  }
  Ink ink() const override {
    return {.surface = rgba(255, 255, 255),
            .text = rgba(24, 27, 30),
            .dim = rgba(84, 90, 96),
            .faint = rgba(130, 136, 142),
            .grid = rgba(229, 231, 233),
            .axis = rgba(150, 155, 160),
            .cell = rgba(244, 245, 246),
            .right = rgba(24, 104, 170),
            .wrong = rgba(230, 110, 10)};
  }
  Rgba series_colour(Rgba c) const override {
    // Yellow and light blue vanish on white: darker until they show.
    if (!c) c = theme().accent;
    Rgba dark = c;
    for (float t = .1f; luminance(dark) > .42f && t < 1; t += .1f) dark = mix(c, rgba(0, 0, 0), t);
    return dark;
  }
  float px(float v) const override { return v; }
  float hairline() const override { return 1; }
  bool pixels() const override { return false; }
  Vec2 measure(Font f, std::string_view t) override {
    set_font(f);
    cairo_text_extents_t e;
    cairo_text_extents(cairo_.get(), std::string(t).c_str(), &e);
    return {float(e.x_advance), std::ceil(size_of(f) * 1.21f)};
  }
  void text(Font f, Vec2 at, Rgba c, std::string_view t) override {
    set_font(f);
    set_colour(c);
    cairo_move_to(cairo_.get(), double(at.x), double(at.y + size_of(f)));
    cairo_show_text(cairo_.get(), std::string(t).c_str());
  }
  void text_up(Font f, Vec2 at, Rgba c, std::string_view t) override {
    cairo_save(cairo_.get());
    cairo_translate(cairo_.get(), double(at.x), double(at.y));
    cairo_rotate(cairo_.get(), -M_PI / 2);
    text(f, {0, 0}, c, t);
    cairo_restore(cairo_.get());
  }
  void line(Vec2 a, Vec2 b, Rgba c, float w) override {
    // Half a unit in, so that level and upright lines cover whole pixels.
    float ox = a.x == b.x ? w / 2 : 0, oy = a.y == b.y ? w / 2 : 0;
    Vec2 p[2] = {{a.x + ox, a.y + oy}, {b.x + ox, b.y + oy}};
    polyline(p, c, w);
  }
  void polyline(std::span<const Vec2> p, Rgba c, float w) override {
    if (p.size() < 2) return;
    set_colour(c);
    cairo_set_line_width(cairo_.get(), double(w));
    cairo_set_line_join(cairo_.get(), CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cairo_.get(), double(p[0].x), double(p[0].y));
    for (auto q : p.subspan(1)) cairo_line_to(cairo_.get(), double(q.x), double(q.y));
    cairo_stroke(cairo_.get());
  }
  void band(std::span<const Vec2> upper, std::span<const Vec2> lower, Rgba c) override {
    if (upper.size() < 2) return;
    set_colour(c);
    cairo_move_to(cairo_.get(), double(upper[0].x), double(upper[0].y));
    for (auto q : upper.subspan(1)) cairo_line_to(cairo_.get(), double(q.x), double(q.y));
    for (std::size_t i = lower.size(); i-- > 0;) cairo_line_to(cairo_.get(), double(lower[i].x), double(lower[i].y));
    cairo_fill(cairo_.get());
  }
  void fill(Rect r, Rgba c, float) override {
    set_colour(c);
    cairo_rectangle(cairo_.get(), double(r.x0), double(r.y0), double(r.width()), double(r.height()));
    cairo_fill(cairo_.get());
  }
  void disc(Vec2 at, float r, Rgba c) override {
    set_colour(c);
    cairo_arc(cairo_.get(), double(at.x), double(at.y), double(r), 0, 2 * M_PI);
    cairo_fill(cairo_.get());
  }
  void clip(Rect r) override {
    cairo_save(cairo_.get());
    cairo_rectangle(cairo_.get(), double(r.x0), double(r.y0), double(r.width()), double(r.height()));
    cairo_clip(cairo_.get());
  }
  void unclip() override { cairo_restore(cairo_.get()); }
  Result<void> finish() override {
    cairo_status_t status = cairo_status(cairo_.get());
    if (status == CAIRO_STATUS_SUCCESS && png_)
      status = cairo_surface_write_to_png(surface_.get(), file_.c_str());
    else if (status == CAIRO_STATUS_SUCCESS)
      cairo_show_page(cairo_.get());
    cairo_.reset();
    cairo_surface_finish(surface_.get());
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface_.get());
    if (status == CAIRO_STATUS_SUCCESS) return {};
    return fail("cannot write the plot", file_, "a folder that can be written", cairo_status_to_string(status),
                "choose another folder or free some space");
  }

 private:
  static float size_of(Font f) {
    switch (f) {
      case Font::text: case Font::text_bold: return 14;
      case Font::small: return 12;
      case Font::mono: return 12.5f;
      case Font::mono_small: return 11;
      default: return 16;
    }
  }
  void set_font(Font f) {
    const bool mono = f == Font::mono || f == Font::mono_small, bold = f == Font::text_bold || f == Font::title;
    cairo_select_font_face(cairo_.get(), mono ? "JetBrains Mono" : "Inter", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_.get(), double(size_of(f)));
  }
  void set_colour(Rgba c) {
    ImVec4 v = im_colour(c);
    cairo_set_source_rgba(cairo_.get(), double(v.x), double(v.y), double(v.z), double(v.w));
  }

  std::string file_;
  bool png_ = false;
  std::unique_ptr<cairo_surface_t, Deleter> surface_;
  std::unique_ptr<cairo_t, Deleter> cairo_;
};

}  // namespace

Result<std::unique_ptr<FilePainter>> file_painter(const std::string& file, int w, int h) {
  std::string end = std::filesystem::path(file).extension().string();
  cairo_surface_t* surface = nullptr;
  if (end == ".svg")
    surface = cairo_svg_surface_create(file.c_str(), w, h);
  else if (end == ".pdf")
    surface = cairo_pdf_surface_create(file.c_str(), w, h);
  else if (end == ".png")
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, int(w * kPngScale), int(h * kPngScale));
  else
    return fail("cannot export the plot", file, "a name that ends in .svg, .pdf, .png or .csv",
                end.empty() ? "no ending" : end, "choose one of these endings");
  if (cairo_status_t s = cairo_surface_status(surface); s != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(surface);
    return fail("cannot write the plot", file, "a folder that can be written", cairo_status_to_string(s),
                "choose another folder");
  }
  return std::make_unique<CairoPainter>(file, end == ".png", surface, w, h);
}

}  // namespace mp::ui
