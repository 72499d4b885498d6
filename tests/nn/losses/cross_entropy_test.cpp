#include "nn/losses/support.h"

using namespace lexigrad;

TEST_CASE("cross entropy with label smoothing, class weights and ignored targets is PyTorch's") {
  const auto& data = loss_fixture().at("cross_entropy");
  Tensor logits = doubles(data.at("logits"), {6, 5}), weight = doubles(data.at("weight"), {5});
  for (const auto& c : data.at("cases")) {
    INFO(c.dump());
    Tensor targets = whole(c.at("targets"), {6});
    bool mean = c.at("reduction") == "mean";
    auto options = [&](Dtype dtype) {
      nn::CrossEntropyOptions o{.ignore_index = c.at("ignore"), .label_smoothing = c.at("smoothing")};
      if (c.at("weighted")) o.class_weight = weight.to(dtype);
      return o;
    };
    check_torch(
        [&](const std::vector<Tensor>& in) {
          nn::Loss loss = nn::cross_entropy(in[0], targets, options(in[0].dtype()));
          return mean ? loss.mean() : loss.sum;
        },
        {logits}, c);
    check_torch(  // a head whose weights pick the features as they are
        [&](const std::vector<Tensor>& in) {
          nn::Linear head(5, 5, {.bias = false});
          head.to(in[0].dtype());
          head.weight().copy_(eye(5, 5, in[0].dtype()));
          nn::Loss loss = nn::linear_cross_entropy(in[0], head, targets, options(in[0].dtype()));
          return mean ? loss.mean() : loss.sum;
        },
        {logits}, c);
  }
  check_torch(
      [&](const std::vector<Tensor>& in) {
        return nn::nll(log_softmax(in[0]), tensor({1, 0, 4, -100, 2, 2}),
                       {.class_weight = weight.to(in[0].dtype())})
            .mean();
      },
      {logits}, data.at("nll"));
}

TEST_CASE("a weighted loss has the count of its targets and the weight of their classes") {
  Tensor logits = zeros({4, 3}, float64), weight = tensor({1.0, 0.5, 0.25}, float64);
  nn::Loss loss = nn::cross_entropy(logits, tensor({0, 1, 2, -100}), {.class_weight = weight});
  CHECK(loss.count == 3);
  CHECK(loss.weight == 1.75);
  CHECK(loss.item() == Approx(std::log(3.0)).epsilon(1e-14));
  nn::Loss both = loss + nn::cross_entropy(logits, tensor({0, 0, 0, 0}), {.class_weight = weight});
  CHECK(both.count == 7);
  CHECK(both.weight == 5.75);
  CHECK(nn::cross_entropy(logits, tensor({0, 1, 2, -100})).weight == 3);
  nn::Loss none = nn::cross_entropy(logits, full({4}, -100, int64),
                                    {.label_smoothing = 0.1, .class_weight = weight, .z_loss = 1});
  CHECK(none.item() == 0);
  CHECK(none.weight == 0);
}

TEST_CASE("z_loss is its coefficient times the square of log sum exp") {
  Tensor logits = tensor({{1.0, 2.0, 3.0}, {0.0, 0.0, 0.0}}, float64).requires_grad_();
  double lse = std::log(std::exp(1) + std::exp(2) + std::exp(3));
  nn::Loss with = nn::cross_entropy(logits, tensor({2, -100}), {.z_loss = 0.5});
  CHECK(with.item() == Approx(lse - 3 + 0.5 * lse * lse).epsilon(1e-14));
}
