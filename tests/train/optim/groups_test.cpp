// Parameters in groups with a learning rate, decay and row mode of their own; lists of parameters; optimizers
// whose module has other tensors by now.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/paths.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 6, kDim = 4;

std::vector<Tensor> three_tables() {
  std::vector<Tensor> out;
  for (int64_t k = 0; k < 3; ++k) out.push_back(pattern(31, 17 * k + 5, {kRows, kDim}, 97).requires_grad_());
  return out;
}

Tensor gradient(int64_t step, int64_t k) {
  return pattern(7919, 104729 * step + 11 * k, {kRows, kDim}, 1009);
}

OptionValues decaying(const optim::OptimizerKind& kind, double weight_decay) {
  OptionValues out(kind.options);
  if (out.has("weight-decay")) out.set("weight-decay", weight_decay);
  return out;
}

}  // namespace

TEST_CASE("groups agree with PyTorch's, under a schedule that scales each learning rate", "[optim]") {
  auto expected = nlohmann::json::parse(std::ifstream(in_source("tests/fixtures/optim_groups.json")));
  auto groups = [](const std::vector<Tensor>& w) {
    return std::vector<optim::ParameterGroup>{{.parameters = {w[0]}, .lr = 0.05},
                                              {.parameters = {w[1]}, .weight_decay = 0.3},
                                              {.parameters = {w[2]}}};
  };
  using Made = std::unique_ptr<optim::Optimizer>;
  std::map<std::string, std::function<Made(const std::vector<optim::ParameterGroup>&)>> make = {
      {"sgd",
       [](auto& g) {
         return std::make_unique<optim::SGD>(
             g, optim::SGDOptions{.lr = 0.01, .momentum = 0.9, .weight_decay = 0.1});
       }},
      {"adam",
       [](auto& g) {
         return std::make_unique<optim::Adam>(g, optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1});
       }},
      {"adamw", [](auto& g) {
         return std::make_unique<optim::AdamW>(g, optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1});
       }}};
  for (const auto& [name, maker] : make) {
    INFO(name);
    std::vector<Tensor> w = three_tables();
    Made optimizer = maker(groups(w));
    for (int64_t step = 0; step < 20; ++step) {
      for (int64_t k = 0; k < 3; ++k) w[static_cast<size_t>(k)].set_grad(gradient(step, k));
      optimizer->set_lr(0.01 / (1 + static_cast<double>(step) / 10));
      optimizer->step();
    }
    CHECK(optimizer->lr(0) == Approx(0.05 / 2.9));
    CHECK(optimizer->lr(2) == optimizer->lr());
    for (size_t k = 0; k < 3; ++k)
      CHECK(distance(w[k].detach(), lexigrad::doubles(expected[name][k], {kRows, kDim})) < 1e-10);
  }
  std::vector<Tensor> w = three_tables();
  optim::AdamW inline_groups({{.parameters = {w[0]}, .lr = 0.05}, {.parameters = {w[1], w[2]}}},
                             {.lr = 0.01});
  CHECK(inline_groups.lr(0) == 0.05);
  CHECK(inline_groups.lr(2) == 0.01);
}

TEST_CASE("each group of every optimizer moves as an optimizer of its own would: dense and row gradients",
          "[optim]") {
  int cases = 0;
  for (const optim::OptimizerKind& kind : optim::optimizers())
    for (bool as_rows : {false, true})
      for (Rows mode : {Rows::dense, Rows::lazy}) {
        INFO(kind.name << (as_rows ? " rows" : " dense") << (mode == Rows::lazy ? " lazy" : ""));
        std::vector<Tensor> together = three_tables(), alone = three_tables();
        std::vector<double> lr = {0.02, 0.005, 0.01}, decay = {0.1, 0.1, 0};
        std::vector<Rows> rows = {mode, Rows::dense, Rows::lazy};
        auto all = kind.make({{.parameters = {together[0]}, .lr = lr[0], .rows = mode},
                              {.parameters = {together[1]}, .lr = lr[1]},
                              {.parameters = {together[2]}, .weight_decay = 0, .rows = Rows::lazy}},
                             {.lr = 0.01, .options = decaying(kind, 0.1)});
        std::vector<std::unique_ptr<optim::Optimizer>> each;
        for (size_t k = 0; k < 3; ++k)
          each.push_back(
              kind.make({alone[k]}, {.lr = lr[k], .rows = rows[k], .options = decaying(kind, decay[k])}));
        for (int64_t step = 0; step < 6; ++step) {
          for (int64_t k = 0; k < 3; ++k)
            for (const Tensor& w : {together[static_cast<size_t>(k)], alone[static_cast<size_t>(k)]})
              if (as_rows)
                w.set_grad(rows_of(gradient(step, k), {step % 3, 3 + step % 2}));
              else
                w.set_grad(gradient(step, k));
          all->step();
          for (auto& one : each) one->step();
        }
        for (size_t k = 0; k < 3; ++k) CHECK(equal(together[k].detach(), alone[k].detach()));
        ++cases;
      }
  CHECK(cases >= 12);
}

