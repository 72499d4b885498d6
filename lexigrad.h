// Everything, for tutorials: tensors, layers, data, training.
#pragma once
#include "lexigrad/autograd/autograd.h"
#include "lexigrad/data/data.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/train.h"
