// The history of the cloud: places, predictions and measures of every round, compact in one file of the project that is
// only appended to. A file that a crash cut off is read up to the last whole round. One thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/math.h"
#include "ml/data/predictions.h"

namespace mp::ml {

/// One round: a change of labels (or of the shown network) that the model and the map have followed.
struct RoundInfo {
  std::uint64_t label_revision = 0;
  int labels = 0;
  float accuracy = -1;               // as the window shows it at that time, -1: not measured
  float loss = -1;                   // of the network's last step, -1: none
  bool network = false;              // whose predictions
  std::string method;                // of the map
};

struct Round {
  std::size_t index = 0;
  RoundInfo info;
  std::vector<float> xy;             // n x 2, to 1/65535 of the map's extent
  std::vector<ClassId> predicted;    // n
  std::vector<float> confidence;     // n, to 1/255
};

struct RoundList {
  std::vector<RoundInfo> rounds;
};

/// Where a sample was, round after round.
struct Trail {
  SampleId id = 0;
  std::vector<Vec2> at;
};

class RoundHistory {
 public:
  /// Reads what is there. read_only: rounds that are added are not kept. Error: the file cannot be read or written.
  static Result<RoundHistory> open(const std::string& file, bool read_only);

  Result<void> add(RoundInfo info, const std::vector<float>& xy, const Predictions& predictions);
  Result<Round> load(std::size_t index) const;
  Result<Trail> trail(SampleId id) const;
  const std::vector<RoundInfo>& rounds() const { return rounds_; }
  std::size_t bytes() const { return size_; }
  /// Of open(): damage that was found, for the person; empty: none. A copy of the damaged file lies beside it.
  const std::string& notice() const { return notice_; }
  /// Leaves every other of the older half of the rounds; what add() does when the file has grown too large.
  Result<void> thin();

 private:
  struct Box {
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  };
  struct Entry {
    std::size_t offset = 0, bytes = 0;  // of the payload
    bool key = false;                   // does not build on the one before
    std::size_t n = 0;
    Box box;
  };
  /// The quantised state of a round, plane after plane: low and high bytes of x and y, class, confidence.
  using Planes = std::vector<std::uint8_t>;
  Result<void> scan();
  std::string keep_damaged(std::size_t bytes) const;
  Result<void> append(const RoundInfo& info, std::size_t n, const Box& box, bool key, const Planes& planes);
  Result<Planes> planes(std::size_t index) const;
  /// Calls visit(index, planes) for the rounds in a row.
  template <class Visit>
  Result<void> replay(std::size_t first, std::size_t last, Visit&& visit) const;

  std::string file_, notice_;
  bool read_only_ = false;
  std::size_t size_ = 0;               // of the whole records
  std::vector<RoundInfo> rounds_;
  std::vector<Entry> entries_;
  Planes last_;                        // of the last round, to build the next one on
};

}  // namespace mp::ml
