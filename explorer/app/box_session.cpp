#include "explorer/app/box_session.h"

#include <filesystem>

#include "engine/base/counted.h"
#include "explorer/app/box_crops.h"
#include "explorer/model/apply_parts.h"
#include "explorer/model/box_state.h"
#include "explorer/model/reduce.h"
#include "ml/service/box_mapper.h"

namespace mp::explorer {

namespace fs = std::filesystem;

namespace {

/// Among the project's exports, by format; a folder of pictures is new each time.
std::string default_export(const std::string& project, const std::string& format) {
  const auto exports = project + "/exports/";
  if (format == "coco") return exports + "boxes.json";
  const auto folder = exports + (format == "crops" ? "box-pictures" : "boxes-" + format);
  std::error_code ec;
  auto free = folder;
  for (int n = 2; format == "crops" && fs::exists(free, ec); ++n) free = folder + "-" + std::to_string(n);
  return free;
}

}  // namespace

BoxSession::~BoxSession() {
  cancel_.cancel();
  if (files_.joinable()) files_.join();
}

bool BoxSession::drain(State& s, ml::Service& service, Effects& effects) {
  auto& m = s.boxes->map;
  bool any = false;
  if (auto map = service.take_box_map(); map && map->request == m.request) {
    m.working = !map->finished;
    if (!map->xy.empty()) {
      m.places = map;
      ++m.revision;
    }
    if (map->finished && !map->problems.empty())
      set_banner(s, Banner::Kind::warning, "box-map", "Not on the map of boxes: " + map->problems.front() + (map->problems.size() > 1 ? " (and " + std::to_string(map->problems.size() - 1) + " more images)" : ""));
    m.news = std::move(map);
    any = true;
  }
  if (files_.joinable() && !running_) {
    files_.join();
    Outcome o;
    {
      std::lock_guard lock(mutex_);
      o = std::move(outcome_);
    }
    s.boxes->files_working.clear();
    ++s.boxes->files_done;
    if (!o.failure.empty()) {
      set_banner(s, Banner::Kind::error, "box-files", o.failure);
    } else if (o.read) {
      take_imported_boxes(s, std::move(*o.read), o.classes, effects);
    } else {
      set_banner(s, Banner::Kind::info, "box-files", "");
      toast(s, Banner::Kind::good, o.done);
    }
    any = true;
  }
  return any;
}

void BoxSession::perform(State& s, const Effects& e, ml::Service& service) {
  if (e.cancel_box_map) service.cancel_box_map();
  if (e.import_boxes) import(s, *e.import_boxes);
  if (e.export_boxes) write(s, *e.export_boxes);
  ask(s, service);
}

/// A map that is being made is finished first: who nudges a box twenty times does not start twenty maps.
void BoxSession::ask(State& s, ml::Service& service) {
  auto& b = *s.boxes;
  auto& m = b.map;
  const bool stale = m.asked_shape != b.shape && !m.working && !b.store.boxes.empty();
  if (!m.on || s.screen != Screen::boxes || !(m.again || stale) || s.pool->images.empty()) return;
  m.asked_shape = b.shape;
  m.working = true;
  m.news = nullptr;
  service.map_boxes({++m.request, std::make_shared<const ml::BoxStore>(b.store), std::exchange(m.again, false)});
}

template <class Work>
void BoxSession::start(State& s, std::string what, Work work) {
  if (running_ || files_.joinable()) {
    toast(s, Banner::Kind::info, "Another file of boxes is on its way: wait for it");
    return;
  }
  running_ = true;
  files_ = std::thread([this, work = std::move(work)]() mutable {
    Outcome o;
    try {
      o = work();
    } catch (const std::exception& e) {
      o.failure = std::string("boxes: internal error: ") + e.what();
    }
    {
      std::lock_guard lock(mutex_);
      outcome_ = std::move(o);
    }
    running_ = false;
    wake_();
  });
  s.boxes->files_working = std::move(what);
}

void BoxSession::import(State& s, const cmd::ImportBoxes& c) {
  start(s, "Reading " + fs::path(c.path).filename().string(), [pool = s.pool, classes = s.classes, c]() mutable {
    Outcome o;
    std::error_code ec;
    if (!fs::exists(c.path, ec)) {
      o.failure = Error{"there is no such file or folder", c.path, {}, {}, "Check the path"}.message();
      return o;
    }
    const auto format = c.format.empty() ? ml::guess_box_format(c.path) : ml::box_format(c.format);
    if (!format) {
      o.failure = Error{"cannot tell the format of the boxes", c.path, "COCO JSON, VOC XML, or a folder of .xml or .txt files", {}, "Choose another file or folder"}.message();
      return o;
    }
    auto read = ml::read_boxes(c.path, *format, *pool, classes);
    if (!read) {
      o.failure = read.error().message();
      return o;
    }
    if (c.proposed) {
      for (auto& box : read->boxes) {
        box.source = ml::BoxSource::model;
        box.status = ml::BoxStatus::proposed;
      }
      read->complete.clear();   // what a model proposes says nothing about what it did not find
    }
    o.read = std::move(*read);
    o.classes = std::move(classes);
    return o;
  });
}

void BoxSession::write(State& s, const cmd::ExportBoxes& c) {
  const auto path = c.path.empty() ? default_export(s.project_dir, c.format) : c.path;
  if (c.path.empty() && s.read_only) {
    toast(s, Banner::Kind::warning, "Read-only: meltpool export --boxes writes elsewhere");
    return;
  }
  start(s, "Writing " + fs::path(path).filename().string(), [pool = s.pool, classes = s.classes, store = s.boxes->store, c, path, cancel = cancel_] {
    Outcome o;
    if (c.format == "crops") {
      const auto crops = write_box_crops(path, *pool, classes, store, c.proposed, cancel);
      if (crops)
        o.done = counted(crops->boxes, "box", "boxes") + " as pictures in " + path + (crops->problems.empty() ? "" : ", " + counted(crops->problems.size(), "image") + " could not be read");
      else
        o.failure = crops.error().message();
    } else if (const auto done = ml::write_boxes(path, *ml::box_format(c.format), *pool, classes, store, c.proposed)) {
      o.done = counted(done->boxes, "box", "boxes") + " of " + counted(done->images, "image") + " in " + path;
    } else {
      o.failure = done.error().message();
    }
    return o;
  });
}

}  // namespace mp::explorer
