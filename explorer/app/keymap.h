// Keys to commands. The defaults can be rebound in the user's settings ("key:<command>" = "Ctrl+E"). Main thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/window/input_event.h"
#include "explorer/model/command.h"

namespace mp::explorer {

struct Binding {
  std::string id;            // "undo": what settings name
  std::string title;         // for the help
  std::string group;         // "Label", "Look", ...
  std::vector<window::KeyChord> chords;
};

class Keymap {
 public:
  Keymap();                  // defaults, then the user's
  /// What a key press asks for in this state; empty if nothing.
  std::optional<Command> command(window::KeyChord chord, const State& state) const;
  const std::vector<Binding>& bindings() const { return bindings_; }
  /// Chord as text, remembered. False if it is not a key name.
  bool rebind(const std::string& id, const std::string& chord);

 private:
  std::vector<Binding> bindings_;
};

Keymap& keymap();

}  // namespace mp::explorer
