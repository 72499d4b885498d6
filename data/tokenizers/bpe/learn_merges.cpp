#include "lexigrad/data/tokenizers/bpe/learn_merges.h"

#include <algorithm>
#include <array>
#include <queue>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {
namespace {

constexpr size_t kAhead = 8;  // words whose memory is asked for before they are merged

using Pair = uint64_t;  // left << 32 | right: lower ones first where counts are equal
Pair pair_of(int32_t left, int32_t right) {
  return static_cast<Pair>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

struct PairState {
  int64_t count = 0;
  size_t list = 0;  ///< 1 + the number of the list of words that the merge in hand puts it into
};

// All pairs that were ever met, by open addressing. References hold until the next pair that is new.
class Pairs {
 public:
  PairState& operator[](Pair pair) {
    for (size_t at = mix_bits(pair, 0);; ++at) {
      Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.pair == pair) return slot.state;
      if (slot.pair != kFree) continue;
      if (++used_ > slots_.size() / 2) {
        grow();
        return (*this)[pair];
      }
      slot.pair = pair;
      return slot.state;
    }
  }

 private:
  static constexpr Pair kFree = ~Pair{0};
  struct Slot {
    Pair pair = kFree;
    PairState state = {};
  };

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    used_ = 0;
    for (const Slot& slot : old)
      if (slot.pair != kFree) (*this)[slot.pair] = slot.state;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1 << 16);
  size_t used_ = 0;
};

class Learner {
 public:
  using Merges = std::vector<std::pair<int32_t, int32_t>>;

  explicit Learner(const PieceCounts& pieces) {
    std::array<int32_t, 256> id_of{};
    const ByteLetters letters;
    for (unsigned char byte : letters.order()) {
      id_of[byte] = static_cast<int32_t>(tokens_.size());
      tokens_.add(std::string(1, static_cast<char>(byte)));
    }
    pieces.for_each([&](std::string_view piece, int64_t count) {
      for (unsigned char byte : piece) ids_.push_back(id_of[byte]);
      add_word(piece.size(), count);
    });
    note_words();
  }

  Learner(Vocabulary tokens, const std::vector<PieceIds>& pieces) : tokens_(std::move(tokens)) {
    for (const PieceIds& each : pieces) {
      const int32_t* at = each.ids.data();
      for (uint32_t size : each.sizes) {
        ids_.insert(ids_.end(), at, at + size);
        add_word(size, 1);
        at += size;
      }
    }
    note_words();
  }

  int64_t length() const { return length_; }

  Vocabulary learn(int64_t size, int64_t least, std::vector<int64_t>& lengths, Merges& merges) {
    const int64_t first = tokens_.size();
    for (auto [left, right] : merges) merged_.insert(pair_of(left, right));
    lengths = {length_};
    while (tokens_.size() < size && !queue_.empty()) {
      Waiting top = queue_.top();
      queue_.pop();
      if (int64_t now = pairs_[top.pair].count; now != top.count) {  // it has fewer since it was put there
        if (now > 0) queue_.push({now, top.pair, top.words});
        continue;
      }
      if (top.count < std::max<int64_t>(least, 1)) break;
      if (auto pair = merge(top); merged_.insert(top.pair).second) merges.push_back(pair);
      lengths.resize(
          static_cast<size_t>(tokens_.size() - first + 1));  // a merge may make no token that is new
      lengths.back() = length_;
    }
    return std::move(tokens_);
  }

 private:
  struct Word {
    size_t begin;
    uint32_t size;  // in tokens
    int64_t count;
  };
  // A pair that may be merged, and the number of a list of words that have it.
  struct Waiting {
    int64_t count;
    Pair pair;
    size_t words;
    bool operator<(const Waiting& other) const {
      if (count != other.count) return count < other.count;
      return pair != other.pair ? pair > other.pair : words > other.words;
    }
  };

  // A word of the last ids.
  void add_word(size_t size, int64_t count) {
    length_ += static_cast<int64_t>(size) * count;
    if (size < 2)
      ids_.resize(ids_.size() - size);
    else
      words_.push_back({ids_.size() - size, static_cast<uint32_t>(size), count});
  }
  void note_words() {
    for (uint32_t w = 0; w < words_.size(); ++w)
      for (size_t i = 0; i + 1 < words_[w].size; ++i) {
        const int32_t* at = &ids_[words_[w].begin + i];
        note(pair_of(at[0], at[1]), words_[w].count, w);
      }
    push_noted();
  }

  // A pair that is there `count` times more now, in word w.
  void note(Pair pair, int64_t count, uint32_t w) {
    PairState& state = pairs_[pair];
    state.count += count;
    add_to_list(list_of(pair, state), w);
  }
  std::vector<uint32_t>& list_of(Pair pair, PairState& state) {
    if (state.list == 0) {
      lists_.emplace_back();
      fresh_.push_back(pair);
      state.list = lists_.size();
    }
    return lists_[state.list - 1];
  }
  static void add_to_list(std::vector<uint32_t>& list, uint32_t w) {
    if (list.empty() || list.back() != w) list.push_back(w);
  }
  void push_noted() {
    for (Pair pair : fresh_) {
      PairState& state = pairs_[pair];
      if (state.count > 0) queue_.push({state.count, pair, state.list - 1});
      state.list = 0;
    }
    fresh_.clear();
  }

