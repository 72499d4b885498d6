// The walk over a parameter that every optimizer shares: dense or row gradient, constant row, threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

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

/// A table and the optimizer's slots for it.
template <class T>
struct TableMemory {
  T* weight;
  std::span<T* const> slots;
  int64_t dim;
  const TouchedRows& touched;

  /// Starts to load a row.
  void fetch(int64_t row) const {
    int64_t bytes = dim * static_cast<int64_t>(sizeof(T));
    prefetch(weight + row * dim, bytes);
    for (const T* slot : slots) prefetch(slot + row * dim, bytes);
  }
  /// For a row without history, whose slots are zeros, writes some of these. A page that is read before its
  /// first write costs the system two faults, and an interrupt of all threads.
  void open(int64_t row) const {
    constexpr int64_t step = 4096 / sizeof(T);  // of the smallest pages
    if (touched.has(row) || dim == 0) return;
    for (T* slot : slots) {
      for (int64_t i = 0; i < dim; i += step) slot[row * dim + i] = 0;
      slot[row * dim + dim - 1] = 0;
    }
  }
};

template <class T, class Range>
void walk_gradient(const RowGrad& grad, const TableMemory<T>& table, int64_t constant, const Range& range) {
  const int64_t* ids = grad.indices().data<int64_t>();
  const T* g = grad.values().data<T>();
  int64_t dim = table.dim, block = std::max<int64_t>(1, block_values / std::max<int64_t>(dim, 1));
  parallel_ranges(grad.count(), block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + rows_ahead < end) table.fetch(ids[i + rows_ahead]);
      if (ids[i] == constant) continue;
      table.open(ids[i]);
      range(ids[i] * dim, g + i * dim, dim);
    }
  });
}

/// Blocks of table rows: the rows of `grad` with their gradients, and zeros(begin, end) for what is between.
template <class T, class Range, class Zeros>
void walk_table(const RowGrad& grad, const TableMemory<T>& table, int64_t constant, const Range& range,
                const Zeros& zeros) {
  int64_t dim = table.dim;
  const int64_t *ids = grad.indices().data<int64_t>(), *last = ids + grad.count();
  const T* g = grad.values().data<T>();
  // At most some 256 blocks: most rows of a large table cost only their bit.
  int64_t block = std::max<int64_t>({1, block_values / std::max<int64_t>(dim, 1), grad.rows() / 256});
  parallel_ranges(grad.rows(), block, [&](int64_t begin, int64_t end) {
    for (const int64_t* id = std::lower_bound(ids, last, begin); id < last && *id < end; ++id) {
      zeros(begin, *id);
      begin = *id + 1;
      if (*id == constant) continue;
      table.open(*id);
      range(*id * dim, g + (id - ids) * dim, dim);
    }
    zeros(begin, end);
  });
}

}  // namespace detail

/// Calls range(at, g, n) from parallel blocks for the values at..at+n-1 that the step moves; `g` are their
/// gradients, null for zeros. `slots` are zeros in all rows but those of `touched`, which is kept up to date.
template <class T, class Range>
void walk(const nn::ParameterRef& parameter, Reach reach, std::span<T* const> slots, TouchedRows& touched,
          const Range& range) {
  int64_t rows = parameter.rank() == 0 ? 1 : parameter.size(0), constant = parameter.constant_row;
  int64_t dim = parameter.numel() / std::max<int64_t>(rows, 1);
  const RowGrad* grad = parameter.row_grad();
  if (!grad || reach == Reach::all) touched.add_all();
  if (!grad) return detail::walk_dense<T>(parameter.grad(), dim, constant, range);
  const detail::TableMemory<T> table{parameter.data<T>(), slots, dim, touched};
  if (reach == Reach::all)
    return detail::walk_table<T>(*grad, table, constant, range, [&](int64_t begin, int64_t end) {
      detail::walk_zeros<T>(begin, end, dim, constant, range);
    });
  const T* zeros = nullptr;
  if (reach == Reach::gradient)
    detail::walk_gradient<T>(*grad, table, constant, range);
  else
    detail::walk_table<T>(*grad, table, constant, range, [&](int64_t begin, int64_t end) {
      touched.for_each(begin, end, [&](int64_t row) {
        if (row != constant) range(row * dim, zeros, dim);
      });
    });
  const int64_t* ids = grad->indices().data<int64_t>();
  for (int64_t i = 0; i < grad->count(); ++i) touched.add(ids[i]);
}

}  // namespace lexigrad::optim
