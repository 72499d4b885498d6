// Plain recurrence (Elman 1990).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/nn/layers/recurrent/recurrent.h"

namespace lexigrad::nn {

enum class Nonlinearity { tanh, relu };

namespace detail {
inline Tensor rnn_step(Nonlinearity of, const Tensor& gates, const Tensor& h, const CellWeights& weights) {
  Tensor sum = gates + weights.of_hidden(h);
  return of == Nonlinearity::relu ? relu(sum) : tanh(sum);
}
}  // namespace detail

/// h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu, in layers over time: x (T, N, input_size), or
/// (N, T, input_size) where batch_first, and h (num_layers, N, hidden_size), twice as many where
/// bidirectional; zeros where none is given. torch.nn.RNN, its names, order and start.
class RNN final : public Module {
 public:
  RNN(int64_t input_size, int64_t hidden_size, const RecurrentOptions& options = {},
      Nonlinearity nonlinearity = Nonlinearity::tanh)
      : nonlinearity_(nonlinearity), weights_("RNN", 1, input_size, hidden_size, options) {}

  RecurrentOutput forward(const Tensor& x, const Tensor& start = {}) const {
    std::vector<Tensor> h = weights_.states(start, x);
    auto step = [of = nonlinearity_](const Tensor& gates, const Tensor& state,
                                     const detail::CellWeights& weights) {
      return detail::rnn_step(of, gates, state, weights);
    };
    Tensor output = detail::run_cells(weights_, x, is_training(), h, step);
    return {output, stack(h)};
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  Nonlinearity nonlinearity_;
  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(RNN)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "RNN", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

/// One step: x (N, input_size) and h (N, hidden_size), zeros where none is given, to the next h.
/// torch.nn.RNNCell.
class RNNCell final : public Module {
 public:
  RNNCell(int64_t input_size, int64_t hidden_size, bool bias = true,
          Nonlinearity nonlinearity = Nonlinearity::tanh)
      : nonlinearity_(nonlinearity), weights_("RNNCell", 1, input_size, hidden_size, bias) {}

  Tensor forward(const Tensor& x, const Tensor& start = {}) const {
    Tensor h = weights_.state(start, x);
    detail::CellWeights weights = weights_.cell();
    return detail::rnn_step(nonlinearity_, linear(x, weights.weight_ih, weights.bias_ih), h, weights);
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  Nonlinearity nonlinearity_;
  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(RNNCell)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "RNNCell", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

}  // namespace lexigrad::nn
