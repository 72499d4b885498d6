#include "nn/losses/support.h"

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;
using nn::Sampler;

namespace {

// Pearson's statistic of n draws against P, less its mean, in standard deviations.
double chi_square(const Sampler& sampler, const std::vector<double>& p, int64_t n) {
  manual_seed(21);
  std::vector<double> seen(p.size(), 0);
  for (int64_t id : sampler.draw({n}).to_vector<int64_t>()) ++seen[static_cast<size_t>(id)];
  double sum = 0, cells = -1;
  for (size_t c = 0; c < p.size(); ++c) {
    double expected = p[c] * static_cast<double>(n);
    if (p[c] == 0) {
      REQUIRE(seen[c] == 0);
      continue;
    }
    REQUIRE(expected > 20);
    sum += (seen[c] - expected) * (seen[c] - expected) / expected;
    ++cells;
  }
  return cells == 0 ? 0 : (sum - cells) / std::sqrt(2 * cells);
}

std::vector<double> probabilities(const Sampler& sampler) {
  return exp(sampler.log_probability(arange(sampler.classes()), float64)).to_vector<double>();
}

}  // namespace

TEST_CASE("each sampler draws its distribution, and says what it is") {
  std::vector<double> even(100, 0.01), zipf, counted;
  for (int k = 0; k < 100; ++k) zipf.push_back(std::log((k + 2.0) / (k + 1.0)) / std::log(101.0));
  std::vector<int64_t> counts{1000, 0, 3, 77, 400, 1, 1, 5000};
  double total = 0;
  for (int64_t c : counts) total += std::pow(static_cast<double>(c), 0.75);
  for (int64_t c : counts) counted.push_back(std::pow(static_cast<double>(c), 0.75) / total);
  struct Case {
    Sampler sampler;
    std::vector<double> p;
  };
  for (const auto& [sampler, p] :
       {Case{Sampler::uniform(100), even}, Case{Sampler::log_uniform(100), zipf},
        Case{Sampler::unigram(counts), counted}, Case{Sampler::unigram({5, 5}, 0), {0.5, 0.5}},
        Case{Sampler::uniform(1), {1}}}) {
    std::vector<double> said = probabilities(sampler);
    REQUIRE(said.size() == p.size());
    for (size_t c = 0; c < p.size(); ++c) CHECK(said[c] == Approx(p[c]).epsilon(1e-13));
    double deviations = chi_square(sampler, p, 400000);
    INFO(p.size() << " classes, " << deviations << " deviations");
    CHECK(std::abs(deviations) < 3.5);
  }
  CHECK(std::isinf(Sampler::unigram(counts).log_probability(tensor({1})).item<double>()));
}

TEST_CASE("draws are the same for any number of threads, again in the same step, and others in the next") {
  manual_seed(4);
  Sampler sampler = Sampler::log_uniform(50257);
  int before = num_threads();
  std::vector<Tensor> seen;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    DrawStep step(7);
    seen.push_back(sampler.draw({300, 129}));
    CHECK(equal(seen.front(), seen.back()));
    CHECK_FALSE(equal(seen.front(), sampler.draw({300, 129})));
  }
  set_num_threads(before);
  DrawStep step(8);
  CHECK_FALSE(equal(seen.front(), sampler.draw({300, 129})));
  CHECK(sampler.draw({0, 3}).shape() == Shape{0, 3});
}

TEST_CASE("samplers say what is wrong") {
  CHECK(message([] { Sampler::uniform(0); }) == "[Sampler::uniform] Needs at least one class, got 0");
  CHECK(message([] { Sampler::log_uniform(-1); }) ==
        "[Sampler::log_uniform] Needs at least one class, got -1");
  CHECK(message([] {
          Sampler::unigram({1, -2});
        }) == "[Sampler::unigram] Class 1 has the count -2 (valid are 0 and more)");
  CHECK(message([] {
          Sampler::unigram({0, 0});
        }) == "[Sampler::unigram] None of 2 classes has a count above 0");
  CHECK(message([] { Sampler::unigram({1}, NAN); }).find("[Sampler::unigram] The power is") == 0);
  CHECK(message([] { Sampler::uniform(3).log_probability(tensor({3})); }) ==
        "[Sampler] Id 3 is outside the 3 classes (valid are 0..2)");
  CHECK(message([] { Sampler::uniform(3).log_probability(ones({1})); }) ==
        "[Sampler] Ids must be int64, got float32");
}
