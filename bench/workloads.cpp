// One workload a process: lexigrad_bench w1|w1s|w1s-lazy|w3|w4a|w4b|w4c|w4c-sgd|gemm|attention|generate
// STEPS. Prints one JSON line with the median seconds.
//   w1   next-token step, Embedding(50257, 256) + positions -> Linear -> cross entropy, 8 x 256 tokens, Adam
//   w1s  the same at 8 x 4 tokens; w1s-lazy with rows outside the batch left alone
//   w4a  1000 chained adds on (8, 4, 3), forward and backward; forward only under NoGrad
//   w4c  table of 1M x 128, 8192 random ids: lookup, sum of squares, backward and lazy Adam; w4c-sgd with SGD
//   w4b  see elementwise.cpp;  gemm  see products.cpp;  w3, attention, generate  see transformer.cpp
// w1 and w1s also time their three matrix products alone, step by step in turn.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;
using bench::median;
using bench::seconds;

namespace {

constexpr int64_t vocabulary = 50257, dim = 256;

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// logits = h w^T, dh = p w, dw = p^T h for n tokens: what no step can do without.
double products(int64_t n) {
  static Tensor h = randn({n, dim}), w = randn({vocabulary, dim}), p = empty({n, vocabulary}),
                dh = empty({n, dim}), dw = empty({vocabulary, dim});
  auto at = [](const Tensor& x) { return x.data<float>(); };
  return seconds([&] {
    kernels::gemm<float>(n, vocabulary, dim, {at(h), dim}, {at(w), dim, true}, 0, at(p), vocabulary);
    kernels::gemm<float>(n, dim, vocabulary, {at(p), vocabulary}, {at(w), dim}, 0, at(dh), dim);
    kernels::gemm<float>(vocabulary, dim, n, {at(p), vocabulary, true}, {at(h), dim}, 0, at(dw), dim);
  });
}

void next_token(const std::string& name, int64_t batch, int64_t time, optim::Rows rows, int steps) {
  manual_seed(1);
  nn::NextTokenModel model({.vocabulary = vocabulary, .dim = dim, .max_length = time, .bias = false});
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3, .rows = rows});
  auto step = [&] {  // fresh ids every step
    Tensor ids = randint(0, vocabulary, {batch, time}), targets = randint(0, vocabulary, {batch, time});
    optimizer.zero_grad();
    model.loss(ids, targets).backward();
    optimizer.step();
  };
  for (int i = 0; i < 2; ++i) step();
  std::vector<double> steps_taken, alone;
  for (int i = 0; i < steps; ++i) steps_taken.push_back(seconds(step));
  double peak = peak_megabytes();
  for (int i = 0; i <= steps; ++i) alone.push_back(products(batch * time));
  alone.erase(alone.begin());
  std::printf("{\"workload\": \"%s\", \"seconds\": %.6f, \"products\": %.6f, \"peak_mb\": %.0f}\n",
              name.c_str(), median(steps_taken), median(alone), peak);
}

void op_cost(int repeats) {
  Tensor a = randn({8, 4, 3}).requires_grad_(), b = randn({8, 4, 3}).requires_grad_();
  auto chain = [&] {
    Tensor y = a;
    for (int i = 0; i < 1000; ++i) y = y + b;
    return y;
  };
  std::vector<double> both, forward;
  for (int i = 0; i < repeats; ++i) both.push_back(seconds([&] { sum(chain()).backward(); }));
  NoGrad off;
  for (int i = 0; i < repeats; ++i) forward.push_back(seconds([&] { chain(); }));
  std::printf("{\"workload\": \"w4a\", \"seconds\": %.9f, \"forward\": %.9f}\n", median(both) / 1000,
              median(forward) / 1000);
}

// Steps of a table of which few rows are read: lookup, sum of squares, backward, optimizer; fresh ids every
// step. "seconds" is the median of the steps 3 to 11, which meet mostly rows without moments, "later" of
// those after 60.
template <class Optimizer, class Options>
void table_step(const std::string& name, const Options& options, int repeats) {
  manual_seed(1);
  nn::Embedding table(1000000, 128);
  Optimizer optimizer(table.parameters(), options);
  std::vector<double> taken, optimizing;
  for (int i = 0; i < 60 + repeats; ++i)
    taken.push_back(seconds([&] {
      optimizer.zero_grad();
      sum(square(table(randint(0, 1000000, {8192})))).backward();
      optimizing.push_back(seconds([&] { optimizer.step(); }));
    }));
  auto between = [](const std::vector<double>& all, int first, int last) {
    return median({all.begin() + first, all.begin() + last});
  };
  std::printf("{\"workload\": \"%s\", \"seconds\": %.9f, \"later\": %.9f, \"optimizer\": %.9f}\n",
              name.c_str(), between(taken, 2, 11), between(taken, 60, 60 + repeats),
              between(optimizing, 60, 60 + repeats));
}

}  // namespace

int main(int count, char** arguments) {
  std::string name = count > 1 ? arguments[1] : "";
  int steps = count > 2 ? std::atoi(arguments[2]) : 5;
  if (name == "w1")
    next_token(name, 8, 256, optim::Rows::dense, steps);
  else if (name == "w1s")
    next_token(name, 8, 4, optim::Rows::dense, steps);
  else if (name == "w1s-lazy")
    next_token(name, 8, 4, optim::Rows::lazy, steps);
  else if (name == "w4a")
    op_cost(steps);
  else if (name == "w4c")
    table_step<optim::Adam>(name, optim::AdamOptions{.rows = optim::Rows::lazy}, steps);
  else if (name == "w4c-sgd")
    table_step<optim::SGD>(name, optim::SGDOptions{.lr = 0.1, .rows = optim::Rows::lazy}, steps);
  else if (name == "w4b")
    bench::elementwise(steps);
  else if (name == "gemm")
    bench::products(steps);
  else if (name == "attention")
    bench::attention(steps);
  else if (name == "generate")
    bench::generate(steps);
  else if (name == "w3") {
    double taken = bench::gpt2_step(steps);
    std::printf("{\"workload\": \"w3\", \"seconds\": %.6f, \"peak_mb\": %.0f}\n", taken, peak_megabytes());
  } else
    return std::fprintf(stderr,
                        "usage: lexigrad_bench "
                        "w1|w1s|w1s-lazy|w3|w4a|w4b|w4c|w4c-sgd|gemm|attention|generate STEPS\n"),
           2;
}
