// Every widget and plot drawn headless, as pictures to look at (build folder, gallery_*.png) and one golden picture.
#include <cairo/cairo.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/ui/ui.h"
#include "fake.h"
#include "gallery.h"

using namespace test;

namespace {

void write_png(const draw::Pixels& p, const std::string& file) {
  auto* s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, p.width_px, p.height_px);
  cairo_surface_flush(s);
  auto* to = cairo_image_surface_get_data(s);
  const int stride = cairo_image_surface_get_stride(s);
  for (int y = 0; y < p.height_px; ++y)
    for (int x = 0; x < p.width_px; ++x) {
      const auto* from = &p.rgba[(std::size_t(y) * std::size_t(p.width_px) + std::size_t(x)) * 4];
      auto* at = to + y * stride + x * 4;
      at[0] = from[2], at[1] = from[1], at[2] = from[0], at[3] = 255;
    }
  cairo_surface_mark_dirty(s);
  cairo_surface_write_to_png(s, file.c_str());
  cairo_surface_destroy(s);
}

struct Screen {
  std::unique_ptr<draw::Renderer> renderer;
  std::unique_ptr<ui::Context> ui;
  int w = 0, h = 0;
  static std::optional<Screen> open(int w, int h, float scale) {
    auto r = draw::Renderer::create({.validation = true, .width_px = w, .height_px = h});
    if (!r) {
      WARN("no Vulkan device: " << r.error().message());
      return std::nullopt;
    }
    Screen s{std::move(*r), nullptr, w, h};
    s.ui = std::make_unique<ui::Context>(*s.renderer, scale);
    return s;
  }
  draw::Pixels show(const std::function<void()>& content, std::vector<std::vector<InputEvent>> frames = {{}, {}, {}}) {
    for (auto& events : frames) {
      ui->begin_frame(events, w, h, .1f);
      content();
      auto lists = ui->end_frame();
      if (renderer->begin_frame()) renderer->end_frame(lists, ui::theme().background);
    }
    return renderer->read_back();
  }
};

std::string out(const std::string& name) { return std::string(MP_BINARY_DIR) + "/gallery_" + name + ".png"; }

}  // namespace

TEST_CASE("gallery at both sizes, without a word from validation") {
  struct Size { int w, h; float scale; };
  for (auto size : {Size{1280, 800, 1}, Size{2560, 1440, 2}, Size{1920, 1080, 1}}) {
    auto s = Screen::open(size.w, size.h, size.scale);
    if (!s) return;
    Gallery g;
    auto draw = [&] { g.draw(float(size.w), float(size.h)); };
    auto shot = s->show(draw);
    std::string name = std::to_string(size.w);
    write_png(shot, out(name));
    // Something of every colour of the look is there.
    std::size_t accent = 0;
    for (std::size_t i = 0; i < shot.rgba.size(); i += 4)
      accent += shot.rgba[i] > 240 && shot.rgba[i + 1] > 120 && shot.rgba[i + 1] < 160 && shot.rgba[i + 2] < 60;
    CHECK(accent > 500);
    if (auto at = s->ui->find("Training"))
      write_png(s->show(draw, {{move_to(at->centre())}, {}, {}}), out(name + "_plot_hover"));
    if (auto at = s->ui->find("Confusion/scratches/inclusion"))
      write_png(s->show(draw, {{move_to(at->centre())}, {}, {}}), out(name + "_matrix_hover"));
    if (auto at = s->ui->find("Strategy"))
      write_png(s->show(draw, {{move_to(at->centre()), mouse_button(true), mouse_button(false)}, {}, {}, {}, {}}), out(name + "_combo"));
    CHECK(s->renderer->validation_messages() == 0);
  }
}
