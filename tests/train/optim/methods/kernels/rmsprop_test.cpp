#include "lexigrad/train/optim/methods/kernels/rmsprop.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("RMSprop steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("rmsprop", true, [](const Json& settings, Moved<T>& moved, const T* g, int) {
    const double momentum = settings.value("momentum", 0.0);
    const RMSpropStep step{settings["lr"], settings["alpha"], settings.value("eps", 1e-8), momentum,
                           settings.value("weight_decay", 0.0)};
    T* mean = settings.value("centered", false) ? moved.second.data() : nullptr;
    rmsprop_step(moved.w.data(), g, moved.first.data(), mean, momentum > 0 ? moved.third.data() : nullptr,
                 step, static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("RMSprop steps have the same bits at every size and position", "[kernels]", float,
                   double) {
  using T = TestType;
  for (const bool centered : {false, true})
    for (const bool momentum : {false, true})
      move_alike<T>([=](T* w, const T* g, T** slots, int64_t n) {
        rmsprop_step(w, g, slots[0], centered ? slots[1] : nullptr, momentum ? slots[2] : nullptr,
                     RMSpropStep{0.1, 0.9, 1e-3, 0.8, 0.1}, n);
      });
}

TEST_CASE("A NaN gradient reaches the weight under RMSprop, a number at rest stays", "[kernels]") {
  keep_nan_and_rest([](float* w, const float* g, float** slots, int64_t n) {
    rmsprop_step(w, g, slots[0], slots[1], slots[2], RMSpropStep{0.1, 0.9, 1e-8, 0.8, 0}, n);
  });
}
