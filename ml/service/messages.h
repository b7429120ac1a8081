// What the workers tell the main loop. Events are history (a queue, none dropped); snapshots come through mailboxes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ml/data/pool.h"
#include "ml/data/predictions.h"
#include "ml/metrics/classification.h"
#include "ml/service/box_messages.h"
#include "ml/service/map_settings.h"
#include "ml/train/training_run.h"

namespace mp::ml {

struct ImportProgress {
  std::size_t files_done = 0, files_total = 0, samples = 0, bad = 0;
  double eta_s = -1;
  bool finished = false, cancelled = false;                  // one of these or `failed` ends every import
  std::string root;
  bool failed = false;                                       // WorkerFailed says why
};
struct BadFiles { std::vector<BadFile> files; std::string root; };  // newly found; root of the import, empty: opening
struct LabelsSaved { std::uint64_t revision; double ms; };    // durable on disk
struct SaveFailed { std::string message; bool retrying = true; };  // labels stay pending, or are in a rescue file
struct SaveRecovered {};
struct Rescored {                                            // also posted to the predictions mailbox
  std::uint64_t label_revision; double compute_ms; bool landmarks; bool degraded;
  int labels;
  Evaluation evaluation;                                     // held-out or leave-one-out
  std::vector<SampleId> suspects = {};                       // labelled ones that leave-one-out would call another class, surest first
};
struct QueryAnswered {                                       // exactly one a query
  std::string strategy; std::vector<SampleId> ids; std::uint64_t request;
  std::string error = {};                                    // why there is no answer; empty: fine
};
struct SampleListed {                                        // of sample_lists.h
  std::string name; std::vector<SampleId> ids; std::size_t groups, straddling;
  std::string error;
};
struct SimilarFound {                                        // exactly one a question; the sample itself first
  SampleId to; std::vector<SampleId> ids; std::uint64_t request;
  std::string error = {};
};
struct SplitChosen {                                         // the pool with it follows
  std::size_t held_out, samples; std::vector<std::string> warnings;
};
struct TrainingStarted { int round; TrainSettings settings; int labels; std::uint64_t label_revision; };
struct TrainingStep { int round; StepReport report; };
struct TrainingEpoch { int round; EpochReport report; };
struct TrainingEnded { int round; bool stopped; double seconds; Evaluation validation; std::string error; };
/// The map is being made or follows the model; `share` of it is done. Ends with `finished`, also when the
/// person cancelled it or it failed: then the last finished map is shown again.
struct MapProgress {
  std::string what;                                          // "map", "t-SNE map", "following"
  double share = 0, eta_s = -1;
  bool finished = false, cancelled = false;
  std::optional<MapSettings> kept = {};                      // what the map that is shown again was made by
  std::size_t left_out = 0;                                  // samples without features, or with values not finite
};
struct WorkerFailed { std::string who, message; };           // exception or error at a thread's edge

using Event = std::variant<ImportProgress, BadFiles, LabelsSaved, SaveFailed, SaveRecovered, Rescored, QueryAnswered, SampleListed, SimilarFound, SplitChosen,
                           TrainingStarted, TrainingStep, TrainingEpoch, TrainingEnded, MapProgress, BoxesSaved, BoxJobNews, BoxJobDone,
                           WorkerFailed>;

}  // namespace mp::ml
