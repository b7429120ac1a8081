#include "ml/data/coco_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "ml/data/boxes_io.h"
#include "ml/data/decode.h"

namespace mp::ml {

std::string name_of(const CocoAnnotation& a) { return a.id >= 0 ? fmt::format("annotation {}", a.id) : fmt::format("annotation number {}", a.number); }

Result<std::vector<std::uint8_t>> read_annotation_bytes(const std::string& file, const char* expected) {
  std::error_code code;
  const auto bytes = std::filesystem::file_size(file, code);
  if (!code && bytes > kMaxBoxFileBytes)
    return fail("the file of boxes is too large", file, fmt::format("at most {} bytes", kMaxBoxFileBytes),
                fmt::format("{} bytes", bytes), "Split it into several files");
  if (!code && bytes == 0) return fail("the file of boxes is empty", file, expected, "0 bytes", "Write it again");
  return read_file(file);
}

namespace {

// No JSON text has it: a delete character stands for what was no finite number.
constexpr std::string_view kNotFinite = "\x7f";

// Python's json writes NaN, Infinity and -Infinity, which are no JSON and would end the parser. Each becomes a text of
// the same length, kNotFinite and blanks: places stay true. What stands in a text is left alone.
void mark_not_finite(std::vector<std::uint8_t>& bytes) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (all.find("NaN") == all.npos && all.find("Infinity") == all.npos) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == '"') {
      for (++i; i < all.size() && all[i] != '"'; ++i) i += all[i] == '\\';
      continue;
    }
    for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
      if (!all.substr(i).starts_with(word)) continue;
      std::fill_n(bytes.begin() + std::ptrdiff_t(i), word.size(), ' ');
      bytes[i] = bytes[i + 2] = '"';
      bytes[i + 1] = std::uint8_t(kNotFinite[0]);
      i += word.size() - 1;
      break;
    }
  }
}

enum class Section { none, images, categories, annotations };

// Depth 1 is the outermost object or array. A record is an object directly in the array of a section: at depth 3 in
// {"annotations": [{...}]}, at depth 2 in a results array [{...}].
class CocoSax : public nlohmann::json_sax<nlohmann::json> {
 public:
  CocoSax(CocoFile& out, ProblemList& problems) : out_(out), problems_(problems) {}

