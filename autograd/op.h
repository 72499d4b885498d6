// All that an op's file needs: tensors, the tape, the other ops, kernels' tensor-level forms, and EXAMPLE.
#pragma once
#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/elementwise.h"
#include "lexigrad/autograd/example.h"
#include "lexigrad/autograd/map_each.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/autograd/strided.h"
#include "lexigrad/autograd/tape.h"
