// Painter on an ImGui draw list.
#include <cmath>

#include "engine/ui/context_impl.h"
#include "engine/ui/item.h"
#include "engine/ui/painter.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

class ScreenPainter final : public Painter {
 public:
  explicit ScreenPainter(ImDrawList* list) : list_(list) {}
  Ink ink() const override {
    const Theme& t = theme();
    return {.surface = t.panel,
            .text = t.text,
            .dim = t.text_dim,
            .faint = t.text_faint,
            .grid = mix(t.panel, t.line, .8f),
            .axis = mix(t.line, t.text_faint, .4f),
            .cell = mix(t.panel, t.raised, .45f),
            .right = t.info,
            .wrong = t.accent};
  }
  Rgba series_colour(Rgba c) const override { return c ? c : theme().accent; }
  float px(float v) const override { return ui::px(v); }
  float hairline() const override { return ui::hairline(); }
  bool pixels() const override { return true; }
  Vec2 measure(Font f, std::string_view t) override { return text_size(f, t); }
  void text(Font f, Vec2 at, Rgba c, std::string_view t) override { text_at(list_, f, at, c, t); }
  void text_up(Font f, Vec2 at, Rgba c, std::string_view t) override {
    // Each glyph's quad turned by a quarter to the left about the corner.
    ImFont* font = context().impl().fonts.font[std::size_t(f)];
    const Vec2 o{std::round(at.x), std::round(at.y)};
    float pen = 0;
    for (const char *s = t.data(), *end = s + t.size(); s < end;) {
      unsigned code = 0;
      s += ImTextCharFromUtf8(&code, s, end);
      const ImFontGlyph* g = font->FindGlyph(ImWchar(code));
      if (!g) continue;
      if (g->Visible) {
        auto turn = [&](float x, float y) { return ImVec2(o.x + y, o.y - pen - x); };
        list_->PrimReserve(6, 4);
        list_->PrimQuadUV(turn(g->X0, g->Y0), turn(g->X1, g->Y0), turn(g->X1, g->Y1), turn(g->X0, g->Y1),
                          {g->U0, g->V0}, {g->U1, g->V0}, {g->U1, g->V1}, {g->U0, g->V1}, c);
      }
      pen += g->AdvanceX;
    }
  }
  void line(Vec2 a, Vec2 b, Rgba c, float w) override {
    if (a.x == b.x || a.y == b.y) {   // no blur for grid and axes
      float x0 = std::round(std::min(a.x, b.x)), y0 = std::round(std::min(a.y, b.y));
      float x1 = std::round(std::max(a.x, b.x)), y1 = std::round(std::max(a.y, b.y));
      w = std::max(1.f, std::round(w));
      ui::fill(list_, {x0, y0, a.x == b.x ? x0 + w : x1, a.y == b.y ? y0 + w : y1}, c);
    } else {
      list_->AddLine(im(a), im(b), c, w);
    }
  }
  void polyline(std::span<const Vec2> p, Rgba c, float w) override {
    static_assert(sizeof(Vec2) == sizeof(ImVec2));
    if (p.size() > 1)
      list_->AddPolyline(reinterpret_cast<const ImVec2*>(p.data()), int(p.size()), c, ImDrawFlags_None, w);
  }
  void band(std::span<const Vec2> upper, std::span<const Vec2> lower, Rgba c) override {
    // Plain triangles: softened edges would show as seams between the parts.
    const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
    for (std::size_t i = 1; i < upper.size(); ++i) {
      list_->PrimReserve(6, 4);
      list_->PrimQuadUV(im(upper[i - 1]), im(upper[i]), im(lower[i]), im(lower[i - 1]), uv, uv, uv, uv, c);
    }
  }
  void fill(Rect r, Rgba c, float rounding) override { ui::fill(list_, r, c, rounding); }
  void disc(Vec2 at, float r, Rgba c) override { list_->AddCircleFilled(im(at), r, c); }
  void clip(Rect r) override { list_->PushClipRect({r.x0, r.y0}, {r.x1, r.y1}, true); }
  void unclip() override { list_->PopClipRect(); }

 private:
  ImDrawList* list_;
};

}  // namespace

std::unique_ptr<Painter> screen_painter(ImDrawList* list) { return std::make_unique<ScreenPainter>(list); }

std::string Painter::fit(Font font, std::string_view text, float width) {
  if (measure(font, text).x <= width) return std::string(text);
  std::size_t n = text.size();
  while (n > 0) {
    do --n;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80);
    std::string s(text.substr(0, n));
    while (!s.empty() && s.back() == ' ') s.pop_back();
    s += "…";
    if (measure(font, s).x <= width) return s;
  }
  return "…";
}

void Painter::dashed(std::span<const Vec2> points, Rgba colour, float width, float on, float off) {
  std::vector<Vec2> dash;
  float left = on;
  bool drawing = true;
  for (std::size_t i = 1; i < points.size(); ++i) {
    Vec2 a = points[i - 1], b = points[i];
    float length = std::hypot(b.x - a.x, b.y - a.y), at = 0;
    if (drawing && dash.empty()) dash.push_back(a);
    while (length - at > left) {
      at += left;
      Vec2 p = a + (b - a) * (at / length);
      if (drawing) {
        dash.push_back(p);
        polyline(dash, colour, width);
        dash.clear();
      } else {
        dash.assign(1, p);
      }
      drawing = !drawing;
      left = drawing ? on : off;
    }
    left -= length - at;
    if (drawing) dash.push_back(b);
  }
  if (drawing && dash.size() > 1) polyline(dash, colour, width);
}

}  // namespace mp::ui
