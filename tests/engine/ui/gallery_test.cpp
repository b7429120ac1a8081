// Every widget and plot drawn headless, as pictures to look at (build folder, gallery_*.png) and one golden picture.
#include <cairo/cairo.h>

#include <catch2/catch.hpp>
#include <ctime>

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
  static std::optional<Screen> open(int w, int h, float scale, bool validation = true) {
    auto r = draw::Renderer::create({.validation = validation, .width_px = w, .height_px = h});
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

TEST_CASE("states that come and go: ring, tooltip, menu, question, toasts, disabled") {
  auto s = Screen::open(1280, 800, 1);
  if (!s) return;
  Gallery g;
  bool asking = false;
  auto draw = [&] {
    g.draw(1280, 800);
    std::vector<ui::ToastView> t{{ui::Kind::good, "ROC saved to /home/eva/neu/exports/roc-held-out.svg"},
                                 {ui::Kind::warning, "3 of 1,800 images could not be read"}};
    ui::toasts(t, {0, 40, 1280, 772});
    if (asking)
      ui::confirm("Delete the class “scratches”?", "6 labels of this class will be removed. Undo brings them back.",
                  "Delete class", "Cancel", true);
  };
  s->show(draw);
  auto press = [](Key k) { return std::vector<std::vector<InputEvent>>{{key(k, true)}, {key(k, false)}}; };
  s->show(draw, press(Key::f6));
  s->show(draw, press(Key::f6));
  for (int i = 0; i < 9; ++i) s->show(draw, press(Key::tab));
  write_png(s->show(draw, {{}, {}, {}, {}, {}, {}}), out("ring"));
  if (auto at = s->ui->find("Revoke"))
    write_png(s->show(draw, {{move_to(at->centre())}, {}, {}, {}, {}, {}, {}, {}}), out("tooltip"));
  if (auto at = s->ui->find("ROC"))
    write_png(s->show(draw, {{move_to(at->centre()), mouse_button(true, window::MouseButton::right),
                              mouse_button(false, window::MouseButton::right)},
                             {}, {}, {}}),
              out("menu"));
  s->show(draw, press(Key::escape));
  asking = true;
  write_png(s->show(draw, {{move_to({5, 5})}, {}, {}, {}}), out("question"));
  CHECK(s->renderer->validation_messages() == 0);
}

// MELTPOOL_UPDATE_GOLDEN=1 writes the picture anew: look at it before committing it. Other versions of FreeType or of
// the driver shade edges a little differently; a widget that moves or loses its colour goes far beyond the limits.
TEST_CASE("the look is the golden one") {
  auto s = Screen::open(560, 400, 1);
  if (!s) return;
  Gallery g;
  auto shot = s->show([&] {
    g.draw_left({0, 0, 272, 400});
    ui::begin_panel("right", {272, 0, 560, 400});
    ui::section("Training", "2,190 img/s");
    ui::plot(g.training, 140);
    ui::confusion_matrix(g.matrix, 180);
    ui::end_panel();
  });
  const std::string golden = std::string(MP_SOURCE_DIR) + "/tests/golden/ui_gallery.png";
  write_png(shot, out("small"));
  if (std::getenv("MELTPOOL_UPDATE_GOLDEN")) write_png(shot, golden);
  auto* want = cairo_image_surface_create_from_png(golden.c_str());
  REQUIRE(cairo_surface_status(want) == CAIRO_STATUS_SUCCESS);
  REQUIRE(cairo_image_surface_get_width(want) == shot.width_px);
  REQUIRE(cairo_image_surface_get_height(want) == shot.height_px);
  const auto* data = cairo_image_surface_get_data(want);
  const int stride = cairo_image_surface_get_stride(want);
  double sum = 0;
  std::size_t far = 0;
  for (int y = 0; y < shot.height_px; ++y)
    for (int x = 0; x < shot.width_px; ++x) {
      const auto* a = &shot.rgba[(std::size_t(y) * std::size_t(shot.width_px) + std::size_t(x)) * 4];
      const auto* b = data + y * stride + x * 4;
      int d = std::max({std::abs(a[0] - b[2]), std::abs(a[1] - b[1]), std::abs(a[2] - b[0])});
      sum += d;
      far += d > 48;
    }
  cairo_surface_destroy(want);
  const double pixels = double(shot.width_px) * shot.height_px;
  CHECK(sum / pixels < 1.5);
  CHECK(double(far) / pixels < .01);
}

TEST_CASE("exports for the eye: the same plots as files") {
  auto s = Screen::open(320, 200, 1);
  if (!s) return;
  Gallery g;
  auto file = [](const char* name, const char* end) {
    return std::string(MP_BINARY_DIR) + "/gallery_export_" + name + "." + end;
  };
  for (const char* end : {"png", "svg", "pdf"}) {
    CHECK(ui::export_plot(g.training, file("training", end)));
    CHECK(ui::export_plot(g.roc, file("roc", end)));
    CHECK(ui::export_matrix(g.matrix, file("matrix", end)));
    CHECK(ui::export_matrix(g.big, file("big", end)));
    CHECK(ui::export_plot(g.gain, file("gain", end)));
  }
}

TEST_CASE("what a frame costs", "[.cost]") {   // by hand: test_engine_ui "[.cost]"
  auto s = Screen::open(1280, 800, 1, false);
  if (!s) return;
  Gallery g;
  auto draw = [&] { g.draw(1280, 800); };
  s->show(draw);
  std::size_t vertices = 0, commands = 0;
  std::vector<double> build, all, bare;
  for (int i = 0; i < 60; ++i) {
    // Processor time of all threads: the wall clock of a busy machine says little.
    auto cpu_ms = [] { return double(std::clock()) * 1000 / CLOCKS_PER_SEC; };
    double start = cpu_ms();
    s->ui->begin_frame({}, 1280, 800, .016f);
    draw();
    auto lists = s->ui->end_frame();
    build.push_back(cpu_ms() - start);
    vertices = commands = 0;
    for (const auto& l : lists) vertices += l.vertices.size(), commands += l.commands.size();
    if (s->renderer->begin_frame()) s->renderer->end_frame(lists, ui::theme().background);
    s->renderer->read_back();
    all.push_back(cpu_ms() - start);
    start = cpu_ms();
    if (s->renderer->begin_frame()) s->renderer->end_frame({}, ui::theme().background);
    s->renderer->read_back();
    bare.push_back(cpu_ms() - start);
  }
  auto median = [](std::vector<double>& v) {
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  WARN(vertices << " vertices, " << commands << " commands; median processor ms: built " << median(build) << ", with drawing and read-back "
                << median(all) << ", an empty frame and read-back " << median(bare) << " on "
                << s->renderer->device_name());
}
