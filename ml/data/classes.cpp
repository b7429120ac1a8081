#include "ml/data/classes.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <unordered_set>

#include "ml/data/utf8.h"

namespace mp::ml {
namespace {

constexpr int kShapes = 8;

constexpr std::uint32_t rgb(unsigned hex) {
  return 0xff000000u | (hex & 0xff) << 16 | (hex & 0xff00) | (hex >> 16 & 0xff);
}

// Okabe and Ito 2008, black replaced by grey: the background is dark.
constexpr std::uint32_t kOkabeIto[] = {rgb(0x56b4e9), rgb(0xe69f00), rgb(0x009e73), rgb(0xf0e442),
                                       rgb(0xcc79a7), rgb(0xd55e00), rgb(0x0072b2), rgb(0x999999)};

unsigned srgb_byte(double linear) {
  linear = std::clamp(linear, 0.0, 1.0);
  const double v = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return unsigned(std::lround(v * 255));
}

// OKLCh (Ottosson 2020) to sRGB: hues of equal lightness look equally bright.
std::uint32_t from_oklch(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return 0xff000000u | srgb_byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) |
         srgb_byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8 |
         srgb_byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s) << 16;
}

}  // namespace

ClassInfo default_class(int index, std::string name) {
  ClassInfo info;
  info.name = std::move(name);
  info.shape = std::uint8_t(index % kShapes);
  constexpr int n = std::size(kOkabeIto);
  if (index < n) {
    info.colour = kOkabeIto[index];
  } else {
    // The golden ratio spreads any number of hues evenly without knowing how many will come.
    constexpr double golden = 0.6180339887498949;
    const double turn = (index - n) * golden;
    info.colour = from_oklch(0.76, 0.12, 2 * std::numbers::pi * (turn - std::floor(turn)));
  }
  return info;
}

std::optional<ClassId> find_class(const ClassTable& classes, std::string_view name) {
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].name == name) return ClassId(i);
  return std::nullopt;
}

std::string clean_class_name(std::string_view bytes) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const std::size_t first = bytes.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  bytes = bytes.substr(first, bytes.find_last_not_of(blanks) - first + 1);
  // A name that is valid already stays as it is: a percent sign in it is no escape of ours.
  const bool plain = is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
                       return static_cast<unsigned char>(c) < 32 || c == 127;
                     });
  return plain ? std::string(bytes) : percent_encode(bytes, true);
}

Result<void> check_classes(const ClassTable& classes) {
  if (classes.size() > std::size_t(kMaxClasses))
    return fail("too many classes", {}, fmt::format("at most {}", kMaxClasses), fmt::format("{}", classes.size()),
                "merge classes that mean the same");
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto& name = classes[i].name;
    if (name.empty()) return fail(fmt::format("class {} has no name", i + 1), {}, {}, {}, "give it a name");
    if (name != clean_class_name(name))
      return fail("a class name cannot be stored", {}, "UTF-8 without blanks at its ends or control characters",
                  "'" + percent_encode(name, true) + "'", "rename the class");
    if (!seen.insert(name).second)
      return fail("two classes have the same name", {}, "unique names", "'" + name + "' twice", "rename one of them");
  }
  return {};
}

}  // namespace mp::ml
