#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor one_hot(const Tensor& ids, int64_t classes, Dtype dtype) {
  check(ids.dtype() == int64, "one_hot", "Ids must be int64, got ", name(ids.dtype()),
        ". Hint: ids.to(int64) converts");
  check(classes >= -1, "one_hot", "Needs a number of classes >= 0, got ", classes);
  if (classes == -1) {
    check(ids.numel() > 0, "one_hot", "No ids say how many classes there are. Hint: give their number");
    classes = max(ids).item<int64_t>() + 1;
  }
  Tensor id = ids.contiguous(), y = zeros(ids.shape().with(ids.rank(), classes), dtype);
  const int64_t* at = detail::pointer<int64_t>(id);
  dispatch(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < id.numel(); ++i) {
      check(at[i] >= 0 && at[i] < classes, "one_hot", "Id ", at[i], " at position ", i, " is outside the ",
            classes, " classes (valid ids are 0..", classes - 1, ")");
      detail::pointer<T>(y)[i * classes + at[i]] = T{1};
    }
  });
  return y;
}

EXAMPLE(
    one_hot, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return one_hot(gt(in[0], zeros({})).to(int64), 2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({3, 4, 2}, float64);
          for (int64_t i = 0; i < 12; ++i)
            y.data<double>()[i * 2 + (in[0].data<double>()[i] > 0 ? 1 : 0)] = 1;
          return y;
        },
    .bad =
        [] {
          one_hot(tensor({0, 3}), 3);
        },
    .error = "[one_hot] Id 3 at position 1 is outside the 3 classes (valid ids are 0..2)",
    .differentiable = false);
EXAMPLE(
    one_hot, .shapes = {{{3}}},
    .apply = [](const std::vector<Tensor>& in) { return one_hot(argsort(in[0])); },
    .reference =
        [](const std::vector<Tensor>& in) {  // row r has its one where r values are smaller
          Tensor y = zeros({3, 3}, float64);
          for (int64_t i = 0; i < 3; ++i) {
            const double* x = in[0].data<double>();
            y.data<double>()[((x[0] < x[i]) + (x[1] < x[i]) + (x[2] < x[i])) * 3 + i] = 1;
          }
          return y;
        },
    .bad = [] { one_hot(tensor(std::vector<int64_t>())); },
    .error = "[one_hot] No ids say how many classes there are. Hint: give their number",
    .differentiable = false);

}  // namespace lexigrad
