// Wrong calls of the losses over classes.
#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "lexigrad/autograd/autograd.h"

using namespace lexigrad;

const std::vector<WrongCall>& wrong_losses_calls() {
  static const std::vector<WrongCall> calls = {
      {"cross_entropy_sum", "rank", [] { cross_entropy_sum(tensor(1.0), tensor({0})); },
       "[cross_entropy_sum] Logits must have shape (..., classes), got []"},
      {"cross_entropy_sum", "shape",
       [] {
         cross_entropy_sum(ones({2, 0}), tensor({0, 0}));
       },
       "[cross_entropy_sum] Logits must have shape (..., classes), got [2, 0]"},
      {"cross_entropy_sum", "shape",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1, 2}));
       },
       "[cross_entropy_sum] Targets [3] do not match positions [2]. Hint: logits are (..., classes), targets "
       "(...)"},
      {"cross_entropy_sum", "dtype",
       [] {
         cross_entropy_sum(ones({2, 3}), ones({2}));
       },
       "[cross_entropy_sum] Targets must be int64, got float32. Hint: targets.to(int64) converts"},
      {"cross_entropy_sum", "dtype",
       [] {
         cross_entropy_sum(ones({2, 3}, int64), tensor({0, 1}));
       },
       "[cross_entropy_sum] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 3}));
       },
       "[cross_entropy_sum] Target 3 at position 1 is outside the 3 classes (valid are 0..2, and -100 to ignore)"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({-1, 0}), {.ignore_index = -2});
       },
       "[cross_entropy_sum] Target -1 at position 0 is outside the 3 classes (valid are 0..2, and -2 to ignore)"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.label_smoothing = -0.1});
       },
       "[cross_entropy_sum] label_smoothing is -0.1 (valid are 0..1)"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.z_loss = -1});
       },
       "[cross_entropy_sum] z_loss is -1 (valid are 0 and more; 1e-4 is usual)"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.filter = 0.5});
       },
       "[cross_entropy_sum] filter is 0.5, but only products with a head's weights can be left out. Hint: "
       "linear_cross_entropy_sum takes it"},
      {"cross_entropy_sum", "shape",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = ones({2})});
       },
       "[cross_entropy_sum] Class weights must be float32 [3], got float32 [2]. Hint: one number for each class"},
      {"cross_entropy_sum", "dtype",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = ones({3}, float64)});
       },
       "[cross_entropy_sum] Class weights must be float32 [3], got float64 [3]. Hint: one number for each class"},
      {"cross_entropy_sum", "range",
       [] {
         cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = tensor({1.0, 0.0, -2.0}, float32)});
       },
       "[cross_entropy_sum] The weight of class 2 is -2 (valid are 0 and more)"},
      {"linear_cross_entropy_sum", "range",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}), {.label_smoothing = 1.5});
       },
       "[linear_cross_entropy_sum] label_smoothing is 1.5 (valid are 0..1)"},
      {"linear_cross_entropy_sum", "range",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}), {.filter = 1});
       },
       "[linear_cross_entropy_sum] filter is 1 (valid are 0 up to 1; 0.000244140625, which is 2^-12, is usual)"},
      {"linear_cross_entropy_sum", "shape",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}),
                                  {.class_weight = ones({3})});
       },
       "[linear_cross_entropy_sum] Class weights must be float32 [4], got float32 [3]. Hint: one number for each "
       "class"},
      {"linear_cross_entropy_sum", "shape",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
       },
       "[linear_cross_entropy_sum] Needs x (..., dim) and weight (classes, dim), got [2, 3] and [4, 2]"},
      {"linear_cross_entropy_sum", "shape",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), ones({3}), tensor({0, 1}));
       },
       "[linear_cross_entropy_sum] Bias must be float32 [4], got float32 [3]"},
      {"linear_cross_entropy_sum", "shape",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0}));
       },
       "[linear_cross_entropy_sum] Targets [1] do not match positions [2]. Hint: logits are (..., classes), "
       "targets (...)"},
      {"linear_cross_entropy_sum", "rank",
       [] {
         linear_cross_entropy_sum(tensor(1.0), ones({4, 3}), {}, tensor({0}));
       },
       "[linear_cross_entropy_sum] Needs x (..., dim) and weight (classes, dim), got [] and [4, 3]"},
      {"linear_cross_entropy_sum", "dtype",
       [] {
         linear_cross_entropy_sum(ones({2, 3}, float64), ones({4, 3}), {}, tensor({0, 1}));
       },
       "[linear_cross_entropy_sum] x is float64, weight float32. Hint: x.to(dtype) converts"},
      {"linear_cross_entropy_sum", "dtype",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), ones({4}, float64), tensor({0, 1}));
       },
       "[linear_cross_entropy_sum] Bias must be float32 [4], got float64 [4]"},
      {"linear_cross_entropy_sum", "dtype",
       [] {
         linear_cross_entropy_sum(ones({2, 3}, int64), ones({4, 3}, int64), {}, tensor({0, 1}));
       },
       "[linear_cross_entropy_sum] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"linear_cross_entropy_sum", "dtype",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, ones({2}));
       },
       "[linear_cross_entropy_sum] Targets must be int64, got float32. Hint: targets.to(int64) converts"},
      {"linear_cross_entropy_sum", "range",
       [] {
         linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 4}));
       },
       "[linear_cross_entropy_sum] Target 4 at position 1 is outside the 4 classes (valid are 0..3, and -100 to "
       "ignore)"},
      {"linear_cross_entropy_sum_composed", "shape",
       [] {
         linear_cross_entropy_sum_composed(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
       },
       "[linear] x [2, 3] has 3 features, weight [4, 2] takes 2. Hint: weight is (out, in)"},
      {"linear_cross_entropy_sum_composed", "range",
       [] {
         linear_cross_entropy_sum_composed(ones({2, 3}), ones({4, 3}), {}, tensor({0, 4}));
       },
       "[cross_entropy_sum] Target 4 at position 1 is outside the 4 classes (valid are 0..3, and -100 to ignore)"},
  };
  return calls;
}
