// Models whose blocks are computed again, held to the bits of the same models without.
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/recompute.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kTime = 12;

nn::NextTokenModelOptions options_of(const std::string& positions, bool again) {
  return {.vocabulary = 40,
          .dim = 16,
          .max_length = kTime,
          .encoder = "attention",
          .positions = positions,
          .layers = 3,
          .heads = 2,
          .block = {.dropout = 0.2, .recompute = again},
          .bias = false,
          .tied = positions == "learned"};
}

nn::Gpt2Options gpt2_of(bool again, int64_t layers = 3) {
  return {.vocabulary = 40, .max_length = kTime, .dim = 16, .layers = layers, .heads = 2, .recompute = again};
}

Tensor ids() {
  manual_seed(4);
  return randint(0, 40, {3, kTime + 1});
}

// Loss and gradients of the model's first step.
template <class Model>
std::vector<Tensor> step_of(const Model& model) {
  Tensor all = ids();
  DrawStep draws(6);
  Tensor loss = model.loss(narrow(all, 1, 0, kTime), narrow(all, 1, 1, kTime)).mean();
  loss.backward();
  std::vector<Tensor> out{loss.detach()};
  for (const nn::ParameterRef& p : model.parameters()) out.push_back(p.grad());
  return out;
}

void check_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    INFO(i);
    CHECK(equal(a[i], b[i]));
  }
}

template <class Model, class Options>
Model made(const Options& options) {
  manual_seed(1);
  return Model(options);
}

}  // namespace

TEST_CASE("blocks that are computed again give the same bits under every position method", "[recompute]") {
  for (const nn::PositionMethod& method : nn::position_methods()) {
    INFO(method.name);
    auto again = made<nn::NextTokenModel>(options_of(method.name, true)),
         once = made<nn::NextTokenModel>(options_of(method.name, false));
    check_same(step_of(again), step_of(once));
    CHECK((again.token().weight().row_grad() != nullptr) == (method.name != "learned"));
  }
  check_same(step_of(made<nn::Gpt2>(gpt2_of(true))), step_of(made<nn::Gpt2>(gpt2_of(false))));
}

TEST_CASE("ops of a block have its path when they are computed again", "[recompute]") {
  auto model = made<nn::Gpt2>(gpt2_of(true));
  std::set<std::string> first, second, *heard = &first;
  OpListener listener([&](const char* op, std::span<const Tensor>, std::span<const Tensor* const>) {
    bool of_block = nn::module_path().find("blocks") != std::string::npos && op != std::string("recomputed");
    if (of_block && (heard == &first || detail::computing_again()))
      heard->insert(text(nn::module_path(), ' ', op));
  });
  Tensor loss = sum(model.encode(narrow(ids(), 1, 0, kTime)));
  heard = &second;
  loss.backward();
  CHECK(first == second);
  CHECK(first.contains("Gpt2.blocks.2.attention.qkv linear"));
}

TEST_CASE("hooks of a block see it once", "[recompute]") {
  int calls = 0;
  nn::TransformerBlock block(16, 2, {.recompute = true});
  block.register_forward_hook(
      [&](const nn::Module&, const Tensor&, const Tensor&) { return ++calls, Tensor(); });
  sum(block(ones({1, 3, 16}))).backward();
  CHECK(calls == 1);
}

TEST_CASE("a mask and a cache go with blocks that are computed again", "[recompute]") {
  auto run = [](bool again) {
    manual_seed(2);
    nn::TransformerBlock block(8, 2, {.pre_norm = false, .causal = false, .recompute = again});
    Tensor x = randn({2, 4, 8}).requires_grad_(), mask = ge(randn({2, 1, 4, 4}) + triu(full({4, 4}, 9)), 0.0);
    sum(square(block(x, mask))).backward();
    nn::KeyValueCache cache(4);
    NoGrad off;
    return std::vector<Tensor>{x.grad(), block(x.detach(), Tensor(), &cache)};
  };
  check_same(run(true), run(false));
}

TEST_CASE("a block that changed, was moved or is gone is an error", "[recompute]") {
  auto block = std::make_unique<nn::TransformerBlock>(
      8, 2, nn::TransformerBlockOptions{.dropout = 0.5, .recompute = true});
  auto output = [&] { return sum(square((*block)(ones({1, 3, 8})))); };
  Tensor y = output();
  block->eval();
  CHECK_THAT(message_of([&] { y.backward(); }),
             Contains("f drew 0 times, the first time 3") && Contains("train()"));
  block->train();
  y = output();
  auto moved = std::make_unique<nn::TransformerBlock>(std::move(*block));
  CHECK_THAT(message_of([&] { y.backward(); }),
             Contains("[TransformerBlock]") && Contains("was moved, or is gone"));
  block = std::move(moved);
  y = output();
  y.backward();
  y = output();
  block.reset();
  CHECK_THAT(message_of([&] { y.backward(); }), Contains("was moved, or is gone"));
}

TEST_CASE("the memory of a deep model is its inputs and one block", "[recompute]") {
  const int64_t each = 3 * kTime * 16 * 4;  // bytes of a block's input
  auto kept = [&](bool again, int64_t layers) {
    auto model = made<nn::Gpt2>(gpt2_of(again, layers));
    Tensor all = ids();
    int64_t before = memory_stats().live_bytes;
    Tensor x = model.encode(narrow(all, 1, 0, kTime));
    return static_cast<double>(memory_stats().live_bytes - before) / static_cast<double>(each);
  };
  double slope = (kept(true, 12) - kept(true, 4)) / 8, slope_kept = (kept(false, 12) - kept(false, 4)) / 8;
  INFO(slope << " and " << slope_kept);
  CHECK(slope < 4);  // small nodes of the tape among it
  CHECK(slope_kept > 16);
}
