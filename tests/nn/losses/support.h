// What the tests of the losses share.
#pragma once
#include <cmath>
#include <functional>

#include "catch.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/fixture.h"

namespace lexigrad {

/// What PyTorch computed: see tests/fixtures/make_loss_fixtures.py.
inline const nlohmann::json& loss_fixture() { return lexigrad::test::fixture("losses.json"); }

/// The largest difference from `expected`, relative to the largest of those (at least 1).
inline double error_from(const Tensor& x, const nlohmann::json& expected) {
  auto found = x.to_vector<double>(), list = expected.get<std::vector<double>>();
  REQUIRE(found.size() == list.size());
  double scale = 1, worst = 0;
  for (double v : list) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < list.size(); ++i) worst = std::max(worst, std::abs(found[i] - list[i]));
  return worst / scale;
}

/// The loss and its inputs' gradients are PyTorch's, in float64 to 1e-12 and in
/// float32 to 1e-5.
inline void check_torch(const std::function<Tensor(const std::vector<Tensor>&)>& loss,
                        const std::vector<Tensor>& inputs, const nlohmann::json& expected) {
  for (Dtype dtype : {float64, float32}) {
    std::vector<Tensor> in;
    for (const Tensor& x : inputs)
      in.push_back(is_floating(x.dtype()) ? x.detach().to(dtype).clone().requires_grad_() : x);
    Tensor y = loss(in);
    y.backward();
    double tolerance = dtype == float64 ? 1e-12 : 1e-5;
    CHECK(std::abs(y.item<double>() / expected.at("loss").get<double>() - 1) < tolerance);
    for (size_t i = 0; i < in.size(); ++i)
      CHECK(error_from(in[i].grad(), expected.at("grads").at(i)) < tolerance);
  }
}

/// gradcheck and, where the loss is smooth, gradgradcheck.
inline void check_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& loss,
                            const std::vector<Tensor>& inputs, bool smooth = true) {
  GradcheckResult once = gradcheck(loss, inputs);
  INFO(once);
  CHECK(once.ok);
  if (!smooth) return;
  GradcheckResult twice = gradgradcheck(loss, inputs);
  INFO(twice);
  CHECK(twice.ok);
}

}  // namespace lexigrad
