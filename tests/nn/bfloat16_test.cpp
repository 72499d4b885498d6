// Modules whose matrices are bfloat16: what they compute is what the same numbers give in float32.
#include "catch.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// The loss and all gradients of a pass.
struct Pass {
  double loss = 0;
  std::vector<Tensor> gradients = {};
};

template <class F>
Pass pass(const nn::Module& module, const F& loss) {
  manual_seed(11);  // draws of losses
  module.zero_grad();
  Tensor y = loss();
  y.backward();
  Pass out{y.item<double>()};
  for (const nn::ParameterRef& p : module.parameters()) out.gradients.push_back(p.grad());
  return out;
}

// The module in bfloat16 and then with the same numbers in float32 gives the same bits.
template <class F>
void check_widened(nn::Module& module, const F& loss) {
  module.to(bfloat16);
  Pass stored = pass(module, loss);
  module.to(float32);
  Pass wide = pass(module, loss);
  CHECK(stored.loss == wide.loss);
  REQUIRE(stored.gradients.size() == wide.gradients.size());
  std::vector<nn::ParameterRef> parameters = module.parameters();
  for (size_t i = 0; i < stored.gradients.size(); ++i) {
    INFO(parameters[i].name);
    REQUIRE(stored.gradients[i].defined() == wide.gradients[i].defined());
    if (wide.gradients[i].defined()) CHECK(equal(stored.gradients[i], wide.gradients[i]));
  }
}

nn::NextTokenModelOptions small_model() {
  return {.vocabulary = 50, .dim = 8, .max_length = 6, .heads = 2, .ngram_rows = 30};
}

void check_model(const nn::NextTokenModelOptions& options) {
  manual_seed(5);
  nn::NextTokenModel model(options);
  Tensor ids = remainder(arange(24).reshape({4, 6}) * 7, tensor(50)),
         targets = remainder(ids * 3 + 1, tensor(50));
  check_widened(model, [&] { return model.loss(ids, targets).mean(); });
}

}  // namespace

TEST_CASE("to(bfloat16) stores matrices in it and vectors in float32, and to(float32) widens them") {
  nn::Linear linear(4, 3);
  Tensor weight = linear.weight().detach().clone();
  linear.to(bfloat16);
  CHECK(linear.weight().dtype() == bfloat16);
  CHECK(linear.weight().requires_grad());
  CHECK(linear.bias().dtype() == float32);
  CHECK(equal(linear.weight(), weight.to(bfloat16)));
  linear.to(float32);
  CHECK(equal(linear.weight(), weight.to(bfloat16).to(float32)));
  nn::Parameter own(weight.to(bfloat16));
  CHECK(own.dtype() == bfloat16);
  CHECK(own.requires_grad());
}

TEST_CASE("a clone and a loaded state of a bfloat16 module have its bits") {
  nn::Linear linear(4, 3);
  linear.to(bfloat16);
  auto copy = linear.clone([] { return nn::Linear(4, 3); });
  CHECK(copy.weight().dtype() == bfloat16);
  CHECK(equal(copy.weight(), linear.weight()));
  nn::Linear other(4, 3);
  other.load_state(linear.state());
  CHECK(equal(other.weight(), linear.weight().detach().to(float32)));
}

TEST_CASE(
    "with bfloat16 matrices every encoder and position method computes as with the same float32 numbers") {
  for (const auto& encoder : nn::encoders())
    for (const auto& positions : nn::position_methods()) {
      if (!encoder.attends && positions.make({.max_length = 6, .dim = 8, .heads = 2})->in_attention())
        continue;
      nn::NextTokenModelOptions options = small_model();
      options.encoder = encoder.name;
      options.positions = positions.name;
      INFO(encoder.name << " " << positions.name);
      check_model(options);
    }
}

TEST_CASE("with bfloat16 matrices every loss, tied or not, computes as with the same float32 numbers") {
  for (const auto& loss : nn::head_losses())
    for (bool tied : {false, true}) {
      nn::NextTokenModelOptions options = small_model();
      options.loss = loss.name;
      options.loss_options = OptionValues(loss.options);
      options.occurrences = std::vector<int64_t>(50, 3);
      options.tied = tied;
      INFO(loss.name << " " << tied);
      check_model(options);
    }
}

TEST_CASE("a bfloat16 table grows by drawn rows and by the mean of those there") {
  manual_seed(4);
  nn::Embedding table(6, 4);
  table.to(bfloat16);
  Tensor old = table.weight().detach().clone();
  table.grow_vocab(8, {.rows = nn::NewRows::mean});
  table.grow_vocab(9);
  CHECK(table.weight().dtype() == bfloat16);
  CHECK(equal(narrow(table.weight().detach(), 0, 0, 6), old));
  CHECK(equal(table.weight().detach()[7].to(float32), mean(old.to(float32), {0}).to(bfloat16).to(float32)));
}

TEST_CASE("layers with matrices of their own compute with bfloat16 ones as with the same float32 numbers") {
  manual_seed(8);
  nn::LSTM lstm(5, 4);
  nn::GRU gru(5, 4);
  nn::Conv1d conv(4, 6, 3);
  nn::EmbeddingBag bag(20, 5);
  nn::Gpt2 gpt2({.vocabulary = 30, .max_length = 8, .dim = 8, .layers = 1, .heads = 2});
  Tensor x = randn({3, 2, 5}), ids = tensor({{1, 2, 3}, {7, 7, 0}});
  check_widened(lstm, [&] { return sum(square(lstm(x).output)); });
  check_widened(gru, [&] { return sum(square(gru(x).output)); });
  Tensor signal = randn({2, 4, 7});
  check_widened(conv, [&] { return sum(square(conv(signal))); });
  check_widened(bag, [&] { return sum(square(bag(ids))); });
  check_widened(gpt2, [&] { return gpt2.loss(ids, ids).mean(); });
}
