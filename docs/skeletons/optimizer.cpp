#include "optimizer.h"  // "lexigrad/train/optim/methods/sign_sgd.h"

#include <cmath>
#include <type_traits>

#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

SignSGD::SignSGD(const ParameterGroups& parameters, const SignSGDOptions& options)
    : Optimizer("sign_sgd", parameters, {options.lr, 0, options.rows}, options.no_decay, {"m"}),
      options_(options) {
  check_option("momentum", options.momentum, 0, 1);
}

OptimizerKind SignSGD::kind() {
  return {.name = "sign_sgd",
          .help = "steps of one size",
          .lr = 1e-3,
          .options = {{"momentum", 0.9, Real{0, 1}, "share of the gradients so far"}},
          .slots = [](const OptionValues&) { return SlotKinds{"m"}; },
          .make =
              [](const ParameterGroups& parameters, const OptimizerSettings& s) {
                SignSGDOptions options{s.lr, s.options.get<double>("momentum"), s.rows, s.no_decay};
                return std::make_unique<SignSGD>(parameters, options);
              }};
}

// A kernel (train/optim/methods/kernels/) takes this loop's place where it shall use the vector units.
void SignSGD::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  update_rows(
      parameter, step, reach_of(step, Reach::touched), memory,
      [](const StepOptions& now, double share) { return share * now.lr; },
      [this](auto* w, const auto* g, const auto& slots, int64_t n, double lr) {
        using T = std::remove_pointer_t<decltype(w)>;
        auto keep = static_cast<T>(options_.momentum);
        for (int64_t i = 0; i < n; ++i) {
          T& m = slots[0][i];
          m = keep * m + (1 - keep) * (g ? g[i] : T(0));
          w[i] -= m == 0 ? T(0) : std::copysign(static_cast<T>(lr), m);
        }
      });
}

}  // namespace lexigrad::optim
