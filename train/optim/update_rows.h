// What every optimizer's step shares: dense or row gradient, rules for rows, threads. An optimizer says
// only how a run of numbers moves.
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
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

/// The reach of a step in its mode: `dense` in dense and lazy_exact mode, or all rows where they decay.
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
template <class T, class W, class Row>
void update_gradient_rows(const RowGrad& grad, int64_t dim, int64_t constant, const W* weight,
                          const Slots& slots, const Row& row) {
  const int64_t* ids = grad.indices().data<int64_t>();
  const T* g = grad.values().data<T>();
  int64_t block = std::max<int64_t>(1, kBlockValues / std::max<int64_t>(dim, 1));
  parallel_ranges(grad.count(), block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + 4 * kRowsAhead < end) slots.look_up(ids[i + 4 * kRowsAhead]);
      if (int64_t next = i + kRowsAhead < end ? ids[i + kRowsAhead] : constant; next != constant) {
        prefetch(weight + next * dim, dim * static_cast<int64_t>(sizeof(W)));
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

inline double rate_of(const nn::ParameterRef& parameter, int64_t row) {
  return parameter.rules ? parameter.rules->rate(row) : 1;
}

/// `move` for weights that are stored as bfloat16: a run of them is widened, moved and rounded back.
template <class Move>
auto rounded(const nn::ParameterRef& parameter, const Rounding& rounding, bool by_rows, const Move& move) {
  const BFloat16* start = parameter.data<BFloat16>();
  return [=, &move](BFloat16* w, const float* g, Slots::Pointers<float> slots, int64_t n, const auto& now) {
    constexpr int64_t few = 1 << 10;  // stay in the nearest cache
    alignas(64) float near[few];
    std::unique_ptr<float[]> far;
    if (by_rows && n > few) far = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(n));
    for (int64_t i = 0, count; i < n; i += count) {
      count = by_rows ? n : std::min(few, n - i);
      float* wide = far ? far.get() : near;
      std::copy_n(w + i, count, wide);
      move(wide, g ? g + i : g, slots, count, now);
      rounding(wide, w + i, count, w + i - start);
      slots.element += count;
    }
  };
}

/// The update where rows have rates, or numbers that they share: row by row. T are gradients and slots, W weights.
template <class T, class W, class StepAt, class Move>
void update_rated(const nn::ParameterRef& parameter, Reach reach, Slots& slots, const StepAt& step_at,
                  const Move& move) {
  int64_t dim = dim_of(parameter);
  W* w = parameter.data<W>();
  const RowGrad* grad = parameter.row_grad();
  const auto whole = step_at(1.0);
  auto row = [&](int64_t id, const T* g) {
    if (double rate = rate_of(parameter, id); rate != 0)
      move(w + id * dim, g, slots.of_row<T>(id), dim, rate == 1 ? whole : step_at(rate));
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
               [&](int64_t id) { return rate_of(parameter, id) != 0; });
  slots.add(moving, -1);
  if (reach == Reach::gradient) return update_gradient_rows<T>(*grad, dim, -1, w, slots, row);
  update_table<T>(*grad, dim, -1, row, [&](int64_t begin, int64_t end) {
    slots.for_each(begin, end, [&](int64_t id) { row(id, zeros); });
  });
}

/// The update of either kind of parameter, with rates for its rows or without.
template <class T, class W, class StepAt, class Move>
void update(const nn::ParameterRef& parameter, Reach reach, Slots& slots, const StepAt& step_at,
            const Move& move) {
  if (slots.by_rows() || (parameter.rules && parameter.rules->rates.defined()))
    return update_rated<T, W>(parameter, reach, slots, step_at, move);
  const auto step = step_at(1.0);
  int64_t dim = dim_of(parameter), constant = parameter.constant_row();
  W* w = parameter.data<W>();
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

/// Stands for a formula that takes many steps without gradient at once, where there is none.
inline constexpr int64_t kFirstSteps = 100;
inline constexpr auto kReplay = [](const auto&...) { return false; };

/// Throws where a row of the gradient is behind: what was read is not what the step would move.
void check_none_late(const nn::ParameterRef& parameter, const Memory& memory, Reach reach);

/// Gives the rows of memory.late.now their slots.
void add_late_rows(Memory& memory);

/// Lets the rows of memory.late.now take the steps that they missed.
template <class T, class StepAt, class Move, class Skip>
void catch_up(const nn::ParameterRef& parameter, const StepOptions& step, Reach reach, Memory& memory,
              const StepAt& step_at, const Move& move, const Skip& skip) {
  LateRows& late = memory.late;
  Slots& slots = memory.slots;
  bool keeps = !late.copy.defined();
  int64_t dim = dim_of(parameter);
  T* w = (keeps ? static_cast<const Tensor&>(parameter) : late.copy).data<T>();
  if (keeps && reach == Reach::all) add_late_rows(memory);
  auto step_then = [&](int64_t number, double rate) {
    StepOptions then = step;
    then.number = number;
    then.lr = late.rates[static_cast<size_t>(number) - 1];
    return step_at(then, rate);
  };
  // Many rows take the same steps; with a formula only a run's first, where bias corrections change most.
  constexpr bool formula = !std::is_same_v<Skip, decltype(kReplay)>;
  std::vector<decltype(step_at(step, 1.0))> steps;
  int64_t first = memory.steps, one_by_one = formula ? std::min(memory.steps, kFirstSteps) : memory.steps;
  for (const LateRow& row : late.now) first = std::min(first, row.stands_at);
  for (int64_t number = first + 1; number <= one_by_one; ++number) steps.push_back(step_then(number, 1));
  auto replay = [&](int64_t row, int64_t stands_at, int64_t last, const auto& at, double rate) {
    const T* zeros = nullptr;
    for (int64_t number = stands_at + 1; number <= last; ++number)
      move(w + row * dim, zeros, at, dim,
           rate == 1 && number <= one_by_one ? steps[static_cast<size_t>(number - first) - 1]
                                             : step_then(number, rate));
  };
  auto count = static_cast<int64_t>(late.now.size()), block = std::max<int64_t>(1, (1 << 12) / dim);
  parallel_ranges(count, block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (int64_t next = i + kRowsAhead; next < end && slots.has(late.now[static_cast<size_t>(next)].row)) {
        int64_t row = late.now[static_cast<size_t>(next)].row;
        prefetch(w + row * dim, dim * static_cast<int64_t>(sizeof(T)));
        slots.fetch<T>(row);
      }
      auto [row, stands_at] = late.now[static_cast<size_t>(i)];
      if (reach == Reach::touched && !slots.has(row)) continue;
      double rate = rate_of(parameter, row);
      Slots copy = keeps ? Slots() : slots.copy_of_row(row);
      auto at = keeps ? slots.of_row<T>(row) : copy.of_row<T>(0);
      replay(row, stands_at, one_by_one, at, rate);
      stands_at = std::max(stands_at, one_by_one);
      if (stands_at < memory.steps && !skip(w + row * dim, at, dim, stands_at, rate))
        replay(row, stands_at, memory.steps, at, rate);
    }
  });
}

}  // namespace detail

