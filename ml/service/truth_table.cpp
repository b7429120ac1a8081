#include "ml/service/truth_table.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "ml/data/classes.h"
#include "ml/data/csv.h"
#include "ml/data/decode.h"

namespace mp::ml {
namespace {

bool parse(const std::string& text, std::int32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void TruthTable::read(const std::string& file) {
  const auto complain = [&](std::string reason) { problems_.push_back({file, std::move(reason)}); };
  const auto bytes = read_file(file);
  if (!bytes) return complain(bytes.error().what + ": " + bytes.error().found);
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::size_t position = 0;
  std::vector<std::string> fields;
  constexpr const char* kNames[] = {"file", "x", "y", "w", "h", "class"};
  std::size_t column[6];
  bool header = read_csv_record(text, position, fields);
  for (int k = 0; k < 6 && header; ++k) {
    const auto at = std::find(fields.begin(), fields.end(), kNames[k]);
    header = at != fields.end();
    column[k] = std::size_t(at - fields.begin());
  }
  if (!header) return complain("expected a first line with the columns file, x, y, w, h, class; it is not used");
  std::unordered_map<std::string, std::uint32_t> index;
  std::size_t record = 1, wrong = 0, first_wrong = 0;
  while (read_csv_record(text, position, fields)) {
    ++record;
    if (fields.size() == 1 && fields[0].empty()) continue;
    Row row;
    std::string name;
    bool ok = fields.size() > *std::max_element(std::begin(column), std::end(column));
    ok = ok && parse(fields[column[1]], row.region.x) && parse(fields[column[2]], row.region.y) &&
         parse(fields[column[3]], row.region.w) && parse(fields[column[4]], row.region.h);
    if (ok) name = clean_class_name(fields[column[5]]);
    if (!ok) {
      if (wrong++ == 0) first_wrong = record;
      continue;
    }
    if (name.empty()) continue;
    const auto [at, first] = index.try_emplace(name, std::uint32_t(class_names_.size()));
    if (first) class_names_.push_back(name);
    row.name = at->second;
    rows_[fields[column[0]]].push_back(row);
  }
  if (wrong > 0)
    complain(fmt::format("{} of {} lines cannot be used (the first is record {}); expected file, x, y, w, h as whole "
                         "numbers and a class",
                         wrong, record - 1, first_wrong));
}

std::vector<std::string> TruthTable::classes_of(const std::string& path, std::span<const Region> regions) const {
  const auto at = rows_.find(path);
  if (at == rows_.end()) return {};
  std::vector<std::string> names(regions.size());
  bool any = false;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const auto row = std::find_if(at->second.begin(), at->second.end(),
                                  [&](const Row& r) { return r.region == regions[i]; });
    if (row == at->second.end()) continue;
    names[i] = class_names_[row->name];
    any = true;
  }
  if (!any) names.clear();
  return names;
}

}  // namespace mp::ml
