// One logical CSV record with what a reader's messages need. Plain values; any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mp::ml {

struct CsvRecord {
  std::vector<std::string> fields;
  std::size_t lines = 0;         // physical lines that it spans
  bool unclosed_quote = false;   // the text ended inside quotes
};

/// As read_csv_record, with line numbers.
bool next_record(std::string_view text, std::size_t& position, CsvRecord& record);

}  // namespace mp::ml
