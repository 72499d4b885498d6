// How layers grow: what their new rows start from.
#pragma once
#include <cmath>
#include <string_view>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/init.h"
#include "lexigrad/nn/parameter.h"

namespace lexigrad::nn {

enum class NewRows {
  drawn,  ///< at random, as the layer's first values
  mean,   ///< the mean of the rows that are there
};

struct GrowOptions {
  NewRows rows = NewRows::drawn;
  double std = 1;  ///< of a table's drawn rows, from N(0, std^2)
};

namespace detail {

/// Grows a parameter to n rows in place; draw(rows) fills the new ones, where they are not to
/// be the mean.
template <class Draw>
void grow(std::string_view where, const ParameterRef& parameter, int64_t n, NewRows rows, const Draw& draw) {
  int64_t old = parameter.size(0);
  check(n >= old, where, "The table has ", old, " rows, asked for ", n, " (valid are ", old,
        " and more). Hint: rows are only added");
  if (n == old) return;
  Shape shape = parameter.shape();
  shape[0] = n - old;
  Tensor added = empty(shape, arithmetic_dtype(parameter.dtype()));
  if (rows == NewRows::mean)
    added.copy_(mean(widened(parameter.detach()), {0}));
  else
    draw(added);
  parameter.append_rows(added);
}

}  // namespace detail
}  // namespace lexigrad::nn
