// Text helpers.
#include "engine/ui/text.h"

#include <imgui.h>

#include "engine/ui/context_impl.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

ImFont* im_font(Font f) { return context().impl().fonts.font[std::size_t(f)]; }

/// Start of the UTF-8 character at or before i.
std::size_t char_start(std::string_view s, std::size_t i) {
  while (i > 0 && i < s.size() && (static_cast<unsigned char>(s[i]) & 0xc0) == 0x80) --i;
  return i;
}

}  // namespace

Vec2 text_size(Font font, std::string_view text) {
  ImFont* f = im_font(font);
  if (text.empty()) return {0, f->FontSize};   // ImGui measures a null pointer with strlen
  return vec(f->CalcTextSizeA(f->FontSize, FLT_MAX, 0, text.data(), text.data() + text.size()));
}

float line_height(Font font) { return im_font(font)->FontSize; }

void text_at(ImDrawList* list, Font font, Vec2 at, Rgba colour, std::string_view text) {
  if (text.empty()) return;
  float alpha = ImGui::GetStyle().Alpha;   // BeginDisabled fades through it
  if (alpha < 1) colour = with_alpha(colour, unsigned(float(colour >> 24) * alpha));
  ImFont* f = im_font(font);
  list->AddText(f, f->FontSize, {std::round(at.x), std::round(at.y)}, colour, text.data(), text.data() + text.size());
}

std::string text_fit(Font font, std::string_view text, float width_px) {
  if (text_size(font, text).x <= width_px) return std::string(text);
  const float rest = width_px - text_size(font, "…").x;
  std::size_t low = 0, high = text.size();   // bytes kept
  while (low < high) {
    std::size_t mid = char_start(text, (low + high + 1) / 2);
    if (mid <= low) break;
    if (text_size(font, text.substr(0, mid)).x <= rest)
      low = mid;
    else
      high = mid - 1;
  }
  low = char_start(text, low);
  while (low > 0 && text[low - 1] == ' ') --low;
  return std::string(text.substr(0, low)) + "…";
}

std::string text_fit_middle(Font font, std::string_view text, float width_px) {
  if (text_size(font, text).x <= width_px) return std::string(text);
  auto joined = [&](std::size_t keep) {
    std::size_t head = char_start(text, (keep + 1) / 2), tail = text.size() - keep / 2;
    while (tail < text.size() && (static_cast<unsigned char>(text[tail]) & 0xc0) == 0x80) ++tail;
    return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
  };
  std::size_t low = 0, high = text.size();
  while (low < high) {
    std::size_t mid = (low + high + 1) / 2;
    if (text_size(font, joined(mid)).x <= width_px)
      low = mid;
    else
      high = mid - 1;
  }
  return joined(low);
}

float text_capitals(ImDrawList* list, Vec2 at, Rgba colour, std::string_view text) {
  const float gap = .06f * line_height(Font::small);
  float x = at.x;
  char upper[8];
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    std::string_view one = text.substr(i, end - i);
    if (one.size() == 1 && one[0] >= 'a' && one[0] <= 'z') {
      upper[0] = char(one[0] - 32);
      one = {upper, 1};
    }
    // Not through text_at: rounding each letter to whole pixels would spoil the spacing.
    if (list) {
      ImFont* f = im_font(Font::small);
      list->AddText(f, f->FontSize, {x, std::round(at.y)}, colour, one.data(), one.data() + one.size());
    }
    x += text_size(Font::small, one).x + gap;
    i = end;
  }
  return x - at.x - (text.empty() ? 0 : gap);
}

void text(std::string_view text, Font font, Rgba colour) {
  if (text.empty()) text = " ";
  push_font(font);
  ImGui::PushStyleColor(ImGuiCol_Text, colour ? colour : theme().text);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
  pop_font();
}

Label split_label(std::string_view label) {
  auto at = label.find("##");
  if (at == label.npos) return {label, label};
  if (at == 0) return {{}, label.substr(2)};
  return {label.substr(0, at), label.substr(0, at)};
}

}  // namespace mp::ui
