// What holds for every layer of the menu: gradients, files, and the two modes.
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/formats/module_file.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

struct Case {
  std::string header;  // of nn/layers/
  std::function<std::unique_ptr<nn::Module>()> make;
  std::function<Tensor(const nn::Module&)> run;
  std::function<GradcheckResult(const nn::Module&)> gradcheck, gradgradcheck;
};

// Of a module that takes `input`.
template <class Make>
Case of(std::string header, const Tensor& input, Make make) {
  using M = decltype(make());
  auto layer = [](const nn::Module& module) -> const M& { return dynamic_cast<const M&>(module); };
  return {.header = std::move(header),
          .make = [make] { return std::make_unique<M>(make()); },
          .run = [=](const nn::Module& module) { return layer(module)(input).detach(); },
          .gradcheck = [=](const nn::Module& module) { return lexigrad::gradcheck(layer(module), input); },
          .gradgradcheck =
              [=](const nn::Module& module) { return lexigrad::gradgradcheck(layer(module), input); }};
}

// A recurrent layer without its states.
template <class M>
class Output final : public nn::Module {
 public:
  explicit Output(M inner) : inner_(std::move(inner)) {}
  Tensor forward(const Tensor& x) const { return inner_(x).output; }

 private:
  M inner_;
  LEXIGRAD_MODULE(Output, inner_)
};

std::vector<Case> cases(double dropout = 0) {
  manual_seed(3);
  Tensor x = randn({2, 3, 4}), ids = tensor({{0, 2, 1}, {2, 2, 0}});
  auto stack = [=] {
    return nn::TransformerStack(2, 4, 2, {.dropout = dropout}, [] { return nn::make_positions("none", {}); });
  };
  nn::RecurrentOptions between{.num_layers = 2, .dropout = dropout};
  return {
      of("activations/activation", x, [] { return nn::Tanh(); }),
      of("activations/activation", x, [] { return nn::SiLU(); }),
      of("activations/activation", x, [] { return nn::Sigmoid(); }),
      of("activations/activation", x, [] { return nn::GELU(); }),
      of("activations/activation", x, [] { return nn::ReLU(); }),
      of("activations/activation", x, [] { return nn::LogSigmoid(); }),
      of("activations/activation", x, [] { return nn::Softsign(); }),
      of("activations/activation", x, [] { return nn::Hardtanh(); }),
      of("activations/rectifiers", x, [] { return nn::LeakyReLU(); }),
      of("activations/rectifiers", x, [] { return nn::PReLU(3); }),
      of("activations/rectifiers", x, [] { return nn::ELU(); }),
      of("activations/rectifiers", x, [] { return nn::ReLU6(); }),
      of("activations/rectifiers", x, [] { return nn::Softplus(); }),
      of("activations/rectifiers", x, [] { return nn::Mish(); }),
      of("activations/softmax", x, [] { return nn::Softmax(); }),
      of("activations/softmax", x, [] { return nn::LogSoftmax(1); }),
      of("attention", x, [=] { return nn::MultiHeadAttention(4, 2, {.dropout = dropout}); }),
      of("channels/batch_norm", x, [] { return nn::BatchNorm1d(3); }),
      of("channels/conv1d", x, [] { return nn::Conv1d(3, 2, 2, {.padding = 1}); }),
      of("channels/group_norm", x, [] { return nn::GroupNorm(1, 3); }),
      of("dropout", x, [=] { return nn::Dropout(dropout); }),
      of("embedding", ids, [] { return nn::Embedding(3, 4); }),
      of("embedding_bag", ids, [] { return nn::EmbeddingBag(3, 4); }),
      of("flatten", x, [] { return nn::Flatten(); }),
      of("identity", x, [] { return nn::Identity(); }),
      of("layer_norm", x, [] { return nn::LayerNorm(4); }),
      of("layer_norm", x,
         [] {
           return nn::LayerNorm({3, 4});
         }),
      of("linear", x, [] { return nn::Linear(4, 2); }),
      of("mlp", x, [=] { return nn::MLP(4, 5, {.dropout = dropout}); }),
      of("ngram_memory", ids, [] { return nn::NgramMemory(5, 4); }),
      of("recurrent/gru", x, [=] { return Output(nn::GRU(4, 3, between)); }),
      of("recurrent/lstm", x, [=] { return Output(nn::LSTM(4, 3, between)); }),
      of("recurrent/rnn", x, [] { return Output(nn::RNN(4, 3, {.bidirectional = true})); }),
      of("rms_norm", x, [] { return nn::RMSNorm(4); }),
      of("sequential", x, [=] { return nn::Sequential(nn::Linear(4, 3), nn::Tanh(), nn::Dropout(dropout)); }),
      of("subword_embedding", ids,
         [] {
           return nn::SubwordEmbedding({"a", "bc", "bcd"}, 4, {.buckets = 5});
         }),
      of("swiglu", x, [=] { return nn::SwiGLU(4, 3, {.dropout = dropout}); }),
      of("transformer_block", x, [=] { return nn::TransformerBlock(4, 2, {.dropout = dropout}); }),
      of("transformer_stack", x, stack),
  };
}

