// Losses over sampled classes: gradients, closed forms on five words, and cost by
// the rows touched.
#include "nn/losses/support.h"

#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/optim/methods/adam.h"

using namespace lexigrad;
using nn::Sampler;

namespace {

using Sampled = nn::Loss (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Sampler&,
                             const nn::SampledOptions&);
const Sampled every_loss[] = {nn::negative_sampling, nn::nce, nn::sampled_softmax};

// Five words: how often they are targets, and how often noise.
const std::vector<double> p{0.4, 0.3, 0.15, 0.1, 0.05};
const std::vector<int64_t> noise_counts{1, 2, 3, 2, 2};
double q(size_t w) { return static_cast<double>(noise_counts[w]) / 10; }
Sampler noise() { return Sampler::unigram(noise_counts, 1); }

double log1pexp(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// Targets in exactly the proportions p.
Tensor targets_by_p(int64_t n) {
  std::vector<int64_t> out;
  for (size_t w = 0; w < p.size(); ++w)
    out.resize(out.size() + static_cast<size_t>(std::lround(p[w] * static_cast<double>(n))),
               static_cast<int64_t>(w));
  return from_values<int64_t>(out, {static_cast<int64_t>(out.size())});
}

// Logits of the five words after training without any context: x is 1, the weights
// are the logits.
std::vector<double> trained(Sampled loss, int64_t positions, const nn::SampledOptions& options) {
  manual_seed(11);
  Tensor weight = zeros({5, 1}, float64).requires_grad_(), x = ones({positions, 1}, float64),
         targets = targets_by_p(positions);
  optim::Adam adam({weight}, {.lr = 0.1});
  std::vector<double> mean(5, 0);
  for (int step = 0; step < 400; ++step) {
    if (step == 150) adam.set_lr(0.01);
    adam.zero_grad();
    loss(x, weight, {}, targets, noise(), options).backward();
    adam.step();
    if (step >= 200)
      for (size_t w = 0; w < 5; ++w) mean[w] += weight.to_vector<double>()[w] / 200;
  }
  return mean;
}

}  // namespace

TEST_CASE("gradients of the sampled losses: x, weight and bias, some targets ignored") {
  manual_seed(2);
  Tensor x = randn({2, 3, 4}, float64), weight = randn({7, 4}, float64), bias = randn({7}, float64);
  Tensor targets = tensor({{0, 6, -1}, {3, 3, 2}});
  for (const Sampler& sampler : {Sampler::uniform(7), Sampler::log_uniform(7)})
    for (Sampled loss : every_loss) {
      auto with_bias = [&](const std::vector<Tensor>& in) {
        DrawStep step(3);
        return loss(in[0], in[1], in[2], targets, sampler, {.negatives = 5, .ignore_index = -1}).sum;
      };
      auto without = [&](const std::vector<Tensor>& in) {
        DrawStep step(4);
        return loss(in[0], in[1], {}, targets, sampler, {.negatives = 9, .ignore_index = -1}).sum;
      };
      check_gradients(with_bias, {x, weight, bias});
      check_gradients(without, {x, weight});
      nn::Loss one = loss(x, weight, bias, targets, sampler, {.ignore_index = -1});
      CHECK(one.count == 5);
      nn::Loss none = loss(x, weight, bias, full({2, 3}, -1, int64), sampler, {.ignore_index = -1});
      CHECK(none.count == 0);
      CHECK(none.item() == 0);
    }
}

TEST_CASE("the expected loss of negative_sampling and nce is the sum over words") {
  manual_seed(5);
  int64_t n = 200000, k = 4;
  Tensor targets = targets_by_p(n), x = ones({n, 1}, float64),
         z = tensor({0.5, -1.0, 2.0, 0.0, -0.3}, float64);
  for (bool corrected : {false, true}) {
    double expected = 0;
    for (size_t w = 0; w < 5; ++w) {
      double s = z.to_vector<double>()[w] - (corrected ? std::log(static_cast<double>(k) * q(w)) : 0);
      expected += p[w] * log1pexp(-s) + static_cast<double>(k) * q(w) * log1pexp(s);
    }
    Sampled loss = corrected ? nn::nce : nn::negative_sampling;
    double got = loss(x, z.reshape({5, 1}), {}, targets, noise(), {.negatives = k}).item();
    CHECK(got == Approx(expected).epsilon(0.005));  // some 4 standard deviations of the draws
  }
}

TEST_CASE("on five words each loss is trained to its closed form") {
  int64_t k = 5;
  std::vector<double> vectors = trained(nn::negative_sampling, 10000, {.negatives = k}),
                      normal = trained(nn::nce, 10000, {.negatives = k}),
                      shared = trained(nn::sampled_softmax, 200, {.negatives = 2000});
  double partition = 0;
  for (double z : shared) partition += std::exp(z);
  for (size_t w = 0; w < 5; ++w) {
    INFO("word " << w);
    CHECK(std::abs(vectors[w] - std::log(p[w] / (static_cast<double>(k) * q(w)))) < 0.03);
    CHECK(std::abs(normal[w] - std::log(p[w])) < 0.03);
    CHECK(std::abs(shared[w] - std::log(partition) - std::log(p[w])) < 0.03);
  }
}

TEST_CASE("sampled_softmax with many negatives is cross_entropy, and a hit of the target does not count") {
  manual_seed(6);
  Tensor x = randn({8, 4}, float64), weight = randn({5, 4}, float64), bias = randn({5}, float64);
  Tensor targets = tensor({0, 1, 2, 3, 4, 4, 0, -100});
  double full = nn::cross_entropy(linear(x, weight, bias), targets).item(),
         sampled = nn::sampled_softmax(x, weight, bias, targets, noise(), {.negatives = 400000}).item();
  CHECK(sampled == Approx(full).epsilon(0.01));
  // One class in the sampler: every negative is the target.
  Tensor only =
      nn::sampled_softmax(x, slice(weight, 0, 0, 1), {}, zeros({8}, int64), Sampler::uniform(1)).sum;
  CHECK(only.item<double>() == 0);
}

TEST_CASE("gradients of tables are rows, and cost what the rows cost") {
  manual_seed(7);
  const int64_t classes = 200000, dim = 16;
  Tensor weight = zeros({classes, dim}).requires_grad_(), bias = zeros({classes}).requires_grad_();
  Sampler sampler = Sampler::log_uniform(classes);
  Tensor x = randn({32, dim}).requires_grad_(), targets = randint(0, classes, {32});
  for (Sampled loss : every_loss) {
    weight.zero_grad();
    bias.zero_grad();
    reset_peak_memory();
    int64_t before = memory_stats().live_bytes;
    loss(x, weight, bias, targets, sampler, {.negatives = 20}).backward();
    CHECK(memory_stats().peak_bytes - before < classes);
    REQUIRE(weight.row_grad() != nullptr);
    REQUIRE(bias.row_grad() != nullptr);
    CHECK(weight.row_grad()->count() <= 32 * 21);
    CHECK(bias.row_grad()->shape() == Shape{classes});
  }
  nn::Loss tree =
      nn::hierarchical_softmax(x, slice(weight, 0, 0, 999).detach().requires_grad_(), {},
                               randint(0, 1000, {32}), nn::HuffmanTree(std::vector<int64_t>(1000, 1)));
  CHECK(tree.count == 32);
}

TEST_CASE("sampled losses give the same bits for any number of threads") {
  manual_seed(8);
  Tensor x = randn({700, 33}), weight = randn({5000, 33}), bias = randn({5000}),
         targets = randint(0, 5000, {700});
  int before = num_threads();
  for (Sampled loss : every_loss) {
    std::vector<std::vector<Tensor>> seen;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      Tensor a = x.clone().requires_grad_(), w = weight.clone().requires_grad_(),
             b = bias.clone().requires_grad_();
      DrawStep step(1);
      nn::Loss l = loss(a, w, b, targets, Sampler::log_uniform(5000), {});
      l.backward();
      seen.push_back({l.sum.detach(), a.grad(), w.grad(), b.grad()});
      for (size_t i = 0; i < 4; ++i) CHECK(equal(seen.front()[i], seen.back()[i]));
    }
  }
  set_num_threads(before);
}

