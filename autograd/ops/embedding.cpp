#include <cstring>
#include <unordered_map>

#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tape/row_reader.h"

namespace lexigrad {
namespace {

// 1 / how often each id occurs, of ids' shape and one dimension more.
Tensor inverse_frequency(const Tensor& ids, Dtype dtype) {
  Tensor out = empty(ids.shape().with(ids.rank(), 1), dtype);
  const int64_t* id = detail::pointer<int64_t>(ids);
  std::unordered_map<int64_t, int64_t> times;
  for (int64_t i = 0; i < ids.numel(); ++i) ++times[id[i]];
  dispatch_floating("embedding", dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < ids.numel(); ++i)
      detail::pointer<T>(out)[i] = T{1} / static_cast<T>(times[id[i]]);
  });
  return out;
}

// The table's gradient as a tensor on the tape: a lookup's adjoint, whose own adjoint is a lookup.
Tensor dense_gradient(const Tensor& ids, const Tensor& dy, int64_t rows, int64_t skip) {
  Tensor y = RowGrad::of_lookup(ids, dy.detach(), rows, skip).dense();
  return record("embedding_gradient", std::move(y), {dy},
                [kept = Saved(ids), skip](const Tensor& ddw, Grads& dx) {
                  const Tensor& ids = kept;
                  Tensor g = embedding(ddw, ids);
                  if (skip >= 0)
                    g = g * ne(ids, detail::scalar_like(ids, static_cast<double>(skip)))
                                .reshape(ids.shape().with(ids.rank(), 1));
                  dx[0] += std::move(g);
                });
}

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& ids, const LookupOptions& options) {
  detail::about_to_read(weight, ids);
  Tensor id = detail::checked_rows("embedding", weight, ids, options.padding_idx, options.table);
  Tensor table = weight.detach().contiguous();
  int64_t rows = weight.size(0), dim = weight.size(1);
  Tensor y = empty(ids.shape().with(ids.rank(), dim), arithmetic_dtype(weight.dtype()));
  bool stored = weight.dtype() == bfloat16;
  size_t bytes = static_cast<size_t>(dim * item_size(weight.dtype()));
  char* to = static_cast<char*>(y.address());
  const char* from = static_cast<const char*>(table.address());
  const int64_t* at = detail::pointer<int64_t>(id);
  parallel_ranges(
      id.numel(), std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(dim, 1)),
      [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          if (i + kRowsAhead < end)
            prefetch(from + static_cast<size_t>(at[i + kRowsAhead]) * bytes, static_cast<int64_t>(bytes));
          const char* row = from + static_cast<size_t>(at[i]) * bytes;
          if (stored)
            std::copy_n(reinterpret_cast<const BFloat16*>(row), dim, detail::pointer<float>(y) + i * dim);
          else
            std::memcpy(to + static_cast<size_t>(i) * bytes, row, bytes);
        }
      });
  return record("embedding", std::move(y), {weight, id},
                [id = Saved(id), rows, skip = options.padding_idx, by_freq = options.scale_grad_by_freq](
                    const Tensor& dy, Grads& dx) {
                  if (!grad_enabled())
                    dx[0] += RowGrad::of_lookup(id, dy, rows, skip, by_freq);
                  else
                    dx[0] +=
                        dense_gradient(id, by_freq ? dy * inverse_frequency(id, dy.dtype()) : dy, rows, skip);
                });
}

static const Tensor& example_ids() {
  return detail::made_once([] { return tensor({{2, 0, 2}, {4, 2, 1}}); });
}

EXAMPLE(
    embedding, .shapes = {{{5, 3}}, {{5, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return embedding(in[0], example_ids()); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t dim = in[0].size(1);
          Tensor y = zeros({2, 3, dim}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] =
                in[0].data<double>()[example_ids().data<int64_t>()[i / dim] * dim + i % dim];
          return y;
        },
    .bad =
        [] {
          embedding(ones({6, 3}), tensor({{1, 2, 3}, {4, 5, 6}}), {.table = "wte"});
        },
    .error =
        "[embedding] Id 6 at batch 1, position 2 is outside table \"wte\" (valid ids are 0..5). Hint: the "
        "table needs "
        "a row for every id of the tokenizer; ids start at 0");

}  // namespace lexigrad
