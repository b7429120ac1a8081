// Everything the window shows, as plain data. Written on the UI thread only: by apply() (commands) and reduce() (events).
// Panels and views read it as const State& and emit Commands.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bitset.h"
#include "engine/base/math.h"
#include "explorer/model/build_state.h"
#include "explorer/model/label_trace.h"
#include "ml/data/caches.h"
#include "ml/data/classes.h"
#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"
#include "ml/data/predictions.h"
#include "ml/service/map_settings.h"
#include "ml/service/messages.h"
#include "ml/service/round_history.h"

namespace mp::ml {
struct LayerSeriesList;
}

namespace mp::explorer {

struct HeatState;   // heat_state.h

using ml::ClassId;
using ml::kNoClass;
using ml::SampleId;

enum class Screen { explore, layers, evaluate, history, boxes, build };   // tabs of the top bar; scripts know their numbers
enum class ColourBy { prediction, confidence, margin, entropy, label, source_label, layer, split, label_origin, round, flips };
enum class Tool { lasso, pan, rectangle, brush };
enum class SelectOp { replace, add, remove, intersect };
enum class WallOrder { uncertain_first, confident_first, by_class, by_import, alike };   // alike: neighbours on the map

const char* name_of(Screen s);
const char* name_of(ColourBy c);

struct ImportState {
  bool running = false, cancelled = false;
  ml::ImportProgress progress;
};

/// Another strategy's picks, shown beside the query's own.
struct ComparedPicks {
  std::string strategy;
  std::uint64_t request = 0;
  std::vector<SampleId> picks;
};

struct QueryState {
  std::string strategy = "margin";
  int k = 12;
  bool waiting = false;                  // asked, not answered yet
  std::uint64_t request = 0;
  std::vector<SampleId> picks;           // best first
  int current = -1;                      // index into picks, -1: none
  std::vector<ComparedPicks> compared;   // asked together with each query
  bool oracle = false;                   // label the answer from the source labels as soon as it comes
};

/// The labelling loop: what the model labels itself, what it asks, when to stop.
struct LoopState {
  float accept_above = .95f, ask_below = .6f;   // of the confidence
  float target = .99f;                          // accuracy that the person wants
  int round = 0;                                // of labelling: grows with every answered query and acceptance
  std::vector<SampleId> suspects;               // likely mislabelled, surest first
  std::string listing;                          // list that is being made; empty: none
};

/// "Similar to this": asked of the instant worker.
struct SimilarState {
  bool waiting = false;
  std::uint64_t request = 0;
  SelectOp op = SelectOp::replace;
};

struct TrainingState {
  ml::TrainSettings settings;
  bool on = false, paused = false, running = false;
  bool pretraining = false;              // learns from the unlabelled pool; loss is that of two views of an image
  int round = 0;                         // of the background tier, from 1; the one that runs or ran last
  int round_labels = 0;                  // labels and revision that the running round learns from
  std::uint64_t round_revision = 0;
  int rounds_done = 0;                   // finished, not stopped
  int epoch = 0, epochs = 0;
  std::int64_t step = 0;
  double images_per_s = 0, round_seconds = 0;
  std::string error;                     // of the last round
  // history of all rounds, by step
  std::vector<float> step_x, loss, learning_rate;
  // by epoch: x in steps
  std::vector<float> epoch_x, train_accuracy, validation_accuracy, macro_f1, auc;
  std::vector<float> round_start_x;      // steps at which rounds began
  std::optional<ml::Evaluation> validation;
};

/// A decision of one class against the rest that the person tries: those at or above the value are called that class.
struct TriedThreshold {
  ClassId cls = kNoClass;
  float value = .5f;
  bool network = false;
};

/// One point of accuracy against number of labels.
struct AccuracyPoint {
  int labels = 0;
  float accuracy = 0;
  bool biased = false;
  std::uint64_t revision = 0;
};

struct Filters {
  std::vector<std::uint8_t> class_off;   // by ClassId: predicted class hidden
  int labelled = 0;                      // 0 all, 1 labelled only, 2 unlabelled only
  float confidence_min = 0, confidence_max = 1;
  int layer_min = 0, layer_max = std::numeric_limits<int>::max();
  int split = 0;                         // 0 all, 1 pool, 2 test
  std::string text;                      // in the file's path, without case
  bool any() const;
};

struct Banner {
  enum class Kind { info, good, warning, error } kind = Kind::info;
  std::string text;
  std::string action;                    // label of its button, empty: none ("Retry")
  std::string key;                       // one banner a key
};

struct Toast {
  Banner::Kind kind = Banner::Kind::info;
  std::string text;
  double until_s = 0;                    // State::time_s
};

/// What tints the patches of layers. scatter: as the cloud is coloured; difference: how far a patch's features are from
/// those of the same place in the layer below.
enum class LayerTint { scatter, prediction, confidence, label, score, difference };
/// Which values of the pictures are black and white. usual: 8 bit as they are, 16 bit automatic; automatic: percentiles
/// of what has been seen; manual: what the person chose; full: the file's range.
enum class ValueWindow { usual, automatic, manual, full };

struct MosaicState {
  bool single = false;                   // one layer alone, else the contact sheet
  int layer = 0;                         // index into pool.layers
  bool overlay = true;
  float strength = .45f;
  Camera2 camera;                        // world: contact sheet in units of one layer side
  bool camera_set = false;
  WallOrder order = WallOrder::uncertain_first;
  LayerTint tint = LayerTint::scatter;
  ValueWindow window = ValueWindow::usual;
  float low = 0, high = 1;               // of a manual window, shares of the full range
  std::string series;                    // name of the one beside the height slider; empty: the first
};

/// The map: how it is made, and what the projector is at.
struct MapState {
  ml::MapSettings settings;
  bool running = false;
  std::string what;                      // "map", "following"
  double share = 0, eta_s = -1;
  std::size_t left_out = 0;              // samples without a place: no features, or values that are not finite
};

/// The history of the cloud: every round that was kept, and the one that is shown instead of the present.
struct TimelineState {
  std::shared_ptr<const ml::RoundList> list;
  int asked = -1;                        // round to show, -1: the present
  std::shared_ptr<const ml::Round> shown;
  bool playing = false;
  double next_s = 0;                     // when the next round comes
  bool trail_on = false;
  std::shared_ptr<const ml::Trail> trail;
  std::size_t rounds() const { return list ? list->rounds.size() : 0; }
};

struct BoxState;   // box_state.h
struct BoxEdit;

/// Undo entry: what to do again in the other direction.
struct Edit {
  std::string what;                              // "label 175 as scratches"
  std::vector<ml::LabelChange> before, after;    // labels
  std::optional<ml::ClassTable> classes_before, classes_after;
  std::shared_ptr<const BoxEdit> boxes;          // null: none
};

/// Times of the last label changes to a rescored and recoloured cloud on the screen.
struct Latency {
  double changed_at_ms = -1;             // clock of the newest change that is still waiting, -1: none
  std::uint64_t waiting_revision = 0;
  double last_ms = -1;
  std::vector<double> all_ms;
  double last_saved_ms = -1;
};

struct State {
  // the session
  double time_s = 0;                     // virtual when headless
  std::uint64_t frame = 0;
  std::uint64_t seed = 1;
  std::string author = "person";
  Screen screen = Screen::explore;
  std::string device, device_error;
  int device_losses = 0;                 // each mended by a new device
  bool headless = false;
  bool recording = false;
  double record_started_s = 0;
  bool show_help = false, show_settings = false, show_bad = false;
  float ui_scale = 1;
  bool quit = false;

