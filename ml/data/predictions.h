// What a model says of every sample, with the label revision that it was fitted on. Immutable once published.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

struct FeatureTable;

struct Predictions {
  std::string model;                 // "instant" or a network's name
  std::uint64_t label_revision = 0;
  std::size_t n = 0;
  int classes = 0;                   // C of the class table at that revision; classes without labels have p = 0
  std::vector<float> probability;    // n x C, rows sum to 1
  std::vector<ClassId> predicted;    // n, arg max (lowest id on a tie); kNoClass without features
  std::vector<float> confidence;     // n, largest probability
  std::vector<float> margin;         // n, largest minus second largest
  std::vector<float> entropy;        // n, natural logarithm, divided by ln C: 0 .. 1
  int labelled = 0;                  // samples used
  bool landmarks = false;            // approximate head
  double compute_ms = 0;             // fit and rescoring
  // Of a network: what its classifier sees, n rows (ml/service/embedding.h).
  std::shared_ptr<const FeatureTable> embedding;
};
using PredictionsPtr = std::shared_ptr<const Predictions>;

/// Fills predicted, confidence, margin and entropy from probability.
void summarise(Predictions& p);

/// N x 2 positions. `method` "pca", "umap" or "tsne"; revision grows with every publication.
struct Projection {
  std::string method;
  std::uint64_t revision = 0;
  std::vector<float> xy;             // n x 2, centred, 95 % of the points within radius 1
  bool supervised = false;           // labels pulled their classes together
  bool finished = true;              // else on its way: more will follow soon
};
using ProjectionPtr = std::shared_ptr<const Projection>;

}  // namespace mp::ml
