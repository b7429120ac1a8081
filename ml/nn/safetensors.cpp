// See safetensors.h.
#include "ml/nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace mp::ml {
namespace {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian and are copied as they are");
constexpr int kMaxHeaderDepth = 4;

std::size_t bytes_of_type(std::string_view dtype) {
  struct Type {
    std::string_view name;
    std::size_t bytes;
  };
  constexpr Type types[] = {{"F64", 8}, {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
                            {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  for (auto& t : types)
    if (t.name == dtype) return t.bytes;
  return 0;
}

struct Reader {
  std::string name;
  tl::unexpected<Error> bad(std::string expected, std::string found) const {
    return fail("cannot read the weights", name, std::move(expected), std::move(found),
                "use a complete safetensors file");
  }

  /// A name of the file as a person may see it: short, ASCII (char is signed: UTF-8 bytes are below 32).
  static std::string shown(const std::string& s) {
    std::string r;
    for (char c : s.substr(0, 60)) r += c < 32 || c == 127 ? '?' : c;
    return "\"" + r + (s.size() > 60 ? "...\"" : "\"");
  }

  Result<nlohmann::json> parse_header(std::span<const std::uint8_t> text) const {
    std::set<std::string> seen;
    bool twice = false, deep = false;
    auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      if (depth > kMaxHeaderDepth) deep = true;
      if (event == nlohmann::json::parse_event_t::key && depth == 1)
        twice |= !seen.insert(value.get<std::string>()).second;
      return !deep;
    };
    auto json = nlohmann::json::parse(text.begin(), text.end(), check, false);
    if (deep) return bad("a header at most " + std::to_string(kMaxHeaderDepth) + " levels deep", "a deeper one");
    if (json.is_discarded() || !json.is_object()) return bad("a JSON object as header", "something else");
    if (twice) return bad("each tensor once", "a name that comes twice");
    return json;
  }

  Result<TensorView> tensor(const std::string& key, const nlohmann::json& j, std::span<const std::uint8_t> data,
                            std::size_t& begin) const {
    if (!j.is_object() || j.size() != 3 || !j.contains("dtype") || !j.contains("shape") || !j.contains("data_offsets"))
      return bad("dtype, shape and data_offsets of " + shown(key), "other fields");
    auto& dtype = j["dtype"];
    auto& shape = j["shape"];
    auto& offsets = j["data_offsets"];
    if (!dtype.is_string()) return bad("a type name for " + shown(key), "no text");
    TensorView t{key, dtype.get<std::string>(), {}, {}};
    std::size_t size = bytes_of_type(t.dtype);
    if (!size) return bad("a known number type for " + shown(key), shown(t.dtype));
    if (!shape.is_array() || shape.size() > kMaxTensorDims)
      return bad("at most " + std::to_string(kMaxTensorDims) + " dimensions for " + shown(key), "another shape");
    for (auto& d : shape) {
      if (!d.is_number_unsigned()) return bad("whole numbers as the shape of " + shown(key), "something else");
      auto n = d.get<std::uint64_t>();
      if (n && size > data.size() / n) return bad("a shape of " + shown(key) + " that fits its data", "a larger one");
      size *= n;
      t.shape.push_back(std::int64_t(n));
      // A zero would let a later factor through unchecked.
      if (n > std::uint64_t(std::numeric_limits<std::int64_t>::max())) return bad("a sane shape", "an enormous one");
    }
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
      return bad("two offsets for " + shown(key), "something else");
    auto from = offsets[0].get<std::uint64_t>(), to = offsets[1].get<std::uint64_t>();
    if (from > to || to > data.size())
      return bad("offsets of " + shown(key) + " within " + std::to_string(data.size()) + " bytes",
                 std::to_string(from) + " to " + std::to_string(to));
    if (to - from != size)
      return bad(std::to_string(size) + " bytes for " + shown(key), std::to_string(to - from));
    begin = from;
    t.bytes = data.subspan(from, size);
    return t;
  }
};

}  // namespace

const TensorView* TensorFile::find(std::string_view name) const {
  for (auto& t : tensors)
    if (t.name == name) return &t;
  return nullptr;
}

Result<TensorFile> read_safetensors(std::span<const std::uint8_t> bytes, const std::string& name) {
  Reader reader{name};
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) return reader.bad("a safetensors file", std::to_string(bytes.size()) + " bytes");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > kMaxTensorHeaderBytes || length > bytes.size() - sizeof length)
    return reader.bad("a header of at most " + std::to_string(std::min(kMaxTensorHeaderBytes, bytes.size() - 8)) +
                          " bytes", std::to_string(length));
  auto data = bytes.subspan(sizeof length + length);
  auto json = reader.parse_header(bytes.subspan(sizeof length, length));
  if (!json) return tl::make_unexpected(json.error());
  if (json->size() > kMaxTensors)
    return reader.bad("at most " + std::to_string(kMaxTensors) + " tensors", std::to_string(json->size()));

  TensorFile file;
  std::vector<std::pair<std::size_t, TensorView>> placed;
  for (auto& [key, value] : json->items()) {
    if (key == "__metadata__") {
      if (!value.is_object()) return reader.bad("metadata as texts", "something else");
      for (auto& [k, v] : value.items()) {
        if (!v.is_string()) return reader.bad("metadata as texts", "something else");
        file.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    std::size_t begin = 0;
    auto t = reader.tensor(key, value, data, begin);
    if (!t) return tl::make_unexpected(t.error());
    placed.emplace_back(begin, std::move(*t));
  }
  std::sort(placed.begin(), placed.end(), [](auto& a, auto& b) {
    return std::pair(a.first, a.first + a.second.bytes.size()) < std::pair(b.first, b.first + b.second.bytes.size());
  });
  std::size_t end = 0;
  for (auto& [begin, t] : placed) {
    if (begin != end)
      return reader.bad("tensors one after the other",
                        (begin < end ? "an overlap at " : "a gap before ") + Reader::shown(t.name));
    end = begin + t.bytes.size();
    file.tensors.push_back(std::move(t));
  }
  if (end != data.size())
    return reader.bad(std::to_string(end) + " bytes of data", std::to_string(data.size()) + " bytes");
  return file;
}

std::vector<std::uint8_t> write_safetensors(std::span<const NamedTensor> tensors,
                                            const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t end = 0;
  for (auto& t : tensors) {
    std::size_t begin = end;
    end += t.values.size() * sizeof(float);
    header[t.name] = {{"dtype", "F32"}, {"shape", t.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts on a multiple of 8
  std::uint64_t length = text.size();
  std::vector<std::uint8_t> out(sizeof length + text.size() + end);
  std::memcpy(out.data(), &length, sizeof length);
  std::memcpy(out.data() + sizeof length, text.data(), text.size());
  auto* p = out.data() + sizeof length + text.size();
  for (auto& t : tensors) {
    if (!t.values.empty()) std::memcpy(p, t.values.data(), t.values.size() * sizeof(float));
    p += t.values.size() * sizeof(float);
  }
  return out;
}

std::vector<float> floats_of(const TensorView& view) {
  std::vector<float> v(view.bytes.size() / sizeof(float));
  if (!v.empty()) std::memcpy(v.data(), view.bytes.data(), v.size() * sizeof(float));
  return v;
}

}  // namespace mp::ml
