#include "lexigrad/nn/layers/transformer_block.h"

#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/torch_case.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

nn::FeedForward kind_of(const std::string& name) {
  const std::map<std::string, nn::FeedForward> kinds = {{"relu", nn::FeedForward::relu},
                                                        {"gelu", nn::FeedForward::gelu},
                                                        {"gelu_tanh", nn::FeedForward::gelu_tanh},
                                                        {"silu", nn::FeedForward::silu},
                                                        {"swiglu", nn::FeedForward::swiglu}};
  return kinds.at(name);
}

std::unique_ptr<nn::Layer> feed_forward(const std::string& kind, bool bias, double dropout = 0) {
  const std::map<std::string, nn::Activation> kinds = {{"relu", nn::Activation::relu},
                                                       {"gelu", nn::Activation::gelu},
                                                       {"gelu_tanh", nn::Activation::gelu_tanh},
                                                       {"silu", nn::Activation::silu}};
  if (kind == "swiglu")
    return std::make_unique<nn::SwiGLU>(4, 6, nn::SwiGLUOptions{.bias = bias, .dropout = dropout});
  return std::make_unique<nn::MLP>(4, 6, nn::MLPOptions{kinds.at(kind), bias, dropout});
}

const std::vector<std::string> kKinds = {"relu", "gelu", "gelu_tanh", "silu", "swiglu"};

void enlarge(nn::Module& module) {
  for (const nn::ParameterRef& p : module.parameters()) nn::init::normal_(p.detach(), 0, 0.7);
}

void expect_ok(const GradcheckResult& result) {
  INFO(result.report());
  CHECK(result.ok);
}

}  // namespace

TEST_CASE("MLP and SwiGLU are PyTorch's") {
  REQUIRE(layer_fixture()["feed_forward"].size() == kKinds.size());
  for (const auto& data : layer_fixture()["feed_forward"]) {
    auto layer = feed_forward(data["name"], data["bias"]);
    check_case(data, *layer, {"input"}, [&](const std::vector<Tensor>& x) { return (*layer)(x[0]); });
  }
}

TEST_CASE("MLP and SwiGLU: gradients by differences, state, dropout of the output") {
  for (const std::string& kind : kKinds) {
    INFO(kind);
    manual_seed(61);
    auto layer = feed_forward(kind, true), other = feed_forward(kind, true),
         wet = feed_forward(kind, true, 0.5);
    Tensor x = randn({2, 3, 4});
    expect_ok(gradcheck(*layer, x));
    if (kind != "relu") expect_ok(gradgradcheck(*layer, x));
    check_round_trip<nn::Layer>(*layer, *other, [&](const nn::Layer& m) { return m(x); });
    wet->load_state(layer->state());
    Tensor dry = (*layer)(x).detach(), y = (*wet)(x).detach();
    CHECK_FALSE(equal(y, dry));
    CHECK(allclose(y, where(eq(y, 0.0), y, dry * 2)));  // each 0 or doubled
    wet->eval();
    CHECK(equal((*wet)(x).detach(), dry));
  }
  CHECK(to_string(nn::SwiGLU(2, 3)) ==
        "SwiGLU(\n  (gate): Linear(in_features=2, out_features=3, bias=False)\n"
        "  (value): Linear(in_features=2, out_features=3, bias=False)\n"
        "  (project): Linear(in_features=3, out_features=2, bias=False)\n  (dropout): Dropout(p=0)\n)");
}

TEST_CASE("TransformerBlock is PyTorch's: norms before and after, of both kinds, every feed-forward") {
  REQUIRE(layer_fixture()["blocks"].size() == 7);
  for (const auto& data : layer_fixture()["blocks"]) {
    nn::TransformerBlock block(4, data["heads"],
                               {.hidden = data["hidden"],
                                .feed_forward = kind_of(data["feed_forward"]),
                                .norm = data["norm"] == "rms" ? nn::Norm::rms : nn::Norm::layer,
                                .pre_norm = data["pre_norm"],
                                .bias = data["bias"]});
    check_case(data, block, {"input"}, [&](const std::vector<Tensor>& x) { return block(x[0]); });
  }
}

