// What every optimizer's step shares: dense or row gradient, rules for rows, threads. An optimizer says
// only how a run of numbers moves.
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/slots.h"

namespace lexigrad::optim {

/// Rows that a step with a RowGrad moves:
///   gradient  those in it
///   touched   also those with slots from earlier steps
///   all       every row of the table
enum class Reach { gradient, touched, all };

/// The reach of a step in its mode: `dense` in dense mode, or all rows where they decay.
inline Reach reach_of(const StepOptions& step, Reach dense) {
  if (step.rows == Rows::lazy) return Reach::gradient;
  return step.weight_decay != 0 ? Reach::all : dense;
}

namespace detail {

inline constexpr int64_t kBlockValues = 1 << 15;  ///< values a thread updates at a time

/// Calls range(at, zeros, n) around the constant row for rows begin..end-1, which have no gradient.
template <class T, class Range>
void update_zeros(int64_t begin, int64_t end, int64_t dim, int64_t constant, const Range& range) {
  const T* zeros = nullptr;
  if (constant < begin || constant >= end) {
    if (begin < end) range(begin * dim, zeros, (end - begin) * dim);
    return;
  }
  update_zeros<T>(begin, constant, dim, -1, range);
  update_zeros<T>(constant + 1, end, dim, -1, range);
}

/// Calls range(at, g, n) around the constant row for all elements of a dense gradient.
template <class T, class Range>
void update_dense(const Tensor& grad, int64_t dim, int64_t constant, const Range& range) {
  Tensor whole = grad.contiguous();
  const T* g = whole.data<T>();
  int64_t hole = constant < 0 ? whole.numel() : constant * dim;
  int64_t after = constant < 0 ? whole.numel() : hole + dim;
  parallel_ranges(whole.numel(), kBlockValues, [&](int64_t begin, int64_t end) {
    if (begin < hole) range(begin, g + begin, std::min(end, hole) - begin);
    begin = std::max(begin, after);
    if (begin < end) range(begin, g + begin, end - begin);
  });
}

/// Calls row(id, g) for the rows of `grad`, and asks for the memory of those that come next.
template <class T, class Row>
void update_gradient_rows(const RowGrad& grad, int64_t dim, int64_t constant, const T* weight,
                          const Slots& slots, const Row& row) {
  const int64_t* ids = grad.indices().data<int64_t>();
  const T* g = grad.values().data<T>();
  int64_t block = std::max<int64_t>(1, kBlockValues / std::max<int64_t>(dim, 1));
  parallel_ranges(grad.count(), block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + 4 * kRowsAhead < end) slots.look_up(ids[i + 4 * kRowsAhead]);
      if (int64_t next = i + kRowsAhead < end ? ids[i + kRowsAhead] : constant; next != constant) {
        prefetch(weight + next * dim, dim * static_cast<int64_t>(sizeof(T)));
        slots.fetch<T>(next);
      }
      if (ids[i] != constant) row(ids[i], g + i * dim);
    }
  });
}

/// Calls row(id, g) for the rows of `grad` and zeros(begin, end) for what is between, by blocks of the table.
template <class T, class Row, class Zeros>
void update_table(const RowGrad& grad, int64_t dim, int64_t constant, const Row& row, const Zeros& zeros) {
  const int64_t *ids = grad.indices().data<int64_t>(), *last = ids + grad.count();
  const T* g = grad.values().data<T>();
  // At most some 256 blocks: most rows of a large table cost only their bit.
  int64_t block = std::max<int64_t>({1, kBlockValues / std::max<int64_t>(dim, 1), grad.rows() / 256});
  parallel_ranges(grad.rows(), block, [&](int64_t begin, int64_t end) {
    for (const int64_t* id = std::lower_bound(ids, last, begin); id < last && *id < end; ++id) {
      zeros(begin, *id);
      if (*id != constant) row(*id, g + (id - ids) * dim);
      begin = *id + 1;
    }
    zeros(begin, end);
  });
}

/// Calls row(id, g) for all rows of a dense gradient.
template <class T, class Row>
void update_all_rows(const Tensor& grad, int64_t rows, int64_t dim, const Row& row) {
  Tensor whole = grad.contiguous();
  parallel_ranges(rows, std::max<int64_t>(1, kBlockValues / std::max<int64_t>(dim, 1)),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t id = begin; id < end; ++id) row(id, whole.data<T>() + id * dim);
                  });
}

