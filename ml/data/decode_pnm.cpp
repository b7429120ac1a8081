// PBM, PGM and PPM, text and binary (P1 to P6), 8 and 16 bit: a strict reader of our own. Stateless; any thread.
#include <fmt/format.h>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= 9 && c <= 13);
}

/// Reads decimal numbers with blanks and comments between them.
class Scanner {
 public:
  Scanner(Bytes b, std::size_t at) : b_(b), at_(at) {}
  /// The next number, -1 at the end of the file, -2 where something else stands, -3 if over the limit.
  std::int64_t number(std::int64_t limit) {
    skip();
    if (at_ >= b_.size()) return -1;
    if (b_[at_] < '0' || b_[at_] > '9') return -2;
    std::int64_t v = 0;
    for (; at_ < b_.size() && b_[at_] >= '0' && b_[at_] <= '9'; ++at_) {
      v = v * 10 + (b_[at_] - '0');
      if (v > limit) return -3;
    }
    return v;
  }
  /// One digit of a text bitmap: 0 or 1 without blanks between them.
  int bit() {
    skip();
    if (at_ >= b_.size()) return -1;
    const int c = b_[at_++];
    return c == '0' || c == '1' ? c - '0' : -2;
  }
  void skip() {
    while (at_ < b_.size() && (is_space(b_[at_]) || b_[at_] == '#')) {
      if (b_[at_] == '#')
        while (at_ < b_.size() && b_[at_] != '\n' && b_[at_] != '\r') ++at_;
      else
        ++at_;
    }
  }
  std::size_t at() const { return at_; }

 private:
  Bytes b_;
  std::size_t at_;
};

struct Header {
  int kind = 0;  // 1 .. 6
  std::int64_t width = 0, height = 0, largest = 1;
  std::size_t data_at = 0;
  const char* name() const { return kind % 3 == 1 ? "PBM" : kind % 3 == 2 ? "PGM" : "PPM"; }
  bool binary() const { return kind > 3; }
  bool bitmap() const { return kind % 3 == 1; }
  bool colour() const { return kind % 3 == 0; }
};

Read<Header> read_header(Bytes b) {
  Header h;
  h.kind = b[1] - '0';
  Scanner in(b, 2);
  for (std::int64_t* v : {&h.width, &h.height, &h.largest}) {
    if (v == &h.largest && h.bitmap()) break;
    *v = in.number(v == &h.largest ? 65535 : 1'000'000'000);
    if (*v == -1) return refuse_truncated(h.name(), "header");
    if (*v < 0)
      return refuse_damaged(h.name(), *v == -3 ? "a number in its header is too large" : "no number in its header");
  }
  if (h.largest < 1) return refuse_damaged(h.name(), "largest value 0");
  h.data_at = in.at();
  if (h.binary()) {
    if (h.data_at >= b.size()) return refuse_truncated(h.name(), "no pixels");
    if (!is_space(b[h.data_at])) return refuse_damaged(h.name(), "no blank after its header");
    ++h.data_at;
  }
  return h;
}

/// The samples of one row as 16-bit numbers; an error text or null.
class Samples {
 public:
  Samples(Bytes b, const Header& h) : b_(b), h_(h), in_(b, h.data_at), at_(h.data_at) {}
  const char* row(std::vector<std::uint16_t>& out) {
    const std::size_t n = out.size();
    if (h_.binary() && h_.bitmap()) {
      for (std::size_t x = 0; x < n; ++x) out[x] = std::uint16_t(!(b_[at_ + x / 8] >> (7 - x % 8) & 1));
      at_ += (n + 7) / 8;
      return nullptr;
    }
    for (std::size_t x = 0; x < n; ++x) {
      std::int64_t v;
      if (!h_.binary()) {
        v = h_.bitmap() ? in_.bit() : in_.number(h_.largest);
        if (v == -1) return "truncated";
        if (v < 0) return v == -3 ? "a value over the stated largest" : "something else than a number";
        if (h_.bitmap()) v = 1 - v;  // 1 is black
      } else if (h_.largest > 255) {
        v = b_[at_] << 8 | b_[at_ + 1];
        at_ += 2;
      } else {
        v = b_[at_++];
      }
      if (v > h_.largest) return "a value over the stated largest";
      out[x] = std::uint16_t(v);
    }
    return nullptr;
  }
  std::size_t end() const { return h_.binary() ? at_ : in_.at(); }

 private:
  Bytes b_;
  const Header& h_;
  Scanner in_;
  std::size_t at_;
};

}  // namespace

Read<ImageHeader> probe_pnm(Bytes b) {
  auto h = read_header(b);
  if (!h) return tl::make_unexpected(h.error());
  return checked_header(h->name(), h->width, h->height);
}

Read<DecodedImage> decode_pnm(Bytes b) {
  auto read = read_header(b);
  if (!read) return tl::make_unexpected(read.error());
  const Header& h = *read;
  if (auto header = checked_header(h.name(), h.width, h.height); !header) return tl::make_unexpected(header.error());
  const std::size_t w = std::size_t(h.width), rows = std::size_t(h.height), a_row = w * (h.colour() ? 3 : 1);
  const bool wide = h.largest > 255;
  // Text needs a digit a sample, and a blank after each but the last where it is no bitmap.
  const std::size_t needed = !h.binary()  ? (h.bitmap() ? a_row * rows : 2 * a_row * rows - 1)
                             : h.bitmap() ? (w + 7) / 8 * rows
                                          : a_row * rows * (wide ? 2 : 1);
  if (b.size() - h.data_at < needed)
    return refuse_truncated(h.name(), fmt::format("{} bytes of pixels, {} needed", b.size() - h.data_at, needed));

  DecodedImage out;
  RowSink sink(out, int(w), int(rows), h.colour());
  Samples samples(b, h);
  std::vector<std::uint16_t> values(a_row);
  std::vector<std::uint8_t> narrow(a_row);
  const std::uint32_t largest = std::uint32_t(h.largest);
  for (std::size_t y = 0; y < rows; ++y) {
    if (const char* why = samples.row(values)) {
      if (std::string_view(why) == "truncated") return refuse_truncated(h.name(), fmt::format("row {} of {}", y, rows));
      return refuse_damaged(h.name(), fmt::format("{} in row {}", why, y));
    }
    if (wide) {
      h.colour() ? sink.rgb16(values.data(), 3, int(largest)) : sink.grey16(values.data(), 1, int(largest));
      continue;
    }
    // 8 bit is rounded to whole numbers, as PIL does for other largest values than 255.
    for (std::size_t x = 0; x < a_row; ++x) narrow[x] = std::uint8_t((values[x] * 510u + largest) / (2 * largest));
    h.colour() ? sink.rgb8(narrow.data()) : sink.grey8(narrow.data());
  }
  out.format = h.name();
  out.source_bits = wide ? 16 : 8;
  std::size_t rest = samples.end();
  while (rest < b.size() && is_space(b[rest])) ++rest;
  if (rest + 2 < b.size() && b[rest] == 'P' && b[rest + 1] >= '1' && b[rest + 1] <= '6' && is_space(b[rest + 2]))
    add_note(out.note, "first of several images");
  return out;
}

}  // namespace mp::ml::detail