// The same for modules made with the same seed.
Tensor output(const Case& c, const nn::Module& module) {
  manual_seed(7);
  return c.run(module);
}

}  // namespace

TEST_CASE("the menu's layers are all looked at") {
  std::set<std::string> seen{"grow", "module_dict", "module_list"};  // no layers: the last two do not run
  for (const Case& c : cases()) seen.insert(c.header);
  std::ifstream menu(lexigrad::test::in_source("nn/nn.h"));
  REQUIRE(menu);
  const std::string folder = "lexigrad/nn/layers/";
  for (std::string line; std::getline(menu, line);) {
    size_t at = line.find(folder);
    if (at == std::string::npos) continue;
    at += folder.size();
    CHECK(seen.erase(line.substr(at, line.find(".h\"") - at)) == 1);
  }
  CHECK(seen.empty());
}

TEST_CASE("every layer's gradients, of its input and of all its parameters, agree with differences") {
  for (const Case& c : cases()) {
    auto module = c.make();
    INFO(*module);
    GradcheckResult first = c.gradcheck(*module), second = c.gradgradcheck(*module);
    INFO(first.report() << second.report());
    CHECK(first.ok);
    CHECK(second.ok);
  }
}

TEST_CASE("every layer comes back from a file") {
  Folder folder;
  for (const Case& c : cases()) {
    manual_seed(1);
    auto saved = c.make(), loaded = c.make();
    INFO(*saved);
    for (const nn::ParameterRef& p : saved->parameters()) p.detach().add_(randn(p.shape()));
    CHECK(equal(output(c, *saved), output(c, *loaded)) == saved->parameters().empty());
    train::save_module(folder / "layer", *saved);
    train::load_module(folder / "layer", *loaded);
    CHECK(equal(output(c, *saved), output(c, *loaded)));
  }
}

TEST_CASE("a layer's modes differ where it drops elements, and there only") {
  std::vector<Case> plain = cases(), dropping = cases(0.5);
  std::set<std::string> drop{"attention",     "dropout",           "mlp",
                             "recurrent/gru", "recurrent/lstm",    "sequential",
                             "swiglu",        "transformer_block", "transformer_stack"};
  for (size_t i = 0; i < plain.size(); ++i) {
    manual_seed(1);
    auto without = plain[i].make();
    manual_seed(1);
    auto with = dropping[i].make();
    INFO(*with);
    Tensor expected = output(plain[i], *without);
    CHECK(equal(output(dropping[i], *with), expected) == !drop.contains(plain[i].header));
    without->eval();
    with->eval();
    bool of_a_batch = plain[i].header == "channels/batch_norm";  // in training alone
    CHECK(equal(output(plain[i], *without), expected) != of_a_batch);
    CHECK(equal(output(dropping[i], *with), expected) != of_a_batch);
  }
}

TEST_CASE("every layer that was loaded can be differentiated twice, and notices a load between") {
  int64_t parameters = 0;
  for (const Case& c : cases()) {
    INFO(c.header);
    manual_seed(2);
    std::unique_ptr<nn::Module> module = c.make();
    module->load_state(module->state());
    GradcheckResult first = c.gradcheck(*module), second = c.gradgradcheck(*module);
    INFO(first << "; " << second);
    CHECK(first.ok);
    CHECK(second.ok);
    for (const nn::ParameterRef& p : module->parameters()) {
      Tensor before = sum(p * p);
      module->load_state(module->state());
      CHECK(message_of([&] { before.backward(); }).find("changed in place by copy_") != std::string::npos);
      ++parameters;
    }
  }
  CHECK(parameters >= 30);
}
