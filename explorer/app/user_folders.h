// Where the program keeps what belongs to the user and not to a project (XDG folders). Any thread.
#pragma once
#include <string>
#include <vector>

namespace mp::explorer {

std::string config_folder();   // $XDG_CONFIG_HOME/meltpool
std::string data_folder();     // $XDG_DATA_HOME/meltpool
std::string cache_folder();    // $XDG_CACHE_HOME/meltpool

/// What the program remembers between runs: layout of the UI, its scale, panel widths, key bindings, recent projects.
std::string load_user_setting(const std::string& key);
void save_user_setting(const std::string& key, const std::string& value);

/// Puts a project first in the list of recent ones; returns the list (at most 10, existing folders only).
std::vector<std::string> remember_project(const std::string& dir);
std::vector<std::string> recent_projects();

}  // namespace mp::explorer
