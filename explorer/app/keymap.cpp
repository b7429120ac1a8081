#include "explorer/app/keymap.h"

#include "explorer/app/user_folders.h"
#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"

namespace mp::explorer {

namespace {

constexpr float kCutStep = .02f;   // of the build

Command inverted_boxes(const State& s) {
  cmd::SelectBoxes others;
  for (BoxId id = 0; id < s.boxes->store.boxes.size(); ++id)
    if (!s.boxes->selected.test(id)) others.ids.push_back(id);
  return others;
}

/// Keys that mean something else while boxes are corrected.
std::optional<Command> make_box(const std::string& id, const State& s) {
  if (id == "box_map") return Command{cmd::ShowBoxMap{!s.boxes->map.on}};
  if (id.starts_with("class")) return Command{cmd::RelabelBox{ClassId((std::stoi(id.substr(5)) + 9) % 10)}};
  if (id == "box_accept") return cmd::AcceptBox{};
  if (id == "box_accept_all") return cmd::AcceptBoxes{};
  if (id == "box_delete") return cmd::DeleteBox{};
  if (id == "box_delete_all") return cmd::DeleteBoxes{};
  if (id == "box_next") return cmd::NextBox{1};
  if (id == "box_previous") return cmd::NextBox{-1};
  if (id == "box_complete") return cmd::CompleteImage{true};
  if (id == "image_next") return cmd::NextImage{1};
  if (id == "image_previous") return cmd::NextImage{-1};
  struct Arrow {
    std::string_view name;
    float step;
    bool resize;
  };
  for (const auto& [name, step, resize] : {Arrow{"box_move_", 1, false}, Arrow{"box_leap_", 10, false}, Arrow{"box_size_", 1, true}})
    if (id.starts_with(name)) {
      const auto to = id.substr(name.size());
      return cmd::NudgeBox{to == "left" ? -step : to == "right" ? step : 0, to == "up" ? -step : to == "down" ? step : 0, resize};
    }
  return std::nullopt;
}

std::optional<Command> make(const std::string& id, const State& s) {
  if (id.starts_with("class")) return Command{cmd::AssignKey{std::stoi(id.substr(5)) % 10}};
  if (id == "unlabel") return cmd::Unlabel{};
  if (id == "accept") return cmd::AcceptPrediction{};
  if (id == "skip") return cmd::SkipPick{};
  if (id == "next") return cmd::NextPick{1};
  if (id == "previous") return cmd::NextPick{-1};
  if (id == "oracle") return cmd::LabelFromSource{};
  if (id == "undo") return cmd::Undo{};
  if (id == "redo") return cmd::Redo{};
  if (id == "select_all") return s.screen == Screen::boxes ? Command{cmd::SelectAllBoxes{}} : Command{cmd::SelectAll{}};
  if (id == "select_none") return s.show_help ? Command{cmd::ToggleHelp{}} : s.show_settings ? Command{cmd::ToggleSettings{}} : s.show_bad ? Command{cmd::ToggleBad{}} : s.timeline.asked >= 0 ? Command{cmd::ShowRound{-1}} : s.screen == Screen::boxes ? Command{cmd::SelectBox{}} : s.n_selected ? Command{cmd::SelectNone{}} : Command{cmd::Inspect{}};
  if (id == "select_invert") return s.screen == Screen::boxes ? inverted_boxes(s) : Command{cmd::SelectInvert{}};
  if (id == "lasso") return cmd::SetTool{Tool::lasso};
  if (id == "rectangle") return cmd::SetTool{Tool::rectangle};
  if (id == "brush") return cmd::SetTool{Tool::brush};
  if (id == "similar" || id == "cluster") {
    if (s.screen == Screen::boxes) return std::nullopt;   // of samples
    return id == "similar" ? Command{cmd::SelectSimilar{}} : Command{cmd::SelectCluster{}};
  }
  if (id == "pan") return cmd::SetTool{Tool::pan};
  if (id == "pictures") return cmd::ShowPictures{!s.show_pictures};
  if (id == "frame_selection") return s.screen == Screen::boxes ? Command{cmd::FrameBoxes{}} : Command{cmd::FrameSelection{}};
  if (id == "frame_all") return s.screen == Screen::boxes ? Command{cmd::SetBoxMapCamera{{}, true}} : Command{cmd::FrameAll{}};
  if (id == "query") return cmd::Query{};
  if (id == "train") return s.training.on ? Command{cmd::StopTraining{}} : Command{cmd::Train{}};
  if (id == "overlay") {
    auto m = s.mosaic;
    m.overlay = !m.overlay;
    return cmd::SetMosaic{m};
  }
  if (id == "window_automatic" || id == "window_usual") {
    auto m = s.mosaic;
    m.window = id == "window_usual" ? ValueWindow::usual : ValueWindow::automatic;
    return cmd::SetMosaic{m};
  }
  if (id == "tint_by") {
    auto m = s.mosaic;
    m.tint = LayerTint((int(m.tint) + 1) % (int(LayerTint::difference) + 1));
    m.overlay = true;
    return cmd::SetMosaic{m};
  }
  if (id == "single_layer") {
    auto m = s.mosaic;
    m.single = !m.single;
    return cmd::SetMosaic{m};
  }
  if (id == "layer_up") return cmd::SetLayer{s.mosaic.layer + 1};
  if (id == "layer_down") return cmd::SetLayer{s.mosaic.layer - 1};
  if (id == "screen1") return cmd::SetScreen{Screen::explore};
  if (id == "screen2") return cmd::SetScreen{Screen::layers};
  if (id == "screen3") return cmd::SetScreen{Screen::evaluate};
  if (id == "screen4") return cmd::SetScreen{Screen::history};
  if (id == "screen5") return cmd::SetScreen{Screen::boxes};
  if (id == "show_boxes") return cmd::ShowBoxes{!s.boxes->on_pictures};
  if (id == "screen6") return cmd::SetScreen{Screen::build};
  if (id == "contours") return cmd::ShowContours{!s.show_contours};
  if (id == "cut" || id == "cut_up" || id == "cut_down" || id == "cut_flip") {
    auto b = s.build;
    if (id == "cut") b.cut = BuildCut((int(b.cut) + 1) % 4);
    if (id == "cut_up") b.cut_at += kCutStep;
    if (id == "cut_down") b.cut_at -= kCutStep;
    if (id == "cut_flip") b.flip = !b.flip;
    return cmd::SetBuild{b};
  }
  if (id == "scale_up") return cmd::SetScale{s.ui_scale + .25f};
  if (id == "scale_down") return cmd::SetScale{s.ui_scale - .25f};
  if (id == "help") return cmd::ToggleHelp{};
  if (id == "settings") return cmd::ToggleSettings{};
  if (id == "follow") {
    auto m = s.map.settings;
    m.follow = !m.follow;
    return cmd::SetMap{m};
  }
  if (id == "map_again") return cmd::MapAgain{};
  if (id == "play") return cmd::PlayRounds{!s.timeline.playing};
  if (id == "earlier") return cmd::ShowRound{s.timeline.asked < 0 ? int(s.timeline.rounds()) - 1 : std::max(0, s.timeline.asked - 1)};
  if (id == "later") return cmd::ShowRound{s.timeline.asked + 1 >= int(s.timeline.rounds()) || s.timeline.asked < 0 ? -1 : s.timeline.asked + 1};
  if (id == "heat") return cmd::SetHeat{!s.heat->on, s.heat->method, s.heat->baseline, s.heat->cls, s.heat->strength};
  if (id == "heat_method") {
    const auto next = (heat_choice(s.heat->method) + 1) % std::size(kHeatChoices);
    return cmd::SetHeat{true, std::string(kHeatChoices[next]), s.heat->baseline, s.heat->cls, s.heat->strength};
  }
  if (id == "trail") return cmd::ShowTrail{!s.timeline.trail_on};
  if (id == "record") return cmd::SetRecording{!s.recording};
  if (id == "quit") return cmd::Quit{};
  return std::nullopt;
}

}  // namespace

Keymap::Keymap() {
  struct Default {
    const char *id, *title, *group, *chords;
  };
  static constexpr Default kDefaults[] = {
      {"unlabel", "Take labels away", "Label", "Delete"},
      {"accept", "Accept the prediction", "Label", "Space"},
      {"skip", "Skip this pick", "Label", "S"},
      {"next", "Next pick, or ask for the next ones", "Label", "Tab"},
      {"previous", "Previous pick", "Label", "Shift+Tab"},
      {"oracle", "Label from the source (oracle)", "Label", "O"},
      {"undo", "Undo", "Label", "Ctrl+Z"},
      {"redo", "Redo", "Label", "Ctrl+Shift+Z|Ctrl+Y"},
      {"lasso", "Lasso tool (Shift adds, Alt removes, both intersect)", "Select", "L"},
      {"rectangle", "Rectangle tool", "Select", "X"},
      {"brush", "Brush tool", "Select", "B"},
      {"similar", "Samples similar to this one", "Select", "N"},
      {"cluster", "The whole cluster of this sample", "Select", "C"},
      {"pan", "Pan tool (right drag always pans)", "Select", "H"},
      {"select_all", "Select all that is shown", "Select", "Ctrl+A"},
      {"select_invert", "Invert the selection", "Select", "Ctrl+I"},
      {"select_none", "Select nothing, close", "Select", "Escape"},
      {"frame_selection", "Frame the selection", "Look", "F"},
      {"frame_all", "Frame all", "Look", "Home|A"},
      {"pictures", "Typical samples at the clusters", "Look", "I"},
      {"overlay", "Tint layers by prediction", "Look", "T"},
      {"tint_by", "Next tint of layers", "Look", "Shift+T"},
      {"window_automatic", "Black and white at the percentiles of the values", "Look", "W"},
      {"window_usual", "Black and white as usual", "Look", "Shift+W"},
      {"single_layer", "One layer or all", "Look", "M"},
      {"layer_up", "Layer above", "Look", "PageUp|Up"},
      {"layer_down", "Layer below", "Look", "PageDown|Down"},
      {"screen1", "Explore", "Look", "F1"},
      {"screen2", "Layers or samples", "Look", "F2"},
      {"screen3", "Evaluate", "Look", "F3"},
      {"screen4", "History", "Look", "F4"},
      {"screen5", "Boxes", "Look", "F5"},
      {"show_boxes", "Boxes on layers and pictures", "Look", "V"},
      {"screen6", "Build in space (right drag turns, middle drag shifts)", "Look", "F7"},
      {"cut", "Cut of the build: none, height, across, along", "Look", "\\"},
      {"cut_up", "Cut further up", "Look", "]"},
      {"cut_down", "Cut further down", "Look", "["},
      {"cut_flip", "Other side of the cut", "Look", "Shift+\\"},
      {"contours", "Density lines of the cloud", "Look", "D"},
      {"scale_up", "Larger interface", "Look", "Ctrl+="},
      {"scale_down", "Smaller interface", "Look", "Ctrl+-"},
      {"query", "Ask for picks", "Learn", "Q"},
      {"heat", "Heat: where the network looks", "Learn", "E"},
      {"heat_method", "Heat by the next method", "Learn", "Shift+E"},
      {"train", "Start or stop training", "Learn", "Ctrl+T"},
      {"follow", "Map follows the model, or is frozen", "Map", "K"},
      {"map_again", "Make the map again", "Map", "Ctrl+M"},
      {"play", "Play the history of the cloud", "Map", "P"},
      {"earlier", "Round before", "Map", ","},
      {"later", "Round after", "Map", "."},
      {"trail", "Trail of the sample", "Map", "R"},
      {"box_accept", "Accept the box", "Boxes", "Space"},
      {"box_accept_all", "Accept the picture's proposals", "Boxes", "Shift+Space"},
      {"box_delete", "Delete the box", "Boxes", "Delete|Backspace"},
      {"box_delete_all", "Delete the picture's proposals", "Boxes", "Shift+Delete|Shift+Backspace"},
      {"box_next", "Next doubtful box", "Boxes", "Tab"},
      {"box_previous", "Doubtful box before", "Boxes", "Shift+Tab"},
      {"box_map", "Map of the boxes: those that show something alike", "Boxes", "M"},
      {"box_complete", "The picture is complete", "Boxes", "Enter"},
      {"image_next", "Next picture", "Boxes", "PageDown"},
      {"image_previous", "Picture before", "Boxes", "PageUp"},
      {"box_move_left", "Move left (Ctrl: by ten)", "Boxes", "Left"},
      {"box_move_right", "Move right", "Boxes", "Right"},
      {"box_move_up", "Move up", "Boxes", "Up"},
      {"box_move_down", "Move down", "Boxes", "Down"},
      {"box_size_left", "Narrower", "Boxes", "Shift+Left"},
      {"box_size_right", "Wider", "Boxes", "Shift+Right"},
      {"box_size_up", "Lower", "Boxes", "Shift+Up"},
      {"box_size_down", "Higher", "Boxes", "Shift+Down"},
      {"box_leap_left", "Ten to the left", "Boxes", "Ctrl+Left"},
      {"box_leap_right", "Ten to the right", "Boxes", "Ctrl+Right"},
      {"box_leap_up", "Ten up", "Boxes", "Ctrl+Up"},
      {"box_leap_down", "Ten down", "Boxes", "Ctrl+Down"},
      {"record", "Record the session", "Program", "Ctrl+R"},
      {"settings", "Settings", "Program", "Ctrl+,"},
      {"help", "All keys", "Program", "?"},
      {"quit", "Quit", "Program", "Ctrl+Q"},
  };
  for (int d = 1; d <= 10; ++d) {
    const auto key = std::to_string(d % 10);
    bindings_.push_back({"class" + std::to_string(d), "Label as class " + std::to_string(d), "Label", {}});
    if (auto chord = window::parse_chord(key)) bindings_.back().chords.push_back(*chord);
  }
  for (const auto& d : kDefaults) {
    Binding b{d.id, d.title, d.group, {}};
    std::string_view rest = d.chords;
    while (!rest.empty()) {
      const auto bar = rest.find('|');
      if (auto chord = window::parse_chord(rest.substr(0, bar))) b.chords.push_back(*chord);
      rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
    }
    bindings_.push_back(std::move(b));
  }
  for (auto& b : bindings_)
    if (const auto text = load_user_setting("key:" + b.id); !text.empty())
      if (auto chord = window::parse_chord(text)) b.chords = {*chord};
}

std::optional<Command> Keymap::command(window::KeyChord chord, const State& state) const {
  // On the Boxes screen its own keys come first, and the class keys name boxes.
  const bool boxes = state.screen == Screen::boxes && !state.show_help && !state.show_settings && !state.show_bad;
  if (boxes)
    for (const auto& b : bindings_)
      if (b.group == "Boxes" || b.id.starts_with("class"))
        for (const auto& c : b.chords)
          if (c == chord) return make_box(b.id, state);
  for (const auto& b : bindings_)
    for (const auto& c : b.chords)
      if (c == chord && b.group != "Boxes" && !(boxes && b.group == "Label" && b.id != "undo" && b.id != "redo")) return make(b.id, state);
  return std::nullopt;
}

bool Keymap::rebind(const std::string& id, const std::string& text) {
  const auto chord = window::parse_chord(text);
  if (!chord) return false;
  for (auto& b : bindings_)
    if (b.id == id) {
      b.chords = {*chord};
      save_user_setting("key:" + id, text);
      return true;
    }
  return false;
}

Keymap& keymap() {
  static Keymap map;
  return map;
}

}  // namespace mp::explorer
