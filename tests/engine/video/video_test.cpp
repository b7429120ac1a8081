#include "engine/video/video_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}
#include <png.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

using namespace mp;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("meltpool_video_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
};

struct Decoded {
  int w = 0, h = 0, frames = 0;
  double seconds = 0;
  std::vector<int> luma;  // of the middle of each frame
};

Decoded decode(const std::string& file) {
  Decoded d;
  AVFormatContext* f = nullptr;
  REQUIRE(avformat_open_input(&f, file.c_str(), nullptr, nullptr) == 0);
  REQUIRE(avformat_find_stream_info(f, nullptr) >= 0);
  REQUIRE(f->nb_streams == 1);
  auto* p = f->streams[0]->codecpar;
  auto* c = avcodec_alloc_context3(avcodec_find_decoder(p->codec_id));
  avcodec_parameters_to_context(c, p);
  REQUIRE(avcodec_open2(c, nullptr, nullptr) == 0);
  d.w = p->width, d.h = p->height;
  d.seconds = double(f->duration) / AV_TIME_BASE;
  auto* packet = av_packet_alloc();
  auto* frame = av_frame_alloc();
  auto drain = [&] {
    while (avcodec_receive_frame(c, frame) == 0) {
      CHECK(frame->format == AV_PIX_FMT_YUV420P);
      d.luma.push_back(frame->data[0][frame->linesize[0] * (d.h / 2) + d.w / 2]);
      ++d.frames;
    }
  };
  while (av_read_frame(f, packet) == 0) {
    avcodec_send_packet(c, packet);
    drain();
    av_packet_unref(packet);
  }
  avcodec_send_packet(c, nullptr);
  drain();
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&c);
  avformat_close_input(&f);
  return d;
}

}  // namespace

TEST_CASE("a video holds its frames, in order, at its rate; odd sizes are padded") {
  Folder folder;
  for (auto [w, h] : {std::pair{64, 48}, {65, 47}, {1, 1}}) {
    auto file = folder.file("film.mp4");
    auto v = video::VideoWriter::open(file, w, h, 25);
    if (!v) WARN(v.error().message());
    if (!v && (w == 1)) continue;  // an encoder may refuse two pixels, with an error
    REQUIRE(v);
    std::vector<std::uint8_t> rgba(std::size_t(w * h * 4));
    for (int i = 0; i < 50; ++i) {
      std::fill(rgba.begin(), rgba.end(), std::uint8_t(i * 5));
      REQUIRE((*v)->add(rgba));
    }
    CHECK_FALSE((*v)->add(std::span(rgba).first(3)));
    REQUIRE((*v)->finish());
    CHECK_FALSE((*v)->add(rgba));
    auto d = decode(file);
    CHECK(d.w == (w + 1) / 2 * 2);
    CHECK(d.h == (h + 1) / 2 * 2);
    REQUIRE(d.frames == 50);
    CHECK(d.seconds == Approx(2).margin(.05));
    for (int i = 0; i < 50; ++i) CHECK(std::abs(d.luma[std::size_t(i)] - (16 + i * 5 * 219 / 255)) <= 4);
  }
}

TEST_CASE("a video that cannot be written says so") {
  auto v = video::VideoWriter::open("/no/such/folder/film.mp4", 64, 48, 25);
  REQUIRE_FALSE(v);
  CHECK(v.error().message().find("/no/such/folder/film.mp4") != std::string::npos);
  CHECK_FALSE(video::VideoWriter::open("x.mp4", 0, 10, 25));
}

TEST_CASE("a PNG holds the same pixels, and a failure leaves the old file") {
  Folder folder;
  auto file = folder.file("a b µ.png");
  std::vector<std::uint8_t> rgba(7 * 5 * 4);
  for (std::size_t i = 0; i < rgba.size(); ++i) rgba[i] = std::uint8_t(i * 7);
  REQUIRE(video::write_png(file, 7, 5, rgba));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, file.c_str()));
  image.format = PNG_FORMAT_RGBA;
  CHECK(image.width == 7);
  CHECK(image.height == 5);
  std::vector<std::uint8_t> back(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, back.data(), 0, nullptr));
  CHECK(back == rgba);

  CHECK_FALSE(video::write_png(file, 7, 6, rgba));
  CHECK(fs::file_size(file) > 0);
  auto missing = video::write_png(folder.file("no/such/a.png"), 7, 5, rgba);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find("No such file") != std::string::npos);
  fs::create_directory(folder.path / "dir.png");
  CHECK_FALSE(video::write_png(folder.file("dir.png"), 7, 5, rgba));
  std::size_t files = 0;
  for (auto& e : fs::directory_iterator(folder.path)) files += e.is_regular_file();
  CHECK(files == 1);  // no temporary file stays
}
