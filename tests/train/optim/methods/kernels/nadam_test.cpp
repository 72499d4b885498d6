#include "lexigrad/train/optim/methods/kernels/nadam.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("NAdam steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("nadam", true, [](const Json& settings, Moved<T>& moved, const T* g, int t) {
    const double lr = settings["lr"], decay = settings["momentum_decay"];
    const auto mu = [&](int k) { return 0.9 * (1 - 0.5 * std::pow(0.96, k * decay)); };
    double product = 1;
    for (int k = 1; k <= t; ++k) product *= mu(k);
    const NAdamStep step{.beta1 = 0.9,
                         .beta2 = 0.999,
                         .eps = 1e-8,
                         .weight_decay = settings["weight_decay"],
                         .gradient_size = lr * (1 - mu(t)) / (1 - product),
                         .mean_size = lr * mu(t + 1) / (1 - product * mu(t + 1)),
                         .bias2 = 1 - std::pow(0.999, t)};
    nadam_step(moved.w.data(), g, moved.first.data(), moved.second.data(), step,
               static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("NAdam steps have the same bits at every size and position", "[kernels]", float, double) {
  using T = TestType;
  move_alike<T>([](T* w, const T* g, T** slots, int64_t n) {
    nadam_step(w, g, slots[0], slots[1], NAdamStep{0.9, 0.99, 1e-3, 0.1, 0.03, 0.05, 0.7, 0.9}, n);
  });
}

TEST_CASE("A NaN gradient reaches the weight under NAdam, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    nadam_step(w, g, slots[0], slots[1], NAdamStep{0.9, 0.99, 1e-8, 0, 0.03, 0.05, 0.7}, n);
  });
}
