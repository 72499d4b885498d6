// Reads word vectors, beside bench/peer_vectors.py: lexigrad_vectors FILE THREADS [REPEATS]; of FILE.safetensors the first row
// of its tensor "weight". Prints one JSON line: seconds by the clock, of processors, and the peak of memory in megabytes.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "timing.h"

using namespace lexigrad;

namespace {

double processor_seconds(const rusage& usage) {
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void read(const std::string& path) {
  if (!path.ends_with(".safetensors")) return void(train::load_vectors(path));
  train::load_safetensors_rows(path, "weight", 0, 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string path = argv[1];
  set_num_threads(std::atoi(argv[2]));
  std::vector<double> taken(argc > 3 ? static_cast<size_t>(std::atoi(argv[3])) : 1);
  for (double& each : taken) each = bench::seconds([&] { read(path); });
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"seconds\": %.4f, \"processor\": %.4f, \"peak_mb\": %.0f}\n", bench::median(taken),
              processor_seconds(usage) / static_cast<double>(taken.size()),
              static_cast<double>(usage.ru_maxrss) / 1000);
}
