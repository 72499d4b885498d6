#include "lexigrad/autograd/ops/shared/table.h"

#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

// "batch 3, position 17" for two dimensions, the index list otherwise.
static std::string place(const Shape& shape, int64_t flat) {
  if (shape.rank() == 2) return text("batch ", flat / shape[1], ", position ", flat % shape[1]);
  if (shape.rank() == 1) return text("position ", flat);
  Shape index(shape.rank(), 0);
  for (int64_t d = shape.rank() - 1; d >= 0; flat /= shape[d--]) index[d] = flat % shape[d];
  return text("index ", index);
}

Tensor checked_ids(const char* op, const Tensor& weight, const Tensor& ids, int64_t padding_idx,
                   std::string_view table) {
  check(weight.rank() == 2, op, "The table must have shape (num_embeddings, embedding_dim), got ",
        weight.shape());
  check(ids.dtype() == int64, op, "Ids must be int64, got ", name(ids.dtype()),
        ". Hint: ids.to(int64) converts");
  int64_t rows = weight.size(0);
  check(padding_idx >= -1 && padding_idx < rows, op, "padding_idx ", padding_idx, " is outside table \"",
        table, "\" (valid are 0..", rows - 1, ", and -1 for none)");
  Tensor out = ids.contiguous();
  const int64_t* id = pointer<int64_t>(out);
  int64_t n = ids.numel();
  uint64_t outside = 0;  // its top bit, where an id is negative or the last row less it is
  for (int64_t i = 0; i < n; ++i)
    outside |=
        static_cast<uint64_t>(id[i]) | (static_cast<uint64_t>(rows - 1) - static_cast<uint64_t>(id[i]));
  for (int64_t i = 0; outside >> 63 && i < n; ++i)
    if (id[i] < 0 || id[i] >= rows)
      fail(op, text("Id ", id[i], " at ", place(ids.shape(), i), " is outside table \"", table,
                    "\" (valid ids are 0..", rows - 1,
                    "). Hint: the table needs a row for every id of the tokenizer; ids start at 0"));
  return out;
}

}  // namespace lexigrad::detail
