// Labels given to samples. LabelStore has one writer, the UI thread (or the command line); workers get copies.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ml/data/types.h"

namespace mp::ml {

/// One sample's label set or taken away (kNoClass). The database keeps every change, the newest counts.
struct LabelChange {
  SampleId id = 0;
  ClassId cls = kNoClass;
  LabelSource source = LabelSource::person;
};

/// A revision's worth of changes, written in one transaction.
struct LabelBatch {
  std::uint64_t revision = 0;
  std::int64_t time_ms = 0;   // Unix time
  std::string author;
  std::int32_t round = 0;
  std::vector<LabelChange> changes;
};

/// Current label of every sample and the revision, which grows by one with each batch.
struct LabelStore {
  std::uint64_t revision = 0;
  std::vector<ClassId> cls;          // by SampleId, kNoClass if unlabelled
  std::vector<LabelSource> source;   // by SampleId

  void resize(std::size_t n) {
    cls.resize(n, kNoClass);
    source.resize(n, LabelSource::person);
  }
  bool labelled(SampleId id) const { return cls[id] != kNoClass; }
  std::size_t count() const {
    std::size_t n = 0;
    for (auto c : cls) n += c != kNoClass;
    return n;
  }
  void apply(const LabelBatch& b) {
    for (auto& c : b.changes) {
      if (c.id >= cls.size()) continue;
      cls[c.id] = c.cls;
      source[c.id] = c.source;
    }
    revision = b.revision;
  }
};
using LabelsPtr = std::shared_ptr<const LabelStore>;

}  // namespace mp::ml
