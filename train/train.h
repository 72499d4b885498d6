// THE MENU of training: one include per optimizer, schedule and tool.
#pragma once
#include "lexigrad/train/optim/adam.h"
#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/sgd.h"
