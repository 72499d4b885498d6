// Long short-term memory (Hochreiter and Schmidhuber 1997).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/nn/layers/recurrent/recurrent.h"

namespace lexigrad::nn {

/// auto [output, state] = lstm(x); as RecurrentOutput, with h and c.
struct LstmOutput {
  Tensor output;
  LstmState state;

  template <class F>
  void each_tensor(const F& f) {
    f(output), f(state.h), f(state.c);
  }
};

/// Layers of lstm_cell over time: x (T, N, input_size), or (N, T, input_size) where batch_first, and a state
/// whose h and c are (num_layers, N, hidden_size), twice as many where bidirectional; zeros where none is
/// given. torch.nn.LSTM, its names, order and start.
class LSTM final : public Module {
 public:
  LSTM(int64_t input_size, int64_t hidden_size, const RecurrentOptions& options = {})
      : weights_("LSTM", 4, input_size, hidden_size, options) {}

  LstmOutput forward(const Tensor& x, const LstmState& start = {}) const {
    std::vector<Tensor> h = weights_.states(start.h, x), c = weights_.states(start.c, x);
    std::vector<LstmState> states;
    for (size_t i = 0; i < h.size(); ++i) states.push_back({h[i], c[i]});
    auto step = [](const Tensor& gates, const LstmState& state, const detail::CellWeights& weights) {
      return lstm_cell(gates, weights.of_hidden(state.h), state.c);
    };
    Tensor output = detail::run_cells(weights_, x, is_training(), states, step);
    for (size_t i = 0; i < h.size(); ++i) h[i] = states[i].h, c[i] = states[i].c;
    return {output, {stack(h), stack(c)}};
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(LSTM)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "LSTM", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

/// One step: x (N, input_size) and a state (N, hidden_size), zeros where none is given, to the next state.
/// torch.nn.LSTMCell.
class LSTMCell final : public Module {
 public:
  LSTMCell(int64_t input_size, int64_t hidden_size, bool bias = true)
      : weights_("LSTMCell", 4, input_size, hidden_size, bias) {}

  LstmState forward(const Tensor& x, const LstmState& start = {}) const {
    Tensor h = weights_.state(start.h, x), c = weights_.state(start.c, x);
    detail::CellWeights weights = weights_.cell();
    return lstm_cell(linear(x, weights.weight_ih, weights.bias_ih), weights.of_hidden(h), c);
  }

 private:
  std::string extra_repr() const override { return weights_.repr(); }

  detail::RecurrentWeights weights_;
  LEXIGRAD_FORWARD(LSTMCell)
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "LSTMCell", " ").add(weights_.parameters).name_items(weights_.names);
  }
};

}  // namespace lexigrad::nn
