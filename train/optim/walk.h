// The walk over a parameter that every optimizer shares: dense or row gradient, constant row, threads.
#pragma once
#include <algorithm>
#include <cstdint>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/base/prefetch.h"
#include "lexigrad/autograd/row_grad.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/touched_rows.h"

namespace lexigrad::optim {

/// Rows that a step with a RowGrad moves: those in it; also those with moments from earlier steps; all.
enum class Reach { gradient, touched, all };

namespace detail {

inline constexpr int64_t block_values = 1 << 15;  // values a thread updates at a time

/// range(at, zeros, n) around the constant row for rows begin..end-1, which have no gradient.
template <class T, class Range>
void walk_zeros(int64_t begin, int64_t end, int64_t dim, int64_t constant, const Range& range) {
  const T* zeros = nullptr;
  if (constant < begin || constant >= end) {
    if (begin < end) range(begin * dim, zeros, (end - begin) * dim);
    return;
  }
  walk_zeros<T>(begin, constant, dim, -1, range);
  walk_zeros<T>(constant + 1, end, dim, -1, range);
}

template <class T, class Range>
void walk_dense(const Tensor& grad, int64_t dim, int64_t constant, const Range& range) {
  Tensor whole = grad.contiguous();
  const T* g = whole.data<T>();
  int64_t hole = constant < 0 ? whole.numel() : constant * dim;
  int64_t after = constant < 0 ? whole.numel() : hole + dim;
  parallel_ranges(whole.numel(), block_values, [&](int64_t begin, int64_t end) {
    if (begin < hole) range(begin, g + begin, std::min(end, hole) - begin);
    begin = std::max(begin, after);
    if (begin < end) range(begin, g + begin, end - begin);
  });
}

template <class T, class Range, class Ahead>
void walk_gradient(const RowGrad& grad, int64_t dim, int64_t constant, const Range& range,
                   const Ahead& ahead) {
  const int64_t* ids = grad.indices().data<int64_t>();
  const T* g = grad.values().data<T>();
  int64_t block = std::max<int64_t>(1, block_values / std::max<int64_t>(dim, 1));
  parallel_ranges(grad.count(), block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + rows_ahead < end) ahead(ids[i + rows_ahead] * dim, dim);
      if (ids[i] != constant) range(ids[i] * dim, g + i * dim, dim);
    }
  });
}

/// Blocks of table rows: the rows of `grad` with their gradients, and zeros(begin, end) for what is between.
template <class T, class Range, class Zeros>
void walk_table(const RowGrad& grad, int64_t dim, int64_t constant, const Range& range, const Zeros& zeros) {
  const int64_t *ids = grad.indices().data<int64_t>(), *last = ids + grad.count();
  const T* g = grad.values().data<T>();
  // At most some 256 blocks: most rows of a large table cost only their bit.
  int64_t block = std::max<int64_t>({1, block_values / std::max<int64_t>(dim, 1), grad.rows() / 256});
  parallel_ranges(grad.rows(), block, [&](int64_t begin, int64_t end) {
    for (const int64_t* id = std::lower_bound(ids, last, begin); id < last && *id < end; ++id) {
      zeros(begin, *id);
      if (*id != constant) range(*id * dim, g + (id - ids) * dim, dim);
      begin = *id + 1;
    }
    zeros(begin, end);
  });
}

}  // namespace detail

/// Calls range(at, g, n) from parallel blocks for the values at..at+n-1 that the step moves; `g` are their
/// gradients, null for zeros. ahead(at, n) comes some rows before, to fetch what range will read. `touched`
/// is read and kept up to date only where reach is Reach::touched.
template <class T, class Range, class Ahead>
void walk(const nn::ParameterRef& parameter, Reach reach, TouchedRows& touched, const Range& range,
          const Ahead& ahead) {
  int64_t rows = parameter.rank() == 0 ? 1 : parameter.size(0), constant = parameter.constant_row;
  int64_t dim = parameter.numel() / std::max<int64_t>(rows, 1);
  const RowGrad* grad = parameter.row_grad();
  if (!grad) {
    if (reach == Reach::touched) touched.add_all();
    return detail::walk_dense<T>(parameter.grad(), dim, constant, range);
  }
  if (reach == Reach::gradient) return detail::walk_gradient<T>(*grad, dim, constant, range, ahead);
  if (reach == Reach::all)
    return detail::walk_table<T>(*grad, dim, constant, range, [&](int64_t begin, int64_t end) {
      detail::walk_zeros<T>(begin, end, dim, constant, range);
    });
  const T* zeros = nullptr;
  detail::walk_table<T>(*grad, dim, constant, range, [&](int64_t begin, int64_t end) {
    touched.for_each(begin, end, [&](int64_t row) {
      if (row != constant) range(row * dim, zeros, dim);
    });
  });
  const int64_t* ids = grad->indices().data<int64_t>();
  for (int64_t i = 0; i < grad->count(); ++i) touched.add(ids[i]);
}

}  // namespace lexigrad::optim
