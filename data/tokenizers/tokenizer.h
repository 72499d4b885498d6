// What every tokenizer can do: text <-> ids.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/tokenizers/special_tokens.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

inline constexpr std::string_view kEndOfText = "<|endoftext|>";

/// A token of a text, which stands at the bytes begin..end-1.
struct TokenPlace {
  int64_t id;
  size_t begin, end;
  bool operator==(const TokenPlace&) const = default;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids of a text. Any bytes are allowed. Throws std::invalid_argument where the text has a special token that is refused,
  /// or the options are none for this tokenizer, see SpecialFinder.
  std::vector<int64_t> encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// encode() of each, over all threads; an error says which text it is of, counted from 0.
  std::vector<std::vector<int64_t>> encode_batch(std::span<const std::string_view> texts,
                                                 const EncodeOptions& options = {}) const;
  std::vector<std::vector<int64_t>> encode_batch(std::span<const std::string> texts,
                                                 const EncodeOptions& options = {}) const;
  /// Writes the same ids to `out` and returns how many they are. Room for text.size() of them is always enough; throws
  /// std::invalid_argument where there is too little, or the vocabulary has ids that do not fit into 16 bits.
  size_t encode_to(std::string_view text, std::span<uint16_t> out, const EncodeOptions& options = {}) const;
  size_t encode_to(std::string_view text, std::span<uint32_t> out, const EncodeOptions& options = {}) const;
  size_t encode_to(std::string_view text, std::span<int64_t> out, const EncodeOptions& options = {}) const;
  /// The same with a finder of special_tokens(), for a text by blocks; `before` and `name` as SpecialFinder::split() has them.
  template <class Id>
  size_t encode_to(std::string_view text, std::span<Id> out, const SpecialFinder& special, int64_t before = 0,
                   std::string_view name = "The text") const;
  /// The same ids with their places, in order; what is between them is no token's.
  std::vector<TokenPlace> encode_with_places(std::string_view text, const EncodeOptions& options = {}) const;
  /// Text of ids. Throws std::invalid_argument for an id outside 0..vocabulary_size()-1.
  virtual std::string decode(std::span<const int64_t> ids) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int64_t vocabulary_size() const { return vocabulary_.size(); }
  /// Id of "<|endoftext|>"; -1 where there is none.
  int64_t end_of_text() const { return vocabulary_.find(kEndOfText); }
  /// The tokens that EncodeOptions are about; their texts live as long as the tokenizer.
  virtual std::vector<SpecialToken> special_tokens() const;

  /// A token for a person to read, on one line: control characters escaped; spaces as they are.
  std::string token_text(int64_t id) const;
  /// Id of a word that is one token, spelled as the tokenizer's own tokens are.
  /// Throws std::invalid_argument naming the nearest tokens (for BPE: the word with
  /// its leading space).
  virtual int64_t id_of(std::string_view word) const = 0;
  /// All ids that a person may mean by a word: the token itself, then with a leading space,
  /// ...; may be empty.
  virtual std::vector<int64_t> candidates(std::string_view word) const = 0;

  /// True where each token is a word or mark that may be asked for by itself.
  virtual bool has_whole_words() const { return false; }

  /// The first place behind `from` where the text may be cut: the ids of the two parts are
  /// those of the whole. Its size where no such place is known.
  virtual size_t cut(std::string_view text, size_t from) const {
    static_cast<void>(from);
    return text.size();
  }

  /// The name of its row in tokenizers().
  virtual std::string_view kind() const = 0;
  /// Writes one file from which load_tokenizer() rebuilds this tokenizer. Throws FileError.
  void save(const std::string& path) const;
  /// What save() writes: a first line with kind and checksum, then body(). Throws std::invalid_argument where the kind
  /// has no row that could load it.
  std::string saved() const;

 protected:
  explicit Tokenizer(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  Tokenizer(const Tokenizer&) = default;
  Tokenizer(Tokenizer&&) = default;
  Tokenizer& operator=(const Tokenizer&) = default;
  Tokenizer& operator=(Tokenizer&&) = default;
  using Places = std::variant<std::span<uint16_t>, std::span<uint32_t>, std::span<int64_t>>;

  /// Appends the ids of a text in which nothing is special. Threads call it at the same time.
  virtual void append_ids(std::string_view text, std::vector<int64_t>& ids) const = 0;
  /// Appends them with their places, which are counted from `first` on. Throws std::invalid_argument where tokens are
  /// not the parts of the text, one behind another, and the tokenizer has no rule of its own.
  virtual void append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const;
  /// Writes them to the first places, by put(), and returns how many they are.
  virtual size_t write_ids(std::string_view text, const Places& places) const;
  /// Writes ids to the places from `at` on. Throws where they do not fit.
  template <class From>
  static void put(std::span<const From> ids, size_t at, const Places& places) {
    std::visit(
        [&]<class Id>(std::span<Id> out) {
          check_room(at + ids.size(), out.size());
          std::transform(ids.begin(), ids.end(), out.begin() + static_cast<ptrdiff_t>(at),
                         [](From id) { return static_cast<Id>(id); });
        },
        places);
  }
  /// Throws where `ids` do not fit into `room` places.
  static void check_room(size_t ids, size_t room);
  /// What save() writes after the first line.
  virtual std::string body() const = 0;

 private:
  SpecialFinder finder(const EncodeOptions& options) const;
  std::vector<int64_t> ids_of(std::string_view text, const SpecialFinder& special,
                              std::string_view name) const;
  template <class Text>
  std::vector<std::vector<int64_t>> ids_of_all(std::span<const Text> texts,
                                               const EncodeOptions& options) const;

  Vocabulary vocabulary_;
};

/// How one kind of tokenizer is chosen, made and read back: a row of tokenizers().
struct TokenizerKind {
  std::string name;  ///< "word": --tokenizer and a saved file's first line say it
  std::string help;  ///< what --help says behind the name; empty where the name says it all
  std::vector<Option> options;
  bool learns = false;  ///< make() learns a vocabulary from its text; the others do not look at it
  /// `text` is read once, from its beginning. `options` holds a value for each of this row's options, and may
  /// hold values for more of them.
  std::function<std::unique_ptr<Tokenizer>(ByteSource& text, const OptionValues& options)> make;
  /// Reads what body() wrote; `path` is for the FileError of a damaged one.
  std::function<std::unique_ptr<Tokenizer>(std::string_view body, const std::string& path)> load;
};

}  // namespace lexigrad::data
