// The theme as Dear ImGui's style, and colour helpers. Main thread only.
#pragma once
#include <imgui.h>

#include <cstdint>

#include "engine/base/math.h"

namespace mp::ui {

/// Sets colours, paddings and roundings of the current ImGui context for a scale.
void apply_style(float scale);

inline ImVec2 im(Vec2 v) { return {v.x, v.y}; }
inline Vec2 vec(ImVec2 v) { return {v.x, v.y}; }
inline ImTextureID im_texture(std::uintptr_t t) { return (ImTextureID)t; }   // a pointer, since 1.91.4 a number
ImVec4 im_colour(Rgba c);

/// Between two colours, t in 0..1, in sRGB values (as the screen blends); alpha too.
Rgba mix(Rgba a, Rgba b, float t);
/// Relative luminance (WCAG 2), 0..1.
float luminance(Rgba c);
/// Black or white-ish ink, whichever reads better on the background.
Rgba ink_on(Rgba background);

}  // namespace mp::ui
