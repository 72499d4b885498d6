#include "lexigrad/train/optim/methods/kernels/lion.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("Lion steps have the same bits at every size and position", "[kernels]", float, double) {
  using T = TestType;
  move_alike<T>([](T* w, const T* g, T** slots, int64_t n) {
    lion_step(w, g, slots[0], LionStep{0.1, 0.9, 0.99, 0.9}, n);
  });
}

TEST_CASE("Lion's steps have one size and the mixture's sign, which is 0 at 0", "[kernels]") {
  for_targets([] {
    double w[4] = {2, 2, 2, 2}, g[4] = {1, -3, -1, 0}, m[4] = {-2, 2, 1, 0};
    lion_step(w, g, m, LionStep{0.25, 0.5, 0.75, 0.5}, 4);
    const double moved[4] = {1.25, 1.25, 1, 1}, mean[4] = {-1.25, 0.75, 0.5, 0};
    for (int i = 0; i < 4; ++i) {
      REQUIRE(w[i] == moved[i]);
      REQUIRE(m[i] == mean[i]);
    }
  });
}

TEST_CASE("A NaN gradient reaches the weight under Lion, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    lion_step(w, g, slots[0], LionStep{0.1, 0.9, 0.99}, n);
  });
}
