// The tables that NextTokenModel chooses from: encoders and losses by name, rows of one's own.
#include "lexigrad/nn/models/encoders.h"

#include <memory>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// An encoder of a program outside the library: adds the vector before, scaled.
class Shift final : public nn::Encoder {
 public:
  explicit Shift(double scale) { scale_.fill_(scale); }
  Tensor mix(const Tensor& x, nn::ModelCache* cache) const override {
    int64_t time = x.rank() - 2, length = x.size(time);
    Tensor last = narrow(x, time, length - 1, 1),
           before = cache && cache->sum.defined() ? cache->sum : last * 0.0;
    if (cache) cache->sum = last.clone();
    return x + cat({before, narrow(x, time, 0, length - 1)}, time) * scale_;
  }

 private:
  nn::Parameter scale_{ones({1})};
  LEXIGRAD_MODULE(Shift, scale_)
};

const nn::EncoderEntry own({.name = "test-shift",
                            .help = "the vector before is added",
                            .options = {{"scale", 2.0, Real{0, 10}, "times this"}},
                            .check = {},
                            .make = [](const nn::EncoderInputs&, const OptionValues& values) {
                              return std::make_unique<Shift>(values.get<double>("scale"));
                            }});

nn::NextTokenModelOptions small() { return {.vocabulary = 7, .dim = 4, .max_length = 5, .heads = 2}; }

std::vector<std::string> names(const nn::Module& module) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : module.state()) out.push_back(name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("every encoder has a name, a help and options with help, and makes a model") {
  std::set<std::string> seen;
  for (const nn::EncoderKind& kind : nn::encoders()) {
    INFO(kind.name);
    CHECK(seen.insert(kind.name).second);
    CHECK_FALSE(kind.help.empty());
    for (const Option& option : kind.options) CHECK_FALSE(option.help.empty());
    manual_seed(1);
    nn::NextTokenModelOptions options = small();
    options.encoder = kind.name;
    nn::NextTokenModel model(options);
    CHECK(model.parameters().front().name == "token.weight");
    CHECK(model.parameters().back().name == "head.bias");
    CHECK_THAT(to_string(model), Catch::Matchers::Contains("encoder=" + kind.name + "\n"));
    CHECK(gradcheck(model, tensor({{1, 6, 1}, {0, 2, 3}})).ok);
  }
  CHECK(seen.size() >= 3);
}

TEST_CASE("an encoder's parameters have their paths right below the model's, as in old files") {
  nn::NextTokenModelOptions options = small();
  CHECK(names(nn::NextTokenModel(options)) ==
        Names{"token.weight", "position.weight", "head.weight", "head.bias"});
  options.encoder = "attention";
  nn::NextTokenModel model(options);
  CHECK(names(model) ==
        Names{"token.weight", "position.weight", "blocks.0.norm1.weight", "blocks.0.norm1.bias",
              "blocks.0.attention.positions.weight", "blocks.0.attention.qkv.weight",
              "blocks.0.attention.qkv.bias", "blocks.0.attention.project.weight",
              "blocks.0.attention.project.bias", "blocks.0.norm2.weight", "blocks.0.norm2.bias",
              "blocks.0.mlp.expand.weight", "blocks.0.mlp.expand.bias", "blocks.0.mlp.project.weight",
              "blocks.0.mlp.project.bias", "norm.weight", "norm.bias", "head.weight", "head.bias"});
  CHECK_THAT(to_string(model), Catch::Matchers::Contains("\n  (blocks): TransformerStack(\n") &&
                                   Catch::Matchers::Contains("\n  (norm): LayerNorm("));
  Tensor y = model.encode(tensor({{1, 2}}));
  CHECK(detail::scope_path(detail::node_of(y)->scope) == "NextTokenModel.norm");
}

TEST_CASE("an encoder of one's own is chosen by name and reads its options") {
  nn::NextTokenModelOptions options = small();
  options.encoder = "test-shift";
  options.encoder_options.set("scale", 3.0);
  nn::NextTokenModel model(options);
  CHECK(names(model) == Names{"token.weight", "position.weight", "scale", "head.weight", "head.bias"});
  CHECK(model.state()[2].second.item<double>() == 3);
  Tensor ids = tensor({{1, 2, 3}}), before = model.position().embed(model.token()(ids)).detach();
  CHECK(equal(select(model.encode(ids), 1, 1).detach(), select(before, 1, 1) + select(before, 1, 0) * 3.0));
  options.encoder_options.set("scal", 3.0);
  CHECK(message_of([&] { nn::NextTokenModel wrong(options); }) ==
        "[NextTokenModel] There is no option \"scal\" (valid are scale)");
  options = small();
  options.encoder = "lstm";
  CHECK_THAT(message_of([&] { nn::NextTokenModel wrong(options); }),
             Catch::Matchers::StartsWith(
                 "[encoder] There is no encoder \"lstm\" (valid are none, mean, attention, test-shift)"));
}

TEST_CASE("a model trains by the loss that it is given, and is judged by the full cross entropy") {
  Tensor ids = tensor({{1, 2, 3}}), targets = tensor({{2, 3, 0}});
  for (const nn::HeadLoss& row : nn::head_losses()) {
    INFO(row.name);
    manual_seed(2);
    nn::NextTokenModelOptions options = small();
    options.loss = row.name;
    options.occurrences = {4, 1, 2, 1, 1, 3, 5};
    nn::NextTokenModel model(options);
    DrawStep step(1);
    Tensor x = model.encode(ids), w = model.head().weight(), b = model.head().bias();
    Tensor full = nn::linear_cross_entropy(x, w, b, targets).sum;
    Tensor training = nn::make_head_loss(row.name, {7, options.occurrences})(x, w, b, targets).sum;
    {
      DrawStep again(1);
      CHECK(equal(model.loss(ids, targets).sum, training) == true);
    }
    CHECK(equal(training, full) == (row.name == "softmax"));
    model.eval();
    CHECK(equal(model.loss(ids, targets).sum, full));
    model.train();
    model.grow_vocab(9);
    CHECK(model.loss(tensor({{8}}), tensor({{8}})).count == 1);
  }
}
