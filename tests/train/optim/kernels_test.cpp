#include "lexigrad/train/optim/kernels/optimizer.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/kernels/cases.h"
#include "support/paths.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
using Json = nlohmann::json;

Json fixture() {
  std::ifstream file(lexigrad::test::in_source("tests/fixtures/optimizer_steps.json"));
  REQUIRE(file);
  return Json::parse(file);
}

template <class T>
std::vector<T> values(const Json& list) {
  std::vector<T> out;
  for (const double v : list) out.push_back(static_cast<T>(v));
  return out;
}

// One optimizer over the fixture's values, its state beside it.
template <class T>
struct Run {
  Json settings;
  std::vector<T> w, first, second;

  void step(const T* g, int t) {
    const int64_t n = static_cast<int64_t>(w.size());
    if (settings["kind"] == "sgd") {
      const double momentum = settings.value("momentum", 0.0);
      const SgdStep<T> s{settings["lr"],
                         momentum,
                         settings.value("dampening", 0.0),
                         settings.value("weight_decay", 0.0),
                         settings.value("nesterov", false),
                         t == 1};
      sgd_step(w.data(), g, momentum == 0 ? nullptr : first.data(), s, n);
    } else {
      const std::vector<double> betas = settings.value("betas", std::vector<double>{0.9, 0.999});
      const AdamStep<T> s{betas[0],
                          betas[1],
                          settings.value("eps", 1e-8),
                          settings.value("weight_decay", 0.0),
                          settings["lr"].get<double>() / (1 - std::pow(betas[0], t)),
                          std::sqrt(1 - std::pow(betas[1], t))};
      adam_step(w.data(), g, first.data(), second.data(), s, n);
    }
  }
};
}  // namespace

TEMPLATE_TEST_CASE("SGD and Adam step as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  const Json data = fixture();
  const char* dtype = sizeof(T) == 4 ? "float32" : "float64";
  const long double tolerance = sizeof(T) == 4 ? 1e-6L : 1e-14L;
  for_targets([&] {
    for (const Json& settings : data["cases"]) {
      const auto start = values<T>(data["start"]);
      Run<T> run{settings, start, std::vector<T>(start.size()), std::vector<T>(start.size())};
      for (int t = 1; t <= 5; ++t) {
        const auto g = values<T>(data["gradients"][t - 1]);
        const bool zero = t - 1 == data["zero_step"] && settings["kind"] == "adam";
        run.step(zero ? nullptr : g.data(), t);
        const auto want = values<long double>(settings[dtype][t - 1]);
        long double worst = 0;
        for (size_t i = 0; i < want.size(); ++i)
          worst = std::max(worst, excess(run.w[i], want[i], tolerance * (1 + std::fabs(want[i]))));
        INFO("step " << t);
        REQUIRE(worst <= 1);
      }
    }
  });
}

TEMPLATE_TEST_CASE("Optimizer steps treat every size and position alike", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (const int64_t offset : {0, 1, 3}) {
        Values<T> w(n, offset), g(n, offset + 1), m(n, offset + 2), v(n, offset), b(n, offset);
        for (int64_t i = 0; i < n; ++i) w[i] = g[i] = m[i] = v[i] = b[i] = T(0.5);
        adam_step(w.data(), g.data(), m.data(), v.data(), AdamStep<T>{0.5, 0.5, 0, 0, 0.5, 0.5}, n);
        sgd_step(w.data(), g.data(), b.data(), SgdStep<T>{0.5, 0.5, 0, 0, false, false}, n);
        // v = 0.375, w = 0.5 - 0.5 * 0.5 / (sqrt(0.375) / 0.5) - 0.5 * 0.75
        const T want = static_cast<T>(0.5L - 0.125L / std::sqrt(0.375L) - 0.375L);
        bool right = w.guarded() && m.guarded() && v.guarded() && b.guarded() && g.guarded();
        for (int64_t i = 0; i < n; ++i)
          right = right && m[i] == T(0.5) && v[i] == T(0.375) && b[i] == T(0.75) &&
                  std::fabs(w[i] - want) <= 2 * kEps<T>;
        INFO("n " << n << ", offset " << offset);
        REQUIRE(right);
      }
  });
}

TEST_CASE("A NaN gradient reaches the weight, a row at rest stays", "[kernels]") {
  for_targets([] {
    float w[2] = {1, 1}, g[2] = {kNaN<float>, 0}, m[2] = {0, 0}, v[2] = {0, 0};
    adam_step(w, g, m, v, AdamStep<float>{0.9, 0.999, 1e-8, 0, 0.1, 0.03}, 2);
    REQUIRE(std::isnan(w[0]));
    REQUIRE(w[1] == 1);
    sgd_step(w, g, static_cast<float*>(nullptr), SgdStep<float>{0.1, 0, 0, 0, false, false}, 2);
    REQUIRE(w[1] == 1);
  });
}
