#include "lexigrad/nn/models/generate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::nn {
namespace {

// Probabilities in proportion, the largest being 1; 0 for tokens that are out.
using Weights = std::vector<double>;

void penalise(Weights& logits, const std::vector<int64_t>& before, double penalty) {
  std::vector<int64_t> met = before;
  std::sort(met.begin(), met.end());
  met.erase(std::unique(met.begin(), met.end()), met.end());
  for (int64_t id : met) {
    double& logit = logits[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

int64_t largest(const Weights& w) { return std::max_element(w.begin(), w.end()) - w.begin(); }

// Ids by falling weight; the lower id first among equals.
std::vector<int64_t> ranked(const Weights& w, size_t count) {
  std::vector<int64_t> ids(w.size());
  std::iota(ids.begin(), ids.end(), 0);
  count = std::min(count, ids.size());
  auto heavier = [&](int64_t a, int64_t b) {
    double x = w[static_cast<size_t>(a)], y = w[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(), heavier);
  ids.resize(count);
  return ids;
}

void keep_only(Weights& w, const std::vector<int64_t>& ids) {
  Weights kept(w.size(), 0);
  for (int64_t id : ids) kept[static_cast<size_t>(id)] = w[static_cast<size_t>(id)];
  w = std::move(kept);
}

// The fewest of the most probable that reach `share` of all together.
void keep_share(Weights& w, double share) {
  double total = std::accumulate(w.begin(), w.end(), 0.0), sum = 0;
  std::vector<int64_t> ids = ranked(w, w.size());
  size_t count = 0;
  while (count < ids.size() && sum < share * total) sum += w[static_cast<size_t>(ids[count++])];
  ids.resize(std::max<size_t>(count, 1));
  keep_only(w, ids);
}

int64_t draw(const Weights& w, double uniform) {
  double left = uniform * std::accumulate(w.begin(), w.end(), 0.0);
  int64_t last = 0;
  for (size_t id = 0; id < w.size(); ++id) {
    if (w[id] <= 0) continue;
    last = static_cast<int64_t>(id);
    if ((left -= w[id]) < 0) break;
  }
  return last;
}

}  // namespace

void check_sampling(const SamplingOptions& o) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  check(o.temperature >= 0 && o.temperature < inf, "generate", "The temperature is ", o.temperature,
        " (valid are numbers above 0, and 0 for the most probable token always)");
  check(o.top_k >= 0, "generate", "top_k is ", o.top_k, " (valid are 1 and more, and 0 for all tokens)");
  check(o.top_p > 0 && o.top_p <= 1, "generate", "top_p is ", o.top_p, " (valid: 0 < top_p <= 1)");
  check(o.min_p >= 0 && o.min_p <= 1, "generate", "min_p is ", o.min_p, " (valid: 0 <= min_p <= 1)");
  check(o.repetition_penalty > 0 && o.repetition_penalty < inf, "generate", "The repetition penalty is ",
        o.repetition_penalty, " (valid are numbers above 0; 1 is none)");
}

int64_t choose_token(const Tensor& logits, const std::vector<int64_t>& before, int64_t number,
                     const SamplingOptions& o) {
  check_sampling(o);
  Weights w = logits.to_vector<double>();
  check(
      !w.empty() && std::all_of(w.begin(), w.end(), [](double x) { return !std::isnan(x); }), "generate",
      "The logits hold NaN, or nothing. Hint: lexigrad inspect shows whether the model's weights are finite");
  if (o.repetition_penalty != 1) penalise(w, before, o.repetition_penalty);
  if (o.greedy || o.temperature == 0) return largest(w);
  double most = w[static_cast<size_t>(largest(w))];
  for (double& x : w) x = std::exp((x - most) / o.temperature);
  if (o.top_k > 0 && o.top_k < static_cast<int64_t>(w.size()))
    keep_only(w, ranked(w, static_cast<size_t>(o.top_k)));
  if (o.top_p < 1) keep_share(w, o.top_p);
  for (double& x : w)
    if (x < o.min_p) x = 0;  // the largest is 1
  constexpr uint64_t stream = 2;
  return draw(w, CounterRng(static_cast<uint64_t>(o.seed), stream).uniform(static_cast<uint64_t>(number), 0));
}

std::vector<int64_t> generate(LanguageModel& model, const std::vector<int64_t>& prompt,
                              const GenerateOptions& options, const OnToken& on_token) {
  check_sampling(options.sampling);
  check(!prompt.empty(), "generate", "The prompt is empty. Hint: begin with the end-of-text token");
  struct Eval {
    LanguageModel& model;
    bool before = model.is_training();
    explicit Eval(LanguageModel& m) : model(m) { model.eval(); }
    ~Eval() { model.train(before); }
  } eval(model);
  std::vector<int64_t> all = prompt;
  int64_t longest = model.max_length();
  ModelCache cache = model.make_cache();
  for (int64_t number = 0; number < options.max_tokens; ++number) {
    int64_t length = static_cast<int64_t>(all.size());
    // Once the window moves, each token has another position than before: nothing kept
    // is of use.
    if (!options.use_cache || length > longest) cache = model.make_cache();
    int64_t from = cache.length > 0 ? cache.length : std::max<int64_t>(0, length - longest);
    Tensor ids = tensor(std::vector<int64_t>(all.begin() + from, all.end()));
    Tensor logits = model.next(ids.reshape({1, ids.numel()}), cache);
    all.push_back(choose_token(logits.reshape({-1}), all, number, options.sampling));
    if (on_token && !on_token(all.back())) break;
  }
  return {all.begin() + static_cast<std::ptrdiff_t>(prompt.size()), all.end()};
}

}  // namespace lexigrad::nn
