#include "explorer/model/command_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace mp::explorer {

namespace {

using nlohmann::json;

[[noreturn]] void wrong(const std::string& text, const json& found) { throw json::other_error::create(501, text, &found); }

// The last value of each enum that a script can name by number.
constexpr int last_of(SelectOp) { return int(SelectOp::intersect); }
constexpr int last_of(Screen) { return int(Screen::build); }
constexpr int last_of(ColourBy) { return int(ColourBy::flips); }
constexpr int last_of(cmd::Band) { return int(cmd::Band::doubtful); }
constexpr int last_of(Tool) { return int(Tool::brush); }
constexpr int last_of(WallOrder) { return int(WallOrder::alike); }
constexpr int last_of(BuildCut) { return int(BuildCut::along); }
constexpr int last_of(LayerTint) { return int(LayerTint::difference); }
constexpr int last_of(ValueWindow) { return int(ValueWindow::full); }

// One description of each command's fields serves both directions: a(key, value) may be missing in a script,
// a.need(key, value) may not, because its default would do something that nobody asked for.
struct Writer {
  json& j;
  template <class T>
  void need(const char* key, const T& v) {
    put(j[key], v);
  }
  template <class T>
  void operator()(const char* key, const T& v) {
    put(j[key], v);
  }
  template <class T>
  static void put(json& out, const T& v) {
    if constexpr (std::is_enum_v<T>)
      out = int(v);
    else
      out = v;
  }
  static void put(json& out, const Vec2& v) { out = {v.x, v.y}; }
  static void put(json& out, const std::vector<Vec2>& v) {
    out = json::array();
    for (auto p : v) out.push_back({p.x, p.y});
  }
  static void put(json& out, const Camera2& c) { out = {{"centre", {c.centre.x, c.centre.y}}, {"scale", c.scale_px}}; }
  template <class T>
  static void put(json& out, const std::optional<T>& v) {
    if (v)
      put(out, *v);
    else
      out = nullptr;
  }
};

struct Reader {
  const json& j;
  std::set<std::string>& known;
  template <class T>
  void operator()(const char* key, T& v) {
    known.insert(key);
    if (auto it = j.find(key); it != j.end()) get(*it, v);
  }
  template <class T>
  void need(const char* key, T& v) {
    if (!j.contains(key)) wrong("the field \"" + std::string(key) + "\" is missing", j);
    (*this)(key, v);
  }
  template <class T>
  static void get(const json& in, T& v) {
    if constexpr (std::is_enum_v<T>) {
      int number = 0;
      get(in, number);
      if (number < 0 || number > last_of(T{})) wrong("expected a number from 0 to " + std::to_string(last_of(T{})) + ", found " + std::to_string(number), in);
      v = T(number);
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const bool fits = in.is_number_unsigned() ? std::in_range<T>(in.get<std::uint64_t>()) : in.is_number_integer() && std::in_range<T>(in.get<std::int64_t>());
      if (!fits) wrong("expected a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " + std::to_string(std::numeric_limits<T>::max()) + ", found " + brief(in), in);
      v = in.is_number_unsigned() ? T(in.get<std::uint64_t>()) : T(in.get<std::int64_t>());
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!in.is_number() || std::abs(in.get<double>()) > double(std::numeric_limits<T>::max())) wrong("expected a number, found " + brief(in), in);
      v = T(in.get<double>());
    } else {
      v = in.get<T>();
    }
  }
  template <class T>
  static void get(const json& in, std::vector<T>& v) {
    if (!in.is_array()) wrong("expected a list, found " + brief(in), in);
    v.clear();
    for (const auto& one : in) get(one, v.emplace_back());
  }
  static void get(const json& in, Vec2& v) {
    if (!in.is_array() || in.size() != 2) wrong("a point is [x, y], found " + brief(in), in);
    get(in[0], v.x);
    get(in[1], v.y);
  }
  /// Numbers and texts as they are, else only the kind: a hostile value may be deep or long.
  static std::string brief(const json& in) { return in.is_structured() || (in.is_string() && in.get_ref<const std::string&>().size() > 40) ? std::string(in.type_name()) : in.dump(-1, ' ', false, json::error_handler_t::replace); }
  static void get(const json& in, Camera2& c) {
    get(in.at("centre"), c.centre);
    get(in.at("scale"), c.scale_px);
  }
  template <class T>
  static void get(const json& in, std::optional<T>& v) {
    if (in.is_null()) {
      v.reset();
    } else {
      T t{};
      get(in, t);
      v = t;
    }
  }
};

