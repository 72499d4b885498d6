// Gated recurrent units (Cho et al. 2014).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/nn/layers/recurrent/recurrent.h"

namespace lexigrad::nn {

namespace detail {
/// From what x adds to the gates r, z and n, and the state: r and z are sigmoids, n = tanh(x's part + r
/// (h's part)), and (1 - z) n + z h is the next state. PyTorch's form, which is cuDNN's.
inline Tensor gru_step(const Tensor& gates, const Tensor& h, const CellWeights& weights) {
  std::vector<Tensor> of_x = chunk(gates, 3, -1), of_h = chunk(weights.of_hidden(h), 3, -1);
  Tensor r = sigmoid(of_x[0] + of_h[0]), z = sigmoid(of_x[1] + of_h[1]);
  Tensor n = tanh(of_x[2] + r * of_h[2]);
  return n + z * (h - n);
}
}  // namespace detail

/// Layers of gated units over time: x (T, N, input_size), or (N, T, input_size) where batch_first, and h
/// (num_layers, N, hidden_size), twice as many where bidirectional; zeros where none is given. torch.nn.GRU,
/// its names, order and start.
class GRU final : public Module {
 public:
  GRU(int64_t input_size, int64_t hidden_size, const RecurrentOptions& options = {})
      : weights_("GRU", 3, input_size, hidden_size, options) {}

  RecurrentOutput forward(const Tensor& x, const Tensor& start = {}) const {
    std::vector<Tensor> h = weights_.states(start, x);
    Tensor output = detail::run_cells(weights_, x, is_training(), h, detail::gru_step);
    return {output, stack(h)};
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(GRU)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "GRU", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

/// One step: x (N, input_size) and h (N, hidden_size), zeros where none is given, to the next h.
/// torch.nn.GRUCell.
class GRUCell final : public Module {
 public:
  GRUCell(int64_t input_size, int64_t hidden_size, bool bias = true)
      : weights_("GRUCell", 3, input_size, hidden_size, bias) {}

  Tensor forward(const Tensor& x, const Tensor& start = {}) const {
    Tensor h = weights_.state(start, x);
    detail::CellWeights weights = weights_.cell();
    return detail::gru_step(linear(x, weights.weight_ih, weights.bias_ih), h, weights);
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(GRUCell)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "GRUCell", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

}  // namespace lexigrad::nn
