// What does not match between a file of weights and a network, as a text with an end. Pure; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mp::ml {

inline std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string s;
  for (auto d : shape) s += (s.empty() ? "" : "x") + std::to_string(d);
  return s.empty() ? "scalar" : s;
}

/// A file of another network differs in everything: the first few are named, the rest is counted.
class Differences {
 public:
  static constexpr std::size_t kMostListed = 12;

  void add(const std::string& text) {
    if (++count_ <= kMostListed) text_ += (text_.empty() ? "" : "; ") + text;
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ > kMostListed ? text_ + "; and " + std::to_string(count_ - kMostListed) + " more" : text_;
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace mp::ml
