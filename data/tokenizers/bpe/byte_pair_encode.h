// Text -> ids of byte pairs, over all threads.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Remembers the ids of pieces that it met: for each thread that encodes at a time in at most kMostRemembered
/// bytes, and half a MiB of characters.
class BytePairEncoder {
 public:
  static constexpr size_t kMostRemembered = size_t{32} << 20;

  explicit BytePairEncoder(BytePairRules rules);
  ~BytePairEncoder();

  const BytePairRules& rules() const { return rules_; }

  /// Takes the ids of the next `bytes` bytes of a text, in parts that are one behind another.
  template <class Id>
  using Take = std::function<void(std::span<const std::span<const Id>> parts, size_t bytes)>;
  /// Gives the ids of a text to `take`, in order; the same for any number of threads. The vocabulary is always the
  /// same one, and its ids fit into an Id: uint16_t, uint32_t or int64_t.
  template <class Id>
  void encode(const Vocabulary& vocabulary, std::string_view text, const Take<Id>& take);

 private:
  class Worker;

  /// What stays the same for all workers.
  struct Shared {
    BytePairs pairs;
    std::vector<uint64_t> tokens;  ///< a bit for the hash of each token that a key of a cache can hold

    Shared(const Vocabulary& vocabulary, const BytePairRules& rules);
    bool may_be_token(uint64_t hash) const { return (tokens[hash >> 51] >> (hash >> 45 & 63) & 1) != 0; }
  };

  const Shared& shared(const Vocabulary& vocabulary);
  std::unique_ptr<Worker> take(size_t size);
  void give_back(std::unique_ptr<Worker> worker);

  const BytePairRules rules_;
  lexigrad::detail::ForkMutex mutex_;
  std::unique_ptr<const Shared> shared_;          // made when the first piece is new
  std::vector<std::unique_ptr<Worker>> waiting_;  // as many as threads, each with what it remembers
};

}  // namespace lexigrad::data
