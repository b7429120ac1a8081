#include "explorer/model/script.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/hash.h"
#include "explorer/model/command_json.h"

namespace mp::explorer {

namespace {

using nlohmann::json;

Vec2 point(const json& j) {
  if (!j.is_array() || j.size() != 2) throw json::other_error::create(501, "a point is [x, y]", &j);
  return {j[0].get<float>(), j[1].get<float>()};
}

void read_mods(const json& j, bool& ctrl, bool& shift, bool& alt) {
  ctrl = j.value("ctrl", false);
  shift = j.value("shift", false);
  alt = j.value("alt", false);
}

step::Mouse read_mouse(const json& j) {
  step::Mouse m;
  if (j.contains("move")) m.move = point(j["move"]);
  if (j.contains("x") && j.contains("y")) m.move = Vec2{j["x"].get<float>(), j["y"].get<float>()};
  m.view = j.value("view", "");
  m.down = j.value("down", "");
  m.up = j.value("up", "");
  read_mods(j, m.ctrl, m.shift, m.alt);
  for (const auto& b : {m.down, m.up})
    if (!b.empty() && b != "left" && b != "right" && b != "middle") throw json::other_error::create(501, "a mouse button is left, right or middle", &j);
  return m;
}

step::Wheel read_wheel(const json& j) {
  step::Wheel w;
  if (j.is_number()) {
    w.y = j.get<float>();
    return w;
  }
  if (j.is_array()) {
    const auto p = point(j);
    w.x = p.x;
    w.y = p.y;
    return w;
  }
  w.x = j.value("x", 0.f);
  w.y = j.contains("dy") ? j["dy"].get<float>() : j.value("y", 0.f);
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
  throw json::other_error::create(501, "a lasso's op is replace, add or remove", &j);
}

step::Lasso read_lasso(const json& j) {
  step::Lasso l;
  l.view = j.value("view", "scatter");
  for (const auto& p : j.at("polygon")) l.polygon.push_back(point(p));
  if (l.polygon.size() < 3) throw json::other_error::create(501, "a lasso needs at least 3 corners", &j);
  l.data_units = j.value("units", "view") == "data";
  l.op = read_op(j);
  if (j.value("shift", false)) l.op = SelectOp::add;
  if (j.value("alt", false)) l.op = SelectOp::remove;
  return l;
}

step::Wait read_wait(const json& j, const json& line) {
  step::Wait w;
  w.timeout_s = line.value("timeout_s", 30.0);
  if (j.is_number()) {
    w.what = step::Wait::For::seconds;
    w.amount = j.get<double>();
    return w;
  }
  const auto text = j.get<std::string>();
  if (text == "idle") w.what = step::Wait::For::idle;
  else if (text == "round") w.what = step::Wait::For::round;
  else if (text == "step") w.what = step::Wait::For::step;
  else if (text == "rescored") w.what = step::Wait::For::rescored;
  else if (text == "frames") { w.what = step::Wait::For::frames; w.amount = line.value("n", 1.0); }
  else throw json::other_error::create(501, "wait is \"idle\", \"round\", \"step\", \"rescored\" or seconds, not \"" + text + "\"", &j);
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
    const auto p = point(j["resize"]);
    return step::Resize{int(p.x), int(p.y)};
  }
  if (j.contains("mark")) return step::Mark{j["mark"].get<std::string>()};
  if (j.contains("command")) {
    auto c = command_from_json(j["command"]);
    if (!c) return tl::make_unexpected(c.error());
    if (auto* lasso = std::get_if<cmd::Lasso>(&*c)) return step::Lasso{lasso->view, lasso->polygon, true, lasso->op};
    return step::Run{std::move(*c)};
  }
  if (j.contains("meltpool")) return step::Header{j.value("seed", std::uint64_t(0)), j.value("data_hash", "")};
  return fail("unknown step", {}, "mouse, wheel, key, text, lasso, click, wait, screenshot, resize, mark or command", j.dump().substr(0, 80));
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
      const auto j = json::parse(line);
      if (!j.is_object()) return fail("a script line is a JSON object", where, "{\"key\": \"1\"}", line.substr(0, 80));
      auto action = read_action(j);
      if (!action) {
        auto e = action.error();
        e.path = where;
        return tl::make_unexpected(e);
      }
      ScriptStep s;
      s.line = n;
      if (j.contains("frame")) s.frame = j["frame"].get<std::uint64_t>();
      if (j.contains("t")) s.time_s = j["t"].get<double>();
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
  return j.dump();
}

std::string script_line(double time_s, const step::Wait& wait) {
  json j = {{"t", std::round(time_s * 1000) / 1000}, {"timeout_s", wait.timeout_s}};
  switch (wait.what) {
    case step::Wait::For::idle: j["wait"] = "idle"; break;
    case step::Wait::For::round: j["wait"] = "round"; break;
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
