// Wrong calls of ops on shapes.
#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "lexigrad/autograd/autograd.h"

using namespace lexigrad;

const std::vector<WrongCall>& wrong_shape_calls() {
  static const std::vector<WrongCall> calls = {
      {"reshape", "shape",
       [] {
         reshape(ones({2, 3}), {-1, 4});
       },
       "[reshape] A tensor of shape [2, 3] (6 elements) cannot take shape [-1, 4]. Hint: the sizes must "
       "multiply to that number; one may be -1"},
      {"reshape", "shape",
       [] {
         reshape(zeros({0}), {-1, 0});
       },
       "[reshape] A tensor of shape [0] (0 elements) cannot take shape [-1, 0]. Hint: the sizes must multiply "
       "to that number; one may be -1"},
      {"reshape", "range",
       [] {
         reshape(ones({2, 3}), {-1, -1});
       },
       "[reshape] Shape [-1, -1] must hold sizes >= 0 and at most one -1"},
      {"reshape", "range",
       [] {
         reshape(ones({2, 3}), {-2, -3});
       },
       "[reshape] Shape [-2, -3] must hold sizes >= 0 and at most one -1"},
      {"view", "shape",
       [] {
         view(ones({2, 3}), {4});
       },
       "[view] A tensor of shape [2, 3] (6 elements) cannot take shape [4]. Hint: the sizes must multiply to "
       "that number; one may be -1"},
      {"view", "shape",
       [] {
         view(ones({2, 3}).t(), {6});
       },
       "[view] Shape [3, 2] with strides [1, 3] cannot be seen as [6] without a copy. Hint: reshape() copies "
       "where it must"},
      {"view", "range",
       [] {
         view(ones({2, 3}), {6, -2});
       },
       "[view] Shape [6, -2] must hold sizes >= 0 and at most one -1"},
      {"transpose", "range",
       [] {
         transpose(ones({2, 3}), 0, 2);
       },
       "[transpose] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"transpose", "rank", [] { transpose(tensor(1.0), 0, 1); },
       "[transpose] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)"},
      {"permute", "rank",
       [] {
         permute(ones({2, 3}), {1, 0, 2});
       },
       "[permute] 3 dimensions do not order a tensor of shape [2, 3]. Hint: name each of 0..1 once"},
      {"permute", "range",
       [] {
         permute(ones({2, 3}), {0, 2});
       },
       "[permute] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"permute", "range",
       [] {
         permute(ones({2, 3}), {0, -2});
       },
       "[permute] Dimension 0 is named twice"},
      {"expand", "shape",
       [] {
         expand(ones({2, 3}), {4, 3});
       },
       "[expand] Shapes [2, 3] and [4, 3] do not broadcast: dimension -2 has sizes 2 and 4. Hint: sizes must "
       "be equal or 1, counted from the last dimension"},
      {"expand", "shape",
       [] {
         expand(ones({1, 3}), {2, 1});
       },
       "[expand] A tensor of shape [1, 3] does not expand to [2, 1]. Hint: only sizes of 1 are repeated, and "
       "new dimensions come first"},
      {"expand", "rank",
       [] {
         expand(ones({2, 3}), {3});
       },
       "[expand] A tensor of shape [2, 3] does not expand to [3]. Hint: only sizes of 1 are repeated, and new "
       "dimensions come first"},
      {"expand", "range",
       [] {
         expand(ones({1, 3}), {-2, 3});
       },
       "[expand] A tensor of shape [1, 3] does not expand to [-2, 3]. Hint: sizes are >= 0, or -1 to keep the "
       "tensor's own"},
      {"expand", "range",
       [] {
         expand(ones({3}), {-1, 3});
       },
       "[expand] A tensor of shape [3] does not expand to [-1, 3]. Hint: sizes are >= 0, or -1 to keep the "
       "tensor's own"},
      {"slice", "range",
       [] {
         slice(ones({2, 3}), 2, 0);
       },
       "[slice] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"slice", "range",
       [] {
         slice(ones({2, 3}), 0, 0, 2, -1);
       },
       "[slice] Step -1 is not positive (valid are 1, 2, ...)"},
      {"slice", "rank", [] { slice(tensor(1.0), 0, 0); },
       "[slice] Dimension 0 was named, but the tensor is a scalar: it has none"},
      {"select", "range",
       [] {
         select(ones({2, 3}), 2, 0);
       },
       "[select] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"select", "range",
       [] {
         select(ones({2, 3}), 1, -4);
       },
       "[select] Index -4 is outside dimension 1 of a tensor of shape [2, 3] (valid are -3..2)"},
      {"select", "range",
       [] {
         select(zeros({2, 0}), 1, 0);
       },
       "[select] Dimension 1 of a tensor of shape [2, 0] is empty: it has no index 0"},
      {"select", "rank", [] { select(tensor(1.0), 0, 0); },
       "[select] Dimension 0 was named, but the tensor is a scalar: it has none"},
      {"cat", "shape",
       [] {
         cat({ones({2, 3}), ones({2, 4})});
       },
       "[cat] Shapes [2, 3] and [2, 4] differ in more than dimension 0. Hint: all other sizes must agree"},
      {"cat", "rank",
       [] {
         cat({ones({2, 3}), ones({3})});
       },
       "[cat] Shapes [2, 3] and [3] differ in more than dimension 0. Hint: all other sizes must agree"},
      {"cat", "rank", [] { cat({tensor(1.0)}); },
       "[cat] Dimension 0 was named, but the tensor is a scalar: it has none"},
      {"cat", "range",
       [] {
         cat({ones({2, 3})}, 2);
       },
       "[cat] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"cat", "range", [] { cat({}); }, "[cat] The list is empty. Hint: give at least one tensor"},
  };
  return calls;
}
