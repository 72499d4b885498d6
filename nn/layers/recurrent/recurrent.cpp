#include "lexigrad/nn/layers/recurrent/recurrent.h"

#include <cmath>

#include "lexigrad/nn/init.h"

namespace lexigrad::nn::detail {

RecurrentWeights::RecurrentWeights(const char* layer, int64_t gates, int64_t input_size, int64_t hidden_size,
                                   bool bias)
    : layer_(layer),
      gates_(gates),
      input_size_(input_size),
      hidden_size_(hidden_size),
      options_{.bias = bias} {
  check(input_size > 0 && hidden_size > 0, layer, "input_size and hidden_size are ", input_size, " and ",
        hidden_size, " (valid are 1 and more)");
  add(input_size, "");
}

RecurrentWeights::RecurrentWeights(const char* layer, int64_t gates, int64_t input_size, int64_t hidden_size,
                                   const RecurrentOptions& options)
    : layer_(layer), gates_(gates), input_size_(input_size), hidden_size_(hidden_size), options_(options) {
  check(input_size > 0 && hidden_size > 0 && options.num_layers > 0, layer,
        "input_size, hidden_size and num_layers are ", input_size, ", ", hidden_size, " and ",
        options.num_layers, " (valid are 1 and more)");
  check(options.dropout >= 0 && options.dropout <= 1, layer, "dropout is ", options.dropout,
        " (valid are 0..1)");
  check(
      options.dropout == 0 || options.num_layers > 1, layer,
      "dropout is of what one layer gives the next, and there is one layer. Hint: nn::Dropout on the output");
  for (int64_t l = 0; l < options.num_layers; ++l)
    for (int64_t way = 0; way < ways(); ++way)
      add(l == 0 ? input_size : hidden_size * ways(), text("_l", l, way == 1 ? "_reverse" : ""));
}

void RecurrentWeights::add(int64_t in, const std::string& suffix) {
  double bound = 1 / std::sqrt(static_cast<double>(hidden_size_));
  int64_t rows = gates_ * hidden_size_;
  auto draw = [&](const char* name, const Shape& shape) {
    Tensor values = empty(shape);
    init::uniform_(values, -bound, bound);
    parameters.emplace_back(values);
    names.push_back(name + suffix);
  };
  draw("weight_ih", {rows, in});
  draw("weight_hh", {rows, hidden_size_});
  if (!options_.bias) return;
  draw("bias_ih", {rows});
  draw("bias_hh", {rows});
}

CellWeights RecurrentWeights::cell(int64_t i) const {
  const Parameter* p = parameters.data() + i * (options_.bias ? 4 : 2);
  return options_.bias ? CellWeights{p[0], p[1], p[2], p[3]} : CellWeights{p[0], p[1], {}, {}};
}

void RecurrentWeights::check_cell_input(const Tensor& x) const {
  check(x.rank() == 2 && x.size(1) == input_size_, layer_, "Needs an input (N, ", input_size_, "), got ",
        x.shape());
}

Tensor RecurrentWeights::by_time(const Tensor& x) const {
  const char* form = options_.batch_first ? "(N, T, " : "(T, N, ";
  check(x.rank() == 3 && x.size(2) == input_size_, layer_, "Needs an input ", form, input_size_, "), got ",
        x.shape(), ". Hint: the option batch_first says which of N and T comes first");
  Tensor y = options_.batch_first ? transpose(x, 0, 1) : x;
  check(y.size(0) > 0, layer_, "There is no time in an input of ", x.shape());
  return y;
}

std::vector<Tensor> RecurrentWeights::states(const Tensor& given, const Tensor& x) const {
  check(x.rank() == 3, layer_, "Needs an input of three dimensions, got ", x.shape());
  Shape shape{cells(), x.size(options_.batch_first ? 0 : 1), hidden_size_};
  if (!given.defined()) return unbind(zeros(shape, x.dtype()));
  check(given.shape() == shape, layer_, "The state is ", given.shape(), ", expected ", shape,
        " (layers and ways, N, hidden_size)");
  return unbind(given);
}

Tensor RecurrentWeights::state(const Tensor& given, const Tensor& x) const {
  check_cell_input(x);
  Shape shape{x.size(0), hidden_size_};
  if (!given.defined()) return zeros(shape, x.dtype());
  check(given.shape() == shape, layer_, "The state is ", given.shape(), ", expected ", shape,
        " (N, hidden_size)");
  return given;
}

std::string RecurrentWeights::repr() const {
  return text(input_size_, ", ", hidden_size_,
              options_.num_layers == 1 ? "" : text(", num_layers=", options_.num_layers),
              options_.bias ? "" : ", bias=False", options_.batch_first ? ", batch_first=True" : "",
              options_.dropout == 0 ? "" : text(", dropout=", options_.dropout),
              options_.bidirectional ? ", bidirectional=True" : "");
}

}  // namespace lexigrad::nn::detail
