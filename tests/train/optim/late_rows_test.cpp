// Rows::lazy_exact: rows outside the batch catch up when they are read, and mean what dense ones do.
#include <cstring>
#include <functional>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 40, kDim = 5, kPadding = 7;

// Ids of which the first are frequent; the last row is never read.
Tensor ids_of(int64_t step) {
  std::vector<int64_t> ids{kPadding};
  for (int64_t i = 1; i < 5; ++i) ids.push_back(((step * 7 + i * i * i) % (kRows - 1)) * (step % i) / i);
  return tensor(ids);
}

nn::Embedding table_of(Dtype dtype, const std::vector<double>& rates = {}) {
  nn::Embedding out = nn::Embedding::from_pretrained(pattern(31, 7, {kRows, kDim}, 97, dtype).clone(),
                                                     {.freeze = false, .padding_idx = kPadding});
  if (!rates.empty()) out.set_row_rates(tensor(rates));
  return out;
}

void step(const nn::Embedding& table, optim::Optimizer& optimizer, int64_t number) {
  optimizer.zero_grad();
  optimizer.set_lr(optimizer.lr() * (number % 10 == 9 ? 0.9 : 1));
  Tensor x = table.forward(ids_of(number));
  sum(x * pattern(37, 5 * number, x.shape(), 101, x.dtype()) + x * x * 0.1).backward();
  optimizer.step();
}

Tensor trained(const Config& config, Rows rows, Dtype dtype, const std::vector<double>& rates = {},
               int64_t steps = 60) {
  nn::Embedding table = table_of(dtype, rates);
  auto optimizer = config.make(table.parameters(), rows);
  for (int64_t number = 0; number < steps; ++number) step(table, *optimizer, number);
  return optimizer->caught_up(0).clone();
}

bool same_bits(const Tensor& a, const Tensor& b) {
  auto bytes = static_cast<size_t>(a.numel() * (a.dtype() == float64 ? 8 : 4));
  return a.dtype() == float64 ? std::memcmp(a.data<double>(), b.data<double>(), bytes) == 0
                              : std::memcmp(a.data<float>(), b.data<float>(), bytes) == 0;
}

// Those that move rows at rest by a formula; the others take each step, to the same bits.
bool has_formula(const std::string& name) {
  for (const char* each : {"sgd", "SGD decay", "SGD maximize", "adam", "adamw", "adamw decay"})
    if (name == each) return true;
  return false;
}

std::vector<double> some_rates() {
  std::vector<double> out(kRows, 1.0);
  out[2] = 0.25, out[3] = 0, out[11] = 2;
  return out;
}

}  // namespace

TEST_CASE("lazy_exact rows end as dense ones, under every optimizer", "[optim]") {
  for (const Config& config : configs())
    for (Dtype dtype : {float64, float32})
      for (const std::vector<double>& rates : {std::vector<double>{}, some_rates()}) {
        INFO(config.name << " " << name(dtype) << (rates.empty() ? "" : ", with rates"));
        Tensor dense = trained(config, Rows::dense, dtype, rates);
        Tensor exact = trained(config, Rows::lazy_exact, dtype, rates);
        if (has_formula(config.name))
          CHECK(distance(exact, dense) <= (dtype == float64 ? 1e-11 : 2e-5));
        else
          CHECK(same_bits(exact, dense));
      }
}

TEST_CASE("lazy rows, which do not catch up, end elsewhere", "[optim]") {
  for (const Config& config : configs())
    if (has_formula(config.name)) {
      INFO(config.name);
      Tensor dense = trained(config, Rows::dense, float64);
      CHECK(distance(trained(config, Rows::lazy, float64), dense) > 1e-3);
    }
}

