// The table and the sets of word_sets.json, which make_word_set_fixtures.py writes.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/train/vectors/sets/evaluation_set.h"
#include "support/fixture.h"
#include "train/formats/folder.h"

namespace lexigrad::test {

inline const nlohmann::json& word_sets() { return fixture("word_sets.json"); }

inline Tensor word_set_rows() {
  std::vector<float> values;
  for (const auto& row : word_sets().at("hundredths"))
    for (double value : row) values.push_back(static_cast<float>(value / 100));
  const auto size = static_cast<int64_t>(word_sets().at("hundredths").size());
  return from_values<float>(values, {size, static_cast<int64_t>(values.size()) / size});
}

inline train::EvaluationSet word_set(const std::string& name, std::optional<train::SetKind> kind = {}) {
  Folder folder;
  std::string lines;
  for (const std::string line : word_sets().at(name)) lines += line + '\n';
  spill(folder / "set.txt", lines);
  return train::read_evaluation_set(folder / "set.txt", kind);
}

}  // namespace lexigrad::test
