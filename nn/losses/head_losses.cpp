#include "lexigrad/nn/losses/head_losses.h"

#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/nn/losses/cross_entropy.h"
#include "lexigrad/nn/losses/sampled.h"

namespace lexigrad::nn {
namespace {

HeadLossFunction make_softmax(const HeadClasses&, const OptionValues& values) {
  CrossEntropyOptions options{.label_smoothing = values.get<double>("label-smoothing"),
                              .z_loss = values.get<double>("z-loss"),
                              .filter = values.get<double>("filter")};
  return [options](const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets) {
    return linear_cross_entropy(x, weight, bias, targets, options);
  };
}

Sampler make_sampler(const HeadClasses& classes, const OptionValues& values) {
  const auto& kind = values.get<std::string>("sampler");
  if (kind == "uniform") return Sampler::uniform(classes.count);
  if (kind == "log-uniform") return Sampler::log_uniform(classes.count);
  check(static_cast<int64_t>(classes.occurrences.size()) == classes.count, "head loss",
        "The sampler unigram needs how often each of ", classes.count, " classes occurs, got ",
        classes.occurrences.size(), " counts. Hint: give the model .occurrences, or take log-uniform");
  return Sampler::unigram(classes.occurrences, values.get<double>("power"));
}

using SampledLoss = Loss (*)(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                             const Sampler& sampler, const SampledOptions& options);

HeadLoss sampled(const std::string& name, const std::string& help, SampledLoss loss) {
  std::vector<Option> options = {
      {"negatives", SampledOptions{}.negatives, Whole{1, int64_t{1} << 31},
       "classes drawn beside the target"},
      {"sampler", std::string("log-uniform"), std::vector<std::string>{"uniform", "log-uniform", "unigram"},
       "how they are drawn: all alike; as in a text whose ids are in order of frequency; by their counts"},
      {"power", 0.75, Real{0, std::numeric_limits<double>::infinity()}, "of the counts, for unigram"},
  };
  auto make = [loss](const HeadClasses& classes, const OptionValues& values) -> HeadLossFunction {
    return [=, sampler = make_sampler(classes, values),
            sampling = SampledOptions{.negatives = values.get<int64_t>("negatives")}](
               const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets) {
      return loss(x, weight, bias, targets, sampler, sampling);
    };
  };
  return {name, help, std::move(options), make};
}

}  // namespace

Table<HeadLoss>& head_losses() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  return lexigrad::detail::made_once([] {
    return Table<HeadLoss>(
        "head loss",
        {{"softmax",
          "cross entropy over all classes",
          {{"label-smoothing", 0.0, Real{0, 1}, "share of each target that is spread over all classes"},
           {"z-loss", 0.0, Real{0, inf}, "times the squared log of the sum of exponentials is added"},
           {"filter", 0.0, Real{0, 1}, "gradients of classes below this share are left out; 0: none"}},
          make_softmax},
         sampled("sampled-softmax", "cross entropy over the target and classes that all positions share",
                 sampled_softmax),
         sampled("negative-sampling", "target or noise, for vectors: the logits are no log-probabilities",
                 negative_sampling),
         sampled("nce", "target or noise, corrected: the logits become log-probabilities", nce)});
  });
}

HeadLossFunction make_head_loss(const std::string& name, const HeadClasses& classes,
                                const OptionValues& given) {
  const HeadLoss& loss = head_losses().at(name);
  return loss.make(classes, given.completed(loss.name, loss.options));
}

}  // namespace lexigrad::nn
