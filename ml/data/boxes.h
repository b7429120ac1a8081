// Boxes around what an image shows, each with its own class: two defects of one picture may differ. Owner of a BoxStore:
// UI thread (or the command line); workers get copies.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

/// Index of a box in the BoxStore, dense from 0. A box that a person rejected stays and says so; only the places of a
/// detector's own proposals are used again by the next one.
using BoxId = std::uint32_t;
constexpr std::size_t kMaxBoxes = 5'000'000;  // of a project

/// Who made a box.
enum class BoxSource : std::uint8_t { person = 0, model = 1, import = 2 };
constexpr std::string_view name_of(BoxSource s) {
  constexpr std::string_view names[] = {"person", "model", "import"};
  return names[std::uint8_t(s)];
}

/// proposed: nobody has looked yet. rejected: deleted by a person; kept, so that it can come back.
enum class BoxStatus : std::uint8_t { proposed = 0, accepted = 1, rejected = 2 };
constexpr std::string_view name_of(BoxStatus s) {
  constexpr std::string_view names[] = {"proposed", "accepted", "rejected"};
  return names[std::uint8_t(s)];
}

/// Pixels of the image, x1 and y1 exclusive: the whole image is 0 0 width height.
struct BoxRect {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
  float area() const { return width() * height(); }
  friend bool operator==(const BoxRect&, const BoxRect&) = default;
};

struct Box {
  std::uint32_t image = 0;  // index into Pool::images
  BoxRect rect;
  ClassId cls = kNoClass;
  BoxSource source = BoxSource::person;
  BoxStatus status = BoxStatus::accepted;
  float score = 1;          // 0..1; 1 where no model spoke
  std::string reviewer;     // who accepted, rejected or changed it last; empty if nobody
  friend bool operator==(const Box&, const Box&) = default;
};

/// A box as it is from now on; a new one has the next free id.
struct BoxChange {
  BoxId id = 0;
  Box box;
  friend bool operator==(const BoxChange&, const BoxChange&) = default;
};

/// What was done to boxes at once; durable as a whole.
struct BoxBatch {
  std::uint64_t revision = 0;                      // of the session, rises with each batch
  std::vector<BoxChange> changes;
  std::vector<std::uint32_t> checked, unchecked;   // images whose boxes are complete now, or no more
};

struct BoxStore {
  std::vector<Box> boxes;              // by BoxId
  std::vector<std::uint32_t> checked;  // sorted: images whose boxes are complete, also those without any (negatives)
};

/// Area of the intersection over area of the union; 0 if both are empty.
float iou(const BoxRect& a, const BoxRect& b);

}  // namespace mp::ml
