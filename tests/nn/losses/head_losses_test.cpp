// The table of a head's losses: what holds for each row, and a row of one's own.
#include "lexigrad/nn/losses/head_losses.h"

#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "nn/losses/support.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// A row of a program outside the library: the squared error of the target's logit from 1.
const nn::HeadLossEntry own({
    .name = "test-squared",
    .help = "the squared distance of the target's logit from `to`",
    .options = {{"to", 1.0, Real{0, 10}, "where the logit should be"}},
    .make = [](const nn::HeadClasses&, const OptionValues& values) -> nn::HeadLossFunction {
      return [to = values.get<double>("to")](const Tensor& x, const Tensor& weight, const Tensor& bias,
                                             const Tensor& targets) {
        Tensor logits = gather(linear(x, weight, bias), -1, unsqueeze(targets, targets.rank()));
        return nn::Loss{sum(square(logits - to)), targets.numel()};
      };
    },
});

const nn::HeadClasses seven{7, {5, 1, 2, 9, 3, 1, 4}};

OptionValues with(const std::string& name, OptionValue value) {
  OptionValues out;
  out.set(name, std::move(value));
  return out;
}

// The settings that a row is looked at with: its defaults, and each word that an option may be.
std::vector<OptionValues> settings(const nn::HeadLoss& row) {
  std::vector<OptionValues> out(1);
  for (const Option& option : row.options)
    if (auto* words = std::get_if<std::vector<std::string>>(&option.valid))
      for (const std::string& word : *words) out.push_back(with(option.name, word));
  return out;
}

}  // namespace

TEST_CASE("every head loss has a name, a help, options with help, and right gradients") {
  std::set<std::string> names;
  for (const nn::HeadLoss& row : nn::head_losses()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.help.empty());
    for (const Option& option : row.options) CHECK_FALSE(option.help.empty());
    for (const OptionValues& values : settings(row)) {
      manual_seed(9);
      Tensor x = randn({2, 3, 4}, float64), weight = randn({7, 4}, float64), bias = randn({7}, float64);
      Tensor targets = tensor({{0, 6, 3}, {3, 3, 2}});
      nn::HeadLossFunction loss = nn::make_head_loss(row.name, seven, values);
      auto f = [&](const std::vector<Tensor>& in) {
        DrawStep step(3);
        return loss(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), targets).sum;
      };
      check_gradients(f, {x, weight, bias});
      check_gradients(f, {x, weight});
      CHECK(loss(x, weight, bias, targets).count == 6);
    }
  }
  CHECK(names.size() >= 5);
  CHECK(nn::head_losses().names()[0] == "softmax");
}

// A table and a head that learn, by plain descent, that class c follows class (c + 1) % 7.
TEST_CASE("every head loss falls on a toy problem, and ranks the target first") {
  for (const nn::HeadLoss& row : nn::head_losses())
    for (const OptionValues& values : settings(row)) {
      INFO(row.name);
      manual_seed(10);
      nn::Embedding table(7, 5);
      nn::Linear head(5, 7);
      Tensor ids = arange(7), targets = tensor({1, 2, 3, 4, 5, 6, 0});
      nn::HeadLossFunction loss = nn::make_head_loss(row.name, seven, values);
      auto at = [&](uint64_t step) {
        DrawStep draws(step);
        return loss(table(ids), head.weight(), head.bias(), targets);
      };
      double before = at(0).item();
      for (uint64_t step = 1; step <= 300; ++step) {
        at(step).backward();
        for (nn::Module* module : {static_cast<nn::Module*>(&table), static_cast<nn::Module*>(&head)})
          for (const nn::ParameterRef& p : module->parameters()) {
            p.detach().sub_(p.grad() * 0.2);
            p.zero_grad();
          }
      }
      CHECK(at(0).item() < 0.5 * before);
      if (row.name != "test-squared") CHECK(equal(argmax(head(table(ids)), -1), targets));
    }
}

TEST_CASE("head losses read their options, and refuse what they cannot take") {
  manual_seed(11);
  Tensor x = randn({3, 4}), weight = randn({7, 4}), targets = tensor({0, 6, 3});
  auto sum_of = [&](const std::string& name, const OptionValues& values) {
    DrawStep step(1);
    return nn::make_head_loss(name, seven, values)(x, weight, {}, targets).sum;
  };
  CHECK(equal(sum_of("softmax", {}), nn::linear_cross_entropy(x, weight, Tensor(), targets).sum));
  CHECK(equal(sum_of("softmax", with("label-smoothing", 0.1)),
              nn::linear_cross_entropy(x, weight, Tensor(), targets, {.label_smoothing = 0.1}).sum));
  CHECK_FALSE(equal(sum_of("nce", with("negatives", int64_t{3})), sum_of("nce", {})));
  DrawStep step(1);
  CHECK(equal(sum_of("negative-sampling", with("sampler", std::string("unigram"))),
              nn::negative_sampling(x, weight, {}, targets, nn::Sampler::unigram(seven.occurrences)).sum));
  CHECK(message_of([&] { sum_of("adaptive", {}); }) ==
        "[head loss] There is no head loss \"adaptive\" (valid are softmax, sampled-softmax, "
        "negative-sampling, nce, test-squared)");
  CHECK(message_of([&] { sum_of("nce", with("negativs", int64_t{3})); }) ==
        "[nce] There is no option \"negativs\" (valid are negatives, sampler, power)");
  CHECK(message_of([&] { sum_of("nce", with("negatives", int64_t{0})); }) ==
        "[nce] The option \"negatives\" is 0 (valid: 1..2147483648)");
  CHECK(message_of([&] { sum_of("nce", with("negatives", 3.0)); }) ==
        "[nce] The option \"negatives\" is 3 (valid: of the type of its default, 64)");
  CHECK(message_of([&] { sum_of("nce", with("sampler", std::string("zipf"))); }) ==
        "[nce] The option \"sampler\" is zipf (valid: uniform, log-uniform, unigram)");
  CHECK(message_of([&] { sum_of("softmax", with("label-smoothing", 1.5)); }) ==
        "[softmax] The option \"label-smoothing\" is 1.5 (valid: >= 0 and < 1)");
  CHECK(message_of([&] {
          nn::make_head_loss("nce", {7, {}}, with("sampler", std::string("unigram")));
        }) ==
        "[head loss] The sampler unigram needs how often each of 7 classes occurs, got 0 counts. Hint: give "
        "the model .occurrences, or take log-uniform");
}

namespace ambiguity {

using namespace lexigrad;
using namespace lexigrad::nn;

// One meaning a name: both namespaces at once.
double both(const Tensor& logits, const Tensor& targets) {
  return cross_entropy(logits, targets).item() * 2 - cross_entropy_sum(logits, targets).item<double>();
}

}  // namespace ambiguity

TEST_CASE("cross_entropy is the mean and cross_entropy_sum the sum, with both namespaces in use") {
  CHECK(ambiguity::both(tensor({{1.0, 2.0}, {0.5, 3.0}}), tensor({0, 1})) == Approx(0).margin(1e-6));
}
