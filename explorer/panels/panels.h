// The panels around the views. Each is one function in one file: reads State, emits Commands; drawn inside the given
// rectangle of the framebuffer. Main thread.
#pragma once
#include <string>
#include <vector>

#include "engine/base/math.h"
#include "explorer/model/command.h"
#include "explorer/model/state.h"
#include "explorer/views/views.h"

namespace mp::explorer {

/// A key binding as the help shows it.
struct KeyHelp {
  std::string group, title;
  std::vector<std::string> chords;
};

struct PanelContext {
  const State& state;
  Commands& commands;
  Pictures& pictures;
  const std::vector<KeyHelp>& keys;
};

void top_bar(const PanelContext& c, Rect px);            // name, project, tabs, saved, record, help
void status_line(const PanelContext& c, Rect px);        // samples, labels, round, label -> cloud, frame, device, memory
void classes_panel(const PanelContext& c);               // legend: filters, keys, add, rename, colour
void query_panel(const PanelContext& c);                 // strategy, k, picks lined up, oracle
void loop_panel(const PanelContext& c);                  // thresholds, labels by the model, lists, when to stop
void training_panel(const PanelContext& c);              // start, pause, stop, live loss and accuracy
void reasons_panel(const PanelContext& c);               // where the network looks, and whether that can be believed
void map_panel(const PanelContext& c);                   // method, follow, start again; history of the cloud
void evaluation_panel(const PanelContext& c);            // ROC per class, confusion matrix, accuracy against labels
void selection_panel(const PanelContext& c);             // thumbnails of the selection, lowest confidence first
void inspect_panel(const PanelContext& c);               // one sample: picture, probabilities, path, layer
void boxes_panel(const PanelContext& c);                 // which boxes are shown, by class, score, status
void box_panel(const PanelContext& c);                   // the box at hand; actions and what they saved
void detector_panel(const PanelContext& c);              // training in the background, proposals, what they save
void values_panel(const PanelContext& c);                // which values are black and white, on their histogram
void filters_panel(const PanelContext& c);
void start_screen(const PanelContext& c, Rect px);       // no project: folder, recent projects, demo
void evaluate_screen(const PanelContext& c, Rect px);    // large plots
void history_screen(const PanelContext& c, Rect px);     // what was labelled when, undo stack
void help_overlay(const PanelContext& c, Rect screen);   // all keys
void settings_overlay(const PanelContext& c, Rect screen);
void bad_files_overlay(const PanelContext& c, Rect screen);
void banners_and_toasts(const PanelContext& c, Rect px);
void import_progress(const PanelContext& c, Rect px);    // bar with ETA and cancel

}  // namespace mp::explorer
