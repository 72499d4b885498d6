// The engine's menu.
#pragma once
#include "lexigrad/autograd/check_numerics.h"  // the first inf or nan
#include "lexigrad/autograd/copies.h"          // copy_counts
#include "lexigrad/autograd/draws.h"           // draws inside training
#include "lexigrad/autograd/function.h"        // Function: an op of your own
#include "lexigrad/autograd/grad.h"            // gradients of chosen tensors, and of gradients
#include "lexigrad/autograd/gradcheck.h"       // analytic against numeric gradients
#include "lexigrad/autograd/ops.h"             // the ops
#include "lexigrad/autograd/random.h"          // manual_seed and PyTorch's streams
#include "lexigrad/autograd/row_grad.h"        // the gradient of a table
#include "lexigrad/autograd/tape.h"            // record, NoGrad
#include "lexigrad/autograd/tensor.h"          // Tensor and its creation
