// hierarchical_softmax and AdaptiveSoftmax.
#include <functional>
#include <numeric>
#include <queue>

#include "lexigrad/autograd/tensor/random.h"
#include "nn/losses/support.h"

using namespace lexigrad;

TEST_CASE("the Huffman tree of a known text") {
  nn::HuffmanTree tree({45, 13, 12, 16, 9, 5});  // Cormen, Leiserson, Rivest and Stein, figure 16.3
  std::vector<size_t> lengths;
  for (int64_t id = 0; id < 6; ++id) {
    lengths.push_back(tree.code(id).size());
    CHECK(tree.path(id).size() == lengths.back());
    CHECK(tree.path(id)[0] == 4);  // the root
  }
  CHECK(lengths == std::vector<size_t>{1, 3, 3, 3, 4, 4});
  CHECK(nn::HuffmanTree({0, 0}).path(1) == std::vector<int64_t>{0});
}

TEST_CASE("the Huffman tree is as short as a heap makes it, and its codes are prefix-free") {
  manual_seed(3);
  for (int64_t n : {2, 3, 17, 1000}) {
    std::vector<int64_t> counts = randint(0, 500, {n}).to_vector<int64_t>();
    nn::HuffmanTree tree(counts);
    int64_t total = 0, least = 0;
    double kraft = 0;
    for (int64_t c = 0; c < n; ++c) {
      total += counts[static_cast<size_t>(c)] * static_cast<int64_t>(tree.code(c).size());
      kraft += std::ldexp(1, -static_cast<int>(tree.code(c).size()));
    }
    std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> heap(counts.begin(), counts.end());
    while (heap.size() > 1) {
      int64_t a = heap.top();
      heap.pop();
      a += heap.top();
      heap.pop();
      least += a;
      heap.push(a);
    }
    CHECK(total == least);
    CHECK(kraft == 1);
  }
}

TEST_CASE("hierarchical_softmax: probabilities that sum to 1, gradients, ignored targets, errors") {
  manual_seed(4);
  nn::HuffmanTree tree({10, 3, 4, 1, 1, 7});
  Tensor x = randn({2, 2, 3}, float64), weight = randn({5, 3}, float64), bias = randn({5}, float64);
  double total = 0;
  for (int64_t id = 0; id < 6; ++id) {
    double loss =
               nn::hierarchical_softmax(x[0][1], weight, bias, full({}, static_cast<double>(id), int64), tree)
                   .item(),
           log_p = 0;
    for (size_t j = 0; j < tree.path(id).size(); ++j) {
      int64_t node = tree.path(id)[j];
      double z = bias.data<double>()[node];
      for (int64_t d = 0; d < 3; ++d) z += x.data<double>()[3 + d] * weight.data<double>()[node * 3 + d];
      log_p += std::log(1 / (1 + std::exp(tree.code(id)[j] ? z : -z)));
    }
    CHECK(loss == Approx(-log_p).epsilon(1e-13));
    total += std::exp(-loss);
  }
  CHECK(total == Approx(1).epsilon(1e-14));
  Tensor targets = tensor({{0, -100}, {4, 5}});
  check_gradients(
      [&](const std::vector<Tensor>& in) {
        return nn::hierarchical_softmax(in[0], in[1], in[2], targets, tree).sum;
      },
      {x, weight, bias});
  check_gradients(
      [&](const std::vector<Tensor>& in) {
        return nn::hierarchical_softmax(in[0], in[1], {}, targets, tree).sum;
      },
      {x, weight});
  CHECK(nn::hierarchical_softmax(x, weight, bias, targets, tree).count == 3);
  CHECK(nn::hierarchical_softmax(x, weight, {}, full({2, 2}, -100, int64), tree).item() == 0);
  CHECK(message([&] {
          nn::hierarchical_softmax(x, ones({6, 3}, float64), {}, targets, tree);
        }) == "[hierarchical_softmax] A tree of 6 classes has 5 inner nodes, weight has 6 rows");
  CHECK(message([&] {
          nn::hierarchical_softmax(x, ones({5, 2}, float64), {}, targets, tree);
        }) ==
        "[hierarchical_softmax] Needs x (..., dim) and weight (classes - 1, dim), got [2, 2, 3] and [5, 2]");
  CHECK(message([] { nn::HuffmanTree({3}); }) == "[HuffmanTree] Needs at least two classes, got 1");
  CHECK(message([] {
          nn::HuffmanTree({3, -1});
        }) == "[HuffmanTree] Class 1 has the count -1 (valid are 0 and more)");
  CHECK(message([&] { tree.path(6); }) == "[HuffmanTree] Id 6 is outside the 6 classes (valid are 0..5)");
}

