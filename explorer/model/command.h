// What a person (or a script) can ask for. Panels and views push these; apply() carries them out after the UI is built.
// Plain data with JSON names, so that a session can be recorded and replayed.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer::cmd {

// project
struct OpenProject { std::string dir; };
struct CloseProject {};
struct OpenDemo {};
struct Import { std::string root; bool layers = false; int patch_px = 128; bool hide_labels = false; std::string project_dir; };
struct ImportSeries { std::string file; };   // CSV with a column of layers or heights and columns of values
struct CancelImport {};
struct RetrySave {};
// selection
struct Select { SelectOp op = SelectOp::replace; std::vector<SampleId> ids; bool from_gesture = false; };
/// What the hand did in a view, in the view's data units; the Select that follows carries the result. Recording keeps
/// the gesture (and draws it again), not the ids. view: "scatter" or "mosaic".
struct Lasso { std::string view; std::vector<Vec2> polygon; SelectOp op = SelectOp::replace; };
struct SelectAll {};                       // of the visible
struct SelectNone {};
struct SelectInvert {};
struct SelectClass { ClassId cls; SelectOp op = SelectOp::replace; };                 // predicted (visible) samples
struct SelectSimilar { std::optional<SampleId> id; int k = 50; SelectOp op = SelectOp::replace; };   // nearest in feature space
struct SelectCluster { std::optional<SampleId> id; SelectOp op = SelectOp::replace; };              // of the map, around it
struct SelectCell { ClassId truth, predicted; bool network = false; };                // of the confusion matrix
/// Selects the samples whose answer "this class or not" another threshold flips: predicted so and below it, or not and
/// at or above it.
struct SetThreshold { ClassId cls; float threshold; bool network = false; };
struct Hover { std::optional<SampleId> id; };
struct Inspect { std::optional<SampleId> id; };
// labels. The target is the selection; without one the current pick, else the inspected sample.
struct Assign { ClassId cls; };
struct AssignKey { int digit; };           // 1..9, 0 = tenth: an index without a class makes one
struct Unlabel {};
struct LabelFromSource {};                 // the oracle, on the target
struct AcceptPrediction {};
struct SkipPick {};
struct NextPick { int step = 1; };
struct Undo {};
struct Redo {};
struct AddClass { std::string name; };
struct RenameClass { ClassId cls; std::string name; };
struct RecolourClass { ClassId cls; Rgba colour; };
// queries
struct SetStrategy { std::string name; std::uint64_t request = 0; };   // request > 0: queries count on from it (a replay)
struct SetQuerySize { int k; };
struct Query { bool oracle = false; };     // oracle: label the answer from the source labels
struct ClearPicks {};
struct SetCurrentPick { int index; };
struct SetCompared { std::vector<std::string> strategies; };           // asked together with each query
// the labelling loop
struct SetLoop { float accept_above = .95f, ask_below = .6f, target = .99f; };
enum class Band { sure, doubtful };
struct SelectBand { Band band = Band::sure; };  // unlabelled, above accept_above or below ask_below
struct AcceptPseudo {};                    // the sure ones get the model's label; one round
struct CorrectPseudo { int n = 50; };      // the most uncertain of the model's labels become the picks
struct RebalancePseudo {};                 // of each class the most uncertain of the model's labels, twice the rarest at most
struct RevokeRound { int round; };         // takes away every label that this round gave
struct SelectList { std::string name; };   // mislabelled, background, exact-duplicates, near-duplicates, outliers
// boxes
struct SelectBox { std::optional<std::uint32_t> box; };               // its image is shown
struct NextBox { int step = 1; };                                      // proposals by falling doubt
struct ShowImage { std::uint32_t image; };
struct NextImage { int step = 1; };
struct AcceptBox {};                                                   // the one at hand; the next doubtful one comes
struct AcceptBoxes {};                                                 // all proposals that are shown in the image
struct DeleteBox {};
struct DeleteBoxes {};                                                 // all proposals that are shown in the image
struct RelabelBox { ClassId cls; };                                    // without a box at hand: of the next that is drawn
struct MoveBox { float x0 = 0, y0 = 0, x1 = 0, y1 = 0; };              // pixels of the image
struct NudgeBox { float dx = 0, dy = 0; bool resize = false; };        // resize: its right and lower edge
struct DrawBox { float x0 = 0, y0 = 0, x1 = 0, y1 = 0; std::optional<std::uint32_t> image; std::optional<ClassId> as; };
struct CompleteImage { bool on = true; };                              // no box of it is missing
struct SetBoxFilters { std::vector<std::uint8_t> class_off; float score_min = 0; bool proposed = true, accepted = true, deleted = false; };
struct ShowBoxMap { bool on = true; };                                 // boxes as points, above the picture
struct MapBoxesAgain {};
struct CancelBoxMap {};
struct SelectBoxes { SelectOp op = SelectOp::replace; std::vector<std::uint32_t> ids; };   // of those that are shown; accept, delete and name then mean all of them
struct SelectAllBoxes {};                                              // that are shown
struct ColourBoxes { std::string by = "class"; };                      // on the map: class, score, status, source
struct SetBoxMapCamera { Camera2 camera; bool all = false; };          // all: frame the whole map
struct FrameBoxes {};                                                  // the selected ones, or the one at hand, on the map
struct ImportBoxes { std::string path, format; bool proposed = false; };   // format: empty: by what is there
struct ExportBoxes { std::string path, format = "coco"; bool proposed = false; };   // path: empty: among the project's exports
struct ShowBoxes { bool on = true; };                                  // on layers and thumbnails
struct TrainBoxes { float minutes = 5; int epochs = 0; bool go_on = true; };   // epochs > 0 instead of minutes; proposes after
struct ProposeBoxes { float min_score = -1; };                         // below 0: from where it saves actions
struct CancelBoxes {};
/// Which samples are held out: never trained on, never queried. by: random, builds, layers, names (ml/data/split_by.h).
struct HoldOut { std::string by = "random"; double share = .2; std::string from, to; };
// training
struct Train {};
struct PauseTraining { bool paused; };
struct StopTraining {};
struct SetTraining { ml::TrainSettings settings; };
struct ShowNetwork { bool on; };
// where the network looks
struct SetHeat { bool on = true; std::string method = "cam", baseline = "mean"; ClassId cls = kNoClass; float strength = .6f; };   // cls kNoClass: what the network says
struct LookAt { std::vector<SampleId> ids; };   // what a view shows now: its heat is made after that of the focus
struct CheckHeat {};                       // against the accepted boxes
struct ExportLayerMaps { float prior = .3f; };   // pictures and CSV beside the project's exports
struct CancelLayerMaps {};
// the map
struct SetMap { ml::MapSettings settings; };
struct MapAgain {};                        // from nothing, with what is known now
struct CancelMap {};
struct ShowRound { int round; };           // of the history; -1: the present
struct PlayRounds { bool on = true; };
struct ShowTrail { bool on = true; };             // of the inspected sample
// looking
struct SetScreen { Screen screen; };
struct SetColourBy { ColourBy by; };
struct SetTool { Tool tool; };
struct ShowPictures { bool on; };
struct ShowContours { bool on; };          // lines of equal density over the cloud
struct SetScatterCamera { Camera2 camera; float view_px = 0; };   // view_px > 0: height of the view that it was made for
struct FrameAll {};
struct FrameSelection {};
struct SetFilters { Filters filters; };
struct ToggleClassFilter { ClassId cls; };
struct SoloClassFilter { ClassId cls; };
struct SetLayer { int layer; };
struct SetMosaic { MosaicState mosaic; float view_px = 0; };
struct SetBuild { BuildState build; float view_px = 0; };        // orbit and cut of the build view
struct ToggleHelp {};
struct ToggleSettings {};
struct ToggleBad {};
struct SetScale { float scale; };
struct SetRecording { bool on; };
struct SaveScreenshot { std::string file; };
struct DismissBanner { std::string key; };
struct LoseDevice {};                      // tests: the next frame finds the graphics device lost
struct Quit {};

}  // namespace mp::explorer::cmd

