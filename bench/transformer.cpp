// w3: training step of GPT-2 124M, 4 x 64 tokens, AdamW. attention: forward and backward at T = 64 to 4096.
// generate: tokens a second of GPT-2 124M with the cache, 64 tokens after 16.
#include <cstdio>

#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

double bench::gpt2_step(int steps) {
  manual_seed(1);
  nn::Gpt2Options options = nn::Gpt2Options::of_size("124M");
  options.dropout = 0;
  nn::Gpt2 model(options);
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-4});
  auto step = [&] {  // fresh ids every step
    Tensor ids = randint(0, 50257, {4, 64}), targets = randint(0, 50257, {4, 64});
    optimizer.zero_grad();
    model.loss(ids, targets).backward();
    optimizer.step();
  };
  for (int i = 0; i < 2; ++i) step();
  std::vector<double> taken;
  for (int i = 0; i < steps; ++i) taken.push_back(seconds(step));
  return median(taken);
}

void bench::attention(int repeats) {
  struct Case {
    int64_t batch, time, heads;
  };
  std::printf("{\"workload\": \"attention\"");
  for (const Case& c : {Case{4, 64, 12}, Case{4, 256, 12}, Case{1, 1024, 12}, Case{1, 4096, 4}}) {
    Shape shape{c.batch, c.time, c.heads, 64};
    Tensor q = randn(shape).requires_grad_(), k = randn(shape).requires_grad_(),
           v = randn(shape).requires_grad_(), dy = randn(shape);
    double taken = timed(c.time > 1024 ? 3 : repeats, [&] {
      grad({lexigrad::attention(q, k, v, {.causal = true})}, {q, k, v}, {.grad_outputs = {dy}});
    });
    std::printf(", \"%ld\": %.6f", static_cast<long>(c.time), taken);
  }
  std::printf("}\n");
}

void bench::generate(int repeats) {
  manual_seed(1);
  nn::Gpt2 model(nn::Gpt2Options::of_size("124M"));
  constexpr int64_t prompt = 16, made = 64;
  std::vector<int64_t> ids = randint(0, 50257, {prompt}).to_vector<int64_t>();
  std::vector<double> rates;
  for (int i = 0; i <= repeats; ++i) {
    double taken =
        seconds([&] { nn::generate(model, ids, {.max_tokens = made, .sampling = {.greedy = true}}); });
    rates.push_back(static_cast<double>(made) / taken);
  }
  rates.erase(rates.begin());
  std::printf("{\"workload\": \"generate\", \"tokens_per_second\": %.2f}\n", median(rates));
}
