// Look-up of marked names.
#include "engine/ui/marks.h"

#include <algorithm>
#include <utility>

namespace mp::ui {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }
bool begins_without_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

Rect intersect(Rect a, Rect b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

void Marks::add(std::string_view name, Rect px, Rect clip) {
  if (name.empty()) return;
  if (building_count_ == building_.size()) building_.emplace_back();
  Mark& m = building_[building_count_++];
  m.name.assign(name);
  m.px = px;
  m.clip = clip;
}

void Marks::end_frame() {
  std::swap(building_, done_);
  done_count_ = std::exchange(building_count_, 0);
}

const Marks::Mark* Marks::find(std::string_view name) const {
  if (name.empty()) return nullptr;
  const Mark* without_case = nullptr;
  const Mark* prefix = nullptr;
  bool several = false;
  for (std::size_t i = 0; i < done_count_; ++i) {
    const Mark& m = done_[i];
    if (m.name == name) return &m;
    if (!begins_without_case(m.name, name)) continue;
    if (m.name.size() == name.size()) {
      if (!without_case) without_case = &m;
    } else if (!prefix) {
      prefix = &m;
    } else if (prefix->name != m.name) {
      several = true;
    }
  }
  if (without_case) return without_case;
  return several ? nullptr : prefix;
}

std::vector<std::string> Marks::names() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < done_count_; ++i)
    if (std::find(out.begin(), out.end(), done_[i].name) == out.end()) out.push_back(done_[i].name);
  return out;
}

}  // namespace mp::ui
