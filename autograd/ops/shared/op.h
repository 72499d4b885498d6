// All that an op's file needs: tensors, the tape, the other ops, kernels' tensor-level forms, and EXAMPLE.
#pragma once
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/elementwise.h"
#include "lexigrad/autograd/ops/shared/elementwise_lambda.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