  // the project; pool is never null
  std::string project_dir, project_name; // empty: none open (start screen)
  std::vector<std::string> recent_projects;
  bool read_only = false;
  std::string why_read_only;
  ml::PoolPtr pool;
  ml::FeaturesPtr features;
  std::shared_ptr<ml::ThumbCache> thumbs;
  std::vector<ml::BadFile> bad;
  ImportState import;

  // labels
  ml::ClassTable classes;
  ml::LabelStore labels;
  LabelTrace trace;                      // kept by apply
  LoopState loop;
  std::shared_ptr<HeatState> heat;       // never null
  std::uint64_t saved_revision = 0;
  std::vector<int> labels_per_class;     // kept by apply
  std::string save_error;                // not empty: labels are not on the disk yet
  std::vector<Edit> undo, redo;

  std::shared_ptr<BoxState> boxes;       // never null; a copy of the State shares it

  // models
  ml::PredictionsPtr instant, network;
  bool show_network = false;             // colour by the network instead of the instant tier
  std::optional<ml::Evaluation> instant_evaluation;
  std::optional<TriedThreshold> threshold;
  double instant_ms = 0;
  bool instant_degraded = false, instant_landmarks = false;
  std::vector<AccuracyPoint> instant_history, network_history;
  TrainingState training;
  ml::ProjectionPtr projection;
  MapState map;
  TimelineState timeline;

