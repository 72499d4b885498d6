// Draws by position: the same step gives the same numbers, whatever was drawn before.
#include "lexigrad/autograd/tensor/draws.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/layers/dropout.h"

using namespace lexigrad;

TEST_CASE("draws follow the seed, the step and the call") {
  manual_seed(3);
  uint64_t first = next_draw()(0), second = next_draw()(0);
  CHECK(first != second);
  manual_seed(3);
  CHECK(next_draw()(0) == first);
  uint64_t in_step = 0;
  {
    DrawStep step(7);
    in_step = next_draw()(0);
    CHECK(in_step != first);
    CHECK(next_draw()(0) != in_step);
  }
  CHECK(next_draw()(0) == second);  // goes on where it was
  DrawStep again(7);
  CHECK(next_draw()(0) == in_step);
  manual_seed(4);
  CHECK(next_draw()(0) != in_step);
  CHECK(CounterRng(4, uint64_t{1} << 63)(7, 5) == Draw(4, 7, 0)(5));
}

TEST_CASE("draws take nothing from the default generator") {
  manual_seed(5);
  Tensor expected = rand({4});
  manual_seed(5);
  dropout(ones({100}));
  CHECK(equal(rand({4}), expected));
}

TEST_CASE("dropout keeps what it should and scales it") {
  manual_seed(6);
  Tensor y = dropout(ones({1000, 1000}), 0.25);
  double kept = 0;
  for (float v : y.to_vector<float>()) {
    if (v != 0 && v != static_cast<float>(1 / 0.75)) FAIL(v);
    kept += v != 0;
  }
  CHECK(std::abs(kept - 750000) < 5 * std::sqrt(1e6 * 0.25 * 0.75));  // five standard deviations
  CHECK(equal(dropout(ones({9}), 0), ones({9})));
  CHECK(equal(dropout(ones({9}), 1), zeros({9})));
}

TEST_CASE("Dropout acts in training only") {
  nn::Dropout layer(0.5);
  Tensor x = ones({64});
  CHECK_FALSE(equal(layer(x), x));
  layer.eval();
  CHECK(equal(layer(x), x));
  CHECK_THROWS_WITH(nn::Dropout(-0.1), "[Dropout] The probability is -0.1 (valid are 0..1)");
}
