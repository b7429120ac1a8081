// What was left out of a file and why, line by line ("annotation 7: no category_id"), kept short: a file of nothing but
// faults floods neither memory nor a terminal. Owned by who reads the file; one thread.
#pragma once
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace mp::ml {

constexpr std::size_t kMaxProblems = 1000;  // lines that are kept; more are counted

class ProblemList {
 public:
  void add(std::string line);
  /// Its lines with `before` in front, and the count of those that it did not keep.
  void add(const ProblemList& other, const std::string& before);
  std::size_t size() const { return size_; }  // also those that were only counted
  bool empty() const { return size_ == 0; }

  /// The first kMaxProblems, the first of each kind in any case, and "and 4000 more".
  std::vector<std::string> lines() const;
  /// The first of each kind, each time with "and 997 more like it". Lines are of a kind that differ only in what stands
  /// before the first ": ", in numbers and in what is quoted.
  std::vector<std::string> brief(std::size_t of_kind = 3) const;

 private:
  struct Kind {
    std::size_t count = 0, kept = 0;  // added, and of these in lines_
    std::vector<std::string> first;
  };
  Kind& kind_of(const std::string& line);

  std::vector<std::string> lines_;
  std::size_t size_ = 0;
  std::unordered_map<std::string, std::size_t> index_;  // what lines of a kind share -> kinds_
  std::vector<Kind> kinds_;                             // as they came
};

}  // namespace mp::ml
