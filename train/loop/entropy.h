// What counting alone would reach: the yardsticks beside which a model's loss is printed.
#pragma once
#include <cstdint>

#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::train {

/// Nats per held-out token. Uniform: ln V. Unigram: counts of the training tokens plus one. Bigram: the
/// pair's counts interpolated with that unigram as Witten and Bell (1991) weigh them.
struct Entropies {
  double uniform, unigram, bigram;
};

/// Cross entropies of held_out[1..] under counts of `training`; ids are 0..vocabulary-1. held_out needs two
/// tokens. Takes 4 bytes for each training token and 32 for each word while it runs; at most 2^32 words.
Entropies entropies(const data::TokenArray& training, const data::TokenArray& held_out, int64_t vocabulary);

}  // namespace lexigrad::train
