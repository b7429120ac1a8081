#include "explorer/app/user_folders.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mp::explorer {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxRecent = 10;

std::string xdg(const char* variable, const char* below_home) {
  const char* value = std::getenv(variable);
  const char* home = std::getenv("HOME");
  const std::string base = value && *value ? value : std::string(home && *home ? home : "/tmp") + below_home;
  return base + "/meltpool";
}

nlohmann::json load() {
  std::ifstream in(config_folder() + "/settings.json");
  std::stringstream text;
  text << in.rdbuf();
  auto j = nlohmann::json::parse(text.str(), nullptr, false);
  return j.is_object() ? j : nlohmann::json::object();
}

/// Losing these settings costs nothing that a person made, so a folder that cannot be written is no error.
void save(const nlohmann::json& j) {
  std::error_code ec;
  fs::create_directories(config_folder(), ec);
  const auto file = config_folder() + "/settings.json";
  {
    std::ofstream out(file + ".tmp");
    out << j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (!out) return;
  }
  fs::rename(file + ".tmp", file, ec);
}

}  // namespace

std::string config_folder() { return xdg("XDG_CONFIG_HOME", "/.config"); }
std::string data_folder() { return xdg("XDG_DATA_HOME", "/.local/share"); }
std::string cache_folder() { return xdg("XDG_CACHE_HOME", "/.cache"); }

std::string load_user_setting(const std::string& key) {
  const auto j = load();
  const auto it = j.find(key);
  return it != j.end() && it->is_string() ? it->get<std::string>() : std::string();
}

void save_user_setting(const std::string& key, const std::string& value) {
  auto j = load();
  if (j.value(key, std::string()) == value) return;
  j[key] = value;
  save(j);
}

std::vector<std::string> recent_projects() {
  std::vector<std::string> r;
  const auto j = load();
  if (auto it = j.find("recent"); it != j.end() && it->is_array())
    for (const auto& x : *it)
      if (std::error_code ec; x.is_string() && fs::is_directory(x.get<std::string>(), ec)) r.push_back(x.get<std::string>());
  return r;
}

std::vector<std::string> remember_project(const std::string& dir) {
  auto r = recent_projects();
  std::erase(r, dir);
  r.insert(r.begin(), dir);
  if (r.size() > kMaxRecent) r.resize(kMaxRecent);
  auto j = load();
  j["recent"] = r;
  save(j);
  return r;
}

}  // namespace mp::explorer
