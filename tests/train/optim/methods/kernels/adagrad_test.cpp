#include "lexigrad/train/optim/methods/kernels/adagrad.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("Adagrad steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("adagrad", true, [](const Json& settings, Moved<T>& moved, const T* g, int) {
    const AdagradStep step{settings["lr"], settings["initial_accumulator_value"], settings["eps"],
                           settings["weight_decay"]};
    adagrad_step(moved.w.data(), g, moved.first.data(), step, static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("Adagrad steps have the same bits at every size and position", "[kernels]", float,
                   double) {
  using T = TestType;
  move_alike<T>([](T* w, const T* g, T** slots, int64_t n) {
    adagrad_step(w, g, slots[0], AdagradStep{0.1, 0.3, 1e-3, 0.1}, n);
  });
}

TEST_CASE("A NaN gradient reaches the weight under Adagrad, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    adagrad_step(w, g, slots[0], AdagradStep{0.1, 0, 1e-10, 0}, n);
  });
}
