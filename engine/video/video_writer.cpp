// Frames to an MP4 through libavformat, libavcodec and libswscale. One owner thread.
#include "engine/video/video_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cstring>
#include <vector>

namespace mp::video {
namespace {

std::string av_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

struct Free {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(AVFormatContext* p) const {
    if (p->pb) avio_closep(&p->pb);
    avformat_free_context(p);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

class Mp4Writer final : public VideoWriter {
 public:
  static Result<std::unique_ptr<VideoWriter>> open(const std::string& file, int w, int h, int frames_per_s);
  Result<void> add(std::span<const std::uint8_t> rgba) override;
  Result<void> finish() override;

 private:
  Result<void> open_encoder(const AVCodec* codec, int frames_per_s, bool global_header);
  Result<void> encode(const AVFrame* frame);
  tl::unexpected<Error> error(const char* what, int code) const {
    return fail(what, file_, {}, av_text(code), "check the free space and the folder's permissions");
  }

  std::string file_;
  int width_ = 0, height_ = 0;  // of the caller; the video's are even
  std::int64_t next_ = 0;
  bool finished_ = false;
  Owned<AVFormatContext> container_;
  AVStream* stream_ = nullptr;
  Owned<AVCodecContext> encoder_;
  Owned<AVFrame> frame_;
  Owned<AVPacket> packet_;
  Owned<SwsContext> scaler_;
  std::vector<std::uint8_t> padded_;
};

Result<void> Mp4Writer::open_encoder(const AVCodec* codec, int frames_per_s, bool global_header) {
  encoder_.reset(avcodec_alloc_context3(codec));
  if (!encoder_) return fail("cannot write the video: no memory", file_);
  auto& e = *encoder_;
  e.width = (width_ + 1) / 2 * 2;
  e.height = (height_ + 1) / 2 * 2;
  e.pix_fmt = AV_PIX_FMT_YUV420P;
  e.time_base = {1, frames_per_s};
  e.framerate = {frames_per_s, 1};
  e.gop_size = frames_per_s * 2;
  e.colorspace = AVCOL_SPC_BT709;
  e.color_primaries = AVCOL_PRI_BT709;
  e.color_trc = AVCOL_TRC_BT709;
  e.color_range = AVCOL_RANGE_MPEG;
  e.thread_count = 2;
  if (global_header) e.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (codec->id == AV_CODEC_ID_H264) {
    // Text and thin lines need a low quantiser; the recorder must not slow the program down.
    av_opt_set(e.priv_data, "preset", "veryfast", 0);
    av_opt_set(e.priv_data, "crf", "18", 0);
  } else {
    e.flags |= AV_CODEC_FLAG_QSCALE;
    e.global_quality = FF_QP2LAMBDA * 3;
    e.max_b_frames = 0;
  }
  if (int r = avcodec_open2(&e, codec, nullptr); r < 0)
    return fail("cannot start the video encoder", file_, codec->name, av_text(r), "choose another size");
  return {};
}

Result<std::unique_ptr<VideoWriter>> Mp4Writer::open(const std::string& file, int w, int h, int frames_per_s) {
  if (w < 1 || h < 1 || frames_per_s < 1)
    return fail("cannot write a video of this size", file, "at least one pixel and one frame a second",
                std::to_string(w) + " x " + std::to_string(h) + " at " + std::to_string(frames_per_s));
  auto writer = std::make_unique<Mp4Writer>();
  auto& me = *writer;
  me.file_ = file;
  me.width_ = w;
  me.height_ = h;
  AVFormatContext* container = nullptr;
  avformat_alloc_output_context2(&container, nullptr, "mp4", file.c_str());
  if (!container)
    return fail("cannot write the video", file, "a libavformat that writes MP4", "none", "install libavformat59");
  me.container_.reset(container);
  bool global_header = (container->oformat->flags & AVFMT_GLOBALHEADER) != 0;

  // Not every libavcodec carries libx264, and an encoder that is there may refuse (a hardware one without its device).
  std::vector<const AVCodec*> codecs;
  for (const char* name : {"libx264", "libopenh264"})
    if (auto* c = avcodec_find_encoder_by_name(name)) codecs.push_back(c);
  if (auto* c = avcodec_find_encoder(AV_CODEC_ID_MPEG4)) codecs.push_back(c);
  if (codecs.empty())
    return fail("cannot write the video", file, "an encoder for H.264 or MPEG-4 in libavcodec", "neither",
                "install libavcodec59");
  Result<void> opened;
  for (auto* codec : codecs)
    if (opened = me.open_encoder(codec, frames_per_s, global_header); opened) break;
  if (!opened) return tl::make_unexpected(opened.error());

  me.stream_ = avformat_new_stream(container, nullptr);
  me.frame_.reset(av_frame_alloc());
  me.packet_.reset(av_packet_alloc());
  if (!me.stream_ || !me.frame_ || !me.packet_) return fail("cannot write the video: no memory", file);
  me.stream_->time_base = me.encoder_->time_base;
  me.stream_->avg_frame_rate = me.encoder_->framerate;
  avcodec_parameters_from_context(me.stream_->codecpar, me.encoder_.get());
  me.frame_->format = AV_PIX_FMT_YUV420P;
  me.frame_->width = me.encoder_->width;
  me.frame_->height = me.encoder_->height;
  if (int r = av_frame_get_buffer(me.frame_.get(), 0); r < 0) return me.error("cannot write the video", r);
  me.scaler_.reset(sws_getContext(me.frame_->width, me.frame_->height, AV_PIX_FMT_RGBA, me.frame_->width,
                                  me.frame_->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!me.scaler_) return fail("cannot write the video", file, "libswscale to convert RGBA", "it does not");
  const int* table = sws_getCoefficients(SWS_CS_ITU709);
  sws_setColorspaceDetails(me.scaler_.get(), table, 1, table, 0, 0, 1 << 16, 1 << 16);

  if (int r = avio_open(&container->pb, file.c_str(), AVIO_FLAG_WRITE); r < 0)
    return me.error("cannot write the video", r);
  if (int r = avformat_write_header(container, nullptr); r < 0) return me.error("cannot write the video", r);
  return writer;
}

Result<void> Mp4Writer::add(std::span<const std::uint8_t> rgba) {
  std::size_t row = std::size_t(width_) * 4;
  if (finished_ || rgba.size() != row * std::size_t(height_))
    return fail("cannot add a frame to the video", file_,
                std::to_string(row * std::size_t(height_)) + " bytes before its end",
                finished_ ? "a finished video" : std::to_string(rgba.size()) + " bytes");
  const std::uint8_t* pixels = rgba.data();
  int w = frame_->width, h = frame_->height;
  if (w != width_ || h != height_) {  // the last column and row are repeated
    std::size_t padded_row = std::size_t(w) * 4;
    padded_.resize(padded_row * std::size_t(h));
    for (int y = 0; y < h; ++y) {
      auto* from = rgba.data() + std::size_t(std::min(y, height_ - 1)) * row;
      auto* to = padded_.data() + std::size_t(y) * padded_row;
      std::memcpy(to, from, row);
      if (w != width_) std::memcpy(to + row, from + row - 4, 4);
    }
    pixels = padded_.data();
  }
  if (int r = av_frame_make_writable(frame_.get()); r < 0) return error("cannot write the video", r);
  const std::uint8_t* planes[1] = {pixels};
  int strides[1] = {w * 4};
  sws_scale(scaler_.get(), planes, strides, 0, h, frame_->data, frame_->linesize);
  frame_->pts = next_++;
  return encode(frame_.get());
}

Result<void> Mp4Writer::encode(const AVFrame* frame) {
  if (int r = avcodec_send_frame(encoder_.get(), frame); r < 0) return error("cannot encode a frame of the video", r);
  for (;;) {
    int r = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (r == AVERROR(EAGAIN) || r == AVERROR_EOF) return {};
    if (r < 0) return error("cannot encode a frame of the video", r);
    packet_->duration = 1;
    av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    if (r = av_interleaved_write_frame(container_.get(), packet_.get()); r < 0)
      return error("cannot write the video", r);
  }
}

Result<void> Mp4Writer::finish() {
  if (finished_) return {};
  finished_ = true;
  if (auto r = encode(nullptr); !r) return r;
  if (int r = av_write_trailer(container_.get()); r < 0) return error("cannot finish the video", r);
  if (int r = avio_closep(&container_->pb); r < 0) return error("cannot finish the video", r);
  return {};
}

}  // namespace

Result<std::unique_ptr<VideoWriter>> VideoWriter::open(const std::string& file, int width_px, int height_px,
                                                       int frames_per_s) {
  // The encoder's remarks belong in the log only when it fails, and then they are in the error.
  av_log_set_level(AV_LOG_ERROR);
  return Mp4Writer::open(file, width_px, height_px, frames_per_s);
}

}  // namespace mp::video
