// The groups of apply(): each file handles the commands of one concern. Internal to explorer/model; UI thread.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "explorer/model/apply.h"
#include "ml/data/boxes.h"
#include "ml/data/boxes_io.h"

namespace mp::explorer {

// apply_selection.cpp
void apply(State&, const cmd::Select&, Effects&);
void apply(State&, const cmd::Lasso&, Effects&);
void apply(State&, const cmd::SelectAll&, Effects&);
void apply(State&, const cmd::SelectNone&, Effects&);
void apply(State&, const cmd::SelectInvert&, Effects&);
void apply(State&, const cmd::SelectClass&, Effects&);
void apply(State&, const cmd::SelectSimilar&, Effects&);
void apply(State&, const cmd::SelectCluster&, Effects&);
void apply(State&, const cmd::SelectCell&, Effects&);
void apply(State&, const cmd::SetThreshold&, Effects&);
void apply(State&, const cmd::Hover&, Effects&);
void apply(State&, const cmd::Inspect&, Effects&);
void apply(State&, const cmd::SetFilters&, Effects&);
void apply(State&, const cmd::ToggleClassFilter&, Effects&);
void apply(State&, const cmd::SoloClassFilter&, Effects&);

void reduce(State&, const ml::SimilarFound&);

// apply_labels.cpp
void apply(State&, const cmd::Assign&, Effects&);
void apply(State&, const cmd::AssignKey&, Effects&);
void apply(State&, const cmd::Unlabel&, Effects&);
void apply(State&, const cmd::LabelFromSource&, Effects&);
void apply(State&, const cmd::AcceptPrediction&, Effects&);
void apply(State&, const cmd::Undo&, Effects&);
void apply(State&, const cmd::Redo&, Effects&);
void apply(State&, const cmd::AddClass&, Effects&);
void apply(State&, const cmd::RenameClass&, Effects&);
void apply(State&, const cmd::RecolourClass&, Effects&);

// apply_query.cpp
void apply(State&, const cmd::SetStrategy&, Effects&);
void apply(State&, const cmd::SetQuerySize&, Effects&);
void apply(State&, const cmd::Query&, Effects&);
void apply(State&, const cmd::ClearPicks&, Effects&);
void apply(State&, const cmd::SetCurrentPick&, Effects&);
void apply(State&, const cmd::SkipPick&, Effects&);
void apply(State&, const cmd::NextPick&, Effects&);

void apply(State&, const cmd::SetCompared&, Effects&);

// apply_loop.cpp
void apply(State&, const cmd::SetLoop&, Effects&);
void apply(State&, const cmd::SelectBand&, Effects&);
void apply(State&, const cmd::AcceptPseudo&, Effects&);
void apply(State&, const cmd::CorrectPseudo&, Effects&);
void apply(State&, const cmd::RebalancePseudo&, Effects&);
void apply(State&, const cmd::RevokeRound&, Effects&);
void apply(State&, const cmd::SelectList&, Effects&);
void apply(State&, const cmd::HoldOut&, Effects&);

// apply_boxes.cpp
void apply(State&, const cmd::SelectBox&, Effects&);
void apply(State&, const cmd::NextBox&, Effects&);
void apply(State&, const cmd::ShowImage&, Effects&);
void apply(State&, const cmd::NextImage&, Effects&);
void apply(State&, const cmd::AcceptBox&, Effects&);
void apply(State&, const cmd::AcceptBoxes&, Effects&);
void apply(State&, const cmd::DeleteBoxes&, Effects&);
void apply(State&, const cmd::DeleteBox&, Effects&);
void apply(State&, const cmd::RelabelBox&, Effects&);
void apply(State&, const cmd::MoveBox&, Effects&);
void apply(State&, const cmd::NudgeBox&, Effects&);
void apply(State&, const cmd::DrawBox&, Effects&);
void apply(State&, const cmd::CompleteImage&, Effects&);
void apply(State&, const cmd::SetBoxFilters&, Effects&);
void apply(State&, const cmd::ShowBoxes&, Effects&);
// apply_box_map.cpp
void apply(State&, const cmd::ShowBoxMap&, Effects&);
void apply(State&, const cmd::MapBoxesAgain&, Effects&);
void apply(State&, const cmd::CancelBoxMap&, Effects&);
void apply(State&, const cmd::SelectBoxes&, Effects&);
void apply(State&, const cmd::SelectAllBoxes&, Effects&);
void apply(State&, const cmd::ColourBoxes&, Effects&);
void apply(State&, const cmd::SetBoxMapCamera&, Effects&);
void apply(State&, const cmd::FrameBoxes&, Effects&);
// apply_box_files.cpp
void apply(State&, const cmd::ImportBoxes&, Effects&);
void apply(State&, const cmd::ExportBoxes&, Effects&);
/// What a file brought, as one undoable edit; the classes of its boxes count in `classes_read`.
void take_imported_boxes(State&, ml::BoxImport read, const ml::ClassTable& classes_read, Effects&);
// apply_detector.cpp
void apply(State&, const cmd::TrainBoxes&, Effects&);
void apply(State&, const cmd::ProposeBoxes&, Effects&);
void apply(State&, const cmd::CancelBoxes&, Effects&);
void replay_boxes(State&, const BoxEdit&, bool forward, Effects&);
/// False, with a toast: the project is read-only.
bool writable_boxes(State&);
/// A batch for the database; with images also whether their boxes are complete.
void post_boxes(State&, Effects&, std::vector<ml::BoxChange>, std::vector<std::uint32_t> images = {}, bool complete = false);
void reduce(State&, const ml::BoxesSaved&);
void reduce(State&, const ml::BoxJobNews&);
void reduce(State&, const ml::BoxJobDone&, Effects&);
// apply_heat.cpp
void apply(State&, const cmd::SetHeat&, Effects&);
void apply(State&, const cmd::LookAt&, Effects&);
void apply(State&, const cmd::CheckHeat&, Effects&);
void apply(State&, const cmd::ExportLayerMaps&, Effects&);
void apply(State&, const cmd::CancelLayerMaps&, Effects&);

// apply_view.cpp
void apply(State&, const cmd::SetScreen&, Effects&);
void apply(State&, const cmd::SetColourBy&, Effects&);
void apply(State&, const cmd::SetTool&, Effects&);
void apply(State&, const cmd::ShowPictures&, Effects&);
void apply(State&, const cmd::ShowContours&, Effects&);
void apply(State&, const cmd::SetScatterCamera&, Effects&);
void apply(State&, const cmd::FrameAll&, Effects&);
void apply(State&, const cmd::FrameSelection&, Effects&);
void apply(State&, const cmd::SetLayer&, Effects&);
void apply(State&, const cmd::SetMosaic&, Effects&);
void apply(State&, const cmd::SetBuild&, Effects&);
void apply(State&, const cmd::ShowNetwork&, Effects&);
void apply(State&, const cmd::ToggleHelp&, Effects&);
void apply(State&, const cmd::ToggleSettings&, Effects&);
void apply(State&, const cmd::ToggleBad&, Effects&);
void apply(State&, const cmd::SetScale&, Effects&);
void apply(State&, const cmd::SetRecording&, Effects&);
void apply(State&, const cmd::SaveScreenshot&, Effects&);
void apply(State&, const cmd::DismissBanner&, Effects&);
void apply(State&, const cmd::LoseDevice&, Effects&);
void apply(State&, const cmd::Quit&, Effects&);

// apply_map.cpp
void apply(State&, const cmd::SetMap&, Effects&);
void apply(State&, const cmd::MapAgain&, Effects&);
void apply(State&, const cmd::CancelMap&, Effects&);
void apply(State&, const cmd::ShowRound&, Effects&);
void apply(State&, const cmd::PlayRounds&, Effects&);
void apply(State&, const cmd::ShowTrail&, Effects&);

// apply_project.cpp
void apply(State&, const cmd::OpenProject&, Effects&);
void apply(State&, const cmd::CloseProject&, Effects&);
void apply(State&, const cmd::OpenDemo&, Effects&);
void apply(State&, const cmd::Import&, Effects&);
void apply(State&, const cmd::ImportSeries&, Effects&);
void apply(State&, const cmd::CancelImport&, Effects&);
void apply(State&, const cmd::RetrySave&, Effects&);
void apply(State&, const cmd::Train&, Effects&);
void apply(State&, const cmd::PauseTraining&, Effects&);
void apply(State&, const cmd::StopTraining&, Effects&);
void apply(State&, const cmd::SetTraining&, Effects&);

/// Playing the history: a round lasts so long.
constexpr double kRoundSeconds = .8;

/// Sets labels as one undoable edit and one batch. Changes that change nothing are left out.
void edit_labels(State& state, std::string what, std::vector<ml::LabelChange> after, Effects& effects);
void push_undo(State& state, Edit edit);
/// Moves the current pick to the next unlabelled one, after the current one was labelled or skipped.
void advance_pick(State& state);
void selection_changed(State& state);
/// Selects the visible ones of these.
void select_ids(State& state, std::span<const SampleId> ids);
/// These wait for the person, one after the other; the selection goes, so that a key labels the pick.
void show_picks(State& state, std::vector<SampleId> picks);

}  // namespace mp::explorer
