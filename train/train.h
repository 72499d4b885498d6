// The menu: optimizers, the training loop, run folders, vectors.
#pragma once
#include "lexigrad/train/checkpoint.h"       // a run's whole state in one file
#include "lexigrad/train/formats/vectors.h"  // .vec, .npy, .tsv, .safetensors
#include "lexigrad/train/neighbors.h"        // words whose vectors point the same way
#include "lexigrad/train/optim/adam.h"       // Adam
#include "lexigrad/train/optim/sgd.h"        // SGD with momentum
#include "lexigrad/train/run.h"              // text in, run folder out
#include "lexigrad/train/svg_plot.h"         // line charts
#include "lexigrad/train/trainer.h"          // the loop over batches
#include "lexigrad/train/vector_scores.h"    // vectors against known classes
