#include "lexigrad/autograd/base/memory/process_memory.h"

#include <fstream>
#include <string>

namespace lexigrad {

ProcessMemory process_memory() {
  ProcessMemory out{0, 0};
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:" && word != "VmHWM:") continue;
    int64_t kibibytes = 0;
    status >> kibibytes;
    (word == "VmRSS:" ? out.resident : out.peak) = kibibytes * 1024;
  }
  return out;
}

}  // namespace lexigrad
