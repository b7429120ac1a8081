#include "explorer/model/script.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/hash.h"
#include "explorer/model/command_json.h"

namespace mp::explorer {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxLineBytes = 16 << 20;   // a selection of a million samples
constexpr int kMaxDepth = 32;
constexpr int kMaxSide_px = 16'384;
constexpr double kMaxWait_s = 86'400;
constexpr double kMaxFrames = 10'000'000;

[[noreturn]] void wrong(const std::string& text, const json& found) { throw json::other_error::create(501, text, &found); }

/// A number between two limits, which also keeps the conversions below defined.
double number(const json& j, double lo, double hi, const char* what) {
  const double v = j.is_number() ? j.get<double>() : std::nan("");
  if (!(v >= lo && v <= hi)) {
    char text[120];
    std::snprintf(text, sizeof text, "%s is a number from %g to %g", what, lo, hi);
    wrong(text, j);
  }
  return v;
}

float coordinate(const json& j) { return float(number(j, -1e9, 1e9, "a coordinate")); }

Vec2 point(const json& j) {
  if (!j.is_array() || j.size() != 2) wrong("a point is [x, y]", j);
  return {coordinate(j[0]), coordinate(j[1])};
}

/// Deep nesting ends here and not in the stack of whoever walks the value.
json parse_line(const std::string& line) {
  if (line.size() > kMaxLineBytes) wrong("the line is longer than " + std::to_string(kMaxLineBytes >> 20) + " MB", json());
  return json::parse(line, [](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) wrong("more than " + std::to_string(kMaxDepth) + " brackets within each other", json());
    return true;
  });
}

void read_mods(const json& j, bool& ctrl, bool& shift, bool& alt) {
  ctrl = j.value("ctrl", false);
  shift = j.value("shift", false);
  alt = j.value("alt", false);
}

step::Mouse read_mouse(const json& j) {
  step::Mouse m;
  if (j.contains("move")) m.move = point(j["move"]);
  if (j.contains("x") && j.contains("y")) m.move = Vec2{coordinate(j["x"]), coordinate(j["y"])};
  m.view = j.value("view", "");
  m.down = j.value("down", "");
  m.up = j.value("up", "");
  read_mods(j, m.ctrl, m.shift, m.alt);
  for (const auto& b : {m.down, m.up})
    if (!b.empty() && b != "left" && b != "right" && b != "middle") wrong("a mouse button is left, right or middle", j);
  return m;
}

step::Wheel read_wheel(const json& j) {
  step::Wheel w;
  if (j.is_number()) {
    w.y = coordinate(j);
    return w;
  }
  if (j.is_array()) {
    const auto p = point(j);
    w.x = p.x;
    w.y = p.y;
    return w;
  }
  if (j.contains("x")) w.x = coordinate(j["x"]);
  if (j.contains("y")) w.y = coordinate(j["y"]);
  if (j.contains("dy")) w.y = coordinate(j["dy"]);
  if (j.contains("at")) w.at = point(j["at"]);
  w.view = j.value("view", "");
  read_mods(j, w.ctrl, w.shift, w.alt);
  return w;
}

SelectOp read_op(const json& j) {
  const auto text = j.value("op", j.value("mode", std::string("replace")));
  if (text == "replace") return SelectOp::replace;
  if (text == "add") return SelectOp::add;
  if (text == "remove") return SelectOp::remove;
  wrong("a lasso's op is replace, add or remove", j);
}

step::Lasso read_lasso(const json& j) {
  step::Lasso l;
  l.view = j.value("view", "scatter");
  for (const auto& p : j.at("polygon")) l.polygon.push_back(point(p));
  if (l.polygon.size() < 3) wrong("a lasso needs at least 3 corners", j);
  const auto units = j.value("units", std::string("view"));
  if (units != "view" && units != "data") wrong("a lasso's units are view or data", j);
  l.data_units = units == "data";
  l.op = read_op(j);
  if (j.value("shift", false)) l.op = SelectOp::add;
  if (j.value("alt", false)) l.op = SelectOp::remove;
  return l;
}

step::Wait read_wait(const json& j, const json& line) {
  step::Wait w;
  if (line.contains("timeout_s")) w.timeout_s = number(line["timeout_s"], 0, kMaxWait_s, "timeout_s");
  if (j.is_number()) {
    w.what = step::Wait::For::seconds;
    w.amount = number(j, 0, kMaxWait_s, "a wait in seconds");
    return w;
  }
  const auto text = j.get<std::string>();
  if (text == "idle") w.what = step::Wait::For::idle;
  else if (text == "trained") w.what = step::Wait::For::trained;
  else if (text == "round") { w.what = step::Wait::For::round; w.amount = line.contains("n") ? number(line["n"], 0, kMaxFrames, "n") : 0; }
  else if (text == "step") w.what = step::Wait::For::step;
  else if (text == "rescored") w.what = step::Wait::For::rescored;
  else if (text == "frames") { w.what = step::Wait::For::frames; if (line.contains("n")) w.amount = number(line["n"], 0, kMaxFrames, "n"); }
  else wrong("wait is \"idle\", \"trained\", \"round\", \"step\", \"rescored\" or seconds, not \"" + text + "\"", j);
  return w;
}

