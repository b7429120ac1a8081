// truth.csv of a layered build (file, x, y, w, h, class): the source class of each patch. Built once per import.
#pragma once
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ml/data/pool.h"

namespace mp::ml {

class TruthTable {
 public:
  /// Lines that cannot be used are in problems(); the rest counts.
  void read(const std::string& file);
  /// Class names in the order in which they first appear.
  const std::vector<std::string>& class_names() const { return class_names_; }
  const std::vector<BadFile>& problems() const { return problems_; }
  /// One name a region, empty where the table says nothing; empty vector if it knows none of them.
  std::vector<std::string> classes_of(const std::string& path, std::span<const Region> regions) const;

 private:
  struct Row {
    Region region;
    std::uint32_t name;  // index into class_names_
  };
  std::unordered_map<std::string, std::vector<Row>> rows_;
  std::vector<std::string> class_names_;
  std::vector<BadFile> problems_;
};

}  // namespace mp::ml
