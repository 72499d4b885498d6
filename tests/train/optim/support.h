// What the optimizer tests share: optimizers by name, whole-number patterns, row gradients.
#pragma once
#include <cmath>
#include <functional>
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

/// The row that the tests add to the table, in own_optimizer_test.cpp.
inline constexpr const char* kOwnOptimizer = "mine";

struct Config {
  std::string name;  ///< has "decay" in it where weights decay
  std::function<std::unique_ptr<optim::Optimizer>(std::vector<nn::ParameterRef>, optim::Rows)> make;
};

/// A row of the table with its defaults, but for weight decay and a small learning rate.
inline Config config_of(const optim::OptimizerKind& kind, double weight_decay) {
  OptionValues options(kind.options);
  if (options.has("weight-decay")) options.set("weight-decay", weight_decay);
  auto make = [&kind, options](std::vector<nn::ParameterRef> p, optim::Rows rows) {
    return kind.make(std::move(p), {.lr = std::fmin(0.1, 3 * kind.lr), .rows = rows, .options = options});
  };
  return {weight_decay == 0 ? kind.name : kind.name + " decay", make};
}

template <class Method, class Options>
Config config_of(const std::string& name, const Options& options) {
  return {name, [options](std::vector<nn::ParameterRef> p, optim::Rows rows) {
            Options all = options;
            all.rows = rows;
            return std::make_unique<Method>(std::move(p), all);
          }};
}

/// True where all numbers of a parameter move together, whatever rows they are in.
inline bool couples(const Config& config) {
  return config.name.starts_with("adafactor") || config.name.starts_with("muon") ||
         config.name.starts_with("soap");
}

/// Every row of the table, with and without decay, and what the command does not offer.
inline const std::vector<Config>& configs() {
  static const std::vector<Config> all = [] {
    using namespace optim;
    std::vector<Config> out = {
        config_of<SGD, SGDOptions>("SGD plain", {.lr = 0.1}),
        config_of<SGD, SGDOptions>("SGD nesterov decay",
                                   {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.05, .nesterov = true}),
        config_of<SGD, SGDOptions>("SGD decay", {.lr = 0.1, .weight_decay = 0.05}),
        config_of<SGD, SGDOptions>("SGD maximize", {.lr = 0.1, .momentum = 0.5, .maximize = true}),
        config_of<Adam, AdamOptions>("Adam amsgrad maximize",
                                     {.lr = 0.01, .amsgrad = true, .maximize = true}),
        config_of<AdamW, AdamOptions>("AdamW amsgrad decay",
                                      {.lr = 0.01, .weight_decay = 0.05, .amsgrad = true}),
        config_of<Adagrad, AdagradOptions>("Adagrad initial",
                                           {.lr = 0.1, .lr_decay = 0.1, .initial_accumulator_value = 0.1}),
        config_of<RMSprop, RMSpropOptions>("RMSprop momentum", {.lr = 0.01, .eps = 1e-3, .momentum = 0.5}),
        config_of<RMSprop, RMSpropOptions>("RMSprop centered", {.lr = 0.01, .eps = 1e-3, .centered = true}),
        config_of<RMSprop, RMSpropOptions>(
            "RMSprop centered momentum decay",
            {.lr = 0.01, .eps = 1e-3, .weight_decay = 0.05, .momentum = 0.5, .centered = true}),
        config_of<NAdam, NAdamOptions>("NAdam decoupled decay",
                                       {.lr = 0.01, .weight_decay = 0.05, .decoupled_weight_decay = true}),
        config_of<RAdam, RAdamOptions>("RAdam decoupled decay",
                                       {.lr = 0.01, .weight_decay = 0.05, .decoupled_weight_decay = true}),
    };
    for (const optim::OptimizerKind& kind : optim::optimizers()) {
      out.push_back(config_of(kind, 0));
      if (OptionValues(kind.options).has("weight-decay")) out.push_back(config_of(kind, 0.05));
    }
    return out;
  }();
  return all;
}

}  // namespace lexigrad::test