template <class T>
struct Named;
#define MP_COMMAND(Type, name, ...)                              \
  template <>                                                    \
  struct Named<cmd::Type> {                                      \
    static constexpr const char* kName = name;                   \
    template <class A, class C>                                  \
    static void fields([[maybe_unused]] A&& a, [[maybe_unused]] C& c) { __VA_ARGS__ } \
  };

MP_COMMAND(OpenProject, "open_project", a.need("dir", c.dir);)
MP_COMMAND(CloseProject, "close_project")
MP_COMMAND(OpenDemo, "open_demo")
MP_COMMAND(Import, "import", a.need("root", c.root); a("layers", c.layers); a("patch_px", c.patch_px); a("hide_labels", c.hide_labels); a("project", c.project_dir);)
MP_COMMAND(ImportSeries, "import_series", a.need("file", c.file);)
MP_COMMAND(CancelImport, "cancel_import")
MP_COMMAND(RetrySave, "retry_save")
MP_COMMAND(Select, "select", a("op", c.op); a.need("ids", c.ids);)
MP_COMMAND(Lasso, "lasso", a.need("view", c.view); a.need("polygon", c.polygon); a("op", c.op);)
MP_COMMAND(SelectAll, "select_all")
MP_COMMAND(SelectNone, "select_none")
MP_COMMAND(SelectInvert, "select_invert")
MP_COMMAND(SelectClass, "select_class", a.need("class", c.cls); a("op", c.op);)
MP_COMMAND(SelectSimilar, "select_similar", a("id", c.id); a("k", c.k); a("op", c.op);)
MP_COMMAND(SelectCluster, "select_cluster", a("id", c.id); a("op", c.op);)
MP_COMMAND(SelectCell, "select_cell", a.need("truth", c.truth); a.need("predicted", c.predicted); a("network", c.network);)
MP_COMMAND(SetThreshold, "set_threshold", a.need("class", c.cls); a.need("threshold", c.threshold); a("network", c.network);)
MP_COMMAND(Hover, "hover", a("id", c.id);)
MP_COMMAND(Inspect, "inspect", a("id", c.id);)
MP_COMMAND(Assign, "assign", a.need("class", c.cls);)
MP_COMMAND(AssignKey, "assign_key", a.need("digit", c.digit);)
MP_COMMAND(Unlabel, "unlabel")
MP_COMMAND(LabelFromSource, "label_from_source")
MP_COMMAND(AcceptPrediction, "accept_prediction")
MP_COMMAND(SkipPick, "skip_pick")
MP_COMMAND(NextPick, "next_pick", a("step", c.step);)
MP_COMMAND(Undo, "undo")
MP_COMMAND(Redo, "redo")
MP_COMMAND(AddClass, "add_class", a.need("name", c.name);)
MP_COMMAND(RenameClass, "rename_class", a.need("class", c.cls); a.need("name", c.name);)
MP_COMMAND(RecolourClass, "recolour_class", a.need("class", c.cls); a.need("colour", c.colour);)
MP_COMMAND(SetStrategy, "set_strategy", a.need("name", c.name); a("request", c.request);)
MP_COMMAND(SetQuerySize, "set_query_size", a.need("k", c.k);)
MP_COMMAND(Query, "query", a("oracle", c.oracle);)
MP_COMMAND(ClearPicks, "clear_picks")
MP_COMMAND(SetCurrentPick, "set_current_pick", a.need("index", c.index);)
MP_COMMAND(SetCompared, "set_compared", a.need("strategies", c.strategies);)
MP_COMMAND(SetLoop, "set_loop", a("accept_above", c.accept_above); a("ask_below", c.ask_below); a("target", c.target);)
MP_COMMAND(SelectBand, "select_band", a.need("band", c.band);)
MP_COMMAND(AcceptPseudo, "accept_pseudo")
MP_COMMAND(CorrectPseudo, "correct_pseudo", a("n", c.n);)
MP_COMMAND(RebalancePseudo, "rebalance_pseudo")
MP_COMMAND(RevokeRound, "revoke_round", a.need("round", c.round);)
MP_COMMAND(SelectList, "select_list", a.need("name", c.name);)
MP_COMMAND(SelectBox, "select_box", a("box", c.box);)
MP_COMMAND(NextBox, "next_box", a("step", c.step);)
MP_COMMAND(ShowImage, "show_image", a.need("image", c.image);)
MP_COMMAND(NextImage, "next_image", a("step", c.step);)
MP_COMMAND(AcceptBox, "accept_box")
MP_COMMAND(AcceptBoxes, "accept_boxes")
MP_COMMAND(DeleteBoxes, "delete_boxes")
MP_COMMAND(DeleteBox, "delete_box")
MP_COMMAND(RelabelBox, "relabel_box", a.need("class", c.cls);)
MP_COMMAND(MoveBox, "move_box", a.need("x0", c.x0); a.need("y0", c.y0); a.need("x1", c.x1); a.need("y1", c.y1);)
MP_COMMAND(NudgeBox, "nudge_box", a("dx", c.dx); a("dy", c.dy); a("resize", c.resize);)
MP_COMMAND(DrawBox, "draw_box", a.need("x0", c.x0); a.need("y0", c.y0); a.need("x1", c.x1); a.need("y1", c.y1); a("image", c.image); a("class", c.as);)
MP_COMMAND(CompleteImage, "complete_image", a("on", c.on);)
MP_COMMAND(SetBoxFilters, "set_box_filters", a("class_off", c.class_off); a("score_min", c.score_min); a("proposed", c.proposed); a("accepted", c.accepted); a("deleted", c.deleted);)
MP_COMMAND(ShowBoxMap, "show_box_map", a("on", c.on);)
MP_COMMAND(MapBoxesAgain, "map_boxes_again")
MP_COMMAND(CancelBoxMap, "cancel_box_map")
MP_COMMAND(SelectBoxes, "select_boxes", a("op", c.op); a.need("ids", c.ids);)
MP_COMMAND(SelectAllBoxes, "select_all_boxes")
MP_COMMAND(ColourBoxes, "colour_boxes", a.need("by", c.by);)
MP_COMMAND(SetBoxMapCamera, "set_box_map_camera", a("camera", c.camera); a("all", c.all);)
MP_COMMAND(FrameBoxes, "frame_boxes")
MP_COMMAND(ImportBoxes, "import_boxes", a.need("path", c.path); a("format", c.format); a("proposed", c.proposed);)
MP_COMMAND(ExportBoxes, "export_boxes", a("path", c.path); a("format", c.format); a("proposed", c.proposed);)
MP_COMMAND(ShowBoxes, "show_boxes", a("on", c.on);)
MP_COMMAND(TrainBoxes, "train_boxes", a("minutes", c.minutes); a("epochs", c.epochs); a("continue", c.go_on);)
MP_COMMAND(ProposeBoxes, "propose_boxes", a("min_score", c.min_score);)
MP_COMMAND(CancelBoxes, "cancel_boxes")
MP_COMMAND(HoldOut, "hold_out", a("by", c.by); a("share", c.share); a("from", c.from); a("to", c.to);)
MP_COMMAND(Train, "train")
MP_COMMAND(PauseTraining, "pause_training", a.need("paused", c.paused);)
MP_COMMAND(StopTraining, "stop_training")
MP_COMMAND(SetTraining, "set_training", ml::for_each_setting(c.settings, [&](const char* name, auto& value, const char*) { a(name, value); });)
MP_COMMAND(ShowNetwork, "show_network", a.need("on", c.on);)
MP_COMMAND(SetHeat, "set_heat", a("on", c.on); a("method", c.method); a("baseline", c.baseline); a("class", c.cls); a("strength", c.strength);)
MP_COMMAND(LookAt, "look_at", a.need("ids", c.ids);)
MP_COMMAND(CheckHeat, "check_heat")
MP_COMMAND(ExportLayerMaps, "export_layer_maps", a("prior", c.prior);)
MP_COMMAND(CancelLayerMaps, "cancel_layer_maps")
MP_COMMAND(SetMap, "set_map", a("method", c.settings.method); a("follow", c.settings.follow); a("supervised", c.settings.supervised);)
MP_COMMAND(MapAgain, "map_again")
MP_COMMAND(CancelMap, "cancel_map")
MP_COMMAND(ShowRound, "show_round", a.need("round", c.round);)
MP_COMMAND(PlayRounds, "play_rounds", a("on", c.on);)
MP_COMMAND(ShowTrail, "show_trail", a("on", c.on);)
MP_COMMAND(SetScreen, "set_screen", a.need("screen", c.screen);)
MP_COMMAND(SetColourBy, "set_colour_by", a.need("by", c.by);)
MP_COMMAND(SetTool, "set_tool", a.need("tool", c.tool);)
MP_COMMAND(ShowPictures, "show_pictures", a("on", c.on);)
MP_COMMAND(ShowContours, "show_contours", a("on", c.on);)
MP_COMMAND(SetScatterCamera, "set_scatter_camera", a.need("camera", c.camera); a("view_px", c.view_px);)
MP_COMMAND(FrameAll, "frame_all")
MP_COMMAND(FrameSelection, "frame_selection")
MP_COMMAND(SetFilters, "set_filters", a("class_off", c.filters.class_off); a("labelled", c.filters.labelled); a("confidence_min", c.filters.confidence_min); a("confidence_max", c.filters.confidence_max); a("layer_min", c.filters.layer_min); a("layer_max", c.filters.layer_max); a("split", c.filters.split); a("text", c.filters.text);)
MP_COMMAND(ToggleClassFilter, "toggle_class_filter", a.need("class", c.cls);)
MP_COMMAND(SoloClassFilter, "solo_class_filter", a.need("class", c.cls);)
MP_COMMAND(SetLayer, "set_layer", a.need("layer", c.layer);)
MP_COMMAND(SetMosaic, "set_mosaic", a("single", c.mosaic.single); a("layer", c.mosaic.layer); a("overlay", c.mosaic.overlay); a("strength", c.mosaic.strength); a("camera", c.mosaic.camera); a("camera_set", c.mosaic.camera_set); a("order", c.mosaic.order); a("tint", c.mosaic.tint); a("window", c.mosaic.window); a("low", c.mosaic.low); a("high", c.mosaic.high); a("series", c.mosaic.series); a("view_px", c.view_px);)
MP_COMMAND(SetBuild, "set_build", a("yaw", c.build.yaw); a("pitch", c.build.pitch); a("camera", c.build.camera); a("camera_set", c.build.camera_set); a("cut", c.build.cut); a("cut_at", c.build.cut_at); a("flip", c.build.flip); a("view_px", c.view_px);)
MP_COMMAND(ToggleHelp, "toggle_help")
MP_COMMAND(ToggleSettings, "toggle_settings")
MP_COMMAND(ToggleBad, "toggle_bad")
MP_COMMAND(SetScale, "set_scale", a.need("scale", c.scale);)
MP_COMMAND(SetRecording, "set_recording", a.need("on", c.on);)
MP_COMMAND(SaveScreenshot, "save_screenshot", a.need("file", c.file);)
MP_COMMAND(DismissBanner, "dismiss_banner", a.need("key", c.key);)
MP_COMMAND(LoseDevice, "lose_device")
MP_COMMAND(Quit, "quit")
#undef MP_COMMAND

