// What the optimizer tests share: optimizers by name, whole-number patterns, row gradients.
#pragma once
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/train/train.h"

namespace lexigrad::test {

/// ((a i + b) mod m) / m - 0.5, as in fixtures/make_optim_fixtures.py.
inline Tensor pattern(int64_t a, int64_t b, const Shape& shape, int64_t modulus, Dtype dtype = float64) {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(static_cast<double>((a * i + b) % modulus) / static_cast<double>(modulus) - 0.5);
  return from_values<double>(values, shape).to(dtype);
}

/// The rows of `dense` named by `ids` (sorted) as a gradient.
inline RowGrad rows_of(const Tensor& dense, const std::vector<int64_t>& ids) {
  NoGrad off;
  return RowGrad(tensor(ids), embedding(dense, tensor(ids)), dense.size(0));
}

inline double largest(const Tensor& x) {
  double out = 0;
  for (double v : x.to_vector<double>()) out = std::fmax(out, std::abs(v));
  return out;
}

/// max |a - b| relative to the largest |b|; NaN where either holds one.
inline double distance(const Tensor& a, const Tensor& b) {
  double out = 0;
  std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (size_t i = 0; i < y.size(); ++i) {
    double d = std::abs(x.at(i) - y[i]);
    if (!(d <= out)) out = d;
  }
  return out / largest(b);
}

struct Config {
  std::string name;
  std::unique_ptr<optim::Optimizer> (*make)(std::vector<nn::ParameterRef>, optim::Rows);
};

inline const std::vector<Config>& configs() {
  using optim::Rows, std::vector, nn::ParameterRef;
  using Made = std::unique_ptr<optim::Optimizer>;
  static const std::vector<Config> all = {
      {"SGD",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::SGD>(p, optim::SGDOptions{.lr = 0.1, .rows = rows});
       }},
      {"SGD momentum",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::SGD>(p, optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .rows = rows});
       }},
      {"SGD nesterov decay",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::SGD>(
             p, optim::SGDOptions{
                    .lr = 0.1, .momentum = 0.9, .weight_decay = 0.05, .nesterov = true, .rows = rows});
       }},
      {"SGD decay",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::SGD>(
             p, optim::SGDOptions{.lr = 0.1, .weight_decay = 0.05, .rows = rows});
       }},
      {"Adam",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::Adam>(p, optim::AdamOptions{.lr = 0.01, .rows = rows});
       }},
      {"Adam decay",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::Adam>(
             p, optim::AdamOptions{.lr = 0.01, .weight_decay = 0.05, .rows = rows});
       }},
      {"AdamW decay",
       [](vector<ParameterRef> p, Rows rows) -> Made {
         return std::make_unique<optim::AdamW>(
             p, optim::AdamWOptions{.lr = 0.01, .weight_decay = 0.5, .rows = rows});
       }},
  };
  return all;
}

}  // namespace lexigrad::test
