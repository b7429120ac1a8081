#include "explorer/model/state.h"

#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"

namespace mp::explorer {

State::State() : pool(std::make_shared<const ml::Pool>()), heat(std::make_shared<HeatState>()), boxes(std::make_shared<BoxState>()) {}

bool Filters::any() const {
  for (auto off : class_off)
    if (off) return true;
  return labelled || split || confidence_min > 0 || confidence_max < 1 || layer_min > 0 ||
         layer_max != std::numeric_limits<int>::max() || !text.empty();
}

const char* name_of(Screen s) {
  constexpr const char* names[] = {"Explore", "Layers", "Evaluate", "History", "Boxes", "Build"};
  return names[int(s)];
}

const char* name_of(ColourBy c) {
  constexpr const char* names[] = {"prediction", "confidence", "margin", "entropy", "label", "source label", "layer", "split", "label source", "labelling round", "label flips"};
  return names[int(c)];
}

}  // namespace mp::explorer
