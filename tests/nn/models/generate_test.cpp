// Choosing tokens, against probabilities worked out by hand, and whole texts.
#include "lexigrad/nn/models/generate.h"

#include <cmath>
#include <map>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/models/gpt2.h"
#include "lexigrad/nn/models/next_token_model.h"

using namespace lexigrad;

namespace {

Tensor log_of(const std::vector<double>& probabilities) {
  std::vector<double> out;
  for (double p : probabilities) out.push_back(std::log(p) + 3);  // softmax takes the 3 away again
  return tensor(out);
}

// How often each id comes in 4000 draws.
std::map<int64_t, double> shares(const Tensor& logits, nn::SamplingOptions sampling,
                                 const std::vector<int64_t>& before = {}) {
  std::map<int64_t, double> out;
  for (int64_t n = 0; n < 4000; ++n) out[nn::choose_token(logits, before, n, sampling)] += 1.0 / 4000;
  return out;
}

bool near(double share, double probability) {  // five standard deviations
  return std::abs(share - probability) < 5 * std::sqrt(probability * (1 - probability) / 4000);
}

}  // namespace

TEST_CASE("tokens come as often as their probabilities say") {
  Tensor logits = log_of({0.5, 0.3, 0.15, 0.05});
  auto plain = shares(logits, {});
  CHECK((near(plain[0], 0.5) && near(plain[1], 0.3) && near(plain[2], 0.15) && near(plain[3], 0.05)));
  // Temperature 2 takes square roots, 0.5 squares.
  auto hot = shares(logits, {.temperature = 2});
  double total = std::sqrt(0.5) + std::sqrt(0.3) + std::sqrt(0.15) + std::sqrt(0.05);
  CHECK((near(hot[0], std::sqrt(0.5) / total) && near(hot[3], std::sqrt(0.05) / total)));
  auto cold = shares(logits, {.temperature = 0.5});
  CHECK(near(cold[1], 0.09 / (0.25 + 0.09 + 0.0225 + 0.0025)));
}

TEST_CASE("top-k, top-p and min-p leave out what they should") {
  Tensor logits = log_of({0.15, 0.5, 0.05, 0.3});
  auto k = shares(logits, {.top_k = 2});
  CHECK((k.size() == 2 && near(k[1], 0.5 / 0.8) && near(k[3], 0.3 / 0.8)));
  auto p = shares(logits, {.top_p = 0.79});  // 0.5 + 0.3 reach it
  CHECK((p.size() == 2 && near(p[1], 0.5 / 0.8)));
  CHECK(shares(logits, {.top_p = 0.81}).size() == 3);
  CHECK(shares(logits, {.top_p = 1e-9}).size() == 1);
  auto m = shares(logits, {.min_p = 0.29});  // of 0.5: 0.145
  CHECK((m.size() == 3 && near(m[0], 0.15 / 0.95)));
  CHECK(shares(logits, {.min_p = 1}).size() == 1);
  CHECK(shares(logits, {.top_k = 99}).size() == 4);
}

TEST_CASE("the repetition penalty makes what was met less probable, once for each token") {
  Tensor logits = tensor(std::vector<double>{2, 1, -1});
  CHECK(nn::choose_token(logits, {0, 0, 0}, 0, {.greedy = true, .repetition_penalty = 1.9}) == 0);
  CHECK(nn::choose_token(logits, {0}, 0, {.greedy = true, .repetition_penalty = 2.1}) == 1);
  auto s = shares(logits, {.repetition_penalty = 2}, {0, 2, 2});  // logits 1, 1, -2
  CHECK(near(s[2], std::exp(-2) / (2 * std::exp(1) + std::exp(-2))));
}

TEST_CASE("a draw depends on its number and the seed alone") {
  Tensor logits = log_of({0.25, 0.25, 0.25, 0.25});
  std::vector<int64_t> a, b, c;
  for (int64_t n = 0; n < 40; ++n) {
    a.push_back(nn::choose_token(logits, {}, n, {.seed = 1}));
    b.push_back(nn::choose_token(logits, {3}, n, {.seed = 1}));
    c.push_back(nn::choose_token(logits, {}, n, {.seed = 2}));
  }
  CHECK(a == b);
  CHECK(a != c);
}

TEST_CASE("temperature 0 takes the most probable token, as greedy does") {
  Tensor logits = tensor({0.1, 2.0, -1.0, 1.9});
  for (int64_t number = 0; number < 20; ++number) {
    CHECK(nn::choose_token(logits, {}, number, {.temperature = 0}) == 1);
    CHECK(nn::choose_token(logits, {1}, number, {.repetition_penalty = 2, .temperature = 0}) == 3);
  }
}

TEST_CASE("what no sampling can be is said") {
  auto error = [](const nn::SamplingOptions& s) {
    try {
      nn::check_sampling(s);
    } catch (const std::invalid_argument& e) { return std::string(e.what()); }
    return std::string();
  };
  CHECK(error({}) == "");
  CHECK(error({.temperature = 0}) == "");
  for (double bad : {NAN, INFINITY}) {
    CHECK(error({.temperature = bad}).find("The temperature is") != std::string::npos);
    CHECK(error({.top_p = bad}).find("top_p is") != std::string::npos);
    CHECK(error({.min_p = bad}).find("min_p is") != std::string::npos);
    CHECK(error({.repetition_penalty = bad}).find("penalty is") != std::string::npos);
  }
  CHECK(error({.temperature = -1}).find("temperature is -1") != std::string::npos);
  CHECK(error({.top_p = 0}) == "[generate] top_p is 0 (valid: 0 < top_p <= 1)");
  CHECK(error({.top_p = 1.5}) == "[generate] top_p is 1.5 (valid: 0 < top_p <= 1)");
  CHECK(error({.min_p = -0.1}) == "[generate] min_p is -0.1 (valid: 0 <= min_p <= 1)");
  CHECK(error({.top_k = -1}) == "[generate] top_k is -1 (valid are 1 and more, and 0 for all tokens)");
  CHECK(error({.repetition_penalty = 0}) ==
        "[generate] The repetition penalty is 0 (valid are numbers above 0; 1 is none)");
  CHECK_THROWS(nn::choose_token(tensor(std::vector<double>{0, NAN}), {}, 0, {}));
}

TEST_CASE("texts go on past the model's length, the same with the cache and without") {
  manual_seed(5);
  nn::Gpt2 gpt2({.vocabulary = 20, .max_length = 12, .dim = 16, .layers = 2, .heads = 2, .dropout = 0.5});
  nn::NextTokenModel mean({.vocabulary = 20, .dim = 8, .max_length = 12, .encoder = "mean"});
  for (nn::LanguageModel* model : std::vector<nn::LanguageModel*>{&gpt2, &mean}) {
    nn::GenerateOptions options{.max_tokens = 20, .sampling = {.temperature = 2, .seed = 3}};
    std::vector<int64_t> with = nn::generate(*model, {1, 2, 3}, options);
    options.use_cache = false;
    CHECK(with.size() == 20);
    CHECK(nn::generate(*model, {1, 2, 3}, options) == with);
    CHECK(model->is_training());  // as before
  }
  std::vector<int64_t> seen;
  auto stop = [&](int64_t id) {
    seen.push_back(id);
    return seen.size() < 4;
  };
  CHECK(nn::generate(gpt2, {7}, {}, stop) == seen);
  CHECK(seen.size() == 4);
  CHECK_THROWS_WITH(nn::generate(gpt2, {}),
                    "[generate] The prompt is empty. Hint: begin with the end-of-text token");
}
