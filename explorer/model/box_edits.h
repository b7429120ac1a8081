// How a person's decisions on boxes become undoable edits. Internal to explorer/model; UI thread.
#pragma once
#include <string>

#include "explorer/model/apply_parts.h"
#include "explorer/model/box_state.h"

namespace mp::explorer {

/// Changes the store, tells the database, counts the actions, and can be undone.
void edit_boxes(State& state, std::string what, BoxEdit edit, Effects& effects);

/// What somebody else proposed costs an action whenever it is changed; one's own box was paid for when it was drawn.
bool costs_action(const ml::Box& box);
/// How many boxes more are right when this one becomes so.
long gained_by(const ml::Box& box);

/// The box at hand from now on, and its picture; the selection is gone.
void hold_box(State& state, std::optional<BoxId> id);

/// One decision on all selected boxes, which costs one action. False: nothing is selected, the box at hand is meant.
bool accept_selected(State& state, Effects& effects);
bool delete_selected(State& state, Effects& effects);
bool name_selected(State& state, ClassId cls, Effects& effects);

}  // namespace mp::explorer
