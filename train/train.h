// The menu: optimizers, the training loop, run folders, vectors.
#pragma once
#include "lexigrad/train/formats/formats.h"      // which there are; a format of your own
#include "lexigrad/train/formats/gpt2_file.h"    // GPT-2 under Hugging Face's names
#include "lexigrad/train/formats/module_file.h"  // a module as one .safetensors
#include "lexigrad/train/formats/npy.h"          // numpy arrays
#include "lexigrad/train/formats/safetensors/quantized.h"
#include "lexigrad/train/formats/safetensors/sentence_model.h"
#include "lexigrad/train/formats/vectors.h"                 // .vec, .bin, .npy, .tsv, .safetensors
#include "lexigrad/train/loop/ahead_feed.h"                 // batches whose rows are fetched ahead
#include "lexigrad/train/loop/callback.h"                   // what happens beside the steps
#include "lexigrad/train/loop/callbacks/average.h"          // an average of the weights
#include "lexigrad/train/loop/callbacks/early_stop.h"       // an end where the held-out loss no longer falls
#include "lexigrad/train/loop/callbacks/evaluate.h"         // the held-out loss
#include "lexigrad/train/loop/callbacks/follow_plateau.h"   // the learning rate by the held-out loss
#include "lexigrad/train/loop/callbacks/keep_best.h"        // the weights of the lowest held-out loss
#include "lexigrad/train/loop/callbacks/log.h"              // log.jsonl
#include "lexigrad/train/loop/callbacks/measures/norms.h"   // norms of gradients and updates
#include "lexigrad/train/loop/callbacks/measures/spikes.h"  // losses far above the last ones
#include "lexigrad/train/loop/callbacks/measures/table_watch.h"  // a table's norms, dead rows, isotropy
#include "lexigrad/train/loop/callbacks/picture.h"               // losses as a picture
#include "lexigrad/train/loop/callbacks/progress.h"              // how far a run is
#include "lexigrad/train/loop/callbacks/save.h"                  // checkpoints
#include "lexigrad/train/loop/callbacks/strict.h"                // no run where a part does not train
#include "lexigrad/train/loop/callbacks/table.h"                 // a table in a file, beside the steps
#include "lexigrad/train/loop/callbacks/tensorboard.h"           // a run in TensorBoard
#include "lexigrad/train/loop/checkpoint.h"                      // a run's whole state in one file
#include "lexigrad/train/loop/evaluate.h"                        // the loss over a loader
#include "lexigrad/train/loop/rate_finder.h"                     // which learning rate to take
#include "lexigrad/train/loop/trainer.h"                         // the loop over batches
#include "lexigrad/train/optim/clip.h"                           // gradients scaled and clipped
#include "lexigrad/train/optim/methods/adadelta.h"               // Adadelta: steps in units of recent steps
#include "lexigrad/train/optim/methods/adafactor.h"              // Adafactor: moments of rows times columns
#include "lexigrad/train/optim/methods/adagrad.h"                // Adagrad: steps that shrink
#include "lexigrad/train/optim/methods/adam.h"                   // Adam
#include "lexigrad/train/optim/methods/adamw.h"                  // AdamW: decay beside the gradient
#include "lexigrad/train/optim/methods/lion.h"                   // Lion: steps of one size
#include "lexigrad/train/optim/methods/muon.h"                   // Muon for matrices, Adam for the rest
#include "lexigrad/train/optim/methods/nadam.h"                  // NAdam: Nesterov's momentum
#include "lexigrad/train/optim/methods/radam.h"                  // RAdam: rectified first steps
#include "lexigrad/train/optim/methods/rmsprop.h"                // RMSprop: in units of recent gradients
#include "lexigrad/train/optim/methods/rowwise_adagrad.h"        // Adagrad with one number for each row
#include "lexigrad/train/optim/methods/rowwise_adam.h"           // Adam with one second moment for each row
#include "lexigrad/train/optim/methods/schedule_free_adamw.h"    // AdamW that averages instead of a schedule
#include "lexigrad/train/optim/methods/schedule_free_sgd.h"      // SGD that averages instead of a schedule
#include "lexigrad/train/optim/methods/sgd.h"                    // SGD with momentum
#include "lexigrad/train/optim/methods/soap.h"                   // Adam along a matrix's own directions
#include "lexigrad/train/optim/optimizers.h"                     // optimizers by name, and your own
#include "lexigrad/train/optim/schedules/plateau.h"              // torch's ReduceLROnPlateau
#include "lexigrad/train/optim/schedules/schedule.h"             // the learning rate over a run
#include "lexigrad/train/optim/schedules/schedules.h"            // schedules by name, and your own
#include "lexigrad/train/optim/update_rows.h"                    // the step of an optimizer of your own
#include "lexigrad/train/optim/weight_average.h"                 // averages of the weights: EMA, SWA
#include "lexigrad/train/pictures/graph.h"                       // the tape as a page
#include "lexigrad/train/pictures/schedule_plot.h"               // a schedule in a terminal
#include "lexigrad/train/pictures/svg_heat_map.h"                // matrices as pictures
#include "lexigrad/train/pictures/svg_plot.h"                    // line charts
#include "lexigrad/train/pictures/svg_scatter.h"                 // named points
#include "lexigrad/train/pictures/terminal_plot.h"               // a curve in a terminal
#include "lexigrad/train/runs/diagnosis/bisect.h"                // --bisect
#include "lexigrad/train/runs/diagnosis/replay.h"                // --replay
#include "lexigrad/train/runs/find_lr.h"                         // --find-lr
#include "lexigrad/train/runs/run.h"                             // text in, run folder out
#include "lexigrad/train/runs/run_folder.h"                      // the files of a run
#include "lexigrad/train/tables/paged_table.h"                   // a table larger than memory
#include "lexigrad/train/tensorboard/projector.h"                // vectors for TensorBoard's projector
#include "lexigrad/train/vectors/neighbors.h"                    // words whose vectors point the same way
#include "lexigrad/train/vectors/principal.h"                    // rows seen from where they differ most
#include "lexigrad/train/vectors/sets/analogies.h"               // vectors measured by questions
#include "lexigrad/train/vectors/sets/set_scores.h"              // by pairs, sentences and classes
#include "lexigrad/train/vectors/statistics.h"                   // how a table's rows lie
#include "lexigrad/train/vectors/vector_scores.h"                // vectors against known classes
#include "lexigrad/train/vectors/why.h"                          // contexts that two words share
