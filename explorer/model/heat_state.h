// Where the network looks, as the window shows it. Written by apply() and by the session's snapshots; UI thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ml/service/heat_worker.h"

namespace mp::explorer {

/// Ways to ask, as commands name them: of a network, and the detector's own scores.
constexpr std::string_view kDetectorHeat = "detector";
constexpr std::string_view kHeatChoices[] = {"cam", "grad-cam", "ig", "occlusion", kDetectorHeat};
constexpr std::string_view kHeatTitles[] = {"CAM", "Grad-CAM", "Integrated Gradients", "Occlusion", "Detector"};
std::size_t heat_choice(std::string_view name);   // its place; past the end: there is none

struct HeatState {
  bool on = false;
  std::string method = "cam", baseline = std::string(ml::name_of(ml::kDefaultBaseline));
  ml::ClassId cls = ml::kNoClass;        // whose heat; kNoClass: what the network says of each sample
  float strength = .6f;
  std::uint64_t request = 0;             // the last that was asked
  std::unordered_map<ml::SampleId, std::shared_ptr<const ml::SampleHeat>> shown;   // of these settings, as far as it is there
  std::vector<ml::SampleId> in_view;     // of the mosaic, the most needed first
  bool working = false;
  std::size_t to_come = 0;               // of what was asked
  std::string network, error;            // of the last answer
  double first_ms = 0;
  std::shared_ptr<const ml::HeatCheck> check;
  std::uint64_t check_request = 0;       // that it answers
  std::uint64_t revision = 0;            // grows with what is to be drawn

  bool exporting = false;                // layer maps
  std::size_t layers_done = 0, layers_total = 0;
  float prior = .3f;

  /// The heat of a sample if it is there; null otherwise.
  const ml::SampleHeat* of(ml::SampleId id) const {
    const auto found = on ? shown.find(id) : shown.end();
    return found == shown.end() ? nullptr : found->second.get();
  }
};

/// So many samples of a view get heat: those of a way that takes long are fewer.
std::size_t most_in_view(const HeatState& heat);

/// What a worker is asked with these settings, without the samples.
ml::HeatRequest heat_request(const HeatState& heat);

/// An image's samples: its patches, or itself.
std::vector<ml::SampleId> samples_of_image(const ml::Pool& pool, std::uint32_t image);

/// What a class's heat is worth, against chance and against how uneven the images are.
enum class HeatVerdict { believable, no_better_than_unevenness, background };
HeatVerdict verdict(const ml::HeatFigures& figures);

}  // namespace mp::explorer
