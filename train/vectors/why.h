// Why two words are near: the contexts that they share in a text.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::train {

/// A token that stands near both words more often than chance has it.
struct SharedContext {
  int64_t id;
  int64_t count_a, count_b;  ///< times within the window of each
  double ppmi_a, ppmi_b;
  double share;  ///< ppmi_a * ppmi_b over the lengths of both words' rows of PPMI
};

/// Places begin..end-1 of a text.
struct Stretch {
  int64_t begin = 0, end = 0;
};

struct WhyNear {
  int64_t count_a = 0, count_b = 0;          ///< times that the words are in the text
  double cosine = 0;                         ///< of the words' rows of PPMI: the sum of all shares
  std::vector<SharedContext> contexts = {};  ///< the largest share first, of equal ones the lower id
  /// A window of each word, that whose different tokens have the largest shares together; the first of equal ones.
  Stretch example_a = {}, example_b = {};
};

/// Ids a and b by all tokens c within `window` of them: PPMI(a, c) is the logarithm, where it is positive, of how
/// many times more often c is near a than it would be if both were spread by chance. No window goes over one of
/// `document_ends`, as NextTokenDataset has them. Throws std::invalid_argument as data::cooccurrences does.
WhyNear why_near(const data::TokenArray& tokens, int64_t vocabulary, int64_t a, int64_t b, int64_t window,
                 const std::vector<int64_t>& document_ends = {});

}  // namespace lexigrad::train
