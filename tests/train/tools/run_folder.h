// A run folder as `lexigrad train` leaves it, small and with known vectors.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/runs/config.h"
#include "support/command.h"

namespace lexigrad::test {

/// Row i of the table of n rows points at the angle i * 90 / n degrees: neighbours of an id are
/// the ids next to it.
inline Tensor fan(int64_t n) {
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i) {
    double angle = 1.5707963267948966 * static_cast<double>(i) / static_cast<double>(n);
    for (double value : {std::cos(angle), std::sin(angle)})
      values.push_back(value * static_cast<double>(1 + i % 3));
  }
  return from_values<double>(values, {n, 2}).to(float32);
}

inline void write_run(const std::string& folder, const data::Tokenizer& tokenizer) {
  std::filesystem::create_directories(folder);
  train::TrainConfig config;
  config.dim = 2;
  spill(folder + "/config.json", train::config_json(config));
  tokenizer.save(folder + "/tokenizer.txt");
  train::WordVectors vectors;
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    vectors.words.emplace_back(tokenizer.vocabulary().token(id));
  vectors.rows = fan(tokenizer.vocabulary_size());
  train::save_vectors(folder + "/vectors.safetensors", vectors);
}

}  // namespace lexigrad::test
