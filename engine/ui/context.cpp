// Context: one ImGui context, its fonts, its frame.
#include <cstddef>
#include <utility>

#include "engine/base/log.h"
#include "engine/ui/context_impl.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

Context* g_context = nullptr;

// Draw lists go to the renderer as they are.
static_assert(sizeof(ImDrawVert) == sizeof(draw::UiVertex));
static_assert(offsetof(ImDrawVert, pos) == offsetof(draw::UiVertex, x));
static_assert(offsetof(ImDrawVert, uv) == offsetof(draw::UiVertex, u));
static_assert(offsetof(ImDrawVert, col) == offsetof(draw::UiVertex, colour));
static_assert(sizeof(ImDrawIdx) == sizeof(std::uint16_t));
static_assert(sizeof(ImTextureID) == sizeof(draw::TextureId));

bool text_active() { return ImGui::GetIO().WantTextInput; }

}  // namespace

Context& context() { return *g_context; }

float px(float at_scale_1) { return std::round(at_scale_1 * context().impl().scale); }

void push_font(Font font) { ImGui::PushFont(context().impl().fonts.font[std::size_t(font)]); }
void pop_font() { ImGui::PopFont(); }

void Context::Impl::build_atlas() {
  scale = wanted_scale;
  fonts = build_fonts(*ImGui::GetIO().Fonts, scale);
  if (font_texture) renderer.destroy_texture(font_texture);
  font_texture = renderer.make_texture(fonts.atlas_w, fonts.atlas_h, fonts.rgba);
  fonts.rgba = {};
  ImGui::GetIO().Fonts->SetTexID(im_texture(font_texture));
  ImGui::GetIO().Fonts->ClearTexData();
  ImGui::GetIO().FontDefault = fonts.font[std::size_t(Font::text)];
  apply_style(scale);
}

Context::Context(draw::Renderer& renderer, float scale) : impl_(std::make_unique<Impl>(renderer)) {
  g_context = this;
  IMGUI_CHECKVERSION();
  impl_->imgui = ImGui::CreateContext();
  ImGui::SetCurrentContext(impl_->imgui);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;                    // the program keeps the layout, see save_layout
  io.LogFilename = nullptr;
  io.BackendRendererName = "meltpool";
  io.BackendPlatformName = "meltpool input queue";
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  io.ConfigInputTextCursorBlink = false;       // a blinking caret would ask for frames
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  InputFeed::set_up(io);
  set_scale(scale);
  impl_->build_atlas();
}

Context::~Context() {
  if (impl_->in_frame) ImGui::EndFrame();
  ImGui::DestroyContext(impl_->imgui);
  if (impl_->font_texture) impl_->renderer.destroy_texture(impl_->font_texture);
  if (g_context == this) g_context = nullptr;
}

void Context::set_scale(float scale) { impl_->wanted_scale = std::clamp(scale, .75f, 3.f); }
float Context::scale() const { return impl_->scale; }

void Context::begin_frame(std::span<const window::InputEvent> events, int w_px, int h_px, float dt_s) {
  Impl& m = *impl_;
  ImGui::SetCurrentContext(m.imgui);
  if (m.wanted_scale != m.scale) m.build_atlas();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {float(std::max(w_px, 1)), float(std::max(h_px, 1))};
  io.DeltaTime = std::max(dt_s, 1e-4f);        // ImGui refuses zero
  m.time_s += io.DeltaTime;
  m.feed.push(events);
  const bool text = text_active();
  m.feed.apply(
      io, [&](window::KeyChord chord) { return m.focus.key(chord, text); }, [&] { m.focus.leave(); });
  m.marks.begin_frame();
  m.over_widget = m.over_view = m.tip_seen = false;
  m.to_show = std::exchange(m.to_show_next, {});
  ImGui::NewFrame();
  m.in_frame = true;
  if (m.focus.leave_text()) ImGui::ClearActiveID();
}

