#include "lexigrad/train/optim/methods/kernels/sgd.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("SGD steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("sgd", false, [](const Json& settings, Moved<T>& moved, const T* g, int t) {
    const double momentum = settings.value("momentum", 0.0);
    const SgdStep step{settings["lr"],
                       momentum,
                       settings.value("dampening", 0.0),
                       settings.value("weight_decay", 0.0),
                       settings.value("nesterov", false),
                       t == 1};
    sgd_step(moved.w.data(), g, momentum == 0 ? nullptr : moved.first.data(), step,
             static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("SGD steps treat every size and position alike", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (const int64_t offset : {0, 1, 3}) {
        Values<T> w(n, offset), g(n, offset + 1), b(n, offset);
        for (int64_t i = 0; i < n; ++i) w[i] = g[i] = b[i] = T(0.5);
        sgd_step(w.data(), g.data(), b.data(), SgdStep{0.5, 0.5, 0, 0, false, false}, n);
        bool right = w.guarded() && b.guarded() && g.guarded();
        for (int64_t i = 0; i < n; ++i) right = right && b[i] == T(0.75) && w[i] == T(0.5 - 0.5 * 0.75);
        INFO("n " << n << ", offset " << offset);
        REQUIRE(right);
      }
  });
}

TEST_CASE("A NaN gradient reaches the weight under SGD, a number at rest stays", "[kernels]") {
  for_targets([] {
    float w[2] = {1, 1}, g[2] = {kNaN<float>, 0};
    sgd_step(w, g, static_cast<float*>(nullptr), SgdStep{0.1, 0, 0, 0, false, false}, 2);
    REQUIRE(std::isnan(w[0]));
    REQUIRE(w[1] == 1);
  });
}
