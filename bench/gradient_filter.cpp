// The fused head's gradient filter: lexigrad_gradient_filter TEXT PICTURE.svg [STEPS]. Trains w1's model on
// GPT-2's tokens of a text, 8 x 32 of them a step, without the filter and with 2^-12; draws both losses, and
// times w1's step (8 x 256 tokens) on the trained models.
#include <cstdio>
#include <cstdlib>

#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

namespace {

constexpr int64_t vocabulary = 50257, dim = 256, length = 256;

struct Trained {
  train::Series curve;
  double seconds;  // of w1's step
};

Trained run(const std::vector<int64_t>& ids, double filter, int64_t steps) {
  manual_seed(1);
  nn::NextTokenModel model({.vocabulary = vocabulary, .dim = dim, .max_length = length, .bias = false});
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  auto step = [&](const Tensor& inputs, const Tensor& targets) {
    optimizer.zero_grad();
    nn::Loss loss = nn::linear_cross_entropy(model.encode(inputs), model.head(), targets, {.filter = filter});
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  Trained out{{filter > 0 ? "filter 2^-12" : "every class", {}}, 0};
  data::DataLoader small(data::NextTokenDataset(ids, {.max_length = 32}), {.batch_size = 8, .shuffle = true});
  double total = 0;
  constexpr int64_t every = 50;
  for (int64_t taken = 0; taken < steps;)
    for (auto [inputs, targets] : small) {
      if (taken == steps) break;
      total += step(inputs, targets);
      if (++taken % every == 0) {
        out.curve.points.emplace_back(static_cast<double>(taken), total / every);
        total = 0;
      }
    }
  data::DataLoader large(data::NextTokenDataset(ids, {.max_length = length}),
                         {.batch_size = 8, .shuffle = true});
  std::vector<double> times;
  for (auto [inputs, targets] : large) {
    if (times.size() == 7) break;
    times.push_back(bench::seconds([&, &x = inputs, &y = targets] { step(x, y); }));
  }
  times.erase(times.begin());
  out.seconds = bench::median(times);
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fprintf(stderr, "usage: lexigrad_gradient_filter TEXT PICTURE.svg [STEPS]\n"), 2;
  int64_t steps = count > 3 ? std::atoll(arguments[3]) : 2000;
  std::vector<int64_t> ids = data::Gpt2Tokenizer::from_cache().encode(data::read_text(arguments[1]));
  Trained every = run(ids, 0, steps), filtered = run(ids, 0x1p-12, steps);
  std::printf("w1's step after %lld steps: %.0f ms with every class, %.0f ms with the filter, %.2f times\n",
              static_cast<long long>(steps), every.seconds * 1e3, filtered.seconds * 1e3,
              every.seconds / filtered.seconds);
  std::printf("loss of the last 50 steps: %.4f and %.4f\n", every.curve.points.back().second,
              filtered.curve.points.back().second);
  train::save_svg_plot(
      arguments[2],
      {{"The gradient filter", "steps", "loss, nats a token", {every.curve, filtered.curve}, {}}});
}