Result<StepAction> read_action(const json& j) {
  if (j.contains("mouse")) return read_mouse(j["mouse"]);
  if (j.contains("wheel")) return read_wheel(j["wheel"]);
  if (j.contains("key")) return step::Key{j["key"].get<std::string>()};
  if (j.contains("text")) return step::Text{j["text"].get<std::string>()};
  if (j.contains("lasso")) return read_lasso(j["lasso"]);
  if (j.contains("click")) {
    if (j["click"].is_string()) return step::Click{j["click"].get<std::string>(), j.value("right", false), j.value("double", false)};
    return step::Click{j["click"].at("name").get<std::string>(), j["click"].value("right", false), j["click"].value("double", false)};
  }
  if (j.contains("wait")) return read_wait(j["wait"], j);
  if (j.contains("screenshot")) return step::Screenshot{j["screenshot"].get<std::string>()};
  if (j.contains("resize")) {
    const auto& size = j["resize"];
    if (!size.is_array() || size.size() != 2) wrong("a size is [width, height]", size);
    return step::Resize{int(number(size[0], 1, kMaxSide_px, "a width")), int(number(size[1], 1, kMaxSide_px, "a height"))};
  }
  if (j.contains("mark")) return step::Mark{j["mark"].get<std::string>()};
  if (j.contains("command")) {
    auto c = command_from_json(j["command"]);
    if (!c) return tl::make_unexpected(c.error());
    if (auto* lasso = std::get_if<cmd::Lasso>(&*c)) return step::Lasso{lasso->view, lasso->polygon, true, lasso->op};
    return step::Run{std::move(*c)};
  }
  if (j.contains("meltpool")) return step::Header{j.value("seed", std::uint64_t(0)), j.value("data_hash", "")};
  return fail("unknown step", {}, "mouse, wheel, key, text, lasso, click, wait, screenshot, resize, mark or command", j.empty() ? "{}" : "\"" + j.begin().key().substr(0, 80) + "\"");
}

}  // namespace

Result<std::vector<ScriptStep>> parse_script(const std::string& text, const std::string& file_name) {
  std::vector<ScriptStep> steps;
  std::istringstream in(text);
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    const auto where = file_name + ":" + std::to_string(n);
    try {
      const auto j = parse_line(line);
      if (!j.is_object()) return fail("a script line is a JSON object", where, "{\"key\": \"1\"}", line.substr(0, 80));
      auto action = read_action(j);
      if (!action) {
        auto e = action.error();
        e.path = where;
        return tl::make_unexpected(e);
      }
      ScriptStep s;
      s.line = n;
      if (j.contains("frame")) s.frame = std::uint64_t(number(j["frame"], 0, kMaxFrames, "frame"));
      if (j.contains("t")) s.time_s = number(j["t"], 0, kMaxWait_s, "t");
      s.action = std::move(*action);
      steps.push_back(std::move(s));
    } catch (const json::exception& e) {
      return fail("cannot read the script line", where, "one JSON object a line", e.what());
    }
  }
  return steps;
}

std::string script_line(double time_s, const Command& command) {
  json j = {{"t", std::round(time_s * 1000) / 1000}, {"command", to_json(command)}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);   // a path may hold any bytes
}

std::string script_line(double time_s, const step::Wait& wait) {
  json j = {{"t", std::round(time_s * 1000) / 1000}, {"timeout_s", wait.timeout_s}};
  switch (wait.what) {
    case step::Wait::For::idle: j["wait"] = "idle"; break;
    case step::Wait::For::trained: j["wait"] = "trained"; break;
    case step::Wait::For::round: j["wait"] = "round"; j["n"] = wait.amount; break;
    case step::Wait::For::step: j["wait"] = "step"; break;
    case step::Wait::For::rescored: j["wait"] = "rescored"; break;
    case step::Wait::For::seconds: j["wait"] = wait.amount; break;
    case step::Wait::For::frames: j["wait"] = "frames"; j["n"] = wait.amount; break;
  }
  return j.dump();
}

std::string script_header(std::uint64_t seed, const std::string& hash, int width_px, int height_px) {
  return json{{"meltpool", 1}, {"seed", seed}, {"data_hash", hash}, {"size", {width_px, height_px}}}.dump();
}

std::string data_hash(const ml::Pool& pool) {
  std::uint64_t h = hash_combine(pool.images.size(), pool.size());
  for (const auto& i : pool.images) h = hash_combine(h, hash_bytes(i.path, std::uint64_t(i.size_bytes)));
  for (const auto& r : pool.region) h = hash_combine(h, std::uint64_t(std::uint32_t(r.x)) << 32 | std::uint32_t(r.y)) + std::uint64_t(r.w) * 31 + std::uint64_t(r.h);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

}  // namespace mp::explorer
