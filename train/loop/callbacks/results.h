// What a person looks at first: the vectors, and some words' nearest before and after.
#pragma once
#include <functional>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/formats/vector_format.h"
#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Two words whose cosine is followed.
struct WatchedPair {
  std::string name;  ///< "cat:dog"
  int64_t a, b;
};

/// A table's rows under the words of a tokenizer.
WordVectors word_vectors(const data::Tokenizer& tokenizer, const Tensor& table);

/// The files of vectors of the start and the end.
struct VectorPaths {
  std::string start, end;
};

/// Writes the table of tokens to a file before the first and after the last step.
class SaveVectors final : public Callback {
 public:
  /// `table` gives the table of tokens as it stands.
  SaveVectors(VectorPaths paths, const data::Tokenizer& tokenizer, std::function<Tensor()> table)
      : paths_(std::move(paths)), tokenizer_(tokenizer), table_(std::move(table)) {}

  void begin(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  VectorPaths paths_;
  const data::Tokenizer& tokenizer_;
  std::function<Tensor()> table_;
};

/// At the end prints the neighbours of a few words in the vectors of the start, a file, and in the table.
class Results final : public Callback {
 public:
  /// `table` gives the table of tokens as it stands; `occurrences`, one count per id, choose the words where no
  /// pairs are watched.
  Results(std::ostream& out, std::string start, const data::Tokenizer& tokenizer,
          std::function<Tensor()> table, std::vector<int64_t> occurrences, std::vector<WatchedPair> watched)
      : out_(out),
        start_(std::move(start)),
        tokenizer_(tokenizer),
        table_(std::move(table)),
        occurrences_(std::move(occurrences)),
        watched_(std::move(watched)) {}

  void end(RunState& state) override;

 private:
  std::string nearest(const Tensor& rows, int64_t id) const;
  std::vector<int64_t> shown_words() const;
  std::vector<int64_t> frequent_words() const;

  std::ostream& out_;
  std::string start_;
  const data::Tokenizer& tokenizer_;
  std::function<Tensor()> table_;
  std::vector<int64_t> occurrences_;
  std::vector<WatchedPair> watched_;
};

}  // namespace lexigrad::train
