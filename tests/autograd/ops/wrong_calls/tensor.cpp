// Wrong calls of the makers of tensors, of a Tensor's own functions, of the tape and of row gradients.
#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "lexigrad/autograd/autograd.h"

using namespace lexigrad;

const std::vector<WrongCall>& wrong_tensor_calls() {
  static const std::vector<WrongCall> calls = {
      {"zeros", "range",
       [] {
         zeros({2, -1});
       },
       "[tensor] Sizes [2, -1] include a negative one"},
      {"zeros", "range",
       [] {
         zeros({int64_t{1} << 40, int64_t{1} << 40});
       },
       "[tensor] A float32 tensor of shape [1099511627776, 1099511627776] is larger than any memory. Hint: check its sizes"},
      {"arange", "range", [] { arange(0, 3, -1); }, "[arange] No numbers lead from 0 to 3 in steps of -1"},
      {"arange", "range", [] { arange(0, 1e30); },
       "[arange] Steps of 1 from 0 to 1e+30 are more numbers than any memory holds"},
      {"from_values", "shape",
       [] {
         from_values<float>(std::vector<float>{1, 2}, {3});
       },
       "[tensor] 2 values do not fill shape [3]"},
      {"tensor", "shape",
       [] {
         tensor({{1, 2}, {3}});
       },
       "[tensor] A nested list has 1 entries where its neighbours have 2. Hint: all lists of one level must "
       "have the same length"},
      {"randint", "range", [] { randint(3, 3, {2}); }, "[randint] No whole numbers lie in [3, 3)"},
      {"randperm", "range", [] { randperm(-1); }, "[randperm] Cannot order -1 numbers; n must be >= 0"},
      {"rand", "dtype", [] { rand({2}, int64); },
       "[uniform_] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"randn", "dtype", [] { randn({2}, int64); },
       "[normal_] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"data", "dtype", [] { ones({2}).data<double>(); },
       "[data] The tensor is float32, asked for as float64. Hint: x.to(dtype) converts"},
      {"item", "shape", [] { ones({2}).item<float>(); },
       "[item] Needs one element, the tensor has shape [2]. Hint: x[i] or sum(x) is one; to_vector<T>() gives "
       "all"},
      {"size", "range", [] { ones({2}).size(-2); },
       "[size] Dimension -2 is outside a tensor of rank 1 (valid are -1..0)"},
      {"operator[]", "range", [] { ones({2})[2]; },
       "[select] Index 2 is outside dimension 0 of a tensor of shape [2] (valid are -2..1)"},
      {"t", "rank",
       [] {
         ones({2, 2, 2}).t();
       },
       "[t] Needs a matrix, got shape [2, 2, 2]. Hint: transpose(a, b) names the dimensions"},
      {"add_", "shape",
       [] {
         ones({2, 3}).add_(ones({3, 3}));
       },
       "[add_] Shapes [2, 3] and [3, 3] do not broadcast: dimension -2 has sizes 2 and 3. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"add_", "shape",
       [] {
         ones({3}).add_(ones({2, 3}));
       },
       "[add_] A tensor of shape [2, 3] does not fit into shape [3]"},
      {"add_", "dtype", [] { tensor({true}).add_(1); },
       "[add_] The result is int64, the tensor bool. Hint: use the form without _"},
      {"sub_", "shape",
       [] {
         ones({2, 3}).sub_(ones({2}));
       },
       "[sub_] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"mul_", "dtype", [] { arange(3).mul_(0.5); },
       "[mul_] The result is float32, the tensor int64. Hint: use the form without _"},
      {"div_", "dtype", [] { arange(3).div_(2); },
       "[div_] The result is float32, the tensor int64. Hint: use the form without _"},
      {"copy_", "shape",
       [] {
         ones({2, 3}).copy_(ones({2}));
       },
       "[copy_] Shapes [2] and [2, 3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"requires_grad_", "dtype", [] { arange(3).requires_grad_(); },
       "[requires_grad_] Only float32, float64 and bfloat16 can have gradients, this tensor is int64"},
      {"backward", "shape",
       [] {
         ones({2, 3}).requires_grad_().backward();
       },
       "[backward] Needs a scalar, got shape [2, 3]. Hint: reduce with sum() or mean(), or pass a gradient of "
       "that shape"},
      {"backward", "shape",
       [] {
         ones({2, 3}).requires_grad_().backward(ones({2}));
       },
       "[backward] The gradient given is float32 [2], the tensor float32 [2, 3]"},
      {"backward", "dtype", [] { ones({2}).requires_grad_().backward(ones({2}, float64)); },
       "[backward] The gradient given is float64 [2], the tensor float32 [2]"},
      {"set_grad", "shape",
       [] {
         ones({2, 3}).requires_grad_().set_grad(ones({2}));
       },
       "[set_grad] The gradient is float32 [2], the tensor float32 [2, 3]"},
      {"set_grad", "dtype", [] { ones({2}).requires_grad_().set_grad(ones({2}, float64)); },
       "[set_grad] The gradient is float64 [2], the tensor float32 [2]"},
      {"grad", "shape", [] { grad(ones({2}) * 2, {ones({2})}); },
       "[grad] Input 0 does not require a gradient. Hint: requires_grad_() before the outputs are computed"},
      {"RowGrad", "range",
       [] {
         RowGrad(tensor({1, 0}), ones({2, 3}), 5);
       },
       "[row_grad] Index 0 at 1 is out of order or outside the table (valid are 0..4, sorted, each once)"},
      {"RowGrad", "range",
       [] {
         RowGrad(tensor({0, 5}), ones({2, 3}), 5);
       },
       "[row_grad] Index 5 at 1 is out of order or outside the table (valid are 0..4, sorted, each once)"},
      {"RowGrad", "shape",
       [] {
         RowGrad(tensor({0}), ones({2, 3}), 5);
       },
       "[row_grad] Indices int64 [1] do not name the rows of values [2, 3]. Hint: one int64 index for each "
       "row"},
      {"RowGrad", "dtype",
       [] {
         RowGrad(ones({2}), ones({2, 3}), 5);
       },
       "[row_grad] Indices float32 [2] do not name the rows of values [2, 3]. Hint: one int64 index for each "
       "row"},
      {"RowGrad", "shape",
       [] {
         RowGrad::of_lookup(tensor({0, 1, 2}), ones({2, 3}), 5);
       },
       "[row_grad] A gradient [2, 3] is not that of a look-up of ids int64 [3]. Hint: it has the shape of the "
       "ids (int64) and one dimension more"},
      {"RowGrad", "shape",
       [] {
         RowGrad::of_bags(tensor({0, 1}), tensor({0}), {}, ones({2, 3}), 5);
       },
       "[row_grad] A gradient [2, 3] is not that of bags int64 [1] of ids int64 [2]. Hint: ids, bags and "
       "scales have as many elements (int64, int64, the gradient's dtype)"},
      {"RowGrad", "range",
       [] {
         RowGrad::of_bags(tensor({0, 1}), tensor({0, 2}), {}, ones({2, 3}), 5);
       },
       "[row_grad] Bag 2 at 1 has no row in the gradient (valid are 0..1)"},
      {"RowGrad", "dtype",
       [] {
         RowGrad::of_lookup(ones({2}), ones({2, 3}), 5);
       },
       "[row_grad] A gradient [2, 3] is not that of a look-up of ids float32 [2]. Hint: it has the shape of "
       "the ids (int64) and one dimension more"},
  };
  return calls;
}
