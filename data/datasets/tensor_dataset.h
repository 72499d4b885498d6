// Rows of tensors as samples.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::data {

namespace detail {
/// Checked tensors of a dataset, contiguous and off the tape.
std::vector<Tensor> sample_tensors(std::vector<Tensor> tensors);
/// The rows of x with the given numbers, (B, ...).
Tensor rows_of_samples(const Tensor& x, std::span<const int64_t> samples);
}  // namespace detail

/// Sample i is row i of each of N tensors: TensorDataset(x, y) gives batches `auto [x, y]`. It shares memory
/// with contiguous tensors.
template <size_t N>
class TensorDataset {
 public:
  using Batch = std::array<Tensor, N>;

  /// Throws std::invalid_argument where a tensor has no dimension or another number of rows than the first.
  template <class... Tensors>
  requires(sizeof...(Tensors) == N) explicit TensorDataset(const Tensors&... tensors)
      : tensors_(detail::sample_tensors({tensors...})) {}

  int64_t size() const { return tensors_[0].size(0); }
  /// Throws std::invalid_argument for a number outside 0..size()-1.
  Batch gather(std::span<const int64_t> samples) const {
    Batch out;
    for (size_t i = 0; i < N; ++i) out[i] = detail::rows_of_samples(tensors_[i], samples);
    return out;
  }

 private:
  std::vector<Tensor> tensors_;
};
template <class... Tensors>
TensorDataset(const Tensors&...) -> TensorDataset<sizeof...(Tensors)>;

}  // namespace lexigrad::data
