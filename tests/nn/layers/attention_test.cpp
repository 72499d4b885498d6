#include "lexigrad/nn/layers/attention.h"

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/torch_case.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// Weights of the size 1: the layer's own are small, and hide differences.
void enlarge(nn::Module& module) {
  for (const nn::ParameterRef& p : module.parameters()) nn::init::normal_(p.detach(), 0, 0.7);
}

void expect_ok(const GradcheckResult& result) {
  INFO(result.report());
  CHECK(result.ok);
  CHECK(result.left_out.empty());
}

// What the calls of a module with masks look like.
struct Masked final : nn::Module {
  nn::MultiHeadAttention attention;
  Tensor mask;
  Masked(nn::MultiHeadAttention layer, Tensor mask) : attention(std::move(layer)), mask(std::move(mask)) {}
  Tensor forward(const Tensor& x) const { return attention(x, mask); }
  LEXIGRAD_MODULE(Masked, attention)
};

}  // namespace

TEST_CASE("MultiHeadAttention is PyTorch's: causal or not, grouped, masked") {
  REQUIRE(layer_fixture()["attention"].size() == 7);
  for (const auto& data : layer_fixture()["attention"]) {
    nn::MultiHeadAttention layer(
        data["leaves"]["input"]["shape"][2], data["heads"],
        {.kv_heads = data["kv_heads"], .causal = data["causal"], .bias = data["bias"]});
    Tensor mask = data.contains("mask") ? tensor_of(data["mask"]).to(boolean) : Tensor();
    check_case(data, layer, {"input"}, [&](const std::vector<Tensor>& x) { return layer(x[0], mask); });
  }
}

TEST_CASE("MultiHeadAttention's gradients, checked by differences, twice") {
  manual_seed(51);
  for (int64_t kv_heads : {4, 2, 1})
    for (bool causal : {false, true}) {
      INFO("kv_heads " << kv_heads << " causal " << causal);
      nn::MultiHeadAttention layer(8, 4, {.kv_heads = kv_heads, .causal = causal});
      enlarge(layer);
      expect_ok(gradcheck(layer, randn({2, 3, 8})));
      expect_ok(gradgradcheck(layer, randn({1, 3, 8})));
    }
  Tensor padding = unsqueeze(unsqueeze(tensor({{1, 1, 0}, {1, 1, 1}}).to(boolean), 1), 1);
  Tensor arbitrary = lt(rand({2, 2, 3, 3}), 0.5);
  for (const Tensor& mask : {padding, arbitrary}) {
    Masked layer(nn::MultiHeadAttention(4, 2, {.causal = false}), mask);
    enlarge(layer);
    expect_ok(gradcheck(layer, randn({2, 3, 4})));
    expect_ok(gradgradcheck(layer, randn({2, 3, 4})));
  }
}

TEST_CASE("MultiHeadAttention: start, names, printing, state") {
  manual_seed(52);
  nn::MultiHeadAttention layer(64, 4, {.kv_heads = 2}), other(64, 4, {.kv_heads = 2});
  std::vector<std::string> names;
  for (const auto& [name, value] : layer.named_parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"qkv.weight", "qkv.bias", "project.weight", "project.bias"});
  CHECK(layer.qkv().weight().shape() == Shape{64 + 2 * 2 * 16, 64});
  CHECK(lexigrad::std(layer.qkv().weight().detach()).item<double>() == Approx(0.02).epsilon(0.03));
  CHECK(equal(layer.qkv().bias().detach(), zeros({128})));
  CHECK(to_string(nn::MultiHeadAttention(4, 2, {.causal = false, .bias = false})) ==
        "MultiHeadAttention(\n  4, heads=2\n  (positions): NoPositions()\n"
        "  (qkv): Linear(in_features=4, out_features=12, bias=False)\n"
        "  (project): Linear(in_features=4, out_features=4, bias=False)\n)");
  Tensor x = randn({2, 3, 64});
  check_round_trip<nn::MultiHeadAttention>(layer, other,
                                           [&](const nn::MultiHeadAttention& m) { return m(x); });
}

