#include "lexigrad/train/optim/slots.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/huge_pages.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {

Slots::Slots(const Shape& parameter, Dtype dtype, const SlotKinds& kinds, bool sparse)
    : shape_(parameter), kinds_(kinds), dim_(dim_of(parameter)) {
  auto are = [&](SlotShape shape) {
    return std::count_if(kinds.begin(), kinds.end(),
                         [&](const SlotKind& kind) { return kind.shape == shape; });
  };
  // A number for each row takes less than its place among others would.
  sparse_ = sparse && are(of_elements) > 0 && are(of_elements) + are(of_rows) == std::ssize(kinds);
  int64_t rows = rows_of(shape_), offset = 0;
  for (const SlotKind& kind : kinds) {
    Follows follows = kind.shape == of_elements ? Follows::element
                      : kind.shape == of_rows   ? Follows::row
                                                : Follows::nothing;
    by_rows_ |= follows == Follows::row;
    places_.push_back({offset, follows});
    offset += sparse_ ? width_of(follows) : kind.shape(shape_).numel();
  }
  if (kinds.empty()) return;
  if (!sparse_) {
    values_ = sparse ? zeros({offset}, dtype) : empty({offset}, dtype).fill_(0);
    return;
  }
  stride_ = offset;
  values_ = zeros({rows, stride_}, dtype);  // pages that are not written cost nothing
  dispatch_floating("optimizer", dtype, [&]<class T>(T) {
    prefer_huge_pages(values_.data<T>(), static_cast<size_t>(values_.numel()) * sizeof(T));
  });
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

void Slots::grow(const Shape& parameter) {
  if (parameter == shape_) return;
  if (kinds_.empty()) return void(shape_ = parameter);
  Slots old = std::exchange(*this, Slots(parameter, values_.dtype(), kinds_, sparse_));
  if (sparse_) {
    held_ = old.held_;
    std::copy(old.words_.begin(), old.words_.end(), words_.begin());
    narrow(place_, 0, 0, old.place_.numel()).copy_(old.place_);
    narrow(values_.reshape({-1}), 0, 0, held_ * stride_)
        .copy_(narrow(old.values_.reshape({-1}), 0, 0, held_ * stride_));
    return;
  }
  for (size_t s = 0; s < count(); ++s) {
    Tensor from = old.tensor(s), to = tensor(s);
    for (int64_t d = 0; d < from.rank(); ++d) to = narrow(to, d, 0, from.size(d));
    to.copy_(from);
  }
}

void Slots::make_dense() {
  if (!sparse_) return;
  Slots all(shape_, values_.dtype(), kinds_, false);
  for (size_t s = 0; s < count(); ++s) all.tensor(s).copy_(copy_of(s));
  *this = std::move(all);
}

Slots Slots::copy_of_row(int64_t row) const {
  if (kinds_.empty()) return {};
  Slots out({1, dim_}, values_.dtype(), kinds_, false);
  if (!has(row)) return out;
  dispatch_floating("optimizer", values_.dtype(), [&]<class T>(T) {
    Pointers<T> from = of_row<T>(row), to = out.of_row<T>(0);
    for (size_t s = 0; s < count(); ++s) std::copy_n(from[s], width_of(places_[s].follows), to[s]);
  });
  return out;
}

void Slots::fail_slot(size_t slot, size_t count) {
  fail("optimizer", text("Slot ", slot, " was read, there are ", count,
                         ". Hint: an optimizer names its slots where it is made"));
}

Tensor Slots::tensor(size_t slot) {
  if (slot >= count()) fail_slot(slot, count());
  make_dense();
  Shape shape = kinds_[slot].shape(shape_);
  return narrow(values_, 0, places_[slot].offset, shape.numel()).reshape(shape);
}

Tensor Slots::copy_of(size_t slot) const {
  Tensor out = zeros(kinds_[slot].shape(shape_), values_.dtype());
  int64_t width = width_of(places_[slot].follows);
  dispatch_floating("optimizer", out.dtype(), [&]<class T>(T) {
    for_each(0, place_.numel(), [&](int64_t row) {
      const T* from = of_row<T>(row)[slot];
      std::copy(from, from + width, out.data<T>() + row * width);
    });
  });
  return out;
}

}  // namespace lexigrad::optim
