// Steps of bfloat16 parameters: rounded at random, in every optimizer.
#include "lexigrad/train/optim/rounding.h"

#include <bit>
#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

constexpr int64_t kDraws = 100000;

// Where so many copies of x go in one step.
std::vector<double> rounded(float x, int64_t step = 1) {
  std::vector<float> from(kDraws, x);
  std::vector<BFloat16> to(kDraws);
  optim::Rounding(7, 0, step)(from.data(), to.data(), kDraws, 0);
  return {to.begin(), to.end()};
}

double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (double each : x) sum += each;
  return sum / static_cast<double>(x.size());
}

float next_to(float x, int steps) {  // of bfloat16, away from 0
  return std::bit_cast<float>((std::bit_cast<uint32_t>(x) & 0xFFFF0000) +
                              (static_cast<uint32_t>(steps) << 16));
}

struct Threads {
  const int before = num_threads();
  Threads() = default;
  Threads(const Threads&) = delete;
  ~Threads() { set_num_threads(before); }
};

// A table of 40 rows and a vector, in bfloat16 but for the vector.
struct Stored {
  nn::ParameterRef table, bias;
  std::unique_ptr<optim::Optimizer> optimizer;

  Stored(const Config& config, optim::Rows rows, uint64_t seed = 3) {
    table = nn::ParameterRef(pattern(31, 7, {40, 24}, 997, float32).to(bfloat16).requires_grad_(), "table");
    bias = nn::ParameterRef(pattern(5, 2, {24}, 97, float32).requires_grad_(), "bias");
    manual_seed(seed);
    optimizer = config.make({table, bias}, rows);
  }
  // The gradient of a step, by rows or as one tensor.
  void step(int64_t number, bool by_rows) {
    std::vector<int64_t> ids;
    for (int64_t id = number % 3; id < 40; id += 2 + number % 2) ids.push_back(id);
    RowGrad grad = rows_of(pattern(7 + number, number, {40, 24}, 101, float32), ids);
    if (by_rows)
      table.set_grad(grad);
    else
      table.set_grad(grad.dense());
    bias.set_grad(pattern(3, number, {24}, 13, float32));
    optimizer->step();
  }
  void steps(int64_t from, int64_t to, bool by_rows = true) {
    for (int64_t number = from; number <= to; ++number) step(number, by_rows);
  }
};

}  // namespace

TEST_CASE("rounding at random takes the two neighbours only, and the mean over many is the number",
          "[optim]") {
  for (float x : {1.0f + 0x1p-9f, -1.003f, 0.02f, 3.3e-39f, -123456.789f, 0.99999f}) {
    std::vector<double> drawn = rounded(x);
    double low = next_to(x, 0), high = next_to(x, 1), up = (x - low) / (high - low);
    INFO(x << " between " << low << " and " << high);
    for (double y : drawn) REQUIRE((y == low || y == high));
    double sigma = std::abs(high - low) * std::sqrt(up * (1 - up) / kDraws);
    CHECK(std::abs(mean_of(drawn) - x) < 4 * sigma);
    CHECK(mean_of(drawn) != static_cast<double>(static_cast<float>(BFloat16(x))));
  }
}

TEST_CASE("numbers that bfloat16 has stay as they are, and so do infinities and NaN", "[optim]") {
  for (float x : {0.0f, -0.0f, 1.0f, -0.3125f, 3.3895314e38f, 9.1835e-41f, INFINITY, -INFINITY}) {
    std::vector<double> drawn = rounded(x);
    for (double y : drawn) REQUIRE((y == x && std::signbit(y) == std::signbit(x)));
  }
  for (double y : rounded(NAN)) REQUIRE(std::isnan(y));
  for (double y : rounded(std::bit_cast<float>(0x7F80FFFFu))) REQUIRE(std::isnan(y));
  for (double y : rounded(3.4e38f)) REQUIRE((y == 3.3895313892515355e38 || y == INFINITY));
}

