#include "lexigrad/data/tokenizers/bpe/learn_merges.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <queue>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/huge_pages.h"
#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {
namespace {

constexpr size_t kAhead = 16;  // words whose memory is asked for before they are merged

using Merges = std::vector<std::pair<int32_t, int32_t>>;
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

// All words in one array: each with its count and its size before its ids, a line of the cache where it is short.
// A word's number is its place there.
template <class Id>
class Words {
 public:
  struct Head {
    int64_t count;
    uint32_t size;  // in tokens
    uint32_t room;
  };

  /// Room for what add() will be given; a word's place may lie anywhere in it, so that it is on huge pages.
  void reserve(size_t units) {
    units_.reserve(units);
    prefer_huge_pages(units_.data(), units * sizeof(Id));
  }
  /// What a word takes of it.
  static size_t units_of(size_t size) { return kHead + (size + kUnit - 1) / kUnit * kUnit; }
  /// The ids of a word that is added, to be written.
  Id* add(size_t size, int64_t count) {
    const size_t begin = units_.size();
    check(begin / kUnit < std::numeric_limits<uint32_t>::max(), "tokenize",
          "Merges are learnt from 32 GiB of different pieces at most. Hint: learn from a part of the texts");
    units_.resize(begin + units_of(size));
    const Head head{count, static_cast<uint32_t>(size), static_cast<uint32_t>(size)};
    std::memcpy(&units_[begin], &head, sizeof head);
    return &units_[begin + kHead];
  }
  Head head(uint32_t word) const {
    Head out;
    std::memcpy(&out, at(word), sizeof out);
    return out;
  }
  void set_size(uint32_t word, size_t size) {
    const auto now = static_cast<uint32_t>(size);
    std::memcpy(reinterpret_cast<char*>(&units_[word * kUnit]) + offsetof(Head, size), &now, sizeof now);
  }
  Id* ids(uint32_t word) { return &units_[word * kUnit + kHead]; }
  void ask_for(uint32_t word) const { prefetch(at(word), 64); }
  /// Calls f(word) for each.
  template <class F>
  void for_each(const F& f) const {
    for (size_t begin = 0; begin < units_.size();) {
      const auto word = static_cast<uint32_t>(begin / kUnit);
      f(word);
      begin += units_of(head(word).room);
    }
  }

 private:
  static constexpr size_t kUnit = 8 / sizeof(Id), kHead = sizeof(Head) / sizeof(Id);
  const Id* at(uint32_t word) const { return &units_[word * kUnit]; }

  std::vector<Id> units_;
};

// Merges words whose ids fit into an Id.
template <class Id>
class Learner {
 public:
  explicit Learner(const PieceCounts& pieces) {
    std::array<Id, 256> id_of{};
    const ByteLetters letters;
    for (unsigned char byte : letters.order()) {
      id_of[byte] = static_cast<Id>(tokens_.size());
      tokens_.add(std::string(1, static_cast<char>(byte)));
    }
    size_t units = 0;
    pieces.for_each([&](std::string_view piece, int64_t) { units += words_.units_of(piece.size()); });
    words_.reserve(units);
    pieces.for_each([&](std::string_view piece, int64_t count) {
      if (Id* ids = add_word(piece.size(), count))
        for (unsigned char byte : piece) *ids++ = id_of[byte];
    });
    note_words();
  }

  Learner(Vocabulary tokens, const std::vector<PieceIds>& pieces) : tokens_(std::move(tokens)) {
    for (const PieceIds& each : pieces) {
      const int32_t* at = each.ids.data();
      for (uint32_t size : each.sizes) {
        if (Id* ids = add_word(size, 1))
          for (uint32_t i = 0; i < size; ++i) ids[i] = static_cast<Id>(at[i]);
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

  // The ids of a word, to be written; null where it has no pair.
  Id* add_word(size_t size, int64_t count) {
    length_ += static_cast<int64_t>(size) * count;
    return size < 2 ? nullptr : words_.add(size, count);
  }
  void note_words() {
    constexpr Id bytes = 256;  // whose pairs need no table of hashes
    std::vector<PairState> of_bytes(bytes * bytes);
    words_.for_each([&](uint32_t w) {
      const auto head = words_.head(w);
      const Id* ids = words_.ids(w);
      for (uint32_t i = 0; i + 1 < head.size; ++i) {
        const Pair pair = pair_of(ids[i], ids[i + 1]);
        const bool small = ids[i] < bytes && ids[i + 1] < bytes;
        PairState& state = small ? of_bytes[ids[i] * bytes + ids[i + 1]] : pairs_[pair];
        state.count += head.count;
        add_to_list(list_of(pair, state), w);
      }
    });
    for (size_t i = 0; i < of_bytes.size(); ++i)
      if (of_bytes[i].count > 0)
        pairs_[pair_of(static_cast<int32_t>(i) / bytes, static_cast<int32_t>(i) % bytes)] = of_bytes[i];
    push_noted();
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
      if (i + kAhead < list.size()) words_.ask_for(list[i + kAhead]);
      merge_in(list[i], static_cast<Id>(left), static_cast<Id>(right), static_cast<Id>(joined));
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

  void merge_in(uint32_t w, Id left, Id right, Id joined) {
    const auto head = words_.head(w);
    Id* ids = words_.ids(w);
    size_t put = 0;
    for (size_t i = 0; i < head.size; ++put) {
      if (ids[i] != left || i + 1 == head.size || ids[i + 1] != right) {
        ids[put] = ids[i++];
        continue;
      }
      if (put > 0) before_.add(ids[put - 1], head.count, w);
      i += 2;
      ids[put] = joined;
      if (i < head.size) behind_.add(ids[i], head.count, w);
    }
    length_ -= static_cast<int64_t>(head.size - put) * head.count;
    words_.set_size(w, put);
  }

  Vocabulary tokens_;
  int64_t length_ = 0;  ///< of all pieces, in tokens
  Words<Id> words_;
  Pairs pairs_;
  std::unordered_set<Pair> merged_;  ///< a pair may come up again where its token is made of another one
  std::vector<Pair> fresh_;          ///< those that the merge in hand makes
  Beside before_, behind_;
  std::vector<std::vector<uint32_t>> lists_;
  std::priority_queue<Waiting> queue_;
};

// Calls f with a number of the type that holds the ids of `size` tokens.
template <class F>
auto with_ids_below(int64_t size, const F& f) {
  return size <= 65536 ? f(uint16_t{}) : f(int32_t{});
}

}  // namespace

Vocabulary learn_merges(const PieceCounts& pieces, int64_t size, int64_t least, std::vector<int64_t>* lengths,
                        std::vector<std::pair<int32_t, int32_t>>* merges) {
  std::vector<int64_t> unwanted;
  Merges unread;
  return with_ids_below(size, [&]<class Id>(Id) {
    return Learner<Id>(pieces).learn(size, least, lengths ? *lengths : unwanted, merges ? *merges : unread);
  });
}

int64_t learn_more_merges(const std::vector<PieceIds>& pieces, int64_t size, int64_t least,
                          Vocabulary& tokens, std::vector<std::pair<int32_t, int32_t>>& merges) {
  std::vector<int64_t> unwanted;
  return with_ids_below(std::max(size, tokens.size()), [&]<class Id>(Id) {
    Learner<Id> learner(std::move(tokens), pieces);
    tokens = learner.learn(size, least, unwanted, merges);
    return learner.length();
  });
}

}  // namespace lexigrad::data
