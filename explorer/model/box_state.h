// The boxes of the project as the window knows them: store, index by image, the box at hand, filters, what a person did,
// the detector and its job. Written by apply() and reduce() only; UI thread.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "explorer/model/state.h"
#include "ml/data/boxes.h"
#include "ml/service/box_mapper.h"
#include "ml/service/box_messages.h"

namespace mp::explorer {

using ml::BoxId;

struct BoxFilters {
  std::vector<std::uint8_t> class_off;           // by ClassId
  float score_min = 0;
  bool proposed = true, accepted = true, deleted = false;
  bool any() const;
};

/// What a person did to boxes, as ml/detect/correction.h counts it: drawing is two actions (place it, name it), everything
/// else one, also accepting or deleting all proposals of a picture at once.
struct BoxActions {
  long accepted = 0, relabelled = 0, deleted = 0, adjusted = 0, drawn = 0;     // actions (drawn: boxes)
  long boxes = 0;                                                              // that are right because of them
  long total() const { return accepted + relabelled + deleted + adjusted + 2 * drawn; }
  double saved() const { return boxes > 0 ? 1 - double(total()) / double(2 * boxes) : 0; }
  void add(const BoxActions& o, long sign);
};

/// Part of an undoable Edit. Boxes are never taken out of the store: undoing a new one deletes it.
struct BoxEdit {
  std::vector<ml::BoxChange> before, after;
  std::vector<std::uint32_t> images;             // whose completeness changes, to `complete`
  bool complete = false;
  BoxActions actions;
  bool nudge = false;                            // the next nudge of the same box joins it
};

struct BoxJobState {
  bool running = false, training = false;
  std::string what;
  double share = 0, eta_s = -1;
  int epoch = 0;
  std::vector<float> step_x, loss, map_x, map50; // of the newest training
  std::string error;
};

enum class BoxColour { cls, score, status, source };
constexpr std::string_view kBoxColours[] = {"class", "score", "status", "source"};

/// Boxes as points among those that show something alike, above the picture.
struct BoxMapState {
  bool on = false;
  std::shared_ptr<const ml::BoxMap> places;      // the newest with any
  std::shared_ptr<const ml::BoxMap> news;        // the newest of all: progress, faults
  std::uint64_t request = 0;                     // the last that was asked
  std::uint64_t asked_shape = ~0ull;             // BoxState::shape that it was asked for
  bool working = false, again = false;           // again: a new one is wanted
  BoxColour colour = BoxColour::cls;
  Camera2 camera;
  bool camera_set = false;                       // by a person; else all is framed, or
  std::optional<Rect> framed;                    // these places
  std::uint64_t revision = 0;                    // grows with new places
};

struct BoxState {
  ml::BoxStore store;
  std::vector<std::vector<BoxId>> of_image;      // by image; kept by set_boxes and change_boxes
  std::array<std::size_t, 3> count{};            // by BoxStatus
  std::uint64_t revision = 0, saved_revision = 0;   // of what is in the store
  std::uint64_t look = 0;                        // grows with each change of what is drawn
  std::uint64_t shape = 0;                       // grows when a box is new or lies elsewhere
  std::optional<std::uint32_t> image;            // shown large; see shown_image
  std::optional<BoxId> current;
  Bitset selected;                               // by BoxId, on the map; what is done then is done to all of them
  std::size_t n_selected = 0;
  BoxMapState map;
  ClassId draw_class = 0;                        // of the next box that is drawn
  BoxFilters filters;
  bool on_pictures = true;                       // also on layers and thumbnails
  BoxActions actions;
  std::optional<ml::DetectorSummary> detector;
  BoxJobState job;
  std::uint64_t jobs_done = 0, files_done = 0;   // of the detector; files of boxes
  std::string files_working;                     // not empty: a file of boxes is read or written
  float minutes = 5;                             // of the next training

  bool shown(const ml::Box& b) const;
  bool complete(std::uint32_t image) const;
  bool held() const { return current && *current < store.boxes.size(); }
  const ml::Box& at(BoxId id) const { return store.boxes[id]; }
};

/// Image of the Boxes screen: the chosen one, else the inspected sample's, else the first. Empty without images.
std::optional<std::uint32_t> shown_image(const State& state);

/// Replaces everything (a project was opened).
void set_boxes(BoxState& boxes, ml::BoxStore store);
/// Boxes and completeness as they are from now on, with the index and counts.
void change_boxes(BoxState& boxes, std::span<const ml::BoxChange> changes);
void set_complete(BoxState& boxes, std::uint32_t image, bool complete);

/// The selection: nothing; these (those of them that are shown); without what is not shown any more.
void forget_selection(BoxState& boxes);
void select_changed(BoxState& boxes, std::span<const ml::BoxChange> changes);
void keep_shown_selected(BoxState& boxes);

/// Doubt of a proposal: highest for a score in the middle.
float doubt(const ml::Box& box);
/// The proposals that are shown, by falling doubt: the one after (step > 0) or before the current one; the most doubtful
/// one if the current one waits no longer.
std::optional<BoxId> next_doubtful(const BoxState& boxes, int step);

std::string actions_text(const BoxActions& actions);                     // as a project setting
BoxActions actions_from(const std::string& text);

}  // namespace mp::explorer
