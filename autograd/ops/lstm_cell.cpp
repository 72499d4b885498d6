#include <cmath>
#include <vector>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

using kernels::Unary;

// One row of a cell: n numbers of each gate in i, f, g and o, the new c, and its tanh.
template <class T>
struct CellRow {
  explicit CellRow(int64_t size) : n(size), buffer(static_cast<size_t>(5 * n)) {}

  int64_t n;
  std::vector<T> buffer;
  T *i = buffer.data(), *f = i + n, *g = f + n, *o = g + n, *tanh_c = o + n;

  void run(const T* input, const T* hidden, const T* c, T* next_c) {
    kernels::binary<T>(kernels::Binary::add, input, 1, hidden, 1, i, 4 * n);
    kernels::unary<T>(Unary::sigmoid, i, 1, i, 2 * n);
    kernels::unary<T>(Unary::tanh, g, 1, g, n);
    kernels::unary<T>(Unary::sigmoid, o, 1, o, n);
    for (int64_t k = 0; k < n; ++k) next_c[k] = f[k] * c[k] + i[k] * g[k];
    kernels::unary<T>(Unary::tanh, next_c, 1, tanh_c, n);
  }
  // dh and dnext to the gradients of the gates (4 n) and of c.
  void back(const T* dh, const T* dnext, const T* c, T* dgates, T* dc) const {
    T *di = dgates, *df = di + n, *dg = df + n, *d_o = dg + n;
    for (int64_t k = 0; k < n; ++k) {
      T d = dnext[k] + dh[k] * o[k] * (1 - tanh_c[k] * tanh_c[k]);
      di[k] = d * g[k] * i[k] * (1 - i[k]);
      df[k] = d * c[k] * f[k] * (1 - f[k]);
      dg[k] = d * i[k] * (1 - g[k] * g[k]);
      d_o[k] = dh[k] * tanh_c[k] * o[k] * (1 - o[k]);
      dc[k] = d * f[k];
    }
  }
};

// each(row, cell) for the rows of a cell state of width n, with a CellRow for each block.
template <class T, class Each>
void over_cells(int64_t rows, int64_t n, const Each& each) {
  int64_t block = std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(1, 4 * n));
  parallel_ranges(rows, block, [&](int64_t begin, int64_t end) {
    CellRow<T> cell(n);
    for (int64_t row = begin; row < end; ++row) each(row, cell);
  });
}

struct CellGradients {
  Tensor gates, c;
};

// The gates are computed again: cheaper than to keep them.
CellGradients back(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& state,
                   const OutputGrads& dy) {
  Tensor input = input_gates.contiguous(), hidden = hidden_gates.contiguous(), c = state.contiguous(),
         dh = dy[0].contiguous(), dnext = dy[1].contiguous();
  CellGradients out{empty(input.shape(), input.dtype()), empty(c.shape(), c.dtype())};
  int64_t n = c.shape().back(), rows = n == 0 ? 0 : c.numel() / n;
  dispatch_floating("lstm_cell", c.dtype(), [&]<class T>(T) {
    auto at = [](const Tensor& x, int64_t i) { return detail::pointer<T>(x) + i; };
    over_cells<T>(rows, n, [&](int64_t r, CellRow<T>& cell) {
      T* dc = at(out.c, r * n);  // holds the new c until it gets the gradient
      cell.run(at(input, 4 * r * n), at(hidden, 4 * r * n), at(c, r * n), dc);
      cell.back(at(dh, r * n), at(dnext, r * n), at(c, r * n), at(out.gates, 4 * r * n), dc);
    });
  });
  return out;
}

void check_cell(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& c) {
  check(c.rank() >= 1, "lstm_cell", "The cell state is a scalar. Hint: it has shape (..., H)");
  Shape gates = c.shape();
  gates[gates.rank() - 1] *= 4;
  check(input_gates.shape() == gates && hidden_gates.shape() == gates, "lstm_cell", "Gates ",
        input_gates.shape(), " and ", hidden_gates.shape(), " do not fit a cell state ", c.shape(),
        " (valid: ", gates, ", the input, forget, cell and output gates side by side)");
  check(input_gates.dtype() == c.dtype() && hidden_gates.dtype() == c.dtype(), "lstm_cell", "Gates ",
        name(input_gates.dtype()), " and ", name(hidden_gates.dtype()), " do not fit a cell state ",
        name(c.dtype()), ". Hint: x.to(dtype) converts");
}

}  // namespace

