#include "lexigrad/autograd/base/counter_rng.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "catch.h"

using lexigrad::CounterRng;

TEST_CASE("CounterRng gives numpy.random.Philox's numbers") {
  // numpy adds one to its counter first: Philox(key=[seed, stream], counter=[number, step, 0,
  // 0] - 1).random_raw(4)
  using Block = CounterRng::Block;
  REQUIRE(CounterRng(0).block(0, 0) ==
          Block{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b});
  REQUIRE(CounterRng(123, 7).block(5, 9) ==
          Block{0xdfd2823679af3e1c, 0xb3b06911e7b4443d, 0x5b5874f86fd7729c, 0xb5017d6c3781ba57});
}

TEST_CASE("a CounterRng value depends on seed, stream, step and index alone") {
  CounterRng rng(3, 4);
  REQUIRE(rng(10, 6) == rng.block(10, 1)[2]);
  REQUIRE(rng(10, 6) == CounterRng(3, 4)(10, 6));
  std::vector<uint64_t> others = {rng(10, 7),
                                  rng(11, 6),
                                  rng(6, 10),
                                  CounterRng(4, 4)(10, 6),
                                  CounterRng(3, 5)(10, 6),
                                  CounterRng(4, 3)(10, 6)};
  REQUIRE(std::count(others.begin(), others.end(), rng(10, 6)) == 0);
}

TEST_CASE("CounterRng's uniform and below are even") {
  CounterRng rng(1);
  double sum = 0, squares = 0;
  std::vector<double> counts(7, 0);
  constexpr int draws = 70000;
  for (int i = 0; i < draws; ++i) {
    double u = rng.uniform(0, i);
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
    ++counts.at(rng.below(7, 1, i));
  }
  // Four standard deviations: of a mean of uniforms sqrt(1/12/n), of u^2 sqrt(4/45/n);
  // chi-square of 6 has sd sqrt 12.
  REQUIRE(std::abs(sum / draws - 0.5) < 4 * std::sqrt(1.0 / 12 / draws));
  REQUIRE(std::abs(squares / draws - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / draws));
  double chi_square = 0;
  for (double count : counts) chi_square += (count - 10000) * (count - 10000) / 10000;
  REQUIRE(chi_square < 6 + 4 * std::sqrt(12.0));
  REQUIRE(rng.below(1, 0, 0) == 0);
}

TEST_CASE("CounterRng::shuffle gives every order equally often") {
  CounterRng rng(9);
  std::vector<int> counts(6, 0);
  for (uint64_t step = 0; step < 6000; ++step) {
    std::vector<int> order = {0, 1, 2};
    rng.shuffle(order, step);
    ++counts[order[0] * 2 + (order[1] > order[2])];
    REQUIRE(std::accumulate(order.begin(), order.end(), 0) == 3);
  }
  for (int count : counts) REQUIRE(std::abs(count - 1000) < 4 * std::sqrt(6000.0 * 5 / 36));
  std::vector<int> empty;
  rng.shuffle(empty, 0);
  REQUIRE(empty.empty());
}
