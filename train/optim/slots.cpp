#include "lexigrad/train/optim/slots.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {

Slots::Slots(const Tensor& parameter, size_t count, bool sparse)
    : shape_(parameter.shape()),
      count_(count),
      sparse_(sparse && count > 0),
      dim_(dim_of(parameter)),
      numel_(parameter.numel()) {
  int64_t rows = rows_of(parameter), slots = static_cast<int64_t>(count);
  stride_ = slots * dim_;
  if (count == 0) return;
  if (!sparse_) {
    values_ = empty({slots, numel_}, parameter.dtype()).fill_(0);
    return;
  }
  values_ = zeros({rows, slots, dim_}, parameter.dtype());  // pages that are not written cost nothing
  place_ = zeros({rows}, int64);
  words_.resize(static_cast<size_t>((rows + 63) / 64));
}

void Slots::add(std::span<const int64_t> rows, int64_t except) {
  if (!sparse_) return;
  int64_t before = held_, *place = place_.data<int64_t>();
  for (int64_t row : rows) {
    if (row == except || has(row)) continue;
    words_[static_cast<size_t>(row / 64)] |= uint64_t{1} << (row % 64);
    place[row] = held_++;
  }
  touch(before * stride_, held_ * stride_);
}

// A write to each new page: one that is read first costs the system two faults, and an
// interrupt of all threads.
void Slots::touch(int64_t begin, int64_t end) const {
  dispatch_floating("optimizer", values_.dtype(), [&]<class T>(T) {
    constexpr int64_t page = 4096 / sizeof(T);
    parallel_ranges(end - begin, 64 * page, [&](int64_t first, int64_t last) {
      for (int64_t i = begin + first; i < begin + last; i += page) values_.data<T>()[i] = 0;
    });
  });
}

void Slots::grow(const Tensor& parameter) {
  if (parameter.numel() == numel_) return;
  Slots old = std::exchange(*this, Slots(parameter, count_, sparse_));
  if (count_ == 0) return;
  if (sparse_) {
    held_ = old.held_;
    std::copy(old.words_.begin(), old.words_.end(), words_.begin());
    narrow(place_, 0, 0, old.place_.numel()).copy_(old.place_);
    narrow(values_.reshape({-1}), 0, 0, held_ * stride_)
        .copy_(narrow(old.values_.reshape({-1}), 0, 0, held_ * stride_));
  } else {
    narrow(values_, 1, 0, old.numel_).copy_(old.values_);
  }
}

void Slots::make_dense() {
  if (!sparse_) return;
  Tensor all = empty({static_cast<int64_t>(count_), numel_}, values_.dtype()).fill_(0);
  for (size_t s = 0; s < count_; ++s)
    select(all, 0, static_cast<int64_t>(s)).copy_(copy_of(s).reshape({numel_}));
  values_ = all;
  place_ = Tensor();
  words_.clear();
  sparse_ = false;
}

void Slots::fail_slot(size_t slot, size_t count) {
  fail("optimizer", text("Slot ", slot, " was read, there are ", count,
                         ". Hint: an optimizer names its slots where it is made"));
}

Tensor Slots::tensor(size_t slot) {
  if (slot >= count_) fail_slot(slot, count_);
  make_dense();
  return select(values_, 0, static_cast<int64_t>(slot)).reshape(shape_);
}

Tensor Slots::copy_of(size_t slot) const {
  Tensor out = zeros(shape_, values_.dtype());
  dispatch_floating("optimizer", out.dtype(), [&]<class T>(T) {
    for_each(0, place_.numel(), [&](int64_t row) {
      const T* from = of_row<T>(row)[slot];
      std::copy(from, from + dim_, out.data<T>() + row * dim_);
    });
  });
  return out;
}

}  // namespace lexigrad::optim