  // what the person looks at
  Bitset selected;                       // by SampleId
  std::size_t n_selected = 0;
  Bitset visible;                        // passes the filters
  std::size_t n_visible = 0;
  Filters filters;
  ColourBy colour_by = ColourBy::prediction;
  Tool tool = Tool::lasso;
  bool show_pictures = true;             // typical samples as thumbnails at their clusters
  bool show_contours = false;            // lines of equal density
  Camera2 scatter_camera;
  bool scatter_camera_set = false;
  Vec2 mosaic_size_px{800, 300}, build_size_px{800, 600};
  Vec2 scatter_size_px{800, 600};       // of the view, kept by the app; framing needs it
  std::optional<SampleId> hovered, inspected;
  MosaicState mosaic;
  BuildState build;
  QueryState query;
  SimilarState similar;
  Latency latency;
  std::shared_ptr<const ml::LayerSeriesList> series;   // per-layer values; null: none
  std::vector<Banner> banners;
  std::vector<Toast> toasts;
  std::vector<float> frame_ms;           // all frames, for the status line and --state
  std::string mark;                      // frames are also timed under this name (script step "mark")
  std::map<std::string, std::vector<float>> marked_frame_ms;

  // revisions: views compare them to know what to upload again
  std::uint64_t selection_revision = 0, filter_revision = 0, colour_revision = 0, projection_revision = 0,
                pool_revision = 0, label_revision_shown = 0;

  State();
  bool has_project() const { return !project_dir.empty(); }
  std::size_t samples() const { return pool->size(); }
  /// The predictions that colours and read-outs use now; may be null.
  const ml::Predictions* predictions() const { return (show_network && network ? network : instant).get(); }
  std::optional<SampleId> current_pick() const {
    return query.current >= 0 && query.current < int(query.picks.size())
               ? std::optional(query.picks[std::size_t(query.current)])
               : std::nullopt;
  }
  /// Waits for a person: without a label, or with the model's own.
  bool open_pick(SampleId id) const { return !labels.labelled(id) || labels.source[id] == ml::LabelSource::pseudo; }
  /// Where the samples are drawn: now, or in the round of the past that is shown. May be null.
  const std::vector<float>* positions() const {
    if (timeline.shown) return &timeline.shown->xy;
    return projection ? &projection->xy : nullptr;
  }
  /// What the cloud's colours say: the predictions of now, or of the round that is shown. kNoClass: nothing.
  ClassId shown_class(SampleId id) const {
    if (timeline.shown) return id < timeline.shown->predicted.size() ? timeline.shown->predicted[id] : kNoClass;
    const auto* p = predictions();
    return p && id < p->n && p->labelled ? p->predicted[id] : kNoClass;
  }
  float shown_confidence(SampleId id) const {
    if (timeline.shown) return id < timeline.shown->confidence.size() ? timeline.shown->confidence[id] : 0;
    const auto* p = predictions();
    return p && id < p->n ? p->confidence[id] : 0;
  }
  std::size_t n_labelled() const {
    std::size_t n = 0;
    for (auto k : labels_per_class) n += std::size_t(k);
    return n;
  }
  bool source_labels = false;            // the pool has some; kept by take_pool, looking takes a while
  bool source_labels_usable() const { return source_labels; }
};

}  // namespace mp::explorer
