// A model small enough for any test.
#pragma once
#include <string>

#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/models/gpt2.h"

/// Of 5 words, at most 4 tokens, width 4 and 2 layers of 2 heads; its weights from the seed.
inline lexigrad::nn::Gpt2 tiny_gpt2(uint64_t seed, const std::string& positions) {
  lexigrad::manual_seed(seed);
  return lexigrad::nn::Gpt2({.vocabulary = 5,
                             .max_length = 4,
                             .dim = 4,
                             .layers = 2,
                             .heads = 2,
                             .dropout = 0,
                             .positions = positions});
}
