// How well a map keeps the neighbourhoods of its features, and how far it moved: exact ranks, in double, of a sample of
// rows. For benchmarks; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ml/project/knn.h"

namespace mp::explorer::cli {

constexpr std::size_t kProbes = 500;   // rows looked at
constexpr std::size_t kNear = 15;

struct Kept {
  double recall = 0;   // of the graph
  double trust = 0;    // trustworthiness@15 of the map (Venna and Kaski 2001)
};
/// rows n x d, xy n x 2; an empty graph gives no recall, an empty xy no trust.
Kept kept(std::span<const float> rows, std::size_t n, std::size_t d, const ml::KnnGraph& graph, const std::vector<float>& xy);

/// Share of the rows in `of` whose 15 nearest places are mostly of their own class.
double class_accuracy(const std::vector<float>& xy, const std::vector<std::int32_t>& classes, const std::vector<std::uint32_t>& of);

/// Mean way from `from` to `to` (n x 2) over the rows in `of`.
double mean_way(const std::vector<float>& from, const std::vector<float>& to, const std::vector<std::uint32_t>& of);

/// `xy` moved, turned, mirrored and scaled so that its rows in `of` come closest to those of `reference`.
std::vector<float> procrustes(std::vector<float> xy, const std::vector<float>& reference, const std::vector<std::uint32_t>& of);

}  // namespace mp::explorer::cli