TEST_CASE("many steps at rest at once are the steps one by one, early and late in a run", "[optim]") {
  for (const Config& config : configs())
    if (has_formula(config.name))
      for (auto start : {std::pair{0, 1.0}, {3, 1.0}, {400, 1.0}, {0, 1e-8}, {400, 1e-8}})
        for (int64_t rest : {1, 2, 30, 1500}) {
          const int before = start.first;
          const double size = start.second;
          INFO(config.name << ", " << rest << " steps at rest after " << before << ", gradients of " << size);
          Tensor ends[2];
          for (Rows rows : {Rows::dense, Rows::lazy_exact}) {
            nn::Embedding table = table_of(float64);
            auto optimizer = config.make(table.parameters(), rows);
            auto step_at = [&](const Tensor& ids) {
              optimizer->zero_grad();
              (sum(square(table.forward(ids) - 0.3)) * size).backward();  // 1e-8 is Adam's eps
              optimizer->step();
            };
            for (int i = 0; i < before; ++i) step_at(tensor({0, 1}));
            step_at(tensor({1, 2, 3}));
            for (int64_t i = 0; i < rest; ++i) step_at(tensor({0}));
            ends[rows == Rows::dense] = optimizer->caught_up(0).clone();
          }
          CHECK(distance(ends[0], ends[1]) <= (size == 1 ? 1e-11 : 1e-7));
        }
}

TEST_CASE("a look at rows that are behind changes no bit of what comes", "[optim]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    Tensor undisturbed = trained(config, Rows::lazy_exact, float32);
    nn::Embedding table = table_of(float32);
    auto optimizer = config.make(table.parameters(), Rows::lazy_exact);
    for (int64_t number = 0; number < 60; ++number) {
      step(table, *optimizer, number);
      if (number % 7 != 0) continue;
      Tensor before = table.weight().detach().clone(), looked = optimizer->caught_up(0).clone();
      {
        optim::CaughtUp shown(*optimizer);
        CHECK(same_bits(table.weight(), looked));
        table.forward(ids_of(number + 3));
        CHECK(same_bits(table.weight(), looked));
      }
      CHECK(same_bits(table.weight(), before));
    }
    CHECK(same_bits(optimizer->caught_up(0), undisturbed));
  }
}

TEST_CASE("a state of rows that are behind goes on to the same bits", "[optim][resume]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    Tensor straight = trained(config, Rows::lazy_exact, float32);
    nn::Embedding first = table_of(float32), second = table_of(float32);
    auto saved = config.make(first.parameters(), Rows::lazy_exact),
         loaded = config.make(second.parameters(), Rows::lazy_exact);
    for (int64_t number = 0; number < 33; ++number) step(first, *saved, number);
    second.weight().detach().copy_(saved->caught_up(0));
    loaded->set_lr(saved->lr());
    loaded->load_state(saved->state());
    for (int64_t number = 33; number < 60; ++number) step(second, *loaded, number);
    CHECK(same_bits(loaded->caught_up(0), straight));
  }
}

TEST_CASE("rows that are behind catch up to the same bits for 1, 2, 3 and 8 threads", "[optim]") {
  int before = num_threads();
  for (const Config& config : configs()) {
    INFO(config.name);
    Tensor first;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      nn::Embedding table =
          nn::Embedding::from_pretrained(pattern(31, 7, {3000, 33}, 97, float32), {.freeze = false});
      auto optimizer = config.make(table.parameters(), Rows::lazy_exact);
      for (int64_t number = 0; number < 5; ++number) {
        optimizer->zero_grad();
        std::vector<int64_t> ids;
        for (int64_t i = number % 3; i < 3000; i += 2 + number) ids.push_back(i);
        sum(square(table.forward(tensor(ids)) - 0.3)).backward();
        optimizer->step();
      }
      Tensor end = optimizer->caught_up(0).clone();
      if (!first.defined()) first = end;
      CHECK(same_bits(first, end));
    }
  }
  set_num_threads(before);
}

TEST_CASE("a row that is read behind an optimizer's back is refused by name, and nothing moves", "[optim]") {
  Tensor table = pattern(31, 7, {4, 2}, 97).clone().requires_grad_();
  optim::Adam adam({{table, "table"}}, {.rows = Rows::lazy_exact});
  auto step_of = [&](const std::vector<int64_t>& ids) {
    table.set_grad(rows_of(ones({4, 2}, float64), ids));  // no look-up made it
    adam.step();
  };
  step_of({1, 2});
  step_of({1});
  Tensor before = table.detach().clone();
  CHECK(
      message_of([&] { step_of({2}); }) ==
      "[optimizer] Row 2 of parameter \"table\" was read as it stood after step 1, and this is step 3. Hint: "
      "look it up by embedding(), or call the optimizer's catch_up() before");
  CHECK(same_bits(table, before));
  adam.catch_up(0, tensor({2}));
  CHECK_FALSE(same_bits(table[2], before[2]));
  step_of({2});
  step_of({3});  // never met before
  adam.catch_up();
  CHECK(same_bits(table, adam.caught_up(0)));
}