TEST_CASE("the random bits of an element are those of its place, step, parameter and seed alone", "[optim]") {
  std::vector<float> from(100, 1.003f);
  auto at = [&](uint64_t seed, uint64_t parameter, int64_t step, int64_t first, int64_t n) {
    std::vector<BFloat16> to(static_cast<size_t>(n));
    optim::Rounding(seed, parameter, step)(from.data(), to.data(), n, first);
    return std::vector<float>(to.begin(), to.end());
  };
  std::vector<float> whole = at(1, 0, 5, 0, 100);
  for (int64_t first : {0, 1, 15, 16, 17, 50})
    for (int64_t n : {1, 2, 16, 33, 50})
      CHECK(at(1, 0, 5, first, n) == std::vector<float>(whole.begin() + first, whole.begin() + first + n));
  for (const auto& other :
       {at(2, 0, 5, 0, 100), at(1, 1, 5, 0, 100), at(1, 0, 6, 0, 100), at(1, 0, 5, 100, 100)})
    CHECK(other != whole);
}

TEST_CASE("steps far below the distance of two numbers move the mean as they should", "[optim]") {
  // lr g = 1e-5 where neighbours of 1 are 2^-8 below and 2^-7 above it; rounded to the nearest nothing moves.
  nn::ParameterRef w(full({kDraws}, 1, bfloat16).requires_grad_());
  optim::SGD sgd({w}, {.lr = 1e-5});
  for (int step = 0; step < 50; ++step) {
    w.set_grad(ones({kDraws}));
    sgd.step();
  }
  CHECK((ones({1}) - 1e-5).to(bfloat16).to(float32).item<float>() == 1);
  double moved = 1 - mean_of(w.to_vector<double>()), expected = 50 * 1e-5;
  double sigma = std::sqrt(expected * 0x1p-8 / kDraws);
  INFO(moved << " of " << expected);
  CHECK(std::abs(moved - expected) < 4 * sigma);
}

TEST_CASE("every optimizer moves bfloat16 numbers as it moves float32 ones, but for the rounding",
          "[optim]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    for (bool by_rows : {false, true}) {
      Stored stored(config, optim::Rows::dense);
      nn::ParameterRef wide(stored.table.detach().to(float32).requires_grad_(), "table");
      nn::ParameterRef bias(stored.bias.detach().clone().requires_grad_(), "bias");
      Tensor before = wide.detach().clone();
      auto optimizer = config.make({wide, bias}, optim::Rows::dense);
      wide.set_grad(rows_of(pattern(8, 1, {40, 24}, 101, float32), {1, 4, 7, 30}));
      if (!by_rows) wide.set_grad(wide.grad());
      bias.set_grad(pattern(3, 1, {24}, 13, float32));
      if (by_rows)
        stored.table.set_grad(*wide.row_grad());
      else
        stored.table.set_grad(wide.grad());
      stored.bias.set_grad(bias.grad());
      optimizer->step();
      stored.optimizer->step();
      CHECK(equal(bias, stored.bias));
      std::vector<double> x = wide.to_vector<double>(), y = stored.table.to_vector<double>(),
                          start = before.to_vector<double>();
      int64_t between = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        double spacing = std::abs(static_cast<double>(next_to(static_cast<float>(x[i]), 1)) -
                                  next_to(static_cast<float>(x[i]), 0));
        REQUIRE(std::abs(x[i] - y[i]) < spacing);  // one of its two neighbours, itself where it has a place
        between += x[i] != y[i];
        if (x[i] == start[i]) REQUIRE(y[i] == start[i]);
      }
      CHECK(between > 0);
    }
  }
}

TEST_CASE("bfloat16: a gradient by rows and the same one dense move every optimizer to the same bits",
          "[optim]") {
  for (const Config& config : configs()) {
    INFO(config.name);
    Stored rows(config, optim::Rows::dense), dense(config, optim::Rows::dense);
    rows.steps(1, 5, true);
    dense.steps(1, 5, false);
    CHECK(equal(rows.table, dense.table));
  }
}

TEST_CASE("bfloat16: the same bits for any number of threads, other ones for another seed", "[optim]") {
  Threads keep;
  const Config config = config_of(optim::optimizers().at("adam"), 0.05);
  auto moved = [&](int threads, uint64_t seed) {
    set_num_threads(threads);
    nn::ParameterRef w(pattern(31, 7, {3000, 60}, 9973, float32).to(bfloat16).requires_grad_());
    manual_seed(seed);
    auto optimizer = config.make({w}, optim::Rows::dense);
    for (int64_t step = 1; step <= 3; ++step) {
      w.set_grad(pattern(17, step, {3000, 60}, 1009, float32));
      optimizer->step();
    }
    return w.detach();
  };
  Tensor one = moved(1, 5);
  for (int threads : {2, 3, 8}) CHECK(equal(moved(threads, 5), one));
  CHECK_FALSE(equal(moved(1, 6), one));
}

