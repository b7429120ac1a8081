#include "ml/service/worker_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace mp::ml {

std::thread start_worker(const char* name, int nice, std::function<void()> body) {
  return std::thread([name, nice, body = std::move(body)] {
    pthread_setname_np(pthread_self(), name);
    if (nice > 0) lower_priority(nice);
    body();
  });
}

void lower_priority(int nice) {
  // On Linux a priority belongs to a thread id, not to the process.
  setpriority(PRIO_PROCESS, id_t(gettid()), nice);
}

}  // namespace mp::ml
