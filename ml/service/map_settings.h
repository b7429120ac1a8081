// How the map is made and whether it follows the model. Plain data; any thread.
#pragma once
#include <string>

namespace mp::ml {

struct MapSettings {
  std::string method = "umap";         // umap, tsne, pca
  bool follow = true;                  // the model: what it says of a sample is part of what the sample is like
  bool supervised = false;             // labelled classes are pulled together when the map is made; marked where shown
  bool operator==(const MapSettings&) const = default;
};

inline bool is_map_method(const std::string& name) { return name == "umap" || name == "tsne" || name == "pca"; }

}  // namespace mp::ml
