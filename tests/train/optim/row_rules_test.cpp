// Rows that are frozen, slowed or held to a norm, and tables that grow between steps.
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/nn/nn.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 11, kDim = 5;

Tensor start(Dtype dtype = float64) { return pattern(31, 7, {kRows, kDim}, 97, dtype); }

Tensor ids_of(int64_t step) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 5; ++i) ids.push_back((i * i + 3 * step) % (kRows - 2));
  return tensor(ids);
}

bool same_bits(const Tensor& a, const Tensor& b) { return equal(a.detach(), b.detach()); }

std::shared_ptr<nn::RowRules> rates(const std::vector<double>& values) {
  auto rules = std::make_shared<nn::RowRules>();
  rules->rates = tensor(values);
  return rules;
}

struct Result {
  Tensor table;
  optim::State state;
};

// 15 steps of look-ups; `dense`: the gradient is made dense before each; `tied`: the table is a head, too.
Result trained(const Config& config, Rows rows, std::shared_ptr<nn::RowRules> rules, bool dense, bool tied,
               double lr_factor = 1) {
  constexpr Dtype dtype = float64;
  nn::ParameterRef table(start(dtype).clone().requires_grad_(), "t");
  table.rules = std::move(rules);
  auto optimizer = config.make({table}, rows);
  optimizer->set_lr(optimizer->lr() * lr_factor);
  for (int64_t step = 0; step < 15; ++step) {
    optimizer->zero_grad();
    Tensor x = embedding(table, ids_of(step));
    if (tied) x = linear(x, table);
    sum(x * pattern(37, 5 * step, x.shape(), 101, dtype)).backward();
    if (dense) table.set_grad(table.grad());
    optimizer->step();
  }
  return {table.detach(), optimizer->state()};
}

// f(config, mode, dense gradient, tied) for all of them.
template <class F>
void for_all(const F& f) {
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy})
      for (bool dense : {false, true})
        for (bool tied : {false, true}) {
          INFO(config.name << (rows == Rows::lazy ? " lazy" : " dense") << " dense gradient " << dense
                           << " tied " << tied);
          f(config, rows, dense, tied);
        }
}

class Tied : public nn::Module {
 public:
  nn::Linear head_{2, 4, {.bias = false}};
  nn::Embedding token_{4, 2};
  Tied() { head_.tie_weight(token_.weight()); }
  LEXIGRAD_MODULE(Tied, head_, token_)
};

}  // namespace

TEST_CASE("a row of rate 0 keeps its bits and has no moments, under every optimizer", "[optim]") {
  std::vector<double> some(kRows, 1.0);
  for (int64_t row : {0, 4, 5, static_cast<int>(kRows) - 1}) some[static_cast<size_t>(row)] = 0;
  for_all([&](const Config& config, Rows rows, bool dense, bool tied) {
    Result with = trained(config, rows, rates(some), dense, tied);
    Result without = trained(config, rows, nullptr, dense, tied);
    for (int64_t row = 0; row < kRows; ++row) {
      bool frozen = some[static_cast<size_t>(row)] == 0;
      if (frozen) CHECK(same_bits(with.table[row], start()[row]));
      if (!frozen && !tied && !couples(config)) CHECK(same_bits(with.table[row], without.table[row]));
      if (!frozen && tied) CHECK_FALSE(same_bits(with.table[row], start()[row]));
      bool turns = config.name.starts_with("soap");  // its moments are those of directions
      for (size_t s = 1; frozen && !turns && s < with.state.size(); ++s)
        if (const auto& [key, slot] = with.state[s];
            slot.rank() > 0 && slot.size(0) == kRows && key.find(".weight.") == std::string::npos)
          CHECK(largest(slot[row]) == 0);
    }
  });
}

TEST_CASE("rates of 1 are no rates", "[optim]") {
  for_all([&](const Config& config, Rows rows, bool dense, bool tied) {
    CHECK(same_bits(trained(config, rows, rates(std::vector<double>(kRows, 1.0)), dense, tied).table,
                    trained(config, rows, nullptr, dense, tied).table));
  });
}

TEST_CASE("a row of rate 0.1 moves as with a tenth of the learning rate", "[optim]") {
  for_all([&](const Config& config, Rows rows, bool dense, bool tied) {
    if (tied || couples(config)) return;  // the rows see each other there
    Result slow = trained(config, rows, rates(std::vector<double>(kRows, 0.1)), dense, tied);
    std::vector<double> two(kRows, 1.0);
    two[3] = two[6] = 0.1;
    Result mixed = trained(config, rows, rates(two), dense, tied);
    Result whole = trained(config, rows, nullptr, dense, tied);
    CHECK(distance(slow.table, trained(config, rows, nullptr, dense, tied, 0.1).table) <= 1e-14);
    for (int64_t row = 0; row < kRows; ++row)
      CHECK(same_bits(mixed.table[row], row == 3 || row == 6 ? slow.table[row] : whole.table[row]));
  });
}