TEST_CASE("AdaptiveSoftmax is PyTorch's: names, loss, log-probabilities, gradients") {
  const auto& data = loss_fixture().at("adaptive_softmax");
  Tensor x = doubles(data.at("x"), {9, 6}), targets = whole(data.at("targets"), {9});
  for (const auto& c : data.at("cases")) {
    nn::AdaptiveSoftmax layer(6, 11, {4, 7}, {.div_value = 2, .head_bias = c.at("head_bias")});
    layer.to(float64);
    nn::NamedTensors weights;
    for (const auto& [name, value] : c.at("weights").items()) {
      std::vector<int64_t> shape = value.at(0);
      weights.emplace_back(name, doubles(value.at(1), Shape(shape)));
    }
    layer.load_state(weights);
    CHECK(error_from(layer.log_prob(x), c.at("log_prob")) < 1e-12);
    Tensor in = x.clone().requires_grad_();
    nn::Loss loss = layer(in, targets);
    CHECK(loss.count == 9);
    CHECK(loss.item() == Approx(c.at("loss").get<double>()).epsilon(1e-12));
    loss.backward();
    CHECK(error_from(in.grad(), c.at("grads").at(0)) < 1e-12);
    std::vector<nn::ParameterRef> parameters = layer.parameters();
    REQUIRE(parameters.size() + 1 == c.at("grads").size());
    for (size_t i = 0; i < parameters.size(); ++i)
      CHECK(error_from(parameters[i].grad(), c.at("grads").at(i + 1)) < 1e-12);
    check_gradients([&](const std::vector<Tensor>& ins) { return layer(ins[0], targets).sum; }, {x});
  }
}

TEST_CASE("AdaptiveSoftmax: probabilities, clusters without a target, ignored ones, errors") {
  manual_seed(5);
  nn::AdaptiveSoftmax layer(8, 20, {5, 12}, {.div_value = 2, .ignore_index = -1});
  Tensor x = randn({2, 3, 8}), targets = tensor({{0, 3, -1}, {2, 1, 4}});
  Tensor log_p = layer.log_prob(x);
  CHECK(log_p.shape() == Shape{2, 3, 20});
  CHECK(allclose(sum(exp(log_p), {-1}), ones({2, 3}), 0, 1e-6));
  nn::Loss loss = layer(x, targets);
  CHECK(loss.count == 5);
  CHECK(loss.item() == Approx(nn::nll(log_p, targets, {.ignore_index = -1}).item()).epsilon(1e-5));
  loss.backward();
  for (const nn::ParameterRef& p : layer.parameters()) CHECK(p.has_grad());
  CHECK(layer(x, full({2, 3}, -1, int64)).item() == 0);
  CHECK(message([] {
          nn::AdaptiveSoftmax(8, 20, {12, 5});
        }) ==
        "[AdaptiveSoftmax] The cutoffs [12, 5] do not divide 20 classes. Hint: rising numbers between 1 and "
        "19, such as 2000, 10000");
  CHECK(message([] { nn::AdaptiveSoftmax(8, 20, {20}); }).find("[AdaptiveSoftmax] The cutoffs [20]") == 0);
  CHECK(message([] {
          nn::AdaptiveSoftmax(8, 20, {5, 12});
        }) ==
        "[AdaptiveSoftmax] Cluster 1 would have vectors of 8 / 4^2 < 1 features. Hint: a smaller div_value");
  CHECK(message([&] {
          layer(ones({2, 4}), tensor({1, 2}));
        }) == "[AdaptiveSoftmax] Needs x (..., 8), got [2, 4]");
  CHECK(message([&] { layer(ones({1, 8}), tensor({20})); }).find("[AdaptiveSoftmax] Target 20") == 0);
}