TEST_CASE("an optimizer with groups goes on from its state as if it had not stopped", "[optim]") {
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    INFO(kind.name);
    auto make = [&](const std::vector<Tensor>& w) {
      return kind.make({{.parameters = {{w[0], "a"}, {w[1], "b"}}, .lr = 0.03, .rows = Rows::lazy},
                        {.parameters = {{w[2], "c"}}, .weight_decay = 0}},
                       {.lr = 0.01, .options = decaying(kind, 0.1)});
    };
    auto run = [&](optim::Optimizer& optimizer, const std::vector<Tensor>& w, int64_t first, int64_t last) {
      for (int64_t step = first; step < last; ++step) {
        w[0].set_grad(rows_of(gradient(step, 0), {step % 4}));
        for (int64_t k : {1, 2}) w[static_cast<size_t>(k)].set_grad(gradient(step, k));
        optimizer.set_lr(0.01 / static_cast<double>(step + 1));
        optimizer.step();
      }
    };
    std::vector<Tensor> straight = three_tables(), stopped = three_tables(), resumed;
    auto whole = make(straight), half = make(stopped);
    run(*whole, straight, 0, 8);
    run(*half, stopped, 0, 5);
    for (const Tensor& w : stopped) resumed.push_back(w.detach().clone().requires_grad_());
    auto rest = make(resumed);
    rest->load_state(half->state());
    run(*rest, resumed, 5, 8);
    for (size_t k = 0; k < 3; ++k) CHECK(equal(straight[k].detach(), resumed[k].detach()));
  }
}

TEST_CASE("groups that do not fit are refused by name", "[optim]") {
  std::vector<Tensor> w = three_tables();
  CHECK(lexigrad::message([&] { optim::Adam({{.parameters = {w[0]}, .lr = -1}}, {}); }) ==
        "[adam] lr is -1 (valid: finite, >= 0)");
  CHECK(lexigrad::message([&] { optim::SGD({{.parameters = {w[0]}, .weight_decay = NAN}}, {}); }) ==
        "[sgd] weight_decay is nan (valid: finite, >= 0)");
  CHECK(lexigrad::message([&] {
          optim::AdamW({{.parameters = {{w[0], "a"}}}, {.parameters = {{w[0], "b"}}}}, {});
        }) == "[adamw] Parameter \"b\" is listed twice (it is also \"a\"). Hint: list a tied weight once");
  CHECK(lexigrad::message([&] { optim::Adam(std::vector<optim::ParameterGroup>{}); }) ==
        "[adam] There are no parameters. Hint: pass model.parameters()");
  // no_decay holds in every group.
  w[0].set_grad(zeros({kRows, kDim}, float64));
  Tensor before = w[0].detach().clone();
  optim::SGD sgd({{.parameters = {{w[0], "x.bias"}}, .weight_decay = 0.5}},
                 {.lr = 1, .no_decay = {"*.bias"}});
  sgd.step();
  CHECK(equal(w[0].detach(), before));
}