TEST_CASE("bfloat16: every optimizer saved and loaded goes on with the same bits, under any seed",
          "[optim]") {
  for (const Config& config : configs())
    for (optim::Rows mode : {optim::Rows::dense, optim::Rows::lazy}) {
      INFO(config.name);
      Stored whole(config, mode), first(config, mode), second(config, mode, 99);
      whole.steps(1, 6);
      first.steps(1, 3);
      optim::State state = first.optimizer->state();
      CHECK(state.front().first.ends_with(".rounding"));
      for (const auto& [key, value] : state)  // but for the weights themselves, where others are shown
        CHECK((value.dtype() != bfloat16 || key.find(".weight.") != std::string::npos));
      second.table.detach().copy_(first.table.detach());
      second.bias.detach().copy_(first.bias.detach());
      second.optimizer->load_state(state);
      second.steps(4, 6);
      CHECK(equal(second.table, whole.table));
      CHECK(equal(second.bias, whole.bias));
      state.erase(state.begin());
      CHECK(message_of([&] { second.optimizer->load_state(state); }).find("The state has no") !=
            std::string::npos);
    }
}

TEST_CASE("a bfloat16 row is never longer than its max_norm, and rows that may not move stay", "[optim]") {
  nn::Parameter table(full({4, 30}, 0.5, bfloat16));
  table.rules->max_norm = 1;
  table.rules->constant_row = 2;
  table.freeze_rows(std::vector<int64_t>{3});
  optim::Adam adam({table}, {.lr = 0.05});
  for (int step = 0; step < 20; ++step) {
    table.set_grad(pattern(7, step, {4, 30}, 11, float32));
    adam.step();
    std::vector<double> w = table.to_vector<double>();
    for (int64_t row : {0, 1}) {
      double squares = 0;
      for (int64_t i = 0; i < 30; ++i)
        squares += w[static_cast<size_t>(row * 30 + i)] * w[static_cast<size_t>(row * 30 + i)];
      CHECK(std::sqrt(squares) <= 1);
      CHECK(std::sqrt(squares) > 0.95);
    }
  }
  CHECK(equal(narrow(table.detach(), 0, 2, 2), full({2, 30}, 0.5, bfloat16)));
}

TEST_CASE("averages of bfloat16 weights are float32, are shown rounded, and give the weights back",
          "[optim]") {
  nn::ParameterRef w(zeros({5, 3}, bfloat16).requires_grad_(), "w");
  auto average = optim::WeightAverage::mean({w});
  for (int64_t s = 1; s <= 4; ++s) {
    w.detach().copy_(pattern(3 + s, s, {5, 3}, 17, float32));
    average.update();
  }
  Tensor sum = zeros({5, 3}, float64);
  for (int64_t s = 1; s <= 4; ++s) sum = sum + pattern(3 + s, s, {5, 3}, 17).to(bfloat16).to(float64);
  REQUIRE(average.average(0).dtype() == float32);
  CHECK(distance(average.average(0), sum / 4) < 1e-6);
  Tensor last = w.detach().clone(), mean = average.average(0).clone();
  {
    optim::AveragedWeights shown(average);
    CHECK(equal(w, mean.to(bfloat16)));
    CHECK(equal(average.average(0), mean));
  }
  CHECK(equal(w, last));
  CHECK(equal(average.average(0), mean));
  auto again = optim::WeightAverage::mean({w});
  again.load_state(average.state());
  CHECK(equal(again.average(0), mean));
}

TEST_CASE("rows that catch up later are refused for bfloat16", "[optim]") {
  Tensor w = zeros({3, 2}, bfloat16).requires_grad_();
  CHECK(
      message_of([&] {
        optim::Adam adam({{w, "tok.weight"}}, {.rows = optim::Rows::lazy_exact});
      }) ==
      "[adam] rows lazy_exact needs float32 or float64 weights, parameter \"tok.weight\" is bfloat16: steps "
      "that a row missed would have been rounded each. Hint: rows dense or lazy");
}
