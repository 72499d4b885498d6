#include "lexigrad/train/optim/methods/kernels/adam.h"

#include "train/optim/methods/kernels/steps.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

TEMPLATE_TEST_CASE("Adam steps as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  agree_with_torch<T>("adam", true, [](const Json& settings, Moved<T>& moved, const T* g, int t) {
    const std::vector<double> betas = settings.value("betas", std::vector<double>{0.9, 0.999});
    const AdamStep step{betas[0],
                        betas[1],
                        settings.value("eps", 1e-8),
                        settings.value("weight_decay", 0.0),
                        settings["lr"].get<double>() / (1 - std::pow(betas[0], t)),
                        std::sqrt(1 - std::pow(betas[1], t))};
    T* v_max = settings.value("amsgrad", false) ? moved.third.data() : nullptr;
    adam_step(moved.w.data(), g, moved.first.data(), moved.second.data(), v_max, step,
              static_cast<int64_t>(moved.w.size()));
  });
}

TEMPLATE_TEST_CASE("Adam steps treat every size and position alike", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (const int64_t offset : {0, 1, 3}) {
        Values<T> w(n, offset), g(n, offset + 1), m(n, offset + 2), v(n, offset);
        for (int64_t i = 0; i < n; ++i) w[i] = g[i] = m[i] = v[i] = T(0.5);
        adam_step<T>(w.data(), g.data(), m.data(), v.data(), nullptr, AdamStep{0.5, 0.5, 0, 0, 0.5, 0.5}, n);
        // v = 0.375, w = 0.5 - 0.5 * 0.5 / (sqrt(0.375) / 0.5)
        const T want = static_cast<T>(0.5L - 0.125L / std::sqrt(0.375L));
        bool right = w.guarded() && m.guarded() && v.guarded() && g.guarded();
        for (int64_t i = 0; i < n; ++i)
          right = right && m[i] == T(0.5) && v[i] == T(0.375) && std::fabs(w[i] - want) <= 2 * kEps<T>;
        INFO("n " << n << ", offset " << offset);
        REQUIRE(right);
      }
  });
}

TEMPLATE_TEST_CASE("AMSGrad divides by the largest square, at every size and position", "[kernels]", float,
                   double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (const int64_t offset : {0, 1, 3}) {
        Values<T> w(n, offset), g(n, offset + 1), m(n, offset + 2), v(n, offset), top(n, offset + 3);
        for (int64_t i = 0; i < n; ++i) {
          w[i] = g[i] = m[i] = v[i] = T(0.5);
          top[i] = T(i % 3 == 0 ? 4 : 0.25);
        }
        adam_step(w.data(), g.data(), m.data(), v.data(), top.data(), AdamStep{0.5, 0.5, 0, 0, 0.5, 0.5}, n);
        bool right = w.guarded() && m.guarded() && v.guarded() && g.guarded() && top.guarded();
        for (int64_t i = 0; i < n; ++i) {
          const T most = i % 3 == 0 ? T(4) : T(0.375);
          const T want = static_cast<T>(0.5L - 0.125L / std::sqrt(static_cast<long double>(most)));
          right = right && v[i] == T(0.375) && top[i] == most && std::fabs(w[i] - want) <= 2 * kEps<T>;
        }
        INFO("n " << n << ", offset " << offset);
        REQUIRE(right);
      }
  });
}

TEST_CASE("A NaN gradient reaches the weight under Adam, a number at rest stays", "[kernels]") {
  for_targets([] {
    float w[2] = {1, 1}, g[2] = {kNaN<float>, 0}, m[2] = {0, 0}, v[2] = {0, 0};
    adam_step<float>(w, g, m, v, nullptr, AdamStep{0.9, 0.999, 1e-8, 0, 0.1, 0.03}, 2);
    REQUIRE(std::isnan(w[0]));
    REQUIRE(w[1] == 1);
    float top[2] = {0, 0};
    adam_step(w, g, m, v, top, AdamStep{0.9, 0.999, 1e-8, 0, 0.1, 0.03}, 2);
    REQUIRE(std::isnan(w[0]));
    REQUIRE(w[1] == 1);
  });
}
