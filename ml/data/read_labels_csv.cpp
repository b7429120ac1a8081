#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unordered_map>

#include "ml/data/csv.h"
#include "ml/data/csv_record.h"
#include "ml/data/sample_finder.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMaxCsvLines = 10'000'000;
constexpr std::uintmax_t kMaxCsvBytes = 2ull << 30;
constexpr std::size_t kMaxProblems = 1000;  // more are counted, not kept
constexpr std::size_t kNone = ~std::size_t(0);

std::string trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string() : std::string(s.substr(first, s.find_last_not_of(" \t") - first + 1));
}

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return c < 128 ? char(std::tolower(c)) : char(c); });
  return s;
}

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

struct Columns {
  std::size_t path = kNone, label = kNone, id = kNone, region = kNone, x = kNone, y = kNone, w = kNone, h = kNone;
  bool usable() const { return label != kNone && (path != kNone || id != kNone); }
};

Columns find_columns(const std::vector<std::string>& header) {
  const auto find = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      for (std::size_t i = 0; i < header.size(); ++i)
        if (lower(trimmed(header[i])) == name) return i;
    return kNone;
  };
  return {find({"path", "filename", "file"}), find({"label", "class"}), find({"id"}), find({"region"}),
          find({"x"}), find({"y"}), find({"w"}), find({"h"})};
}

// "x y w h", also with ; or , between. False with a message in `problem` if it is none.
bool parse_region(const std::string& text, Region& r, std::string& problem) {
  std::string blanks = text;
  std::replace_if(blanks.begin(), blanks.end(), [](char c) { return c == ';' || c == ','; }, ' ');
  std::istringstream in(blanks);
  std::string rest;
  if (in >> r.x >> r.y >> r.w >> r.h && !(in >> rest)) return true;
  problem = fmt::format("'{}' is no region (expected x y w h)", text);
  return false;
}

class LabelReader {
 public:
  LabelReader(const Pool& pool, ClassTable& classes, bool create, CsvLabels& out)
      : finder_(pool), classes_(classes), create_(create), out_(out) {
    for (std::size_t i = 0; i < classes.size(); ++i) class_of_.emplace(classes[i].name, ClassId(i));
  }

  void use(const CsvRecord& record, const Columns& columns, std::size_t line) {
    const auto field = [&](std::size_t c) { return c < record.fields.size() ? record.fields[c] : std::string(); };
    if (record.unclosed_quote) return problem(line, "a quoted field is not closed");
    if (record.fields.size() == 1 && trimmed(record.fields[0]).empty()) return;  // empty line
    if (columns.label >= record.fields.size()) return problem(line, "there are fewer fields than in the header");
    SampleFinder::Query query;
    query.path = field(columns.path);
    std::string bad;
    if (const auto id = trimmed(field(columns.id)); !id.empty()) {
      SampleId value = 0;
      if (!parse(id, value)) return problem(line, fmt::format("'{}' is no sample id", id));
      query.id = value;
    }
    if (!read_region(field, columns, query.region, bad)) return problem(line, bad);
    const auto sample = finder_.find(query);
    if (!sample) return problem(line, sample.error().what);
    const auto cls = class_of(field(columns.label), line);
    if (!cls) return;
    const auto [slot, first] = change_of_.try_emplace(*sample, out_.changes.size());
    if (first) {
      out_.changes.push_back({*sample, *cls, LabelSource::csv});
    } else if (auto& change = out_.changes[slot->second]; change.cls != *cls) {
      change.cls = *cls;
      problem(line, "this sample has another label above; the later one is used");
    }
  }

  void finish() {
    if (dropped_ > 0) out_.problems.push_back(fmt::format("and {} more problems", dropped_));
  }

