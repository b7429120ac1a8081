// Messages: a banner that stays until it is dealt with, toasts that go by themselves. Main thread only.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

enum class Kind { info, good, warning, error };
Rgba colour_of(Kind kind);

struct BannerClick {
  bool action = false, dismissed = false;
};
/// Over the available width, text wrapped. The action button is marked with its label, the cross "Dismiss".
BannerClick banner(Kind kind, std::string_view text, std::string_view action = {}, bool dismissable = true);

struct ToastView {
  Kind kind = Kind::info;
  std::string_view text;
  float left_s = 4;               // until it goes; fades in its last 0.3 s
};
/// Stacked upwards from the lower right corner of `area`, newest lowest. Returns the index of one that was clicked away,
/// else -1. While there are toasts, frames are needed until the last one is gone.
int toasts(std::span<const ToastView> list, Rect area);

}  // namespace mp::ui