TEST_CASE("sampled losses say what is wrong") {
  Tensor x = ones({2, 3}), weight = ones({4, 3}), targets = tensor({0, 1});
  Sampler four = Sampler::uniform(4);
  CHECK(message([&] {
          nn::nce(x, ones({4, 2}), {}, targets, four);
        }) == "[nce] Needs x (..., dim) and weight (classes, dim), got [2, 3] and [4, 2]");
  CHECK(message([&] { nn::nce(x, weight, {}, targets, Sampler::uniform(5)); }) ==
        "[nce] The sampler draws from 5 classes, weight has 4");
  CHECK(message([&] { nn::negative_sampling(x, weight, {}, targets, four, {.negatives = 0}); }) ==
        "[negative_sampling] Needs at least one negative, got 0");
  CHECK(message([&] {
          nn::sampled_softmax(x, weight, {}, tensor({0, 4}), four);
        }) ==
        "[sampled_softmax] Target 4 at position 1 is outside the 4 classes (valid are 0..3, and -100 to "
        "ignore)");
  CHECK(message([&] {
          nn::nce(x, weight, {}, targets, Sampler::unigram({1, 0, 1, 1}));
        }) ==
        "[nce] Target 1 at position 1 has probability 0 in the sampler. Hint: give every class that is a "
        "target a count of 1 or more");
  CHECK(message([&] { nn::sampled_softmax(x, weight, ones({3}), targets, four); }) ==
        "[linear_rows] Bias must be float32 [4], got float32 [3]");
}