  // What stood beside the pair that the merge in hand joins, by token: how often, and in which words.
  class Beside {
   public:
    struct Token {
      int64_t count = 0;
      std::vector<uint32_t> words = {};
    };
    void add(int32_t token, int64_t count, uint32_t w) {
      const auto at = static_cast<size_t>(token);
      if (at >= tokens_.size()) tokens_.resize(2 * at + 1);
      if (tokens_[at].words.empty()) met_.push_back(token);
      tokens_[at].count += count;
      add_to_list(tokens_[at].words, w);
    }
    /// Calls use(token, count, words) for each, and forgets them.
    template <class Use>
    void take(const Use& use) {
      for (int32_t token : met_) {
        Token all = std::exchange(tokens_[static_cast<size_t>(token)], {});
        use(token, all.count, std::move(all.words));
      }
      met_.clear();
    }

   private:
    std::vector<Token> tokens_;
    std::vector<int32_t> met_;
  };

  // The pair `before` became the pair `after`, `count` times in these words.
  void change(Pair before, Pair after, int64_t count, std::vector<uint32_t> words) {
    pairs_[before].count -= count;
    PairState& state = pairs_[after];
    state.count += count;
    std::vector<uint32_t>& list = list_of(after, state);
    if (list.empty())
      list = std::move(words);
    else  // a token beside itself
      list.insert(list.end(), words.begin(), words.end());
  }

  std::pair<int32_t, int32_t> merge(const Waiting& top) {
    auto left = static_cast<int32_t>(top.pair >> 32), right = static_cast<int32_t>(top.pair & 0xFFFFFFFF);
    std::string token(tokens_.token(left));
    token += tokens_.token(right);
    int64_t id = tokens_.add(token, top.count);
    if (id < 0) id = tokens_.find(token);
    const auto joined = static_cast<int32_t>(id);
    const std::vector<uint32_t> list = std::exchange(lists_[top.words], {});
    for (size_t i = 0; i < list.size(); ++i) {
      if (i + 2 * kAhead < list.size()) prefetch(&words_[list[i + 2 * kAhead]], sizeof(Word));
      if (i + kAhead < list.size()) {
        const Word& next = words_[list[i + kAhead]];
        prefetch(&ids_[next.begin], static_cast<int64_t>(std::min<size_t>(next.size, 32) * sizeof(int32_t)));
      }
      merge_in(list[i], left, right, joined);
    }
    before_.take([&](int32_t other, int64_t count, std::vector<uint32_t> words) {
      change(pair_of(other, left), pair_of(other, joined), count, std::move(words));
    });
    behind_.take([&](int32_t other, int64_t count, std::vector<uint32_t> words) {
      change(pair_of(right, other), pair_of(joined, other), count, std::move(words));
    });
    push_noted();
    return {left, right};
  }

  void merge_in(uint32_t w, int32_t left, int32_t right, int32_t joined) {
    Word& word = words_[w];
    int32_t* ids = &ids_[word.begin];
    size_t put = 0;
    for (size_t i = 0; i < word.size; ++put) {
      if (ids[i] != left || i + 1 == word.size || ids[i + 1] != right) {
        ids[put] = ids[i++];
        continue;
      }
      if (put > 0) before_.add(ids[put - 1], word.count, w);
      i += 2;
      ids[put] = joined;
      if (i < word.size) behind_.add(ids[i], word.count, w);
    }
    length_ -= static_cast<int64_t>(word.size - put) * word.count;
    word.size = static_cast<uint32_t>(put);
  }

  Vocabulary tokens_;
  int64_t length_ = 0;        ///< of all pieces, in tokens
  std::vector<int32_t> ids_;  ///< of all words, one behind another
  std::vector<Word> words_;
  Pairs pairs_;
  std::unordered_set<Pair> merged_;  ///< a pair may come up again where its token is made of another one
  std::vector<Pair> fresh_;          ///< those that the merge in hand makes
  Beside before_, behind_;
  std::vector<std::vector<uint32_t>> lists_;
  std::priority_queue<Waiting> queue_;
};

}  // namespace

Vocabulary learn_merges(const PieceCounts& pieces, int64_t size, int64_t least, std::vector<int64_t>* lengths,
                        std::vector<std::pair<int32_t, int32_t>>* merges) {
  std::vector<int64_t> unwanted;
  Learner::Merges unread;
  return Learner(pieces).learn(size, least, lengths ? *lengths : unwanted, merges ? *merges : unread);
}

int64_t learn_more_merges(const std::vector<PieceIds>& pieces, int64_t size, int64_t least,
                          Vocabulary& tokens, std::vector<std::pair<int32_t, int32_t>>& merges) {
  std::vector<int64_t> unwanted;
  Learner learner(std::move(tokens), pieces);
  tokens = learner.learn(size, least, unwanted, merges);
  return learner.length();
}

}  // namespace lexigrad::data