/// Calls move(w, g, slots, n, now) from parallel blocks for each run of n numbers at w that a step of the
/// parameter moves; those of a bfloat16 parameter widened, which are rounded at random afterwards. `w` is a T* and `g` a const T* of float or double, the gradients, null for zeros;
/// `slots` are Slots::Pointers<T>; `now` is what step_at(step, share) makes of the step's options and of the
/// share of the learning rate that these numbers have, 1 but for rows with rates.
///
/// `reach` is that of a step in this mode: where rows are lazy_exact, those that it reaches without a gradient
/// catch up later. Then skip(w, slots, n, stands_at, share) moves a row from the end of step `stands_at` to that of the
/// last, or returns false, having done nothing: move() takes each step then. None of them may throw.
template <class StepAt, class Move, class Skip = decltype(detail::kReplay)>
void update_rows(const nn::ParameterRef& parameter, const StepOptions& step, Reach reach, Memory& memory,
                 const StepAt& step_at, const Move& move, const Skip& skip = detail::kReplay) {
  if (parameter.dtype() == bfloat16)
    return detail::update<float, BFloat16>(
        parameter, reach, memory.slots, [&](double share) { return step_at(step, share); },
        detail::rounded(parameter, step.rounding, memory.slots.by_rows(), move));
  bool exact = step.rows == Rows::lazy_exact && reach != Reach::gradient;
  if (!memory.late.now.empty() && !exact) return;
  dispatch_floating("optimizer", parameter.dtype(), [&]<class T>(T) {
    if (!memory.late.now.empty())
      return detail::catch_up<T>(parameter, step, reach, memory, step_at, move, skip);
    if (exact) detail::check_none_late(parameter, memory, reach);
    Reach now = exact && parameter.row_grad() ? Reach::gradient : reach;
    detail::update<T, T>(
        parameter, now, memory.slots, [&](double share) { return step_at(step, share); }, move);
  });
}

}  // namespace lexigrad::optim