TEST_CASE("TransformerBlock's gradients, checked by differences, and twice where smooth") {
  for (const std::string& kind : kKinds)
    for (bool pre_norm : {false, true})
      for (nn::Norm norm : {nn::Norm::layer, nn::Norm::rms}) {
        INFO(kind << " pre_norm " << pre_norm << " rms " << (norm == nn::Norm::rms));
        manual_seed(62);
        nn::TransformerBlock block(
            4, 2,
            {.kv_heads = 1, .hidden = 3, .feed_forward = kind_of(kind), .norm = norm, .pre_norm = pre_norm});
        enlarge(block);
        expect_ok(gradcheck(block, randn({1, 3, 4})));
        if (kind != "relu") expect_ok(gradgradcheck(block, randn({1, 2, 4})));
      }
}

TEST_CASE("TransformerBlock: start, sizes, state") {
  manual_seed(63);
  nn::TransformerBlock block(32, 4, {.residual_std = 0.005});
  auto deviation = [](const nn::Linear& layer) {
    return lexigrad::std(layer.weight().detach()).item<double>();
  };
  auto* mlp = dynamic_cast<const nn::MLP*>(&block.feed_forward());
  REQUIRE(mlp);
  CHECK(mlp->expand().weight().shape() == Shape{128, 32});
  CHECK(deviation(mlp->expand()) == Approx(0.02).epsilon(0.05));
  CHECK(deviation(mlp->project()) == Approx(0.005).epsilon(0.05));
  CHECK(deviation(block.attention().project()) == Approx(0.005).epsilon(0.1));
  CHECK(deviation(block.attention().qkv()) == Approx(0.02).epsilon(0.05));
  for (const nn::Linear* layer : {&mlp->expand(), &mlp->project(), &block.attention().project()})
    CHECK(equal(layer->bias().detach(), zeros(layer->bias().shape())));
  nn::TransformerBlock gated(6, 2, {.feed_forward = nn::FeedForward::swiglu, .bias = false});
  auto* swiglu = dynamic_cast<const nn::SwiGLU*>(&gated.feed_forward());
  REQUIRE(swiglu);
  CHECK(swiglu->gate().weight().shape() == Shape{16, 6});  // 8 dim / 3
  for (const auto& [name, value] : gated.named_parameters()) CHECK(name.find("bias") == std::string::npos);
  nn::TransformerBlock other(32, 4);
  Tensor x = randn({2, 3, 32});
  check_round_trip<nn::TransformerBlock>(block, other, [&](const nn::TransformerBlock& b) { return b(x); });
}

TEST_CASE("TransformerBlock: dropout in training only, masks, caches") {
  manual_seed(64);
  nn::TransformerBlock block(8, 2, {.dropout = 0.4}), plain(8, 2);
  enlarge(block);
  plain.load_state(block.state());
  Tensor x = randn({2, 5, 8}), dry = plain(x).detach();
  auto at_step = [&](uint64_t step) {
    DrawStep now(step);
    return block(x).detach();
  };
  CHECK(equal(at_step(1), at_step(1)));
  CHECK_FALSE(equal(at_step(1), at_step(2)));
  CHECK_FALSE(equal(at_step(1), dry));
  block.eval();
  CHECK(equal(block(x).detach(), dry));
  // A key that the mask hides changes nothing for the others.
  Tensor mask = lt(arange(5), 2), changed = x.clone();
  select(changed, 1, 2).fill_(3);
  auto seen = [&](const Tensor& x, const Tensor& mask) { return narrow(plain(x, mask).detach(), 1, 3, 2); };
  CHECK(equal(seen(changed, mask), seen(x, mask)));
  CHECK_FALSE(equal(seen(changed, {}), seen(x, {})));
  NoGrad off;
  nn::KeyValueCache cache(5);
  for (int64_t t = 0; t < 5; ++t)
    CHECK(allclose(plain(narrow(x, 1, t, 1), Tensor(), &cache), narrow(dry, 1, t, 1), 1e-5, 1e-6));
}

TEST_CASE("TransformerBlock's errors are its parts'") {
  CHECK(message_of([] { nn::TransformerBlock(10, 4); }) ==
        "[MultiHeadAttention] The width 10 is no multiple of the 4 heads");
  CHECK(message_of([] { nn::TransformerBlock(8, 4, {.dropout = -0.5}); }) ==
        "[MultiHeadAttention] The dropout probability is -0.5 (valid: 0 <= dropout < 1)");
  CHECK(message_of([] {
          nn::TransformerBlock(8, 2)(ones({1, 3, 6}));
        }) == "[LayerNorm] The input's last dimension is that of [1, 3, 6], the layer's width 8");
}
