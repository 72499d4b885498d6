#include "lexigrad/train/optim/methods/kernels/radam.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("RAdam steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("radam", true, [](const Json& settings, Moved<T>& moved, const T* g, int t) {
    const double lr = settings["lr"], decay = settings["weight_decay"], bias = 1 - std::pow(0.8, t);
    const double most = 2 / (1 - 0.8) - 1, length = most - 2 * t * std::pow(0.8, t) / bias;
    const double square = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length);
    const RAdamStep step{.beta1 = 0.9,
                         .beta2 = 0.8,
                         .eps = 1e-8,
                         .weight_decay = 0,
                         .step_size = lr / (1 - std::pow(0.9, t)),
                         .rectified = length > 5 ? std::sqrt(square * bias) : 0,
                         .keep = 1 - lr * decay};
    radam_step(moved.w.data(), g, moved.first.data(), moved.second.data(), step,
               static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("RAdam steps have the same bits at every size and position", "[kernels]", float, double) {
  using T = TestType;
  for (const double rectified : {0.0, 0.3})
    move_alike<T>([=](T* w, const T* g, T** slots, int64_t n) {
      radam_step(w, g, slots[0], slots[1], RAdamStep{0.9, 0.99, 1e-3, 0.1, 0.03, rectified, 0.9}, n);
    });
}

TEST_CASE("A NaN gradient reaches the weight under RAdam, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    radam_step(w, g, slots[0], slots[1], RAdamStep{0.9, 0.99, 1e-8, 0, 0.03, 0.3}, n);
  });
}