  bool start_object(std::size_t) override {
    if (!enter()) return false;
    if (depth_ == 1) root_object_ = true;
    if (depth_ == record_depth_ && section_ != Section::none) {
      field_.clear();
      record_ = Record();
      in_record_ = true;
    } else if (in_record_ && depth_ == record_depth_ + 1) {
      wrong_if_known("an object");
    }
    return true;
  }
  bool end_object() override {
    if (in_record_ && depth_ == record_depth_) {
      in_record_ = false;
      keep_record();
    }
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (!enter()) return false;
    if (depth_ == 1) {
      out_.results = true;
      section_ = Section::annotations;
      record_depth_ = 2;
      sections_ = true;
    } else if (depth_ == 2 && root_object_) {
      section_ = named_;
      record_depth_ = 3;
      sections_ |= section_ != Section::none;
    } else if (in_record_ && depth_ == record_depth_ + 1) {
      if (field_ == "bbox") {
        in_bbox_ = true;
        record_.bbox_numbers = 0;
      } else {
        wrong_if_known("a list");
      }
    } else if (in_bbox_) {
      record_.bbox_numbers = 99;
    }
    return true;
  }
  bool end_array() override {
    if (in_bbox_ && depth_ == record_depth_ + 1) in_bbox_ = false;
    if (depth_ == 2 && root_object_) section_ = Section::none;
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1)
      named_ = name == "images"        ? Section::images
               : name == "categories"  ? Section::categories
               : name == "annotations" ? Section::annotations
                                       : Section::none;
    if (in_record_ && depth_ == record_depth_) field_ = name;
    return true;
  }
  bool null() override { return plain("null"); }
  bool boolean(bool value) override {
    if (in_field() && field_ == "complete") record_.complete = value;
    return field_ == "iscrowd" ? number(value) : plain("true or false");
  }
  bool number_integer(std::int64_t value) override { return whole(double(value), value); }
  bool number_unsigned(std::uint64_t value) override {
    if (value > std::uint64_t(INT64_MAX)) return number(double(value));
    return whole(double(value), std::int64_t(value));
  }
  bool number_float(double value, const std::string&) override { return number(value); }
  bool string(std::string& text) override {
    if (text == kNotFinite) return not_finite();
    if (!in_field()) return bbox_text();
    if (field_ == "file_name" || field_ == "name") {
      record_.text = text;
      record_.has_text = true;
      return true;
    }
    if (field_ == "status") record_.status = box_status(text);
    if (field_ == "source") record_.source = box_source(text);
    if (field_ == "reviewer") record_.reviewer = text;
    return plain("a text");
  }
  bool binary(nlohmann::json::binary_t&) override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 2, column 5: syntax error while parsing ...": for people.
    const std::string text = e.what();
    const auto bracket = text.find("] ");
    const std::string place = in_record_ ? fmt::format(" in {}", record_name(count_[int(section_)] + 1)) : "";
    error_ = fmt::format("at byte {}{}: {}", position, place, text.substr(bracket == std::string::npos ? 0 : bracket + 2).substr(0, 200));
    return false;
  }

  bool too_deep() const { return too_deep_; }
  bool has_sections() const { return sections_; }
  const std::string& error() const { return error_; }

 private:
  struct Record {
    std::optional<std::int64_t> id, image, category;
    std::optional<double> width, height, score, area;
    double bbox[4] = {};
    int bbox_numbers = -1;  // -1: no bbox
    bool crowd = false, has_text = false;
    std::optional<bool> complete;
    std::optional<BoxSource> source;
    std::optional<BoxStatus> status;
    std::string text, reviewer, wrong;
  };

  bool enter() {
    if (++depth_ <= kMaxJsonDepth) {
      // A section that is an object and not a list has no records.
      return true;
    }
    too_deep_ = true;
    return false;
  }
  bool in_field() const { return in_record_ && depth_ == record_depth_; }
  bool bbox_text() {
    if (in_bbox_) record_.bbox_numbers = 99;
    return true;
  }
  // Fields that must be numbers; others may hold anything.
  bool known() const {
    switch (section_) {
      case Section::images: return field_ == "id" || field_ == "width" || field_ == "height" || field_ == "file_name";
      case Section::categories: return field_ == "id" || field_ == "name";
      default:
        return field_ == "id" || field_ == "image_id" || field_ == "category_id" || field_ == "bbox" ||
               field_ == "score" || field_ == "area" || field_ == "iscrowd";
    }
  }
  void wrong_if_known(const char* found) {
    if (known() && record_.wrong.empty()) record_.wrong = fmt::format("{} is {}", field_, found);
  }
  bool plain(const char* found) {
    if (in_field()) wrong_if_known(found);
    return bbox_text();
  }
  bool not_finite() {
    if (in_bbox_ && record_.wrong.empty()) record_.wrong = "bbox holds a number that is not finite";
    return plain("no finite number");
  }
  bool whole(double value, std::int64_t exact) {
    if (in_field()) {
      if (field_ == "id") return record_.id = exact, true;
      if (field_ == "image_id") return record_.image = exact, true;
      if (field_ == "category_id") return record_.category = exact, true;
    }
    return number(value);
  }
  bool number(double value) {
    if (in_bbox_ && depth_ == record_depth_ + 1) {
      if (record_.bbox_numbers >= 0 && record_.bbox_numbers < 4) record_.bbox[record_.bbox_numbers] = value;
      ++record_.bbox_numbers;
    } else if (in_field()) {
      if (field_ == "width") record_.width = value;
      if (field_ == "height") record_.height = value;
      if (field_ == "score") record_.score = value;
      if (field_ == "area") record_.area = value;
      if (field_ == "iscrowd") record_.crowd = value != 0;
      if (field_ == "file_name" || (section_ == Section::categories && field_ == "name")) wrong_if_known("a number");
      if (field_ == "id" || field_ == "image_id" || field_ == "category_id") {
        if (value != std::floor(value) || std::abs(value) > 9e15)
          wrong_if_known("no whole number");
        else
          whole(value, std::int64_t(value));
      }
    }
    return true;
  }

  // A results array has no ids: the place in the list says which one.
  std::string record_name(std::size_t number) const {
    const char* kind = section_ == Section::images ? "image" : section_ == Section::categories ? "category" : "annotation";
    return record_.id ? fmt::format("{} {}", kind, *record_.id) : fmt::format("{} number {}", kind, number);
  }
  void keep_record() {
    const auto number = ++count_[int(section_)];
    const auto bad = [&](const std::string& why) {
      problems_.add(record_name(number) + ": " + why);
      if (section_ == Section::annotations && record_.image) out_.lacking.push_back(*record_.image);
    };
    if (!record_.wrong.empty()) return bad(record_.wrong);
    const bool annotation = section_ == Section::annotations;
    if (!annotation && !record_.id) return bad("no id");
    if (record_.id && !ids_[int(section_)].insert(*record_.id).second) return bad("this id is there twice, the first one counts");
    if (section_ == Section::images) {
      if (!record_.has_text) return bad("no file_name");
      out_.images.push_back({*record_.id, std::move(record_.text), record_.width.value_or(0), record_.height.value_or(0),
                             record_.complete});
    } else if (section_ == Section::categories) {
      if (!record_.has_text || record_.text.empty()) return bad("no name");
      out_.categories.push_back({*record_.id, std::move(record_.text)});
    } else {
      if (!record_.image) return bad("no image_id");
      if (!record_.category) return bad("no category_id");
      if (record_.bbox_numbers != 4) return bad("bbox is not four numbers");
      CocoAnnotation& a = out_.annotations.emplace_back();
      if (record_.id) a.id = *record_.id;
      a.image = *record_.image;
      a.category = *record_.category;
      std::tie(a.x, a.y, a.w, a.h) = std::tie(record_.bbox[0], record_.bbox[1], record_.bbox[2], record_.bbox[3]);
      a.score = record_.score.value_or(1);
      a.area = record_.area.value_or(-1);
      a.crowd = record_.crowd;
      a.number = number;
      a.source = record_.source;
      a.status = record_.status;
      a.reviewer = std::move(record_.reviewer);
    }
  }

  CocoFile& out_;
  ProblemList& problems_;
  int depth_ = 0, record_depth_ = 3;
  bool root_object_ = false, in_record_ = false, in_bbox_ = false, too_deep_ = false, sections_ = false;
  Section named_ = Section::none, section_ = Section::none;
  std::string field_, error_;
  Record record_;
  std::size_t count_[4] = {};
  std::unordered_set<std::int64_t> ids_[4];
};

}  // namespace

Result<CocoFile> read_coco(const std::string& file) {
  constexpr const char* kExpected = "COCO JSON: an object with images, categories and annotations, or a list of results";
  auto bytes = read_annotation_bytes(file, kExpected);
  if (!bytes) return tl::make_unexpected(bytes.error());
  mark_not_finite(*bytes);
  CocoFile coco;
  coco.file = file;
  CocoSax sax(coco, coco.problems);
  if (!nlohmann::json::sax_parse(bytes->begin(), bytes->end(), &sax)) {
    if (sax.too_deep())
      return fail("the file of boxes is nested too deeply", file, fmt::format("at most {} levels", kMaxJsonDepth),
                  "more", "Write it as COCO JSON");
    return fail("cannot read the file of boxes", file, kExpected, sax.error(), "Write it as COCO JSON in UTF-8");
  }
  if (!sax.has_sections())
    return fail("the file holds no boxes in COCO form", file, kExpected, "other JSON", "Choose another file");
  return coco;
}

}  // namespace mp::ml
