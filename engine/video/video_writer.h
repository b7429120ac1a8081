// Frames to an MP4 (H.264 where libavcodec has an encoder for it, else MPEG-4) and pixels to PNG. One owner thread.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/error.h"

namespace mp::video {

class VideoWriter {
 public:
  /// Odd sizes are padded by one pixel. Errors: cannot write, no encoder.
  static Result<std::unique_ptr<VideoWriter>> open(const std::string& file, int width_px, int height_px,
                                                   int frames_per_s);
  virtual ~VideoWriter() = default;
  virtual Result<void> add(std::span<const std::uint8_t> rgba) = 0;
  virtual Result<void> finish() = 0;  // writes the trailer; call once
};

/// 8-bit RGBA to PNG through a temporary file.
Result<void> write_png(const std::string& file, int width_px, int height_px, std::span<const std::uint8_t> rgba);

}  // namespace mp::video
