#include "lexigrad/train/optim/methods/kernels/adadelta.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("Adadelta steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("adadelta", true, [](const Json& settings, Moved<T>& moved, const T* g, int) {
    const AdadeltaStep step{settings["lr"], settings["rho"], settings["eps"], settings["weight_decay"]};
    adadelta_step(moved.w.data(), g, moved.first.data(), moved.second.data(), step,
                  static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("Adadelta steps have the same bits at every size and position", "[kernels]", float,
                   double) {
  using T = TestType;
  move_alike<T>([](T* w, const T* g, T** slots, int64_t n) {
    adadelta_step(w, g, slots[0], slots[1], AdadeltaStep{1, 0.9, 1e-4, 0.1}, n);
  });
}

TEST_CASE("A NaN gradient reaches the weight under Adadelta, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    adadelta_step(w, g, slots[0], slots[1], AdadeltaStep{1, 0.9, 1e-6, 0}, n);
  });
}