TEST_CASE("MultiHeadAttention's dropout: in training only, repeatable, the same for any threads") {
  manual_seed(53);
  nn::MultiHeadAttention layer(16, 4, {.dropout = 0.3}), plain(16, 4);
  enlarge(layer);
  plain.load_state(layer.state());
  Tensor x = randn({2, 40, 16}), pull = randn({2, 40, 16});
  auto run = [&](uint64_t step) {
    DrawStep now(step);
    layer.zero_grad();
    Tensor y = layer(x);
    sum(y * pull).backward();
    return std::vector<Tensor>{y.detach(), layer.qkv().weight().grad().clone(),
                               layer.project().weight().grad().clone()};
  };
  int before = num_threads();
  std::vector<Tensor> first = run(5);
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    std::vector<Tensor> again = run(5);
    for (size_t i = 0; i < first.size(); ++i) CHECK(equal(again[i], first[i]));
  }
  set_num_threads(before);
  CHECK_FALSE(equal(run(6)[0], first[0]));
  CHECK_FALSE(equal(layer(x).detach(), layer(x).detach()));
  CHECK_FALSE(equal(layer(x).detach(), plain(x).detach()));
  layer.eval();
  CHECK(equal(layer(x).detach(), plain(x).detach()));
  layer.train();
  CHECK(equal(run(5)[0], first[0]));
}

TEST_CASE("a cache of keys and values continues where it was") {
  manual_seed(54);
  nn::MultiHeadAttention layer(8, 4, {.kv_heads = 2});
  enlarge(layer);
  Tensor x = randn({2, 6, 8}), all = layer(x).detach();
  nn::KeyValueCache cache(6);
  NoGrad off;
  auto part = [&](int64_t from, int64_t count) { return layer(narrow(x, 1, from, count), Tensor(), &cache); };
  CHECK(allclose(part(0, 3), narrow(all, 1, 0, 3), 1e-5, 1e-6));
  CHECK(allclose(part(3, 1), narrow(all, 1, 3, 1), 1e-5, 1e-6));
  CHECK(allclose(part(4, 2), narrow(all, 1, 4, 2), 1e-5, 1e-6));
  CHECK(cache.length() == 6);
  CHECK(message_of([&] { part(0, 1); }) ==
        "[KeyValueCache] The input has 7 positions, the cache 6. Hint: start again with the last tokens, or "
        "make the "
        "model with a larger max_length");
  cache.truncate(9);
  CHECK(cache.length() == 6);
  cache.truncate(4);
  CHECK(allclose(part(4, 2), narrow(all, 1, 4, 2), 1e-5, 1e-6));
  cache.truncate(2);
  CHECK(message_of([&] {
          layer(ones({1, 1, 8}), Tensor(), &cache);
        }) == "[KeyValueCache] The batch has 1 rows, the cache 2");
}

TEST_CASE("MultiHeadAttention refuses what does not fit") {
  CHECK(message_of([] { nn::MultiHeadAttention(10, 4); }) ==
        "[MultiHeadAttention] The width 10 is no multiple of the 4 heads");
  CHECK(message_of([] { nn::MultiHeadAttention(10, 0); }) ==
        "[MultiHeadAttention] The width 10 is no multiple of the 0 heads");
  CHECK(message_of([] { nn::MultiHeadAttention(8, 4, {.kv_heads = 3}); }) ==
        "[MultiHeadAttention] The 4 heads are no multiple of the 3 heads of keys and values");
  CHECK(message_of([] { nn::MultiHeadAttention(8, 4, {.kv_heads = -1}); }) ==
        "[MultiHeadAttention] The 4 heads are no multiple of the -1 heads of keys and values");
  CHECK(message_of([] { nn::MultiHeadAttention(8, 4, {.dropout = 1}); }) ==
        "[MultiHeadAttention] The dropout probability is 1 (valid: 0 <= dropout < 1)");
  nn::MultiHeadAttention layer(8, 2);
  CHECK(message_of([&] { layer(ones({3, 8})); }) == "[MultiHeadAttention] Needs x (B, T, 8), got [3, 8]");
  CHECK(message_of([&] {
          layer(ones({1, 3, 6}));
        }) == "[MultiHeadAttention] Needs x (B, T, 8), got [1, 3, 6]");
  CHECK(message_of([&] {
          layer(ones({1, 3, 8}), ones({3, 3}));
        }) ==
        "[attention] The mask must be bool and broadcast to (B, H, T, S) = [1, 2, 3, 3], got float32 [3, 3]. "
        "Hint: "
        "true is where a query may see a key");
  CHECK(message_of([&] {
          layer(ones({1, 3, 8}), ones({3, 4}).to(boolean));
        }) ==
        "[attention] The mask must be bool and broadcast to (B, H, T, S) = [1, 2, 3, 3], got bool [3, 4]. "
        "Hint: "
        "true is where a query may see a key");
}
