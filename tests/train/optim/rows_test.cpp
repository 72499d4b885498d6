// Row gradients: dense meaning, lazy meaning, constant rows, what is never touched.
#include <cstring>
#include <numeric>

#include "catch.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/memory/process_memory.h"
#include "lexigrad/autograd/base/parallel.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 13, kDim = 7;

Tensor ids_of(int64_t step) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 6; ++i) ids.push_back((i * i + 3 * step) % (kRows - 2));
  return tensor(ids);
}

Tensor scores(const Tensor& table, int64_t step, bool tied) {
  Tensor x = embedding(table, ids_of(step));
  if (tied) x = linear(x, table);
  return sum(x * pattern(37, 5 * step, x.shape(), 101, table.dtype()));
}

// Table after some steps; `dense`: the gradient is made dense before each.
Tensor trained(const Config& config, Rows rows, Dtype dtype, int passes, bool tied, bool dense,
               double max_norm, int64_t constant = -1) {
  Tensor table = pattern(31, 7, {kRows, kDim}, 97, dtype).requires_grad_();
  auto optimizer = config.make({nn::ParameterRef(table, "table", constant)}, rows);
  for (int64_t step = 0; step < 20; ++step) {
    optimizer->zero_grad();
    for (int pass = 0; pass < passes; ++pass) scores(table, step + 7 * pass, tied).backward();
    if (dense) table.set_grad(table.grad());
    if (max_norm > 0) REQUIRE(optim::clip_grad_norm_(optimizer->parameters(), max_norm) > max_norm);
    REQUIRE((table.row_grad() != nullptr) == !(dense || tied));
    optimizer->step();
  }
  return table.detach();
}

