// Names of what is on the screen and where: this frame's while it is built, last frame's to ask. Owned by the Context.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/math.h"

namespace mp::ui {

class Marks {
 public:
  struct Mark {
    std::string name;
    Rect px, clip;
  };
  void begin_frame() { building_count_ = 0; }
  void add(std::string_view name, Rect px, Rect clip);
  /// What was added becomes what can be asked for.
  void end_frame();
  /// Exact name, else equal without case (ASCII), else the only one that begins so without case.
  const Mark* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::vector<Mark> building_, done_;      // strings are kept and reused
  std::size_t building_count_ = 0, done_count_ = 0;
};

Rect intersect(Rect a, Rect b);

}  // namespace mp::ui
