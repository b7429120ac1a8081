// Held-out parts that a person chooses: at random, whole builds, blocks of layers, or ranges of names. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/pool.h"

namespace mp::ml {

enum class SplitBy : std::uint8_t { random, builds, layers, names };

/// "random", "builds", "layers", "names".
std::optional<SplitBy> split_way(std::string_view name);

struct SplitChoice {
  SplitBy by = SplitBy::random;
  double share = .2;       // of each class (random, names), of the layers, of the builds: at least one of these
  int block_layers = 0;    // layers: length of a block; 0: a tenth of the build, at most 50
  std::uint64_t seed = 1;
  std::string from, to;    // names: hold out the files from .. to in natural order, both included; empty: one stretch of
                           // neighbouring names of each class
};

/// By SampleId. Errors: no layers, one build, a range without a file, nothing or everything held out.
Result<std::vector<Split>> split_by(const Pool& pool, const SplitChoice& choice);

/// Layers with samples on both sides of the split, and held-out layers whose neighbour is not held out.
struct SplitLeaks {
  std::size_t torn_layers = 0, neighbours = 0;
};
SplitLeaks layer_leaks(const Pool& pool, const std::vector<Split>& splits);

}  // namespace mp::ml
