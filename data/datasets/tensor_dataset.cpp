#include "lexigrad/data/datasets/tensor_dataset.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::data::detail {

std::vector<Tensor> sample_tensors(std::vector<Tensor> tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    check(tensors[i].defined() && tensors[i].rank() >= 1, "dataset", "Tensor ", i,
          " has no rows. Hint: the first dimension numbers the samples");
    check(tensors[i].size(0) == tensors[0].size(0), "dataset", "Tensor ", i, " has ", tensors[i].size(0),
          " rows, tensor 0 has ", tensors[0].size(0));
    tensors[i] = tensors[i].detach().contiguous();
  }
  return tensors;
}

Tensor rows_of_samples(const Tensor& x, std::span<const int64_t> samples) {
  Shape shape = x.shape();
  shape[0] = static_cast<int64_t>(samples.size());
  Tensor out = empty(shape, x.dtype());
  int64_t row = x.size(0) == 0 ? 0 : x.numel() / x.size(0);
  dispatch_stored(x.dtype(), [&]<class T>(T) {
    T* to = out.data<T>();
    for (int64_t sample : samples) {
      check(sample >= 0 && sample < x.size(0), "dataset", "Sample ", sample, " is outside the ", x.size(0),
            " samples");
      to = std::copy_n(x.data<T>() + sample * row, row, to);
    }
  });
  return out;
}

}  // namespace lexigrad::data::detail