template <std::size_t I = 0>
std::optional<Command> make_named(const std::string& name, const json& j) {
  if constexpr (I == std::variant_size_v<Command>) {
    return std::nullopt;
  } else {
    using C = std::variant_alternative_t<I, Command>;
    if (name != Named<C>::kName) return make_named<I + 1>(name, j);
    C c{};
    std::set<std::string> known{"type"};
    Named<C>::fields(Reader{j, known}, c);
    for (const auto& [key, value] : j.items())
      if (!known.contains(key)) wrong("unknown field \"" + key.substr(0, 80) + "\"", j);
    return Command{std::move(c)};
  }
}

template <std::size_t... I>
std::string known_names(std::index_sequence<I...>) {
  std::string s;
  ((s += (s.empty() ? "" : ", ") + std::string(Named<std::variant_alternative_t<I, Command>>::kName)), ...);
  return s;
}

}  // namespace

json to_json(const Command& command) {
  return std::visit(
      [](const auto& c) {
        using C = std::decay_t<decltype(c)>;
        json j = {{"type", Named<C>::kName}};
        Named<C>::fields(Writer{j}, c);
        return j;
      },
      command);
}

Result<Command> command_from_json(const json& j) {
  const auto type = j.is_object() ? j.find("type") : j.end();
  if (!j.is_object() || type == j.end() || !type->is_string()) return fail("a command needs a \"type\"", {}, "{\"type\": \"assign\", ...}", j.is_object() ? "an object without it" : std::string(j.type_name()));
  try {
    if (auto c = make_named(type->get<std::string>(), j)) return *c;
  } catch (const json::exception& e) {
    return fail("cannot read the command \"" + type->get<std::string>().substr(0, 80) + "\"", {}, {}, e.what());
  }
  return fail("unknown command", {}, known_names(std::make_index_sequence<std::variant_size_v<Command>>()), type->get<std::string>().substr(0, 80));
}

std::string command_name(const Command& command) {
  return std::visit([](const auto& c) { return std::string(Named<std::decay_t<decltype(c)>>::kName); }, command);
}

bool is_recorded(const Command& command) {
  return !(std::holds_alternative<cmd::Hover>(command) || std::holds_alternative<cmd::OpenProject>(command) ||
           std::holds_alternative<cmd::CloseProject>(command) || std::holds_alternative<cmd::OpenDemo>(command) ||
           std::holds_alternative<cmd::SaveScreenshot>(command) || std::holds_alternative<cmd::SetRecording>(command) ||
           std::holds_alternative<cmd::Quit>(command) || std::holds_alternative<cmd::RetrySave>(command) ||
           std::holds_alternative<cmd::SetScale>(command) || std::holds_alternative<cmd::LoseDevice>(command) ||
           std::holds_alternative<cmd::LookAt>(command));
}

}  // namespace mp::explorer