TEST_CASE("lists of parameters: joined under names, chosen by name", "[optim]") {
  nn::Linear encoder(3, 4), head(4, 5);
  nn::Embedding table(5, 4);
  head.tie_weight(table.weight());
  auto names = [](const std::vector<nn::ParameterRef>& list) {
    std::vector<std::string> out;
    for (const nn::ParameterRef& p : list) out.push_back(p.name);
    return out;
  };
  using Names = std::vector<std::string>;
  auto all = nn::join(
      {{"table", table.parameters()}, {"encoder", encoder.parameters()}, {"head", head.parameters()}});
  CHECK(names(all) == Names{"table.weight", "encoder.weight", "encoder.bias", "head.bias"});
  CHECK(names(nn::named(all, {"*.bias"})) == Names{"encoder.bias", "head.bias"});
  CHECK(names(nn::not_named(all, {"*.bias", "table.*"})) == Names{"encoder.weight"});
  CHECK(
      lexigrad::message([&] { nn::named(all, {"norm.*"}); }) ==
      "[named] \"norm.*\" is the name of no parameter. Hint: * stands for any letters, \"table.weight\" is a name");
  CHECK(all[0].rules == table.weight().rules);
  optim::AdamW adam({{.parameters = nn::named(all, {"*.bias"}), .weight_decay = 0},
                     {.parameters = nn::not_named(all, {"*.bias"})}},
                    {.lr = 0.1});
  CHECK(adam.name(0) == "encoder.bias");
}

namespace {

struct Both : nn::Module {
  nn::Embedding token{5, 4, {.padding_idx = 0}};
  nn::Linear head{4, 5}, spare{4, 5};
  nn::LayerNorm norm{4};
  Tensor forward(const Tensor& ids) const { return head(norm(token(ids))); }
  LEXIGRAD_MODULE(Both, token, head, spare, norm)
};

}  // namespace

TEST_CASE("a step says which parameter the module has replaced since the optimizer was built", "[optim]") {
  struct Way {
    std::string parameter;  // the first that is not the module's any more; empty: none
    std::function<void(Both&)> change;
  };
  const std::vector<Way> ways = {
      {"token.weight", [](Both& m) { m.to(float64); }},
      {"head.weight", [](Both& m) { m.head.to(float64); }},
      {"norm.weight", [](Both& m) { m.norm.to(float64); }},
      {"head.weight", [](Both& m) { m.head.tie_weight(m.token.weight()); }},
      {"head.weight", [](Both& m) { m.head = nn::Linear(4, 5); }},
      {"token.weight", [](Both& m) { m.token = nn::Embedding(5, 4); }},
      {"token.weight", [](Both& m) { m.to(float64), m.to(float32); }},
      {"", [](Both& m) { m.to(float32); }},
      {"", [](Both& m) { m.load_state(m.state()); }},
      {"", [](Both& m) { m.token.grow_vocab(9); }},
      {"",
       [](Both& m) {
         Both other = std::move(m);
         m = std::move(other);
       }},
      {"", [](Both& m) { std::swap(m.head, m.spare); }},
      {"",
       [](Both& m) {
         gradcheck(m, tensor({1, 2}));
       }},
      {"", [](Both& m) { m.requires_grad_(false), m.eval(), m.requires_grad_(); }}};
  for (const optim::OptimizerKind& kind : optim::optimizers())
    for (size_t i = 0; i < ways.size(); ++i) {
      INFO(kind.name << ", way " << i);
      Both model;
      auto optimizer = kind.make(model.parameters(), {.lr = 0.1, .options = OptionValues(kind.options)});
      ways[i].change(model);
      for (const nn::ParameterRef& p : optimizer->parameters()) p.set_grad(ones(p.shape()));
      std::string error = lexigrad::message([&] { optimizer->step(); });
      if (ways[i].parameter.empty())
        CHECK(error == "nothing was thrown");
      else
        CHECK(error.find("[" + kind.name + "] The module has another tensor in the place of parameter \"" +
                         ways[i].parameter + "\" since this optimizer was built") == 0);
    }
  // A weight that is tied elsewhere is still there when one of its owners goes.
  Both model;
  model.head.tie_weight(model.token.weight());
  optim::Adam adam(model.token.parameters());
  model.head = nn::Linear(4, 5);
  sum(model(tensor({1, 2}))).backward();
  CHECK(lexigrad::message([&] { adam.step(); }) == "nothing was thrown");
  model.token.to(float64);
  CHECK(lexigrad::message([&] { adam.step(); }).find("parameter \"weight\"") != std::string::npos);
  // The module may be gone.
  std::vector<nn::ParameterRef> left = nn::Linear(2, 2).parameters();
  left[0].set_grad(ones({2, 2}));
  optim::Adam rest(left);
  CHECK(lexigrad::message([&] { rest.step(); }) == "nothing was thrown");
}
