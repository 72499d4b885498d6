// Blocks of a strided tensor in row-major order, for kernels that want contiguous values.
#pragma once
#include <algorithm>
#include <cstring>
#include <vector>

#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

/// Reads any `n` elements that follow each other in row-major order: in place where x is
/// contiguous, through the caller's buffer otherwise. The tensor must outlive it.
template <class T>
class Reader {
 public:
  explicit Reader(const Tensor& x)
      : data_(pointer<T>(x)),
        contiguous_(x.is_contiguous()),
        loop_(contiguous_ ? Shape() : x.shape(), {contiguous_ ? Shape() : x.strides()}) {}

  bool contiguous() const { return contiguous_; }
  const T* read(int64_t begin, int64_t n, std::vector<T>& buffer) const {
    if (contiguous_) return data_ + begin;
    if (static_cast<int64_t>(buffer.size()) < n) buffer.resize(static_cast<size_t>(n));
    int64_t inner = loop_.sizes.back(), stride = loop_.inner(0);
    for (int64_t done = 0; done < n;) {
      int64_t at = begin + done, count = std::min(inner - at % inner, n - done);
      const T* from = data_ + row(at / inner) + at % inner * stride;
      T* to = buffer.data() + done;
      if (stride == 1)
        std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
      else if (stride == 0)
        std::fill(to, to + count, *from);
      else
        for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
      done += count;
    }
    return buffer.data();
  }

 private:
  int64_t row(int64_t index) const {
    int64_t offset = 0;
    for (int64_t d = loop_.sizes.rank() - 2; d >= 0; index /= loop_.sizes[d--])
      offset += index % loop_.sizes[d] * loop_.strides[0][d];
    return offset;
  }
  const T* data_;
  bool contiguous_;
  StridedLoop<1> loop_;
};

}  // namespace lexigrad::detail