TEST_CASE("row and dense gradients agree under rates and max_norm", "[optim]") {
  std::vector<double> some(kRows, 1.0);
  some[2] = 0;
  some[4] = 0.25;
  for (const Config& config : configs())
    for (bool rated : {false, true}) {
      INFO(config.name << " rated " << rated);
      auto rules = rates(some);
      if (!rated) rules->rates = Tensor();
      rules->max_norm = 0.5;
      Result by_rows = trained(config, Rows::dense, rules, false, false);
      Result whole = trained(config, Rows::dense, rules, true, false);
      CHECK(distance(by_rows.table, whole.table) <= 1e-12);
    }
}

TEST_CASE("rows that never change do not count in the norm", "[optim]") {
  for (bool dense : {false, true}) {
    nn::ParameterRef a(zeros({4, 2}, float64).requires_grad_(), "a", 0);
    nn::ParameterRef b(zeros({3}, float64).requires_grad_(), "b");
    a.rules->rates = tensor({1.0, 1.0, 0.0, 0.5}, float64);
    Tensor g = tensor({{100.0, 0.0}, {3.0, 0.0}, {1000.0, 1.0}, {0.0, 4.0}}, float64);
    a.set_grad(rows_of(g, {0, 1, 2, 3}));
    if (dense) a.set_grad(a.grad());
    b.set_grad(tensor({0.0, 12.0, 0.0}, float64));
    CHECK(optim::grad_norm({a, b}) == Approx(13).epsilon(1e-14));
    CHECK(optim::clip_grad_norm_({a, b}, 6.5) == Approx(13).epsilon(1e-14));
    CHECK(b.grad().data<double>()[1] == Approx(6).epsilon(1e-6));
    CHECK(a.grad()[1].data<double>()[0] == Approx(1.5).epsilon(1e-6));
    a.rules->rates.fill_(0);
    CHECK(optim::grad_norm({a}) == 0);
  }
}

TEST_CASE("max_norm is PyTorch's, after the step and for rows with a gradient only", "[optim]") {
  auto expected =
      nlohmann::json::parse(std::ifstream(lexigrad::test::in_source("tests/fixtures/embedding.json")));
  auto of = [](const nlohmann::json& list) {
    return from_values<double>(list.get<std::vector<double>>(), {9, 4});
  };
  for (const auto& each : expected["max_norm"])
    for (bool dense : {false, true}) {
      double p = each["norm_type"];
      auto layer = nn::Embedding::from_pretrained(
          of(expected["table"]), {.freeze = false,
                                  .max_norm = 1.2,
                                  .norm_type = p == 0 ? std::numeric_limits<double>::infinity() : p});
      optim::SGD optimizer(layer.parameters(), {.lr = 0});
      Tensor y = layer(tensor({5, 0, 3, 3}));
      CHECK(equal(layer.weight().detach(), of(expected["table"])));  // forward changes nothing
      sum(y).backward();
      if (dense) layer.weight().set_grad(layer.weight().grad());
      optimizer.step();
      CHECK(allclose(layer.weight().detach(), of(each["table"]), 1e-14));
      CHECK_FALSE(equal(layer.weight().detach(), of(expected["table"])));
    }
}

TEST_CASE("max_norm holds after every step, frozen and padding rows apart", "[optim]") {
  for_all([&](const Config& config, Rows rows, bool dense, bool tied) {
    auto rules = rates(std::vector<double>(kRows, 1.0));
    rules->rates.data<double>()[3] = 0;
    rules->constant_row = 4;
    rules->max_norm = 0.25;
    Tensor table = trained(config, rows, rules, dense, tied).table;
    CHECK(same_bits(table[3], start()[3]));
    CHECK(same_bits(table[4], start()[4]));
    for (int64_t id : ids_of(14).to_vector<int64_t>())
      if (id != 3 && id != 4) CHECK(norm(table[id]).item<double>() <= 0.25);
    if (!tied && !(dense && rows == Rows::lazy) && config.name.find("decay") == std::string::npos)
      CHECK(same_bits(table[kRows - 1], start()[kRows - 1]));  // never read
  });
}

