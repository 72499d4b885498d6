// What recurrent layers share: weights under PyTorch's names, and the way through time.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct RecurrentOptions {
  int64_t num_layers = 1;
  bool batch_first = false;    ///< input and output are (N, T, ...), not (T, N, ...); states never are
  bool bidirectional = false;  ///< a second way from the end to the start; the output has both, side by side
  double dropout = 0;          ///< of what one layer gives the next, while training
  bool bias = true;
};

/// auto [output, h] = gru(x)
struct RecurrentOutput {
  Tensor
      output;  ///< (T, N, hidden_size), twice as wide where bidirectional: h of the last layer at each time
  Tensor h;    ///< (num_layers, N, hidden_size) at the end; forward and backward ways in turn

  template <class F>
  void each_tensor(const F& f) {
    f(output), f(h);
  }
};

namespace detail {

/// The weights of one cell; the biases may be undefined.
struct CellWeights {
  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

  /// What the state adds to the gates.
  Tensor of_hidden(const Tensor& h) const { return linear(h, weight_hh, bias_hh); }
};

/// The parameters of cells, weight_ih (gates hidden, in), weight_hh (gates hidden, hidden), bias_ih and
/// bias_hh (gates hidden), all from U(-1/sqrt(hidden), 1/sqrt(hidden)) in PyTorch's order.
class RecurrentWeights {
 public:
  /// A cell.
  RecurrentWeights(const char* layer, int64_t gates, int64_t input_size, int64_t hidden_size, bool bias);
  /// Layers of cells: names end in "_l0", or "_l0_reverse".
  RecurrentWeights(const char* layer, int64_t gates, int64_t input_size, int64_t hidden_size,
                   const RecurrentOptions& options);

  CellWeights cell(int64_t i = 0) const;
  int64_t cells() const { return options_.num_layers * ways(); }
  int64_t ways() const { return options_.bidirectional ? 2 : 1; }
  const RecurrentOptions& options() const { return options_; }
  std::string repr() const;

  /// Throws unless x is (N, input_size).
  void check_cell_input(const Tensor& x) const;
  /// x as (T, N, input_size); throws where it is not.
  Tensor by_time(const Tensor& x) const;
  /// The state of each cell, (N, hidden_size): those given, (cells, N, hidden_size), or zeros.
  std::vector<Tensor> states(const Tensor& given, const Tensor& x) const;
  /// The state of a lone cell, (N, hidden_size): that given, or zeros.
  Tensor state(const Tensor& given, const Tensor& x) const;

  std::vector<Parameter> parameters;
  std::vector<std::string> names;

 private:
  void add(int64_t in, const std::string& suffix);

  const char* layer_;
  int64_t gates_, input_size_, hidden_size_;
  RecurrentOptions options_;
};

inline const Tensor& hidden_of(const Tensor& state) { return state; }
inline const Tensor& hidden_of(const LstmState& state) { return state.h; }

/// One cell over time: x (T, N, in) to (T, N, hidden); `state` is that at the end then. step(what x adds to
/// the gates, state, weights) is the next state.
template <class State, class Step>
Tensor run_cell(const Tensor& x, const CellWeights& weights, bool backwards, State& state, const Step& step) {
  std::vector<Tensor> gates = unbind(linear(x, weights.weight_ih, weights.bias_ih)), outputs(gates.size());
  for (size_t k = 0; k < gates.size(); ++k) {
    size_t t = backwards ? gates.size() - 1 - k : k;
    state = step(gates[t], state, weights);
    outputs[t] = hidden_of(state);
  }
  return stack(outputs);
}

/// All cells over time: the output, and in `states` those at the end.
template <class State, class Step>
Tensor run_cells(const RecurrentWeights& weights, const Tensor& x, bool training, std::vector<State>& states,
                 const Step& step) {
  const RecurrentOptions& options = weights.options();
  Tensor y = weights.by_time(x);
  for (int64_t layer = 0; layer < options.num_layers; ++layer) {
    if (layer > 0 && options.dropout > 0 && training) y = dropout(y, options.dropout);
    std::vector<Tensor> outputs;
    for (int64_t way = 0; way < weights.ways(); ++way) {
      int64_t i = layer * weights.ways() + way;
      outputs.push_back(run_cell(y, weights.cell(i), way == 1, states[static_cast<size_t>(i)], step));
    }
    y = outputs.size() == 1 ? outputs[0] : cat(outputs, -1);
  }
  return options.batch_first ? transpose(y, 0, 1) : y;
}

}  // namespace detail
}  // namespace lexigrad::nn
