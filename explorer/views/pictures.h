// Thumbnails on the device at four sizes, and full pictures decoded by a thread of their own. Main thread owns it.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

#include "explorer/views/views.h"
#include "ml/data/image.h"

namespace mp::explorer {

class Pictures {
 public:
  Pictures(draw::Renderer& renderer, std::function<void()> wake);
  ~Pictures();
  void set_source(const State& state);
  bool loading() const;

  enum class Size { small, preview, medium, full };   // slots of 64, 128, 384 and 1024 px
  /// Whole file `image` at about a size: the asked one, or a smaller one that is there already. Asks for what is missing.
  Thumb image(const State& state, std::uint32_t image, Size size);
  /// A sample's part of its file.
  Thumb sample(const State& state, SampleId id, Size size);
  /// A view that keeps its picture draws again when something that it asked for was missing since begin_asking, or when
  /// a full picture has come.
  void begin_asking() { missing_here_ = false; }
  bool missing() const { return missing_here_; }
  std::uint64_t full_arrivals() const { return full_arrivals_; }
  /// Call once a frame before the views draw: uploads what the decoder has finished.
  void pump();

 private:
  struct Decoded {
    std::uint64_t key;
    ml::RgbaImage image;
  };
  struct Request {
    std::uint64_t key;
    std::string path;
  };
  bool resident(draw::ImagePages& pages, std::uint64_t key, Thumb& out);
  bool upload_thumb(const State& state, draw::ImagePages& pages, std::uint32_t image, std::uint64_t key, Thumb& out);
  void ask_full(const State& state, std::uint32_t image, std::uint64_t key);
  void decode_loop();

  draw::Renderer& renderer_;
  std::function<void()> wake_;
  std::unique_ptr<draw::ImagePages> small_, preview_, medium_, full_;
  std::string project_;
  std::uint64_t epoch_ = 0;                  // keys of an earlier project never match
  bool missing_ = false, missing_last_ = false, missing_here_ = false;
  std::uint64_t full_arrivals_ = 0;
  std::unordered_set<std::uint64_t> failed_; // files that cannot be decoded: not asked again

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Request> requests_;             // newest first: what is looked at now
  std::deque<Decoded> decoded_;
  std::unordered_set<std::uint64_t> asked_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mp::explorer
