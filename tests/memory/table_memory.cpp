// Makes a table ROWS x DIM, looks up (8, 4) ids and takes one lazy step of sgd or adam; fails where the peak of memory
// passes 1.05 times the weights. A program of its own, for a process has one peak.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/sgd.h"

using namespace lexigrad;

// A line such as "VmHWM:   1234 kB" as bytes.
static int64_t bytes_of(const char* path, const std::string& name) {
  std::ifstream in(path);
  std::string word;
  for (int64_t kib = 0; in >> word;)
    if (word == name + ":" && in >> kib) return kib * 1024;
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  int64_t rows = std::atoll(argv[1]), dim = std::atoll(argv[2]), weights = rows * dim * 4;
  int64_t available = bytes_of("/proc/meminfo", "MemAvailable"),
          start = bytes_of("/proc/self/status", "VmRSS");
  const char* ci = std::getenv("CI");
  bool strict = ci && std::string(ci) == "true";
  if (available < weights + weights / 10 && !strict) {
    std::printf("SKIPPED: needs %lld bytes of memory, %lld are available\n",
                static_cast<long long>(weights + weights / 10), static_cast<long long>(available));
    return 0;
  }
  nn::Embedding table(rows, dim);
  std::unique_ptr<optim::Optimizer> optimizer;
  if (std::string(argv[3]) == "sgd")
    optimizer = std::make_unique<optim::SGD>(table.parameters(),
                                             optim::SGDOptions{.lr = 0.1, .rows = optim::Rows::lazy});
  else
    optimizer =
        std::make_unique<optim::Adam>(table.parameters(), optim::AdamOptions{.rows = optim::Rows::lazy});
  Tensor ids = randint(0, rows, {8, 4});
  Tensor before = table(ids).detach();
  sum(square(table(ids))).backward();
  optimizer->step();
  bool moved = !equal(before, table(ids).detach());
  double peak =
      static_cast<double>(bytes_of("/proc/self/status", "VmHWM") - start) / static_cast<double>(weights);
  std::printf("%lld x %lld: peak %.4f times the weights' %lld bytes%s\n", static_cast<long long>(rows),
              static_cast<long long>(dim), peak, static_cast<long long>(weights),
              moved ? "" : "; the rows of the batch did not move");
  return moved && peak >= 1 && peak <= 1.05 ? 0 : 1;
}