TEST_CASE("rules give the same bits for 1, 2, 3 and 8 threads", "[optim]") {
  int before = num_threads();
  Shape shape{9000, 33};
  std::vector<int64_t> ids;
  for (int64_t row = 3; row < shape[0]; row += 1 + row % 11) ids.push_back(row);
  Tensor first_table = pattern(31, 7, shape, 9973, float32), g = pattern(7919, 1, shape, 1009, float32);
  std::vector<double> some;
  for (int64_t row = 0; row < shape[0]; ++row) some.push_back(static_cast<double>(row % 5) / 4);
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy})
      for (bool dense : {false, true}) {
        Tensor first;
        for (int threads : {1, 2, 3, 8}) {
          set_num_threads(threads);
          nn::ParameterRef table(first_table.clone().requires_grad_(), "t");
          table.rules = rates(some);
          table.rules->max_norm = 1;
          auto optimizer = config.make({table}, rows);
          for (int step = 0; step < 2; ++step) {
            if (dense)
              table.set_grad(g.clone());
            else
              table.set_grad(rows_of(g, ids));
            optim::clip_grad_norm_(optimizer->parameters(), 1);
            optimizer->step();
          }
          if (!first.defined()) first = table.detach();
          CHECK(same_bits(first, table));
        }
      }
  set_num_threads(before);
}

TEST_CASE("rates set later reach optimizers, tied weights and the table in another dtype", "[optim]") {
  Tied model;
  model.to(float64);
  optim::Adam optimizer(model.parameters(), {.weight_decay = 0.1});
  model.token_.freeze_rows({1, 2});
  model.token_.freeze_rows({1});
  Tensor before = model.token_.weight().detach().clone();
  sum(model.head_(model.token_(tensor({0, 1})))).backward();
  optimizer.step();
  for (int64_t row = 0; row < 4; ++row)
    CHECK(same_bits(model.token_.weight().detach()[row], before[row]) == (row == 1 || row == 2));
  model.token_.set_row_rates({});
  optimizer.step();
  CHECK_FALSE(same_bits(model.token_.weight().detach()[1], before[1]));
  nn::ParameterRef bad(zeros({3, 2}).requires_grad_(), "t");
  bad.rules = rates({1.0, 0.5});
  std::string text;
  try {
    optim::SGD wrong({bad});
  } catch (const std::invalid_argument& e) { text = e.what(); }
  CHECK(text ==
        "[sgd] Row rates float64 [2] do not fit the 3 rows of parameter \"t\" (valid: one float64 for each)");
}

TEST_CASE("training on after a table has grown is training a larger one whose new rows were never read",
          "[optim]") {
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy})
      for (bool dense : {false, true}) {
        if (couples(config)) continue;  // rows to come count from the start in the larger table
        INFO(config.name << (rows == Rows::lazy ? " lazy" : " dense") << " dense gradient " << dense);
        manual_seed(12);
        Tensor large_start = randn({9, 3});
        auto small = nn::Embedding::from_pretrained(narrow(large_start, 0, 0, 6).clone(),
                                                    {.freeze = false, .padding_idx = 2, .max_norm = 2});
        auto large = nn::Embedding::from_pretrained(large_start.clone(),
                                                    {.freeze = false, .padding_idx = 2, .max_norm = 2});
        bool decays = config.name.find("decay") != std::string::npos && (rows == Rows::dense || dense);
        auto a = config.make(small.parameters(), rows), b = config.make(large.parameters(), rows);
        auto step = [&](nn::Embedding& table, optim::Optimizer& optimizer, int64_t k, int64_t ids) {
          optimizer.zero_grad();
          std::vector<int64_t> list;
          for (int64_t i = 0; i < 4; ++i) list.push_back((i * i + k) % ids);
          Tensor y = table(tensor(list));
          sum(y * pattern(37, 5 * k, y.shape(), 101, float32)).backward();
          if (dense) table.weight().set_grad(table.weight().grad());
          optimizer.step();
        };
        for (int64_t k = 0; k < 5; ++k) {
          step(small, *a, k, 5);
          step(large, *b, k, 5);
        }
        small.grow_vocab(9);
        // Decay has shrunk the larger table's rows from the start.
        narrow(small.weight().detach(), 0, 6, 3).copy_(narrow(large.weight().detach(), 0, 6, 3));
        auto agree = [&] {
          optim::State x = a->state(), y = b->state();
          CHECK(same_bits(small.weight(), large.weight()));
          for (size_t i = 0; i < x.size(); ++i) {
            bool old_moments = x[i].second.rank() == 2 && decays;
            if (old_moments)
              CHECK(same_bits(narrow(x[i].second, 0, 0, 6), narrow(y[i].second, 0, 0, 6)));
            else
              CHECK(same_bits(x[i].second, y[i].second));
          }
        };
        if (decays) {  // moments of the larger table's new rows, which decay has given them
          a->load_state(b->state());
        } else {
          agree();
        }
        for (int64_t k = 5; k < 10; ++k) {
          step(small, *a, k, 9);
          step(large, *b, k, 9);
        }
        agree();
      }
}

