// What the box worker and the database thread tell the main loop about boxes. Part of messages.h.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace mp::ml {

/// The project's detector without its weights.
struct DetectorSummary {
  double threshold = .25, saved = 0;             // offered from this score on (above 1: not at all); share of actions
  double map50 = std::numeric_limits<double>::quiet_NaN();
  std::size_t images = 0, boxes = 0;             // trained on
  std::vector<std::string> classes;
  std::string notes;                             // of its training: begun anew or ended early, and why
};

struct BoxesSaved { std::uint64_t revision; };   // durable on disk

/// Of a training or a search for boxes; a few a second.
struct BoxJobNews {
  std::string what;                              // "reading images", "training the detector", "finding boxes"
  double share = 0, eta_s = -1;
  bool training = false;                         // the rest counts
  std::int64_t step = 0;
  int epoch = 0;
  float loss = 0;
  double map50 = std::numeric_limits<double>::quiet_NaN();   // where it was just measured
};

struct BoxProposals;                             // box_worker.h

/// Exactly one a job.
struct BoxJobDone {
  std::shared_ptr<const DetectorSummary> detector;   // trained in this job and kept; null: none was
  std::shared_ptr<const BoxProposals> proposals;     // null: none were looked for
  bool cancelled = false;
  std::size_t unread = 0;                            // images that could not be read
  std::string error;
};

}  // namespace mp::ml
