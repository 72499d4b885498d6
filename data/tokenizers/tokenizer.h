// What every tokenizer can do: text <-> ids.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

inline constexpr std::string_view kEndOfText = "<|endoftext|>";

struct EncodeOptions {
  bool allow_special =
      false;  ///< "<|endoftext|>" in the text becomes its one id; else it is text like any other
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids of a text. Any bytes are allowed; nothing throws but lack of memory.
  std::vector<int64_t> encode(std::string_view text, EncodeOptions options = {}) const;
  /// Text of ids. Throws std::invalid_argument for an id outside 0..vocabulary_size()-1.
  virtual std::string decode(std::span<const int64_t> ids) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int64_t vocabulary_size() const { return vocabulary_.size(); }
  /// Id of "<|endoftext|>".
  int64_t end_of_text() const { return vocabulary_.find(kEndOfText); }

  /// A token for a person to read, on one line: control characters escaped; spaces as they are.
  std::string token_text(int64_t id) const;
  /// Id of a word that is one token, spelled as the tokenizer's own tokens are. Throws std::invalid_argument
  /// naming the nearest tokens (for BPE: the word with its leading space).
  virtual int64_t id_of(std::string_view word) const = 0;
  /// All ids that a person may mean by a word: the token itself, then with a leading space, ...; may be
  /// empty.
  virtual std::vector<int64_t> candidates(std::string_view word) const = 0;

  /// The first place behind `from` where the text may be cut: the ids of the two parts are those of the whole.
  /// Its size where no such place is known.
  virtual size_t cut(std::string_view text, size_t from) const {
    static_cast<void>(from);
    return text.size();
  }

  /// "word", "gpt2": the first line of a saved file names it.
  virtual std::string_view kind() const = 0;
  /// Writes one file from which load_tokenizer() rebuilds this tokenizer. Throws FileError.
  void save(const std::string& path) const;

 protected:
  explicit Tokenizer(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  Tokenizer(const Tokenizer&) = default;
  Tokenizer(Tokenizer&&) = default;
  Tokenizer& operator=(const Tokenizer&) = default;
  Tokenizer& operator=(Tokenizer&&) = default;
  /// Appends the ids of a text in which nothing is special.
  virtual void append_ids(std::string_view text, std::vector<int64_t>& ids) const = 0;
  /// What save() writes after the first line.
  virtual std::string body() const = 0;

 private:
  Vocabulary vocabulary_;
};

/// Reads a file written by Tokenizer::save(). Throws FileError when it is none or damaged.
std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path);

}  // namespace lexigrad::data
