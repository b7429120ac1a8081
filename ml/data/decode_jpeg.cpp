// JPEG through libjpeg-turbo. Its warnings are errors: with them a truncated file would come out half grey.
// Stateless; any thread.
#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include <fmt/format.h>

#include <csetjmp>
#include <optional>

#include "ml/data/decode_formats.h"

namespace mp::ml::detail {
namespace {

constexpr int kMaxScans = 500;  // a progressive file of thousands of scans takes minutes for nothing

struct Job {
  jpeg_decompress_struct c{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
  bool truncated = false;
  DecodedImage out;
  std::optional<RowSink> sink;
  std::vector<std::uint8_t> row;
  std::optional<Refusal> refusal;
};
Job& job_of(j_common_ptr c) {
  return *static_cast<Job*>(c->client_data);
}

[[noreturn]] void stop(j_common_ptr c) {
  Job& j = job_of(c);
  c->err->format_message(c, j.message);
  const int code = c->err->msg_code;
  j.truncated = code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY;
  std::longjmp(j.jump, 1);
}
void on_message(j_common_ptr c, int level) {
  if (level < 0) stop(c);  // negative: a warning of corrupt data; others are traces
}
void on_progress(j_common_ptr c) {
  if (!c->is_decompressor || reinterpret_cast<j_decompress_ptr>(c)->input_scan_number <= kMaxScans) return;
  Job& j = job_of(c);
  std::snprintf(j.message, sizeof j.message, "more than %d scans", kMaxScans);
  std::longjmp(j.jump, 1);
}

/// Nothing in here may need a destructor: libjpeg leaves by longjmp.
bool run(Job& j, Bytes bytes) {
  if (setjmp(j.jump)) return false;
  jpeg_create_decompress(&j.c);
  j.c.client_data = &j;  // creating clears all but err and client_data; set again for older libraries
  j.c.progress = &j.progress;
  jpeg_mem_src(&j.c, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&j.c, TRUE);
  const int components = j.c.num_components;
  if (components != 1 && components != 3 && components != 4) {
    std::snprintf(j.message, sizeof j.message, "%d colour components", components);
    return false;
  }
  // A Huffman code takes at least one bit a block of 64 pixels; less than that cannot be a whole image.
  if (!j.c.arith_code && std::uint64_t(j.c.image_width) * j.c.image_height / 512 > bytes.size()) {
    std::snprintf(j.message, sizeof j.message, "%zu bytes for %u x %u px", bytes.size(), j.c.image_width,
                  j.c.image_height);
    j.truncated = true;
    return false;
  }
  j.c.out_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_start_decompress(&j.c);
  j.sink.emplace(j.out, int(j.c.output_width), int(j.c.output_height), components != 1);
  j.row.resize(std::size_t(j.c.output_width) * components);
  while (j.c.output_scanline < j.c.output_height) {
    JSAMPROW row = j.row.data();
    if (jpeg_read_scanlines(&j.c, &row, 1) != 1) return false;
    if (components == 1) {
      j.sink->grey8(row);
    } else if (components == 3) {
      j.sink->rgb8(row);
    } else {
      for (auto& v : j.row) v = std::uint8_t(255 - v);  // Adobe stores light, not ink; PIL assumes it always
      j.sink->cmyk8(row);
    }
  }
  jpeg_finish_decompress(&j.c);  // reads up to the end marker: a missing one is a warning, so an error
  return true;
}

}  // namespace

Read<ImageHeader> probe_jpeg(Bytes b) {
  std::size_t at = 2;
  while (true) {
    while (at < b.size() && b[at] != 0xff) ++at;
    while (at < b.size() && b[at] == 0xff) ++at;  // fill bytes
    if (at >= b.size()) return refuse_truncated("JPEG", "no frame header");
    const int marker = b[at++];
    if (marker == 0x00 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;  // no length
    if (marker == 0xd9) return refuse_damaged("JPEG", "end of image before the frame header");
    if (at + 2 > b.size()) return refuse_truncated("JPEG", "no frame header");
    const std::size_t length = std::size_t(b[at]) << 8 | b[at + 1];
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      if (at + 7 > b.size()) return refuse_truncated("JPEG", "no frame header");
      return checked_header("JPEG", b[at + 5] << 8 | b[at + 6], b[at + 3] << 8 | b[at + 4]);
    }
    if (marker == 0xda) return refuse_damaged("JPEG", "pixel data before the frame header");
    if (length < 2) return refuse_damaged("JPEG", "segment of length " + std::to_string(length));
    at += length;
  }
}

Read<DecodedImage> decode_jpeg(Bytes bytes) {
  Job j;
  j.c.err = jpeg_std_error(&j.errors);
  j.c.client_data = &j;
  j.errors.error_exit = stop;
  j.errors.emit_message = on_message;
  j.errors.output_message = [](j_common_ptr) {};
  j.progress.progress_monitor = on_progress;
  struct Destroy {
    jpeg_decompress_struct& c;
    ~Destroy() { jpeg_destroy_decompress(&c); }
  } destroy{j.c};
  if (!run(j, bytes)) {
    if (j.truncated) return refuse_truncated("JPEG", j.message);
    const int code = j.errors.msg_code;
    if (code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_CONVERSION_NOTIMPL ||
        code == JERR_ARITH_NOTIMPL)
      return refuse_kind("JPEG", j.message);
    return refuse_damaged("JPEG", j.message);
  }
  j.out.format = "JPEG";
  if (j.c.num_components == 4) add_note(j.out.note, "CMYK converted to RGB");
  return std::move(j.out);
}

}  // namespace mp::ml::detail
