#include "lexigrad/nn/losses/adaptive_softmax.h"

#include <cmath>

#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/nn/losses/nll.h"

namespace lexigrad::nn {
namespace {

const std::vector<int64_t>& checked(const std::vector<int64_t>& cutoffs, int64_t n_classes) {
  bool rising = !cutoffs.empty() && cutoffs.front() > 0 && cutoffs.back() < n_classes;
  for (size_t i = 1; i < cutoffs.size(); ++i) rising &= cutoffs[i - 1] < cutoffs[i];
  check(rising, "AdaptiveSoftmax", "The cutoffs ", Shape(cutoffs), " do not divide ", n_classes,
        " classes. Hint: rising numbers between 1 and ", n_classes - 1, ", such as 2000, 10000");
  return cutoffs;
}

}  // namespace

struct AdaptiveSoftmax::Part {
  Tensor positions, targets;
};

struct AdaptiveSoftmax::Weights {
  int64_t frequent;
  Tensor head, head_bias;
  std::vector<std::pair<Tensor, Tensor>> tail;
};

Tensor AdaptiveSoftmax::log_prob_of(const Tensor& x, const Weights& weights) {
  Tensor head = log_softmax(linear(x, weights.head, weights.head_bias));
  std::vector<Tensor> parts{slice(head, -1, 0, weights.frequent)};
  for (int64_t cluster = weights.frequent; const auto& [down, classes] : weights.tail) {
    parts.push_back(log_softmax(linear(linear(x, down), classes)) + slice(head, -1, cluster, cluster + 1));
    ++cluster;
  }
  return cat(parts, -1);
}

AdaptiveSoftmax::AdaptiveSoftmax(int64_t in_features, int64_t n_classes, const std::vector<int64_t>& cutoffs,
                                 const AdaptiveSoftmaxOptions& options)
    : cutoffs_(checked(cutoffs, n_classes)),
      ignore_index_(options.ignore_index),
      head_(in_features, cutoffs.front() + static_cast<int64_t>(cutoffs.size()),
            {.bias = options.head_bias}) {
  cutoffs_.push_back(n_classes);
  for (size_t i = 0; i + 1 < cutoffs_.size(); ++i) {
    double power = std::pow(options.div_value, static_cast<double>(i + 1));
    auto size = static_cast<int64_t>(std::floor(static_cast<double>(in_features) / power));
    check(options.div_value > 0 && size > 0, "AdaptiveSoftmax", "Cluster ", i, " would have vectors of ",
          in_features, " / ", options.div_value, "^", i + 1, " < 1 features. Hint: a smaller div_value");
    std::vector<Linear> layers;
    layers.emplace_back(in_features, size, LinearOptions{.bias = false});
    layers.emplace_back(size, cutoffs_[i + 1] - cutoffs_[i], LinearOptions{.bias = false});
    tail_.push_back(std::move(layers));
  }
}

AdaptiveSoftmax::Part AdaptiveSoftmax::part_of(const Tensor& targets, size_t cluster) const {
  std::vector<int64_t> positions, inside;
  const int64_t* t = targets.data<int64_t>();
  for (int64_t i = 0; i < targets.numel(); ++i) {
    if (t[i] == ignore_index_ || t[i] < cutoffs_[cluster] || t[i] >= cutoffs_[cluster + 1]) continue;
    positions.push_back(i);
    inside.push_back(t[i] - cutoffs_[cluster]);
  }
  Shape shape{static_cast<int64_t>(positions.size())};
  return {from_values<int64_t>(positions, shape), from_values<int64_t>(inside, shape)};
}

Loss AdaptiveSoftmax::forward(const Tensor& x, const Tensor& targets) const {
  int64_t features = head_.weight().size(1);
  check(x.rank() >= 1 && x.size(-1) == features, "AdaptiveSoftmax", "Needs x (..., ", features, "), got ",
        x.shape());
  Tensor flat = lexigrad::detail::checked_targets("AdaptiveSoftmax", targets, x.shape().without(x.rank() - 1),
                                                  cutoffs_.back(), ignore_index_)
                    .clone();
  Tensor rows = x.reshape({flat.numel(), features}), in_head = flat.clone().reshape({flat.numel()});
  Tensor sum = zeros({}, x.dtype());
  for (size_t i = 0; i < tail_.size(); ++i) {
    Part part = part_of(flat, i);
    for (int64_t at : part.positions.to_vector<int64_t>())
      in_head.data<int64_t>()[at] = cutoffs_.front() + static_cast<int64_t>(i);
    Tensor small = tail_[i][0](index_select(rows, 0, part.positions));
    sum = sum + lexigrad::linear_cross_entropy_sum(small, tail_[i][1].weight(), {}, part.targets);
  }
  sum = sum + lexigrad::linear_cross_entropy_sum(rows, head_.weight(), head_.bias(), in_head,
                                                 {.ignore_index = ignore_index_});
  Loss loss = loss_over(sum, flat, ignore_index_);
  loss.terms = [layers = layers(), x, flat, ignored = ignore_index_] {
    return nll(log_prob_of(x, layers), flat, {.ignore_index = ignored}).each();
  };
  return loss;
}

Tensor AdaptiveSoftmax::log_prob(const Tensor& x) const { return log_prob_of(x, layers()); }

AdaptiveSoftmax::Weights AdaptiveSoftmax::layers() const {
  Weights out{cutoffs_.front(), head_.weight(), head_.bias(), {}};
  for (const auto& layers : tail_) out.tail.emplace_back(layers[0].weight(), layers[1].weight());
  return out;
}

std::string AdaptiveSoftmax::extra_repr() const {
  return text("in_features=", head_.weight().size(1), ", n_classes=", cutoffs_.back());
}

}  // namespace lexigrad::nn