// True where a number whose gradient is zero goes on moving.
bool coasts(const Config& config) {
  Tensor w = ones({2}, float64).requires_grad_();
  auto optimizer = config.make({w}, Rows::dense);
  w.set_grad(ones({2}, float64));
  optimizer->step();
  Tensor before = w.detach().clone();
  w.set_grad(zeros({2}, float64));
  optimizer->step();
  return !equal(w.detach(), before);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return std::memcmp(a.data<float>(), b.data<float>(), static_cast<size_t>(a.numel()) * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("row and dense gradients give the same table", "[optim]") {
  for (const Config& config : configs())
    for (Dtype dtype : {float64, float32})
      for (int passes : {1, 2})
        for (bool tied : {false, true})
          for (double max_norm : {0.0, 0.1}) {
            INFO(config.name << " " << name(dtype) << " passes " << passes << " tied " << tied << " clip "
                             << max_norm);
            Tensor rows = trained(config, Rows::dense, dtype, passes, tied, false, max_norm);
            Tensor dense = trained(config, Rows::dense, dtype, passes, tied, true, max_norm);
            REQUIRE(distance(rows, dense) <= (dtype == float64 ? 1e-12 : 1e-6));
          }
}

TEST_CASE("a gradient that is rows in one step and dense in the next moves as one that is always dense",
          "[optim]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    Tensor tables[2];
    for (bool mixed : {false, true}) {
      Tensor& table = tables[mixed] = pattern(31, 7, {kRows, kDim}, 97).requires_grad_();
      auto optimizer = config.make({table}, Rows::dense);
      for (int64_t step = 0; step < 12; ++step) {
        optimizer->zero_grad();
        scores(table, step, step == 3).backward();
        if (!mixed) table.set_grad(table.grad());
        optimizer->step();
      }
    }
    REQUIRE(distance(tables[1].detach(), tables[0].detach()) <= 1e-12);
  }
}

TEST_CASE("lazy rows outside the batch keep their bits, dense ones go on moving", "[optim]") {
  for (const Config& config : configs())
    for (Rows rows : {Rows::lazy, Rows::dense}) {
      INFO(config.name);
      Tensor table = pattern(31, 7, {kRows, kDim}, 97, float32).requires_grad_();
      auto optimizer = config.make({table}, rows);
      table.set_grad(rows_of(pattern(5, 2, {kRows, kDim}, 53, float32), {2, 5}));
      optimizer->step();
      Tensor before = table.detach().clone();
      table.set_grad(rows_of(pattern(5, 2, {kRows, kDim}, 53, float32), {5}));
      optimizer->step();
      for (const char* moving : {"SGD nesterov decay", "SGD decay", "sgd", "adam", "adamw"})
        if (config.name == moving) REQUIRE(coasts(config));
      if (config.name == "SGD plain") REQUIRE_FALSE(coasts(config));
      bool moves = rows == Rows::dense && coasts(config);
      bool decays = rows == Rows::dense && config.name.find("decay") != std::string::npos;
      for (int64_t row = 0; row < kRows; ++row) {
        bool moved = row == 5 || (row == 2 ? moves : decays);
        REQUIRE(same_bits(before[row], table.detach()[row]) == !moved);
      }
    }
}

TEST_CASE("rows go on from the moments that a dense gradient has left", "[optim]") {
  Tensor first = pattern(5, 2, {kRows, kDim}, 53), second = pattern(11, 3, {kRows, kDim}, 59);
  std::vector<int64_t> all(kRows);
  std::iota(all.begin(), all.end(), 0);
  for (const Config& config : configs())
    for (Rows rows : {Rows::lazy, Rows::dense}) {
      INFO(config.name);
      std::vector<optim::State> states;
      for (bool as_rows : {false, true}) {
        Tensor table = pattern(31, 7, {kRows, kDim}, 97).requires_grad_();
        auto optimizer = config.make({table}, rows);
        if (as_rows)
          table.set_grad(rows_of(first, all));
        else
          table.set_grad(first);
        optimizer->step();
        table.set_grad(rows_of(second, {5}));
        optimizer->step();
        states.push_back(optimizer->state());
      }
      bool decays = config.name.find("decay") != std::string::npos;  // weights that eps has set apart
      for (size_t i = 1; i < states[0].size(); ++i) {
        if (equal(states[0][i].second, states[1][i].second)) continue;  // zeros, too
        REQUIRE(distance(states[0][i].second, states[1][i].second) <= (decays ? 1e-6 : 1e-12));
      }
    }
}

TEST_CASE("lazy decay shrinks the rows in the batch only", "[optim]") {
  Tensor table = ones({3, 2}, float64).requires_grad_();
  optim::SGD optimizer({table}, {.lr = 0.5, .weight_decay = 0.1, .rows = Rows::lazy});
  table.set_grad(rows_of(zeros({3, 2}, float64), {1}));
  optimizer.step();
  REQUIRE(equal(table.detach(), tensor({{1.0, 1.0}, {0.95, 0.95}, {1.0, 1.0}}, float64)));
}

TEST_CASE("a constant row never changes and has no moments", "[optim]") {
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy})
      for (bool tied : {false, true})
        for (bool dense : {false, true})
          for (int64_t constant : {0, 4, static_cast<int>(kRows) - 1}) {
            INFO(config.name << " tied " << tied << " dense " << dense << " row " << constant);
            Tensor start = pattern(31, 7, {kRows, kDim}, 97, float32);
            Tensor with = trained(config, rows, float32, 1, tied, dense, 0, constant);
            REQUIRE(same_bits(with[constant], start[constant]));
            // There the others see, or need not see, that row.
            if (tied || rows == Rows::lazy || couples(config)) continue;
            Tensor without = trained(config, rows, float32, 1, tied, dense, 0);
            for (int64_t row = 0; row < kRows; ++row)
              if (row != constant) REQUIRE(same_bits(with[row], without[row]));
          }
  Tensor table = ones({4, 2}).requires_grad_();
  optim::Adam optimizer({nn::ParameterRef(table, "t", 1)}, {.weight_decay = 0.1});
  table.set_grad(ones({4, 2}));
  optimizer.step();
  for (const auto& [key, slot] : optimizer.state())
    if (key != "adam.step.t") {
      REQUIRE(largest(slot[1]) == 0);
      REQUIRE(largest(slot[0]) > 0);
    }
}

TEST_CASE("a constant row stays even where a loaded state has moments for it", "[optim]") {
  Tensor table = ones({4, 2}).requires_grad_();
  optim::Adam optimizer({nn::ParameterRef(table, "t", 1)});
  optimizer.load_state(
      {{"adam.step.t", tensor(3, int64)}, {"adam.m.t", ones({4, 2})}, {"adam.v.t", ones({4, 2})}});
  table.set_grad(rows_of(ones({4, 2}), {0}));
  optimizer.step();
  REQUIRE(same_bits(table.detach()[1], ones({2})));
  REQUIRE_FALSE(same_bits(table.detach()[2], ones({2})));
}