std::span<const draw::UiList> Context::end_frame() {
  Impl& m = *impl_;
  if (const auto* ring = m.focus.ring()) {
    auto* dl = ImGui::GetForegroundDrawList();
    Rect clip = ring->clip;
    const float o = px(2), w = std::max(1.5f, px(2));
    dl->PushClipRect({clip.x0 - o, clip.y0 - o}, {clip.x1 + o, clip.y1 + o});
    dl->AddRect({ring->px.x0 - o, ring->px.y0 - o}, {ring->px.x1 + o, ring->px.y1 + o}, rgba(255, 255, 255, 235), px(6) + o, 0, w);
    dl->PopClipRect();
  }
  m.over_widget_done = m.over_widget;
  m.over_view_done = m.over_view;
  m.popup_open = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
  if (!m.tip_seen) m.tip_id = 0;
  m.focus.end_frame();
  m.marks.end_frame();
  ImGui::Render();
  m.in_frame = false;
  const ImDrawData* data = ImGui::GetDrawData();
  m.lists.resize(std::size_t(data->CmdListsCount));
  for (std::size_t i = 0; i < m.lists.size(); ++i) {
    const ImDrawList* from = data->CmdLists[int(i)];
    draw::UiList& to = m.lists[i];
    to.vertices = {reinterpret_cast<const draw::UiVertex*>(from->VtxBuffer.Data), std::size_t(from->VtxBuffer.Size)};
    to.indices = {from->IdxBuffer.Data, std::size_t(from->IdxBuffer.Size)};
    to.commands.clear();
    for (const ImDrawCmd& c : from->CmdBuffer) {
      if (c.UserCallback || c.ElemCount == 0) continue;
      Rect clip = intersect({c.ClipRect.x, c.ClipRect.y, c.ClipRect.z, c.ClipRect.w},
                            {0, 0, data->DisplaySize.x, data->DisplaySize.y});
      if (clip.width() <= 0 || clip.height() <= 0) continue;
      to.commands.push_back({clip, draw::TextureId(c.GetTexID()), c.IdxOffset, c.VtxOffset, c.ElemCount});
    }
  }
  return m.lists;
}

bool Context::input_pending() const { return impl_->feed.pending(); }

double Context::next_frame_s() const {
  const Impl& m = *impl_;
  if (m.feed.pending()) return 0;
  if (m.tip_id && !m.tip_shown) return std::max(0., m.tip_since_s + kTooltipDelay_s - m.time_s);
  return -1;
}

bool Context::wants_keyboard() const { return text_active() || impl_->focus.on() || impl_->popup_open; }
bool Context::wants_key(window::KeyChord chord) const { return impl_->focus.takes(chord, text_active()); }

bool Context::wants_mouse() const {
  const Impl& m = *impl_;
  if (m.popup_open || m.over_widget_done) return true;
  return ImGui::GetIO().WantCaptureMouse && !m.over_view_done;
}

void Context::set_clipboard(std::function<void(const std::string&)> set, std::function<std::string()> get) {
  impl_->set_clipboard = std::move(set);
  impl_->get_clipboard = std::move(get);
#if IMGUI_VERSION_NUM >= 19110
  auto& io = ImGui::GetPlatformIO();
  io.Platform_ClipboardUserData = nullptr;
  io.Platform_SetClipboardTextFn = [](ImGuiContext*, const char* text) {
#else
  ImGuiIO& io = ImGui::GetIO();
  io.SetClipboardTextFn = [](void*, const char* text) {
#endif
    Impl& m = context().impl();
    m.clipboard_text = text;
    if (m.set_clipboard) m.set_clipboard(m.clipboard_text);
  };
#if IMGUI_VERSION_NUM >= 19110
  io.Platform_GetClipboardTextFn = [](ImGuiContext*) -> const char* {
#else
  io.GetClipboardTextFn = [](void*) -> const char* {
#endif
    Impl& m = context().impl();
    if (m.get_clipboard) m.clipboard_text = m.get_clipboard();
    return m.clipboard_text.c_str();
  };
}

std::string Context::save_layout() const { return ImGui::SaveIniSettingsToMemory(); }
void Context::load_layout(const std::string& ini) { ImGui::LoadIniSettingsFromMemory(ini.data(), ini.size()); }

void Context::mark(std::string_view name, Rect at) {
  Impl& m = *impl_;
  Rect clip{0, 0, ImGui::GetIO().DisplaySize.x, ImGui::GetIO().DisplaySize.y};
  ImGuiWindow* w = m.in_frame ? m.imgui->CurrentWindow : nullptr;
  if (w && !w->IsFallbackWindow) {
    clip = {w->ClipRect.Min.x, w->ClipRect.Min.y, w->ClipRect.Max.x, w->ClipRect.Max.y};
    if (!m.to_show.empty() && m.to_show == name) {
      ImGui::SetScrollFromPosY(at.centre().y - w->Pos.y, .5f);
      ImGui::SetScrollFromPosX(at.centre().x - w->Pos.x, .5f);
      m.to_show.clear();
    }
  }
  m.marks.add(name, at, clip);
}

std::optional<Rect> Context::find(std::string_view name) const {
  const auto* mark = impl_->marks.find(name);
  if (!mark) return std::nullopt;
  Rect seen = intersect(mark->px, mark->clip);
  return seen.width() > 0 && seen.height() > 0 ? seen : mark->px;
}

bool Context::visible(std::string_view name) const {
  const auto* mark = impl_->marks.find(name);
  return mark && mark->clip.contains(mark->px.centre());
}

void Context::request_visible(std::string_view name) {
  if (const auto* mark = impl_->marks.find(name)) impl_->to_show_next = mark->name;
}

std::vector<std::string> Context::names() const { return impl_->marks.names(); }

}  // namespace mp::ui
