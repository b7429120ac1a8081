// A renderer that draws nothing and counts textures, and a person who moves, clicks and types. Tests only.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/ui/panel.h"
#include "engine/ui/ui.h"

namespace test {

using namespace mp;
using window::InputEvent;
using window::Key;

struct FakeRenderer : draw::Renderer {
  std::map<draw::TextureId, std::size_t> textures;   // id -> bytes
  draw::TextureId next = 1;
  std::string device_name() const override { return "none"; }
  bool software_device() const override { return true; }
  int width_px() const override { return 800; }
  int height_px() const override { return 600; }
  int validation_messages() const override { return 0; }
  std::unique_ptr<draw::PointCloud> make_points() override { return nullptr; }
  std::unique_ptr<draw::Canvas> make_canvas() override { return nullptr; }
  std::unique_ptr<draw::ImagePages> make_pages(int, int, draw::PixelFormat) override { return nullptr; }
  std::unique_ptr<draw::CellColours> make_cell_colours() override { return nullptr; }
  draw::TextureId make_texture(int w, int h, std::span<const std::uint8_t> rgba) override {
    if (rgba.size() != std::size_t(w) * std::size_t(h) * 4) return 0;
    textures[next] = rgba.size();
    return next++;
  }
  void set_value_window(float, float) override {}
  void destroy_texture(draw::TextureId t) override { textures.erase(t); }
  void resize_headless(int, int) override {}
  bool begin_frame() override { return true; }
  void end_frame(std::span<const draw::UiList>, Rgba) override {}
  draw::Pixels read_back() override { return {}; }
  draw::Pixels read_back(const draw::Canvas&) override { return {}; }
};

inline InputEvent move_to(Vec2 p) { return {.type = InputEvent::Type::mouse_move, .x = p.x, .y = p.y}; }
inline InputEvent mouse_button(bool down, window::MouseButton b = window::MouseButton::left) {
  return {.type = InputEvent::Type::mouse_button, .button = b, .down = down};
}
inline InputEvent key(Key k, bool down, window::Mods mods = {}) {
  return {.type = InputEvent::Type::key, .down = down, .key = k, .mods = mods};
}
inline InputEvent typed(std::string s) { return {.type = InputEvent::Type::text, .text = std::move(s)}; }

/// One panel over an 800 x 600 screen, and the person before it.
struct Stage {
  FakeRenderer renderer;
  ui::Context ui;
  std::function<void()> content;
  std::size_t last_vertices = 0;
  float width = 300, height = 560;

  explicit Stage(std::function<void()> c, float scale = 1) : ui(renderer, scale), content(std::move(c)) {
    frame();
    frame();
  }
  void frame(std::vector<InputEvent> events = {}, float dt = 1 / 60.f) {
    ui.begin_frame(events, 800, 600, dt);
    ui::begin_panel("panel", {20, 20, 20 + width, 20 + height});
    content();
    ui::end_panel();
    last_vertices = 0;
    for (const auto& l : ui.end_frame()) last_vertices += l.vertices.size();
  }
  /// Frames until all input is through.
  void feed(std::vector<InputEvent> events) {
    frame(std::move(events));
    while (ui.input_pending()) frame();
    frame();
  }
  void click_at(Vec2 p, window::MouseButton b = window::MouseButton::left) {
    feed({move_to(p), mouse_button(true, b), mouse_button(false, b)});
  }
  bool click(std::string_view name) {
    auto r = ui.find(name);
    if (!r) return false;
    click_at(r->centre());
    return true;
  }
  void press(Key k, window::Mods mods = {}) { feed({key(k, true, mods), key(k, false, mods)}); }
};

}  // namespace test
