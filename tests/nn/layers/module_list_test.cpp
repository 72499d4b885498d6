// ModuleList and ModuleDict.
#include "lexigrad/nn/layers/module_list.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/torch_case.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// A sum of towers, and a head for each task.
struct Towers final : nn::Module {
  nn::ModuleList<nn::Layer> towers_;
  nn::ModuleDict<nn::Linear> heads_;
  Towers() {
    towers_.append(nn::MLP(3, 4));
    towers_.append(nn::SwiGLU(3, 2));
    heads_.insert("small", nn::Linear(3, 2));
    heads_.insert("large", nn::Linear(3, 5));
  }
  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (const auto& tower : towers_) y = y + (*tower)(x);
    return cat({heads_["small"](y), heads_["large"](y)}, -1);
  }
  LEXIGRAD_MODULE(Towers, towers_, heads_)
};

}  // namespace

TEST_CASE("lists and dictionaries of modules name their parameters as PyTorch's do") {
  manual_seed(71);
  Towers model;
  std::vector<std::string> names;
  for (const auto& [name, value] : model.named_parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"towers.0.expand.weight", "towers.0.expand.bias",
                                          "towers.0.project.weight", "towers.0.project.bias",
                                          "towers.1.gate.weight", "towers.1.value.weight",
                                          "towers.1.project.weight", "heads.small.weight", "heads.small.bias",
                                          "heads.large.weight", "heads.large.bias"});
  CHECK(model.towers_.size() == 2);
  CHECK(model.heads_.names() == std::vector<std::string>{"small", "large"});
  CHECK(model.heads_.contains("large"));
  CHECK_FALSE(model.heads_.contains("huge"));
  CHECK(&model.towers_[-1] == &model.towers_[1]);
  nn::ModuleList<nn::Linear> lines;
  nn::Linear& first = lines.append(nn::Linear(2, 3));
  CHECK(&lines[0] == &first);
  std::string printed = to_string(lines);
  CHECK(printed == "ModuleList(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n)");
  CHECK(to_string(nn::ModuleDict<nn::Linear>()) == "ModuleDict()");
}

TEST_CASE("lists and dictionaries: gradients, state, train and eval reach all in them") {
  manual_seed(72);
  Towers model, other;
  Tensor x = randn({2, 3});
  GradcheckResult result = gradcheck(model, x);
  INFO(result.report());
  CHECK(result.ok);
  CHECK(gradgradcheck(model, x).ok);
  check_round_trip<Towers>(model, other, [&](const Towers& m) { return m(x); });
  model.eval();
  CHECK_FALSE(model.towers_[1].is_training());
  CHECK_FALSE(model.heads_["small"].is_training());
  model.train();
  CHECK(model.towers_[0].is_training());
  sum(model(x)).backward();
  CHECK(model.heads_["large"].weight().has_grad());
  model.zero_grad();
  CHECK_FALSE(model.heads_["large"].weight().has_grad());
  Towers moved = std::move(model);
  CHECK(moved.parameters().size() == 11);
}

TEST_CASE("lists and dictionaries refuse what they do not have") {
  Towers model;
  CHECK(message_of([&] { model.towers_[2]; }) == "[ModuleList] There is no module 2 (valid are -2..1)");
  CHECK(message_of([&] { model.towers_[-3]; }) == "[ModuleList] There is no module -3 (valid are -2..1)");
  CHECK(message_of([&] { model.heads_["huge"]; }) ==
        "[ModuleDict] There is no module \"huge\" (valid are small, large)");
  CHECK(message_of([&] { model.heads_.insert("small", nn::Linear(1, 1)); }) ==
        "[ModuleDict] The name \"small\" is taken");
  for (const char* name : {"", "a.b"})
    CHECK(message_of([&] { model.heads_.insert(name, nn::Linear(1, 1)); }) ==
          text("[ModuleDict] The name \"", name,
               "\" is empty or has a dot: paths are made of names with dots between"));
}
