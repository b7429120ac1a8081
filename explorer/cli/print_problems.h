// What was left out of a file, on standard error: the first lines of each kind and how many more there are.
#pragma once
#include <cstdio>

#include "ml/data/problem_list.h"

namespace mp::explorer::cli {

inline void print_problems(const ml::ProblemList& problems, const char* before = "") {
  const auto brief = problems.brief();
  for (const auto& line : brief) std::fprintf(stderr, "meltpool: %s%s\n", before, line.c_str());
  if (brief.size() < problems.size()) std::fprintf(stderr, "meltpool: %s--json names up to %zu\n", before, ml::kMaxProblems);
}

}  // namespace mp::explorer::cli
