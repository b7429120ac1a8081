// reduce(): worker events and snapshots into State. UI thread.
#pragma once
#include "explorer/model/apply.h"
#include "explorer/model/state.h"
#include "ml/service/messages.h"

namespace mp::explorer {

void reduce(State& state, const ml::Event& event, Effects& effects);

// Snapshots; null pointers are ignored.
void take_pool(State& state, ml::PoolPtr pool);
void take_features(State& state, ml::FeaturesPtr features);
void take_predictions(State& state, ml::PredictionsPtr predictions, bool network);
void take_projection(State& state, ml::ProjectionPtr projection);
void take_rounds(State& state, std::shared_ptr<const ml::RoundList> rounds);
void take_round(State& state, std::shared_ptr<const ml::Round> round);
/// Playing: shows the next round when it is time. Once a frame.
void play_rounds(State& state, Effects& effects);

/// A message that fades; the newest five stay.
void toast(State& state, Banner::Kind kind, std::string text);
/// Sets or replaces the banner of a key; an empty text removes it.
void set_banner(State& state, Banner::Kind kind, std::string key, std::string text, std::string action = {});

}  // namespace mp::explorer
