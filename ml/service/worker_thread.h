// A named thread, and the guard at its edge: an exception becomes an event that the user sees, and the worker goes on.
#pragma once
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "ml/service/outbox.h"

namespace mp::ml {

/// Starts a thread; `name` (at most 15 bytes) shows in debuggers and top, `nice` > 0 lowers its priority.
std::thread start_worker(const char* name, int nice, std::function<void()> body);

/// Lowers the calling thread's priority; threads that it starts from now on inherit it.
void lower_priority(int nice);

/// Runs f; what it throws is posted as WorkerFailed{who}. Returns false then.
template <class F>
bool guarded(Outbox& out, const char* who, F&& f) {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    out.post(WorkerFailed{who, std::string("internal error: ") + e.what()});
  } catch (...) {
    out.post(WorkerFailed{who, "internal error of an unknown kind"});
  }
  return false;
}

}  // namespace mp::ml
