// The held-out fifth while its import is not finished: nothing that may end in it is trained on or queried before.
// Stateless; the import thread.
#pragma once
#include "engine/base/error.h"
#include "ml/data/project.h"

namespace mp::ml {

/// Samples from `first` on have no split yet: those with a source class are held out until the import's end.
void hold_out_unassigned(Pool& pool, SampleId first);

/// Where an import of the project stopped before its end (the program was killed, the disk was full), gives the samples
/// that are there the splits that its end would have given them, and stores them if the project can be written.
/// Errors: the list of imports cannot be read.
Result<void> assign_unfinished_splits(Project& project, Pool& pool);

}  // namespace mp::ml
