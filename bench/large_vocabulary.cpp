// The losses for large vocabularies against full softmax: lexigrad_large_vocabulary SECONDS PICTURE.svg. Each
// trains one embedding and its output layer on the same synthetic text of 50,257 words for SECONDS; prints
// the cross entropy over all words on held-out tokens, and draws it by time and by tokens.
//
// The text: words by log-uniform frequency, word w of topic w mod 64; after a word of topic t come words of
// topic t with probability 0.8, else any.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

namespace {

constexpr int64_t vocabulary = 50257, topics = 64, dim = 64, batch = 1024;

struct Text {
  nn::Sampler words = nn::Sampler::log_uniform(vocabulary);
  std::pair<Tensor, Tensor> sample(uint64_t step) const {
    DrawStep draws(step);
    Tensor inputs = words.draw({batch}), targets = words.draw({batch});
    Draw any = next_draw();
    for (int64_t i = 0; i < batch; ++i)
      if (any.uniform(static_cast<uint64_t>(i)) < 0.8)
        targets.data<int64_t>()[i] = of_topic(inputs.data<int64_t>()[i] % topics, targets.data<int64_t>()[i]);
    return {inputs, targets};
  }
  // The word of that topic beside `word` in the order of frequency.
  static int64_t of_topic(int64_t topic, int64_t word) {
    int64_t moved = word + topic - word % topics;
    return moved < vocabulary ? moved : moved - topics;
  }
  // What no model can beat: the entropy of the next word given this one's topic.
  double entropy() const {
    std::vector<double> q = exp(words.log_probability(arange(vocabulary), float64)).to_vector<double>();
    double total = 0;
    for (int64_t topic = 0; topic < topics; ++topic) {
      double share = 0, entropy = 0;
      std::vector<double> next;
      for (double p : q) next.push_back(0.2 * p);
      for (int64_t w = 0; w < vocabulary; ++w) {
        next[static_cast<size_t>(of_topic(topic, w))] += 0.8 * q[static_cast<size_t>(w)];
        if (w % topics == topic) share += q[static_cast<size_t>(w)];
      }
      for (double p : next) entropy -= p * std::log(p);
      total += share * entropy;
    }
    return total;
  }
};

using Step = std::function<nn::Loss(const Tensor& x, const Tensor& targets)>;

using Loss = nn::Loss(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets);

// A way to train and the logits by which it is judged.
struct Method {
  std::string name;
  Step train, held_out;
  std::vector<nn::ParameterRef> parameters;
};

Tensor leaf(const Shape& shape) { return zeros(shape).requires_grad_(); }

// A weight and a bias, which starts where the loss has it for the words' frequencies alone; `log_q` added to
// the logits makes them log-probabilities where the loss does not.
Method by_table(const std::string& name, const std::function<Loss>& loss, const Tensor& start,
                const Tensor& log_q = {}) {
  Tensor weight = leaf({vocabulary, dim}), bias = start.clone().requires_grad_();
  return {name,
          [=](const Tensor& x, const Tensor& t) { return loss(x, weight, bias, t); },
          [=](const Tensor& x, const Tensor& t) {
            return nn::linear_cross_entropy(x, weight, log_q.defined() ? bias + log_q : bias, t);
          },
          {weight, bias}};
}

std::vector<Method> methods(const Text& text) {
  const nn::Sampler& q = text.words;
  Tensor log_q = q.log_probability(arange(vocabulary));
  auto full = [](double filter) {
    return [=](const Tensor& x, const Tensor& w, const Tensor& b, const Tensor& t) {
      return nn::linear_cross_entropy(x, w, b, t, {.filter = filter});
    };
  };
  auto sampled = [&q](auto loss, int64_t negatives) {
    return [=, &q](const Tensor& x, const Tensor& w, const Tensor& b, const Tensor& t) {
      return loss(x, w, b, t, q, nn::SampledOptions{.negatives = negatives});
    };
  };
  std::vector<Method> out{by_table("full softmax", full(0), log_q),
                          by_table("full, filtered", full(0x1p-12), log_q),
                          by_table("sampled softmax, 1024", sampled(nn::sampled_softmax, 1024), log_q),
                          by_table("NCE, 64", sampled(nn::nce, 64), log_q),
                          by_table("negative sampling, 16", sampled(nn::negative_sampling, 16),
                                   lexigrad::full({vocabulary}, -std::log(16)), log_q)};
  std::vector<int64_t> counts;
  for (double p : exp(log_q).to_vector<double>()) counts.push_back(std::llround(p * 1e9));
  auto tree = std::make_shared<nn::HuffmanTree>(counts);
  Tensor nodes = leaf({vocabulary - 1, dim}), bias = leaf({vocabulary - 1});
  Step walk = [=](const Tensor& x, const Tensor& t) {
    return nn::hierarchical_softmax(x, nodes, bias, t, *tree);
  };
  out.push_back({"hierarchical", walk, walk, {nodes, bias}});
  auto clusters =
      std::make_shared<nn::AdaptiveSoftmax>(dim, vocabulary, std::vector<int64_t>{2000, 10000},
                                            nn::AdaptiveSoftmaxOptions{.div_value = 2, .head_bias = true});
  Step adaptive = [=](const Tensor& x, const Tensor& t) { return (*clusters)(x, t); };
  out.push_back({"adaptive", adaptive, adaptive, clusters->parameters()});
  return out;
}

double held_out(const Method& method, const nn::Embedding& table, const Text& text) {
  NoGrad off;
  nn::Loss all{zeros({}), 0};
  for (uint64_t step = 0; step < 4; ++step) {
    auto [inputs, targets] = text.sample((uint64_t{1} << 40) + step);
    all = all + method.held_out(table(inputs), targets);
  }
  return all.item();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: lexigrad_large_vocabulary SECONDS PICTURE.svg\n"), 2;
  double limit = std::atof(arguments[1]);
  Text text;
  train::Panel by_time{"The same time",
                       "seconds",
                       "held-out cross entropy, nats",
                       {},
                       {{"entropy of the text", text.entropy()}}},
      by_tokens{"The same tokens",
                "log10 of tokens",
                "held-out cross entropy, nats",
                {},
                {{"entropy of the text", text.entropy()}}};
  manual_seed(1);
  for (const Method& method : methods(text)) {
    manual_seed(1);
    nn::Embedding table(vocabulary, dim);
    std::vector<nn::ParameterRef> parameters = method.parameters;
    for (const nn::ParameterRef& p : table.parameters()) parameters.push_back(p);
    optim::Adam adam(parameters, {.lr = 3e-3, .rows = optim::Rows::lazy});
    train::Series time{method.name, {}}, tokens{method.name, {}};
    double spent = 0, next = 0;
    uint64_t step = 0;
    while (true) {
      if (spent >= next || spent >= limit) {
        double loss = held_out(method, table, text);
        if (step > 0) {
          time.points.emplace_back(spent, loss);
          tokens.points.emplace_back(std::log10(static_cast<double>(step * batch)), loss);
        }
        next = std::max(limit / 60, spent * 1.5);
        if (spent >= limit) break;
      }
      auto [inputs, targets] = text.sample(++step);
      spent += bench::seconds([&, &x = inputs, &t = targets] {
        DrawStep draws(step);
        adam.zero_grad();
        method.train(table(x), t).backward();
        adam.step();
      });
    }
    std::printf("%-24s %9llu tokens, %7.2f ms a step, loss %.3f\n", method.name.c_str(),
                static_cast<unsigned long long>(step * batch), spent / static_cast<double>(step) * 1e3,
                time.points.back().second);
    std::fflush(stdout);
    by_time.series.push_back(std::move(time));
    by_tokens.series.push_back(std::move(tokens));
  }
  train::save_svg_plot(arguments[2], {by_time, by_tokens});
}