 private:
  template <class Field>
  bool read_region(const Field& field, const Columns& columns, std::optional<Region>& region, std::string& bad) {
    Region r;
    if (const auto text = trimmed(field(columns.region)); !text.empty()) {
      if (!parse_region(text, r, bad)) return false;
      region = r;
      return true;
    }
    const std::string parts[] = {trimmed(field(columns.x)), trimmed(field(columns.y)), trimmed(field(columns.w)),
                                 trimmed(field(columns.h))};
    if (std::all_of(std::begin(parts), std::end(parts), [](const auto& p) { return p.empty(); })) return true;
    if (parse(parts[0], r.x) && parse(parts[1], r.y) && parse(parts[2], r.w) && parse(parts[3], r.h)) {
      region = r;
      return true;
    }
    bad = fmt::format("x, y, w, h are '{}', '{}', '{}', '{}' (expected four whole numbers)", parts[0], parts[1],
                      parts[2], parts[3]);
    return false;
  }

  // Empty optional: a problem was noted.
  std::optional<ClassId> class_of(const std::string& text, std::size_t line) {
    const std::string name = clean_class_name(text);
    if (name.empty()) return kNoClass;
    if (const auto at = class_of_.find(name); at != class_of_.end()) return at->second;
    if (create_ && classes_.size() < std::size_t(kMaxClasses)) {
      const auto id = ClassId(classes_.size());
      classes_.push_back(default_class(id, name));
      class_of_.emplace(name, id);
      out_.new_classes.push_back(name);
      return id;
    }
    std::string known;
    for (const auto& c : classes_) known += (known.empty() ? "" : ", ") + c.name;
    problem(line, create_ ? fmt::format("'{}' would be class {} of at most {}", name, kMaxClasses + 1, kMaxClasses)
                          : fmt::format("unknown class '{}' (known: {})", name, known.empty() ? "none" : known));
    return std::nullopt;
  }

  void problem(std::size_t line, const std::string& text) {
    if (out_.problems.size() < kMaxProblems)
      out_.problems.push_back(fmt::format("line {}: {}", line, text));
    else
      ++dropped_;
  }

  SampleFinder finder_;
  ClassTable& classes_;
  bool create_;
  CsvLabels& out_;
  std::unordered_map<std::string, ClassId> class_of_;
  std::unordered_map<SampleId, std::size_t> change_of_;  // into out_.changes
  std::size_t dropped_ = 0;
};

Result<std::string> read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("cannot read the label file", file, "a CSV file", errno_text(errno), "Check the path");
  std::string text;
  char block[1 << 16];
  // In blocks: a pipe has no size, and a folder opens but does not read.
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, std::size_t(in.gcount()));
    if (text.size() > kMaxCsvBytes)
      return fail("the label file is too large", file, "at most 2 GiB", {}, "Split it into several files");
  }
  if (in.bad()) return fail("cannot read the label file", file, "a CSV file", errno_text(errno), "Check the path");
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return fail("cannot read the label file", file, "UTF-8 text", "UTF-16 text", "Save it as CSV in UTF-8");
  if (text.find('\0') != std::string::npos)
    return fail("cannot read the label file", file, "UTF-8 text", "a binary file", "Save it as CSV in UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

}  // namespace

Result<CsvLabels> read_labels_csv(const std::string& file, const Pool& pool, ClassTable& classes, bool create_classes) {
  const auto text = read_text(file);
  if (!text) return tl::make_unexpected(text.error());
  std::size_t position = 0, line = 1;
  CsvRecord record;
  Columns columns;
  if (next_record(*text, position, record)) columns = find_columns(record.fields);
  if (!columns.usable()) {
    std::string header = text->substr(0, std::min(text->find_first_of("\r\n"), std::size_t(200)));
    return fail("the label file has no usable header", file, "a first line with the columns path (or id) and label",
                header.empty() ? "an empty file" : "'" + percent_encode(header, true) + "'",
                header.find(';') != std::string::npos && header.find(',') == std::string::npos
                    ? "Save it with commas between the columns"
                    : "Name the columns path and label");
  }
  CsvLabels labels;
  const ClassTable before = classes;
  LabelReader reader(pool, classes, create_classes, labels);
  for (line += record.lines; next_record(*text, position, record); line += record.lines) {
    if (line > kMaxCsvLines) {
      classes = before;
      return fail("the label file is too long", file, fmt::format("at most {} lines", kMaxCsvLines), {},
                  "Split it into several files");
    }
    reader.use(record, columns, line);
  }
  reader.finish();
  return labels;
}

}  // namespace mp::ml
