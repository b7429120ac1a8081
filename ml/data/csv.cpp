// CSV fields and records after RFC 4180.
#include "ml/data/csv.h"

#include "ml/data/csv_record.h"

namespace mp::ml {

std::string csv_field(std::string_view text) {
  // A blank at an end is legal unquoted, but spreadsheets cut it.
  const bool quote = text.find_first_of(",\"\r\n") != std::string_view::npos ||
                     (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  if (!quote) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

bool read_csv_record(std::string_view text, std::size_t& position, std::vector<std::string>& fields) {
  CsvRecord record;
  const bool more = next_record(text, position, record);
  fields = std::move(record.fields);
  return more;
}

bool next_record(std::string_view text, std::size_t& position, CsvRecord& record) {
  record.fields.clear();
  record.lines = 0;
  record.unclosed_quote = false;
  if (position >= text.size()) return false;
  std::string field;
  bool quoted = false;       // inside quotes
  bool was_quoted = false;   // this field began with a quote
  while (position < text.size()) {
    const char c = text[position++];
    if (quoted) {
      if (c == '"' && position < text.size() && text[position] == '"') {
        field += '"';
        ++position;
      } else if (c == '"') {
        quoted = false;
      } else {
        if (c == '\n') ++record.lines;
        field += c;
      }
    } else if (c == '"' && field.empty() && !was_quoted) {
      quoted = was_quoted = true;
    } else if (c == ',') {
      record.fields.push_back(std::move(field));
      field.clear();
      was_quoted = false;
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && position < text.size() && text[position] == '\n') ++position;
      ++record.lines;
      record.fields.push_back(std::move(field));
      return true;
    } else {
      field += c;
    }
  }
  record.unclosed_quote = quoted;
  ++record.lines;
  record.fields.push_back(std::move(field));
  return true;
}

}  // namespace mp::ml
