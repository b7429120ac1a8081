#include "explorer/model/command_check.h"

#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"

#include <algorithm>

#include "ml/data/boxes_io.h"
#include "ml/data/project.h"
#include "ml/data/split_by.h"
#include "ml/explain/methods.h"
#include "ml/query/strategy.h"

namespace mp::explorer {

namespace {

std::string no_class(const State& s, ClassId c) {
  if (c >= 0 && std::size_t(c) < s.classes.size()) return {};
  return "there is no class " + std::to_string(c) + "; the project has " + std::to_string(s.classes.size()) + ", counted from 0";
}

std::string no_sample(const State& s, SampleId id) {
  if (id < s.samples()) return {};
  return "there is no sample " + std::to_string(id) + "; the project has " + std::to_string(s.samples()) + ", counted from 0";
}

struct Check {
  const State& s;
  template <class C>
  std::string operator()(const C& c) const {
    if constexpr (requires { c.truth; }) {
      const auto first = no_class(s, c.truth);
      return first.empty() ? no_class(s, c.predicted) : first;
    } else if constexpr (requires { c.cls; }) {
      return no_class(s, c.cls);
    } else if constexpr (requires { c.ids; }) {
      const auto bad = std::find_if(c.ids.begin(), c.ids.end(), [&](SampleId id) { return id >= s.samples(); });
      return bad == c.ids.end() ? std::string() : no_sample(s, *bad);
    } else if constexpr (requires { *c.id; }) {
      return c.id ? no_sample(s, *c.id) : std::string();
    } else {
      return {};
    }
  }
  std::string operator()(const cmd::SelectBox& c) const {
    const auto n = s.boxes->store.boxes.size();
    return !c.box || *c.box < n ? std::string() : "there is no box " + std::to_string(*c.box) + "; the project has " + std::to_string(n) + ", counted from 0";
  }
  std::string operator()(const cmd::SelectBoxes& c) const {
    for (auto id : c.ids)
      if (auto why = (*this)(cmd::SelectBox{id}); !why.empty()) return why;
    return {};
  }
  std::string operator()(const cmd::ColourBoxes& c) const {
    return std::ranges::find(kBoxColours, c.by) != std::end(kBoxColours) ? std::string() : "boxes are coloured by class, score, status or source, not by \"" + c.by + "\"";
  }
  std::string operator()(const cmd::ImportBoxes& c) const {
    return c.format.empty() || ml::box_format(c.format) ? std::string() : "there is no format \"" + c.format + "\" of boxes; there are coco, voc and yolo";
  }
  std::string operator()(const cmd::ExportBoxes& c) const {
    return c.format == "crops" || ml::box_format(c.format) ? std::string() : "there is no format \"" + c.format + "\" of boxes; there are coco, voc, yolo and crops";
  }
  std::string operator()(const cmd::ShowImage& c) const { return no_image(c.image); }
  std::string operator()(const cmd::DrawBox& c) const {
    if (c.as)
      if (auto why = no_class(s, *c.as); !why.empty()) return why;
    return c.image ? no_image(*c.image) : std::string();
  }
  std::string no_image(std::uint32_t i) const {
    const auto n = s.pool->images.size();
    return i < n ? std::string() : "there is no image " + std::to_string(i) + "; the project has " + std::to_string(n) + ", counted from 0";
  }
  std::string operator()(const cmd::OpenProject& c) const {
    return ml::Project::is_project(c.dir) ? std::string() : c.dir + " is not a project";
  }
  std::string operator()(const cmd::SetMap& c) const {
    return ml::is_map_method(c.settings.method) ? std::string() : "there is no map \"" + c.settings.method + "\"; there are umap, tsne and pca";
  }
  std::string operator()(const cmd::ShowRound& c) const {
    return c.round < int(s.timeline.rounds()) ? std::string() : "there is no round " + std::to_string(c.round) + "; the history has " + std::to_string(s.timeline.rounds()) + ", counted from 0";
  }
  std::string operator()(const cmd::SetStrategy& c) const {
    const auto known = ml::strategies();
    const bool found = std::any_of(known.begin(), known.end(), [&](const auto& k) { return k.name == c.name; });
    return found ? std::string() : "there is no strategy \"" + c.name + "\"";
  }
  std::string operator()(const cmd::SetCompared& c) const {
    for (const auto& name : c.strategies)
      if (auto why = (*this)(cmd::SetStrategy{name}); !why.empty()) return why;
    return {};
  }
  std::string operator()(const cmd::SetHeat& c) const {
    if (heat_choice(c.method) == std::size(kHeatChoices)) return "there is no method \"" + c.method + "\"; there are cam, grad-cam, ig, occlusion and detector";
    if (!ml::find_baseline(c.baseline)) return "there is no baseline \"" + c.baseline + "\"; there are black, mean and blurred";
    return c.cls == kNoClass ? std::string() : no_class(s, c.cls);
  }
  std::string operator()(const cmd::SelectList& c) const {
    for (const char* name : {"mislabelled", "background", "exact-duplicates", "near-duplicates", "outliers"})
      if (c.name == name) return {};
    return "there is no list \"" + c.name + "\"; there are mislabelled, background, exact-duplicates, near-duplicates, outliers";
  }
  std::string operator()(const cmd::HoldOut& c) const {
    if (!ml::split_way(c.by)) return "there is no split by \"" + c.by + "\"; there are random, builds, layers, names";
    return c.share >= .01 && c.share <= .9 ? std::string() : "the share to hold out is .01 to .9, not " + std::to_string(c.share);
  }
};

}  // namespace

std::string why_impossible(const State& s, const Command& c) { return std::visit(Check{s}, c); }

}  // namespace mp::explorer
