// The menu: optimizers, the training loop, run folders, vectors.
#pragma once
#include "lexigrad/train/formats/formats.h"            // which there are; a format of your own
#include "lexigrad/train/formats/gpt2_file.h"          // GPT-2 under Hugging Face's names
#include "lexigrad/train/formats/module_file.h"        // a module as one .safetensors
#include "lexigrad/train/formats/npy.h"                // numpy arrays
#include "lexigrad/train/formats/vectors.h"            // .vec, .npy, .tsv, .safetensors
#include "lexigrad/train/loop/callback.h"              // what happens beside the steps
#include "lexigrad/train/loop/callbacks/average.h"     // an average of the weights
#include "lexigrad/train/loop/callbacks/evaluate.h"    // the held-out loss
#include "lexigrad/train/loop/callbacks/log.h"         // log.jsonl
#include "lexigrad/train/loop/callbacks/picture.h"     // losses as a picture
#include "lexigrad/train/loop/callbacks/progress.h"    // how far a run is
#include "lexigrad/train/loop/callbacks/save.h"        // checkpoints
#include "lexigrad/train/loop/checkpoint.h"            // a run's whole state in one file
#include "lexigrad/train/loop/evaluate.h"              // the loss over a loader
#include "lexigrad/train/loop/trainer.h"               // the loop over batches
#include "lexigrad/train/optim/clip.h"                 // gradients scaled and clipped
#include "lexigrad/train/optim/methods/adadelta.h"     // Adadelta: steps in units of recent steps
#include "lexigrad/train/optim/methods/adagrad.h"      // Adagrad: steps that shrink
#include "lexigrad/train/optim/methods/adam.h"         // Adam
#include "lexigrad/train/optim/methods/adamw.h"        // AdamW: decay beside the gradient
#include "lexigrad/train/optim/methods/lion.h"         // Lion: steps of one size
#include "lexigrad/train/optim/methods/nadam.h"        // NAdam: Nesterov's momentum
#include "lexigrad/train/optim/methods/radam.h"        // RAdam: rectified first steps
#include "lexigrad/train/optim/methods/rmsprop.h"      // RMSprop: in units of recent gradients
#include "lexigrad/train/optim/methods/sgd.h"          // SGD with momentum
#include "lexigrad/train/optim/optimizers.h"           // optimizers by name, and your own
#include "lexigrad/train/optim/schedules/schedule.h"   // the learning rate over a run
#include "lexigrad/train/optim/schedules/schedules.h"  // schedules by name, and your own
#include "lexigrad/train/optim/update_rows.h"          // the step of an optimizer of your own
#include "lexigrad/train/optim/weight_average.h"       // averages of the weights: EMA, SWA
#include "lexigrad/train/pictures/graph.h"             // the tape as a page
#include "lexigrad/train/pictures/schedule_plot.h"     // a schedule in a terminal
#include "lexigrad/train/pictures/svg_heat_map.h"      // matrices as pictures
#include "lexigrad/train/pictures/svg_plot.h"          // line charts
#include "lexigrad/train/runs/run.h"                   // text in, run folder out
#include "lexigrad/train/runs/run_folder.h"            // the files of a run
#include "lexigrad/train/vectors/neighbors.h"          // words whose vectors point the same way
#include "lexigrad/train/vectors/vector_scores.h"      // vectors against known classes