TEST_CASE("a model's vocabulary grows with its optimizer's state", "[optim]") {
  auto check = [](Rows rows, bool bias, bool tied) {
    manual_seed(2);
    nn::NextTokenModelOptions options{
        .vocabulary = 6, .dim = 3, .max_length = 4, .bias = bias, .init_std = 0.5};
    options.tied = tied;
    nn::NextTokenModel model(options);
    optim::AdamW optimizer(model.parameters(), {.lr = 0.01, .rows = rows});
    auto train = [](nn::NextTokenModel& m, optim::Optimizer& o, int64_t top) {
      for (int64_t k = 0; k < 4; ++k) {
        o.zero_grad();
        m.loss(tensor<int64_t>({{0, k, 5, top}}), tensor<int64_t>({{k, 5, top, 1}})).backward();
        o.step();
      }
    };
    train(model, optimizer, 3);
    optim::State before;
    for (const auto& [name, slot] : optimizer.state()) before.emplace_back(name, slot.clone());
    Tensor token = model.token().weight().detach().clone();
    model.grow_vocab(8, bias ? nn::NewRows::drawn : nn::NewRows::mean);
    CHECK(model(tensor({{7, 6}})).shape() == Shape{1, 2, 8});
    CHECK(equal(narrow(model.token().weight().detach(), 0, 0, 6), token));
    optim::State after = optimizer.state();
    REQUIRE(after.size() == before.size());
    for (size_t i = 0; i < after.size(); ++i) {
      const Tensor &was = before[i].second, &is = after[i].second;
      CHECK(after[i].first == before[i].first);
      if (was.rank() == 0 || was.size(0) == is.size(0)) {
        CHECK(equal(was, is));
        continue;
      }
      CHECK(equal(narrow(is, 0, 0, 6), was));
      CHECK(largest(narrow(is, 0, 6, 2)) == 0);
    }
    // A model made with the larger vocabulary, given this state, goes the same way.
    options.vocabulary = 8;
    nn::NextTokenModel made(options);
    optim::AdamW other(made.parameters(), {.lr = 0.01, .rows = rows});
    made.load_state(model.state());
    other.load_state(optimizer.state());
    train(model, optimizer, 7);
    train(made, other, 7);
    nn::NamedTensors x = model.state(), y = made.state();
    REQUIRE(x.size() == (bias ? 4 : 3));
    for (size_t i = 0; i < x.size(); ++i) CHECK(equal(x[i].second, y[i].second));
    CHECK(model.head().weight().shares_storage(model.token().weight()) == tied);
  };
  for (Rows rows : {Rows::dense, Rows::lazy})
    for (bool bias : {true, false})
      for (bool tied : {true, false}) check(rows, bias, tied);
}

TEST_CASE("a Gpt2 grows with its head", "[optim]") {
  nn::Gpt2 model({.vocabulary = 6, .max_length = 4, .dim = 4, .layers = 1, .heads = 2});
  optim::Adam optimizer(model.parameters());
  model.loss(tensor({{0, 5}}), tensor({{5, 1}})).backward();
  optimizer.step();
  model.grow_vocab(9);
  CHECK(model.vocabulary_size() == 9);
  CHECK(model(tensor({{8, 6}})).shape() == Shape{1, 2, 9});
  optimizer.zero_grad();
  model.loss(tensor({{0, 8}}), tensor({{8, 1}})).backward();
  optimizer.step();
}

TEST_CASE("rules that were changed by hand since the optimizer was built are checked at each step",
          "[optim]") {
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    INFO(kind.name);
    nn::Parameter table(ones({4, 2}));
    auto optimizer =
        kind.make(std::vector<nn::ParameterRef>{table}, {.lr = 0.1, .options = OptionValues(kind.options)});
    table.set_grad(ones({4, 2}));
    auto error = [&] { return message_of([&] { optimizer->step(); }); };
    table.rules->rates = ones({3}, float64);
    CHECK(error().find("Row rates float64 [3] do not fit the 4 rows") != std::string::npos);
    table.rules->rates = ones({8}, float64)[Slice({}, {}, 2)];
    CHECK(error().find("Row rates float64 [4] do not fit the 4 rows") != std::string::npos);
    table.rules->rates = Tensor();
    for (int64_t row : {4, -2}) {
      table.rules->constant_row = row;
      CHECK(error().find(text("Constant row ", row, " is outside parameter")) != std::string::npos);
    }
    CHECK(equal(table.detach(), ones({4, 2})));
  }
}
