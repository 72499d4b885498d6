#include "lexigrad/autograd/base/parallel.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/base/serial_thread.h"

namespace lexigrad {
namespace {

int affinity_threads() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : omp_get_num_procs();
}

// CPUs that a container may use: cgroup v2's "quota period", or v1's two files; 0 where there is no limit.
double cgroup_cpus() {
  double quota = 0, period = 0;
  std::string word;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> word >> period && word != "max")
    return std::strtod(word.c_str(), nullptr) / period;
  std::ifstream q("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), p("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (q >> quota && p >> period && quota > 0 && period > 0) return quota / period;
  return 0;
}

int default_threads() {
  if (const char* set = std::getenv("LEXIGRAD_THREADS")) {
    int threads = std::atoi(set);
    check(threads >= 1, "threads", "LEXIGRAD_THREADS is \"", set, "\"; it must be a whole number >= 1");
    return threads;
  }
  int threads = affinity_threads();
  if (double cpus = cgroup_cpus(); cpus > 0) threads = std::min(threads, static_cast<int>(std::ceil(cpus)));
  return std::max(threads, 1);
}

std::atomic<int> chosen{0};
constinit thread_local bool serial = false;

}  // namespace

int num_threads() {
  if (serial || detail::lost_threads()) return 1;
  int threads = chosen.load(std::memory_order_relaxed);
  if (threads == 0) {
    threads = default_threads();
    chosen.store(threads, std::memory_order_relaxed);
  }
  return threads;
}

void set_num_threads(int threads) {
  check(threads >= 1, "threads", "The number of threads is ", threads, "; it must be >= 1");
  chosen.store(threads, std::memory_order_relaxed);
}

SerialThread::SerialThread() : before_(serial) { serial = true; }
SerialThread::~SerialThread() { serial = before_; }

bool in_parallel() { return omp_in_parallel() != 0; }

namespace detail {
int hold_openmp() {
  int old = omp_get_max_threads();
  omp_set_num_threads(1);
  return old;
}
void release_openmp(int old) { omp_set_num_threads(old); }
}  // namespace detail

}  // namespace lexigrad
