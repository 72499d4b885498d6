// The menu: optimizers, the training loop, run folders, vectors.
#pragma once
#include "lexigrad/train/formats/formats.h"           // which there are; a format of one's own
#include "lexigrad/train/formats/gpt2_file.h"         // GPT-2 under Hugging Face's names
#include "lexigrad/train/formats/module_file.h"       // a module as one .safetensors
#include "lexigrad/train/formats/npy.h"               // numpy's arrays
#include "lexigrad/train/formats/vectors.h"           // .vec, .npy, .tsv, .safetensors
#include "lexigrad/train/loop/checkpoint.h"           // a run's whole state in one file
#include "lexigrad/train/loop/trainer.h"              // the loop over batches
#include "lexigrad/train/optim/clip.h"                // clipping by the norm of all gradients
#include "lexigrad/train/optim/methods/adam.h"        // Adam
#include "lexigrad/train/optim/methods/adamw.h"       // AdamW: decay beside the gradient
#include "lexigrad/train/optim/methods/sgd.h"         // SGD with momentum
#include "lexigrad/train/optim/schedules/schedule.h"  // the learning rate over a run
#include "lexigrad/train/pictures/svg_heat_map.h"     // matrices as pictures
#include "lexigrad/train/pictures/svg_plot.h"         // line charts
#include "lexigrad/train/runs/run.h"                  // text in, run folder out
#include "lexigrad/train/vectors/neighbors.h"         // words whose vectors point the same way
#include "lexigrad/train/vectors/vector_scores.h"     // vectors against known classes