TEST_CASE("whatever looks rows up lets them catch up first", "[optim]") {
  using LookUp = std::function<Tensor(const Tensor& table, const Tensor& ids)>;
  const std::vector<std::pair<const char*, LookUp>> all = {
      {"embedding", [](const Tensor& table, const Tensor& ids) { return embedding(table, ids); }},
      {"embedding_bag",
       [](const Tensor& table, const Tensor& ids) {
         return embedding_bag(table, ids.reshape({1, -1}));
       }},
      {"linear_rows",
       [](const Tensor& table, const Tensor& ids) {
         return linear_rows(ones({2, kDim}, float64), table, {}, ids);
       }},
      {"a forward without gradients", [](const Tensor& table, const Tensor& ids) {
         NoGrad off;
         return embedding(table, ids);
       }}};
  for (const auto& [name, look_up] : all) {
    INFO(name);
    Tensor seen[2];
    for (Rows rows : {Rows::dense, Rows::lazy_exact}) {
      Tensor table = pattern(31, 7, {6, kDim}, 97).clone().requires_grad_();
      optim::SGD sgd({{table, "table"}}, {.lr = 0.1, .momentum = 0.9, .rows = rows});
      for (const std::vector<int64_t>& ids : {std::vector<int64_t>{1, 2}, {1}, {1}}) {
        sgd.zero_grad();
        sum(square(embedding(table, tensor(ids)))).backward();
        sgd.step();
      }
      seen[rows == Rows::dense] = look_up(table, tensor({2, 1})).detach();
    }
    CHECK(distance(seen[0], seen[1]) <= 1e-13);
  }
}

TEST_CASE("a dense gradient after rows is one of rows that have caught up", "[optim]") {
  Tensor ends[2];
  for (Rows rows : {Rows::dense, Rows::lazy_exact}) {
    nn::Embedding table = table_of(float64);
    optim::AdamW adamw(table.parameters(), {.lr = 0.01, .weight_decay = 0.1, .rows = rows});
    for (int64_t number = 0; number < 30; ++number) {
      if (number % 8 != 7) {
        step(table, adamw, number);
        continue;
      }
      adamw.catch_up();
      adamw.zero_grad();
      sum(square(table.weight())).backward();
      adamw.step();
    }
    ends[rows == Rows::dense] = adamw.caught_up(0).clone();
  }
  CHECK(distance(ends[0], ends[1]) <= 1e-11);
}

TEST_CASE("tables grow while rows are behind", "[optim]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    Tensor ends[2];
    for (Rows rows : {Rows::dense, Rows::lazy_exact}) {
      nn::Embedding table = table_of(float64);
      auto optimizer = config.make(table.parameters(), rows);
      for (int64_t number = 0; number < 40; ++number) {
        if (number == 20) {
          optimizer->catch_up();
          manual_seed(5);
          table.grow_vocab(kRows + 3);
        }
        step(table, *optimizer, number);
      }
      ends[rows == Rows::dense] = optimizer->caught_up(0).clone();
    }
    CHECK(distance(ends[0], ends[1]) <= 1e-11);
  }
}

TEST_CASE("a table outlives its optimizer, and the newest one brings its rows up", "[optim]") {
  nn::Embedding table = table_of(float64);
  auto first =
      std::make_unique<optim::Adam>(table.parameters(), optim::AdamOptions{.rows = Rows::lazy_exact});
  step(table, *first, 0);
  optim::Adam second(table.parameters(), {.rows = Rows::lazy_exact});
  first.reset();
  for (int64_t number = 0; number < 20; ++number) step(table, second, number);
  CHECK(second.state().size() == 6);
}
