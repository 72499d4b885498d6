#include "lexigrad/train/optim/update_rows.h"

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::optim::detail {

void check_none_late(const nn::ParameterRef& parameter, const Memory& memory, Reach reach) {
  const int64_t* seen = memory.late.seen.data<int64_t>();
  auto check_row = [&](int64_t row) {
    if (seen[row] >= memory.steps - 1 || rate_of(parameter, row) == 0) return;
    if (reach == Reach::touched && !memory.slots.has(row)) return;
    fail("optimizer",
         text("Row ", row, " of parameter \"", parameter.name, "\" was read as it stood after step ",
              seen[row], ", and this is step ", memory.steps,
              ". Hint: look it up by embedding(), or call the optimizer's catch_up() before"));
  };
  const RowGrad* grad = parameter.row_grad();
  const int64_t* ids = grad ? grad->indices().data<int64_t>() : nullptr;
  for (int64_t i = 0, n = grad ? grad->count() : rows_of(parameter); i < n; ++i) check_row(ids ? ids[i] : i);
}

void add_late_rows(Memory& memory) {
  std::vector<int64_t> rows;
  for (const LateRow& late : memory.late.now) rows.push_back(late.row);
  memory.slots.add(rows, -1);
}

}  // namespace lexigrad::optim::detail