LstmState lstm_cell_composed(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& c) {
  check_cell(input_gates, hidden_gates, c);
  std::vector<Tensor> gates = split(input_gates + hidden_gates, std::max<int64_t>(1, c.shape().back()), -1);
  if (c.shape().back() == 0) gates.resize(4, gates[0]);
  Tensor next = sigmoid(gates[1]) * c + sigmoid(gates[0]) * tanh(gates[2]);
  return {sigmoid(gates[3]) * tanh(next), next};
}

LstmState lstm_cell(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& c) {
  check_cell(input_gates, hidden_gates, c);
  Tensor input = input_gates.detach().contiguous(), hidden = hidden_gates.detach().contiguous(),
         from = c.detach().contiguous(), h = empty(c.shape(), c.dtype()), next = empty(c.shape(), c.dtype());
  int64_t n = c.shape().back(), rows = n == 0 ? 0 : c.numel() / n;
  dispatch_floating("lstm_cell", c.dtype(), [&]<class T>(T) {
    auto at = [](const Tensor& x, int64_t i) { return detail::pointer<T>(x) + i; };
    over_cells<T>(rows, n, [&](int64_t r, CellRow<T>& cell) {
      cell.run(at(input, 4 * r * n), at(hidden, 4 * r * n), at(from, r * n), at(next, r * n));
      kernels::binary<T>(kernels::Binary::mul, cell.o, 1, cell.tanh_c, 1, at(h, r * n), n);
    });
  });
  std::vector<Tensor> made =
      record("lstm_cell", std::vector<Tensor>{std::move(h), std::move(next)}, {input_gates, hidden_gates, c},
             [input = Saved(input_gates), hidden = Saved(hidden_gates), c = Saved(c)](const OutputGrads& dy,
                                                                                      Grads& dx) {
               auto composed = [](const std::vector<Tensor>& in) {
                 LstmState state = lstm_cell_composed(in[0], in[1], in[2]);
                 return std::vector<Tensor>{state.h, state.c};
               };
               if (grad_enabled()) return detail::composed_gradients(composed, {input, hidden, c}, dy, dx);
               CellGradients gradients = back(input, hidden, c, dy);
               dx[0] += gradients.gates;
               dx[1] += gradients.gates;
               dx[2] += gradients.c;
             });
  return {made[0], made[1]};
}

static std::vector<Tensor> cell_reference(const std::vector<Tensor>& in) {
  Tensor h = zeros(in[2].shape(), float64), next = zeros(in[2].shape(), float64);
  int64_t n = in[2].shape().back();
  auto squash = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (int64_t at = 0; at < h.numel(); ++at) {
    auto gate = [&](int64_t which) {
      int64_t place = at / n * 4 * n + which * n + at % n;
      return in[0].data<double>()[place] + in[1].data<double>()[place];
    };
    double c = squash(gate(1)) * in[2].data<double>()[at] + squash(gate(0)) * std::tanh(gate(2));
    next.data<double>()[at] = c;
    h.data<double>()[at] = squash(gate(3)) * std::tanh(c);
  }
  return {h, next};
}

EXAMPLE(
    lstm_cell,
    .shapes = {{{3, 20}, {3, 20}, {3, 5}}, {{2, 2, 4}, {2, 2, 4}, {2, 2, 1}}, {{0, 8}, {0, 8}, {0, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          LstmState state = lstm_cell(in[0], in[1], in[2]);
          return std::vector<Tensor>{state.h, state.c};
        },
    .reference = cell_reference,
    .bad =
        [] {
          lstm_cell(ones({2, 8}), ones({2, 8}), ones({2, 3}));
        },
    .error =
        "[lstm_cell] Gates [2, 8] and [2, 8] do not fit a cell state [2, 3] (valid: [2, 12], the input, "
        "forget, cell and output gates side by side)");
EXAMPLE(
    lstm_cell, .shapes = {{{2, 12}, {2, 12}, {2, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          LstmState state = lstm_cell_composed(in[0], in[1], in[2]);
          return std::vector<Tensor>{state.h, state.c};
        },
    .reference = cell_reference);

}  // namespace lexigrad
