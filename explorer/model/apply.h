// apply(): the one place where State changes by a person's will, and what the workers have to be told of it.
// UI thread. No engine, no ImGui: unit-tested as it is.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "explorer/model/command.h"
#include "explorer/model/state.h"
#include "ml/data/project.h"
#include "ml/data/split_by.h"

namespace mp::ml {
struct BoxJob;
}

namespace mp::explorer {

/// What follows from commands outside State; the app hands it to the Service and the window.
struct Effects {
  std::vector<ml::LabelBatch> batches;           // to disk and to the instant worker, in order
  std::vector<ml::BoxBatch> boxes;               // to disk, in order, after the classes
  std::shared_ptr<const ml::BoxJob> box_job;
  bool cancel_boxes = false;
  bool cancel_box_map = false;
  std::optional<cmd::ImportBoxes> import_boxes;
  std::optional<cmd::ExportBoxes> export_boxes;
  bool classes_changed = false;
  std::optional<cmd::OpenProject> open;
  bool close = false, demo = false;
  std::optional<cmd::Import> import;
  std::string import_series;                     // a file
  bool cancel_import = false, retry_save = false;
  struct QueryRequest { std::string strategy; int k; std::uint64_t request; };
  std::optional<QueryRequest> query;
  std::vector<QueryRequest> compared;            // asked after it
  std::optional<ml::SplitChoice> hold_out;
  std::string list;                              // of sample_lists.h; empty: none
  struct SimilarRequest { SampleId to; int k; std::uint64_t request; };
  std::optional<SimilarRequest> similar;
  bool check_heat = false;                       // with the settings of State::heat
  std::optional<float> layer_maps;               // strength of the layers before
  bool cancel_layer_maps = false;
  std::optional<ml::TrainSettings> train;
  std::optional<bool> pause;
  bool stop_training = false;
  bool show_model = false;                                       // another one is shown: the map follows it
  bool set_map = false, map_again = false, cancel_map = false;   // with the settings of State::map
  std::optional<std::size_t> load_round;
  std::optional<SampleId> load_trail;
  std::optional<bool> record;
  std::vector<std::string> screenshots;
  bool lose_device = false;
  std::vector<std::pair<std::string, std::string>> settings;   // to keep in the project
};

void apply(State& state, const Command& command, Effects& effects);

/// The samples that a label key acts on now (see cmd::Assign).
std::vector<SampleId> label_target(const State& state);

/// Sets `visible`, counts and revisions from pool, predictions and filters. Called after each change of these.
void refresh_visible(State& state);
void recount_labels(State& state);

}  // namespace mp::explorer
