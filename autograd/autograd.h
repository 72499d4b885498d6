// The engine's menu.
#pragma once
#include "lexigrad/autograd/tensor/tensor.h"  // Tensor and its creation; first, so that errors show a short way to it

#include "lexigrad/autograd/checks/check_numerics.h"  // the first inf or nan
#include "lexigrad/autograd/checks/gradcheck.h"       // analytic against numeric gradients
#include "lexigrad/autograd/ops/ops.h"                // the ops
#include "lexigrad/autograd/tape/function.h"          // Function: an op of your own
#include "lexigrad/autograd/tape/grad.h"              // gradients of chosen tensors, and of gradients
#include "lexigrad/autograd/tape/recompute.h"         // parts whose activations are computed again
#include "lexigrad/autograd/tape/row_grad.h"          // the gradient of a table
#include "lexigrad/autograd/tape/tape.h"              // record, NoGrad
#include "lexigrad/autograd/tensor/copies.h"          // copy_counts
#include "lexigrad/autograd/tensor/draws.h"           // draws inside training
#include "lexigrad/autograd/tensor/random.h"          // manual_seed and PyTorch's streams
