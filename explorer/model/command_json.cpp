#include "explorer/model/command_json.h"

#include <nlohmann/json.hpp>

namespace mp::explorer {

namespace {

using nlohmann::json;

// One description of each command's fields serves both directions.
struct Writer {
  json& j;
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
  template <class T>
  void operator()(const char* key, T& v) {
    if (auto it = j.find(key); it != j.end()) get(*it, v);
  }
  template <class T>
  static void get(const json& in, T& v) {
    if constexpr (std::is_enum_v<T>)
      v = T(in.get<int>());
    else
      v = in.get<T>();
  }
  static void get(const json& in, Vec2& v) { v = {in.at(0).get<float>(), in.at(1).get<float>()}; }
  static void get(const json& in, std::vector<Vec2>& v) {
    v.clear();
    for (const auto& p : in) v.push_back({p.at(0).get<float>(), p.at(1).get<float>()});
  }
  static void get(const json& in, Camera2& c) {
    get(in.at("centre"), c.centre);
    c.scale_px = in.at("scale").get<float>();
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

MP_COMMAND(OpenProject, "open_project", a("dir", c.dir);)
MP_COMMAND(CloseProject, "close_project")
MP_COMMAND(OpenDemo, "open_demo")
MP_COMMAND(Import, "import", a("root", c.root); a("layers", c.layers); a("patch_px", c.patch_px); a("hide_labels", c.hide_labels); a("project", c.project_dir);)
MP_COMMAND(CancelImport, "cancel_import")
MP_COMMAND(RetrySave, "retry_save")
MP_COMMAND(Select, "select", a("op", c.op); a("ids", c.ids);)
MP_COMMAND(Lasso, "lasso", a("view", c.view); a("polygon", c.polygon); a("op", c.op);)
MP_COMMAND(SelectAll, "select_all")
MP_COMMAND(SelectNone, "select_none")
MP_COMMAND(SelectInvert, "select_invert")
MP_COMMAND(SelectClass, "select_class", a("class", c.cls); a("op", c.op);)
MP_COMMAND(SelectCell, "select_cell", a("truth", c.truth); a("predicted", c.predicted); a("network", c.network);)
MP_COMMAND(Hover, "hover", a("id", c.id);)
MP_COMMAND(Inspect, "inspect", a("id", c.id);)
MP_COMMAND(Assign, "assign", a("class", c.cls);)
MP_COMMAND(AssignKey, "assign_key", a("digit", c.digit);)
MP_COMMAND(Unlabel, "unlabel")
MP_COMMAND(LabelFromSource, "label_from_source")
MP_COMMAND(AcceptPrediction, "accept_prediction")
MP_COMMAND(SkipPick, "skip_pick")
MP_COMMAND(NextPick, "next_pick", a("step", c.step);)
MP_COMMAND(Undo, "undo")
MP_COMMAND(Redo, "redo")
MP_COMMAND(AddClass, "add_class", a("name", c.name);)
MP_COMMAND(RenameClass, "rename_class", a("class", c.cls); a("name", c.name);)
MP_COMMAND(RecolourClass, "recolour_class", a("class", c.cls); a("colour", c.colour);)
MP_COMMAND(SetStrategy, "set_strategy", a("name", c.name);)
MP_COMMAND(SetQuerySize, "set_query_size", a("k", c.k);)
MP_COMMAND(Query, "query", a("oracle", c.oracle);)
MP_COMMAND(ClearPicks, "clear_picks")
MP_COMMAND(SetCurrentPick, "set_current_pick", a("index", c.index);)
MP_COMMAND(Train, "train")
MP_COMMAND(PauseTraining, "pause_training", a("paused", c.paused);)
MP_COMMAND(StopTraining, "stop_training")
MP_COMMAND(SetTraining, "set_training", a("network", c.settings.network); a("input_px", c.settings.input_px); a("epochs", c.settings.epochs); a("batch", c.settings.batch); a("learning_rate", c.settings.learning_rate); a("folds", c.settings.folds); a("threads", c.settings.threads); a("device", c.settings.device);)
MP_COMMAND(ShowNetwork, "show_network", a("on", c.on);)
MP_COMMAND(SetScreen, "set_screen", a("screen", c.screen);)
MP_COMMAND(SetColourBy, "set_colour_by", a("by", c.by);)
MP_COMMAND(SetTool, "set_tool", a("tool", c.tool);)
MP_COMMAND(SetScatterCamera, "set_scatter_camera", a("camera", c.camera);)
MP_COMMAND(FrameAll, "frame_all")
MP_COMMAND(FrameSelection, "frame_selection")
MP_COMMAND(SetFilters, "set_filters", a("class_off", c.filters.class_off); a("labelled", c.filters.labelled); a("confidence_min", c.filters.confidence_min); a("confidence_max", c.filters.confidence_max); a("layer_min", c.filters.layer_min); a("layer_max", c.filters.layer_max); a("split", c.filters.split); a("text", c.filters.text);)
MP_COMMAND(ToggleClassFilter, "toggle_class_filter", a("class", c.cls);)
MP_COMMAND(SoloClassFilter, "solo_class_filter", a("class", c.cls);)
MP_COMMAND(SetLayer, "set_layer", a("layer", c.layer);)
MP_COMMAND(SetMosaic, "set_mosaic", a("single", c.mosaic.single); a("layer", c.mosaic.layer); a("overlay", c.mosaic.overlay); a("strength", c.mosaic.strength); a("camera", c.mosaic.camera); a("camera_set", c.mosaic.camera_set); a("order", c.mosaic.order);)
MP_COMMAND(ToggleHelp, "toggle_help")
MP_COMMAND(ToggleSettings, "toggle_settings")
MP_COMMAND(ToggleBad, "toggle_bad")
MP_COMMAND(SetScale, "set_scale", a("scale", c.scale);)
MP_COMMAND(SetRecording, "set_recording", a("on", c.on);)
MP_COMMAND(SaveScreenshot, "save_screenshot", a("file", c.file);)
MP_COMMAND(DismissBanner, "dismiss_banner", a("key", c.key);)
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
    Named<C>::fields(Reader{j}, c);
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
  if (!j.is_object() || type == j.end() || !type->is_string()) return fail("a command needs a \"type\"", {}, "{\"type\": \"assign\", ...}", j.dump().substr(0, 80));
  try {
    if (auto c = make_named(type->get<std::string>(), j)) return *c;
  } catch (const json::exception& e) {
    return fail("a field of the command has the wrong type", {}, {}, e.what());
  }
  return fail("unknown command", {}, known_names(std::make_index_sequence<std::variant_size_v<Command>>()), type->get<std::string>());
}

std::string command_name(const Command& command) {
  return std::visit([](const auto& c) { return std::string(Named<std::decay_t<decltype(c)>>::kName); }, command);
}

bool is_recorded(const Command& command) {
  return !(std::holds_alternative<cmd::Hover>(command) || std::holds_alternative<cmd::OpenProject>(command) ||
           std::holds_alternative<cmd::CloseProject>(command) || std::holds_alternative<cmd::OpenDemo>(command) ||
           std::holds_alternative<cmd::SaveScreenshot>(command) || std::holds_alternative<cmd::SetRecording>(command) ||
           std::holds_alternative<cmd::Quit>(command) || std::holds_alternative<cmd::RetrySave>(command) ||
           std::holds_alternative<cmd::SetScale>(command));
}

}  // namespace mp::explorer