TEST_CASE("eps 0 makes 0 / 0 of rows without gradient, as in torch", "[optim]") {
  using namespace optim;
  const std::vector<Config> makers = {
      config_of<Adam, AdamOptions>("Adam", {.eps = 0}),
      config_of<NAdam, NAdamOptions>("NAdam", {.eps = 0}),
      config_of<RAdam, RAdamOptions>("RAdam", {.eps = 0}),  // from step 6, which is the first with v
      config_of<Adagrad, AdagradOptions>("Adagrad", {.eps = 0}),
      config_of<RMSprop, RMSpropOptions>("RMSprop", {.eps = 0}),
      config_of<Adadelta, AdadeltaOptions>("Adadelta", {.eps = 0}),
  };
  for (const Config& config : makers)
    for (bool dense : {false, true}) {
      INFO(config.name);
      Tensor table = ones({3, 2}).requires_grad_();
      auto optimizer = config.make({table}, Rows::dense);
      table.set_grad(rows_of(ones({3, 2}), {0}));
      if (dense) table.set_grad(table.grad());
      for (int step = 0; step < 6; ++step) optimizer->step();
      std::vector<float> w = table.detach().to_vector<float>();
      REQUIRE(std::isfinite(w[1]));
      REQUIRE(std::isnan(w[2]));
    }
}

TEST_CASE("every optimizer gives the same bits for 1, 2, 3 and 8 threads", "[optim]") {
  int before = num_threads();
  Shape shape{12000, 33};  // several blocks in every update
  std::vector<int64_t> ids;
  for (int64_t row = 3; row < shape[0]; row += 1 + row % 11) ids.push_back(row);
  Tensor start = pattern(31, 7, shape, 9973, float32), gradients[3];
  for (int64_t step = 0; step < 3; ++step) gradients[step] = pattern(7919, step, shape, 1009, float32);
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy})
      for (bool dense : {false, true}) {
        INFO(config.name << " dense gradient " << dense);
        Tensor first;
        for (int threads : {1, 2, 3, 8}) {
          set_num_threads(threads);
          Tensor table = start.clone().requires_grad_();
          auto optimizer = config.make({table}, rows);
          for (const Tensor& g : gradients) {
            if (dense)
              table.set_grad(g);
            else
              table.set_grad(rows_of(g, ids));
            optimizer->step();
          }
          if (!first.defined()) first = table.detach();
          REQUIRE(same_bits(first, table.detach()));
        }
      }
  set_num_threads(before);
}

TEST_CASE("a step after the first allocates nothing, but for products of matrices", "[optim]") {
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy}) {
      if (couples(config)) continue;
      Tensor table = pattern(31, 7, {500, 33}, 97, float32).requires_grad_();
      auto optimizer = config.make({table}, rows);
      table.set_grad(rows_of(pattern(5, 2, {500, 33}, 53, float32), {2, 5, 400}));
      optimizer->step();
      int64_t live = memory_stats().live_bytes;
      reset_peak_memory();
      optimizer->step();
      REQUIRE(memory_stats().peak_bytes == live);
    }
}

// AddressSanitizer's allocator writes the zeros that fresh pages have by themselves.
#if !LEXIGRAD_ADDRESS_SANITIZER
TEST_CASE("moments of rows never seen take no memory", "[optim]") {
  constexpr int64_t rows = int64_t{4} << 20, dim = 64;  // 1 GiB each of weights and moments
  for (const Config& config : configs())
    for (Rows mode : {Rows::dense, Rows::lazy}) {
      bool all_move = mode == Rows::dense && config.name.find("decay") != std::string::npos;
      if (all_move || couples(config)) continue;
      INFO(config.name);
      int64_t before = process_memory().resident;
      Tensor table = zeros({rows, dim}).requires_grad_();
      auto optimizer = config.make({table}, mode);
      for (int64_t step = 0; step < 3; ++step) {
        std::vector<int64_t> ids;
        for (int64_t i = 0; i < 32; ++i) ids.push_back((i * 104729 + step * 1299709) % rows);
        optimizer->zero_grad();
        sum(embedding(table, tensor(ids))).backward();
        optimizer->step();
      }
      REQUIRE(largest(table.detach()[104729]) > 0);
      REQUIRE(process_memory().resident - before < 16 << 20);
    }
}

TEST_CASE("a loaded state takes memory for the rows that it has seen only", "[optim]") {
  Shape shape{int64_t{1} << 20, 64};  // 256 MiB a slot
  Tensor table = zeros(shape).requires_grad_();
  optim::Adam saved({table}), loaded({table});
  sum(embedding(table, tensor({5, 700000}))).backward();
  saved.step();
  int64_t before = process_memory().resident;
  loaded.load_state(saved.state());
  REQUIRE(largest(loaded.state()[1].second[5]) > 0);
  REQUIRE(process_memory().resident - before < 8 << 20);
}
#endif
