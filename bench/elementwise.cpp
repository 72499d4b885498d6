// w4b: elementwise ops, reductions and rows on 8192 x 1024 floats, in GB/s of what must be read and written;
// with blocks from the allocator's cache, and with fresh pages for every result. The limits are copies and
// sums by plain loops.
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

namespace {

constexpr int64_t rows = 8192, columns = 1024, count = rows * columns;

struct Case {
  const char* name;
  int arrays;  // read and written
  std::function<Tensor()> run;
};

double rate(int arrays, double seconds) {
  return static_cast<double>(arrays) * count * sizeof(float) / seconds * 1e-9;
}

double copy_limit(int repeats) {
  Tensor from = randn({rows, columns}), to = randn({rows, columns});
  const float* x = from.data<float>();
  float* y = to.data<float>();
  return rate(2, bench::timed(repeats, [&] {
                parallel_ranges(count, count / num_threads(), [&](int64_t begin, int64_t end) {
                  std::memcpy(y + begin, x + begin, static_cast<size_t>(end - begin) * sizeof(float));
                });
              }));
}

double read_limit(int repeats) {
  Tensor from = randn({rows, columns});
  const float* x = from.data<float>();
  std::vector<float> sums(64);
  return rate(1, bench::timed(repeats, [&] {
                int64_t share = count / num_threads();
                parallel_ranges(count, share, [&](int64_t begin, int64_t end) {
                  float lanes[64] = {};
                  for (int64_t i = begin; i + 64 <= end; i += 64)
                    for (int64_t j = 0; j < 64; ++j) lanes[j] += x[i + j];
                  sums[static_cast<size_t>(begin / share)] = lanes[0] + lanes[63];
                });
              }));
}

}  // namespace

void bench::elementwise(int repeats) {
  NoGrad off;
  Tensor a = randn({rows, columns}), b = randn({rows, columns}), positive = rand({rows, columns}) + 0.1;
  Tensor weight = randn({columns}), bias = randn({columns});
  const Case cases[] = {
      {"add", 3, [&] { return a + b; }},
      {"sum", 1, [&] { return sum(a); }},
      {"exp", 2, [&] { return exp(a); }},
      {"log", 2, [&] { return log(positive); }},
      {"tanh", 2, [&] { return tanh(a); }},
      {"gelu", 2, [&] { return gelu(a); }},
      {"softmax", 2, [&] { return softmax(a); }},
      {"layer_norm", 2, [&] { return layer_norm(a, weight, bias); }},
  };
  std::printf("{\"workload\": \"w4b\", \"copy_limit\": %.2f, \"read_limit\": %.2f", copy_limit(repeats),
              read_limit(repeats));
  for (const Case& c : cases) {
    double kept = timed(repeats, c.run), fresh = timed(repeats, c.run, release_cached_memory);
    std::printf(", \"%s\": {\"kept\": %.2f, \"fresh\": %.2f}", c.name, rate(c.arrays, kept),
                rate(c.arrays, fresh));
  }
  std::printf("}\n");
}