/// The update where rows have rates: row by row.
template <class T, class StepAt, class Move>
void update_rated(const nn::ParameterRef& parameter, Reach reach, Slots& slots, const StepAt& step_at,
                  const Move& move) {
  const nn::RowRules& rules = *parameter.rules;
  int64_t dim = dim_of(parameter);
  T* w = parameter.data<T>();
  const RowGrad* grad = parameter.row_grad();
  auto row = [&](int64_t id, const T* g) {
    if (double rate = rules.rate(id); rate != 0)
      move(w + id * dim, g, slots.of_row<T>(id), dim, step_at(rate));
  };
  const T* zeros = nullptr;
  if (!grad || reach == Reach::all) slots.make_dense();
  if (!grad) return update_all_rows<T>(parameter.grad(), rows_of(parameter), dim, row);
  if (reach == Reach::all)
    return update_table<T>(*grad, dim, -1, row, [&](int64_t begin, int64_t end) {
      for (int64_t id = begin; id < end; ++id) row(id, zeros);
    });
  std::vector<int64_t> moving;
  const int64_t* ids = grad->indices().data<int64_t>();
  std::copy_if(ids, ids + grad->count(), std::back_inserter(moving),
               [&](int64_t id) { return rules.rate(id) != 0; });
  slots.add(moving, -1);
  if (reach == Reach::gradient) return update_gradient_rows<T>(*grad, dim, -1, w, slots, row);
  update_table<T>(*grad, dim, -1, row, [&](int64_t begin, int64_t end) {
    slots.for_each(begin, end, [&](int64_t id) { row(id, zeros); });
  });
}

/// The update of either kind of parameter, with rates for its rows or without.
template <class T, class StepAt, class Move>
void update(const nn::ParameterRef& parameter, Reach reach, Slots& slots, const StepAt& step_at,
            const Move& move) {
  if (parameter.rules && parameter.rules->rates.defined())
    return update_rated<T>(parameter, reach, slots, step_at, move);
  const auto step = step_at(1.0);
  int64_t dim = dim_of(parameter), constant = parameter.constant_row();
  T* w = parameter.data<T>();
  const RowGrad* grad = parameter.row_grad();
  auto run = [&](int64_t at, const T* g, int64_t n) { move(w + at, g, slots.of_element<T>(at), n, step); };
  auto row = [&](int64_t id, const T* g) { move(w + id * dim, g, slots.of_row<T>(id), dim, step); };
  const T* zeros = nullptr;
  if (!grad || reach == Reach::all) slots.make_dense();
  if (!grad) return update_dense<T>(parameter.grad(), dim, constant, run);
  if (reach == Reach::all)
    return update_table<T>(*grad, dim, constant, row, [&](int64_t begin, int64_t end) {
      update_zeros<T>(begin, end, dim, constant, run);
    });
  slots.add({grad->indices().data<int64_t>(), static_cast<size_t>(grad->count())}, constant);
  if (reach == Reach::gradient) return update_gradient_rows<T>(*grad, dim, constant, w, slots, row);
  update_table<T>(*grad, dim, constant, row, [&](int64_t begin, int64_t end) {
    slots.for_each(begin, end, [&](int64_t id) {
      if (id != constant) row(id, zeros);
    });
  });
}

}  // namespace detail

/// Calls move(w, g, slots, n, step) from parallel blocks for each run of n numbers at w that a step of the
/// parameter moves. `w` is a T* and `g` a const T* of float or double, the gradients, null for zeros;
/// `slots` are Slots::Pointers<T>; `step` is what step_at(share) makes of the share of the learning rate
/// that these numbers have, 1 but for rows with rates. Neither may throw.
template <class StepAt, class Move>
void update_rows(const nn::ParameterRef& parameter, Reach reach, Slots& slots, const StepAt& step_at,
                 const Move& move) {
  dispatch_floating("optimizer", parameter.dtype(),
                    [&]<class T>(T) { detail::update<T>(parameter, reach, slots, step_at, move); });
}

}  // namespace lexigrad::optim