namespace mp::explorer {

using Command = std::variant<
    cmd::OpenProject, cmd::CloseProject, cmd::OpenDemo, cmd::Import, cmd::ImportSeries, cmd::CancelImport, cmd::RetrySave, cmd::Select, cmd::Lasso,
    cmd::SelectAll, cmd::SelectNone, cmd::SelectInvert, cmd::SelectClass, cmd::SelectSimilar,
    cmd::SelectCluster, cmd::SelectCell, cmd::SetThreshold, cmd::Hover, cmd::Inspect,
    cmd::Assign, cmd::AssignKey, cmd::Unlabel, cmd::LabelFromSource, cmd::AcceptPrediction, cmd::SkipPick, cmd::NextPick,
    cmd::Undo, cmd::Redo, cmd::AddClass, cmd::RenameClass, cmd::RecolourClass, cmd::SetStrategy, cmd::SetQuerySize,
    cmd::Query, cmd::ClearPicks, cmd::SetCurrentPick, cmd::SetCompared, cmd::SetLoop, cmd::SelectBand, cmd::AcceptPseudo, cmd::CorrectPseudo,
    cmd::RebalancePseudo, cmd::RevokeRound, cmd::SelectList, cmd::HoldOut,
    cmd::SelectBox, cmd::NextBox, cmd::ShowImage, cmd::NextImage, cmd::AcceptBox, cmd::AcceptBoxes, cmd::DeleteBox, cmd::DeleteBoxes, cmd::RelabelBox, cmd::MoveBox,
    cmd::NudgeBox, cmd::DrawBox, cmd::CompleteImage, cmd::SetBoxFilters, cmd::ShowBoxMap, cmd::MapBoxesAgain, cmd::CancelBoxMap, cmd::SelectBoxes, cmd::SelectAllBoxes, cmd::ColourBoxes, cmd::SetBoxMapCamera, cmd::FrameBoxes, cmd::ImportBoxes, cmd::ExportBoxes, cmd::ShowBoxes, cmd::TrainBoxes, cmd::ProposeBoxes, cmd::CancelBoxes, cmd::Train, cmd::PauseTraining, cmd::StopTraining, cmd::SetTraining,
    cmd::ShowNetwork, cmd::SetHeat, cmd::LookAt, cmd::CheckHeat, cmd::ExportLayerMaps, cmd::CancelLayerMaps, cmd::SetMap, cmd::MapAgain, cmd::CancelMap, cmd::ShowRound, cmd::PlayRounds, cmd::ShowTrail, cmd::SetScreen, cmd::SetColourBy, cmd::SetTool, cmd::ShowPictures, cmd::ShowContours, cmd::SetScatterCamera, cmd::FrameAll,
    cmd::FrameSelection, cmd::SetFilters, cmd::ToggleClassFilter, cmd::SoloClassFilter, cmd::SetLayer, cmd::SetMosaic, cmd::SetBuild,
    cmd::ToggleHelp, cmd::ToggleSettings, cmd::ToggleBad, cmd::SetScale, cmd::SetRecording, cmd::SaveScreenshot,
    cmd::DismissBanner, cmd::LoseDevice, cmd::Quit>;

using Commands = std::vector<Command>;

}  // namespace mp::explorer
