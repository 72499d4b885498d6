// Text from a model of the next token: one token after another, drawn from what it predicts.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "lexigrad/nn/models/language_model.h"

namespace lexigrad::nn {

/// How a token is chosen from logits; the steps are taken in this order, as in
/// Hugging Face's generate().
struct SamplingOptions {
  bool greedy = false;            ///< the most probable token, after the penalty
  double repetition_penalty = 1;  ///< > 0: logits of tokens met before are divided by it where they are
                                  ///< positive and multiplied where not (Keskar et al. 2019)
  double temperature = 1;         ///< > 0: logits are divided by it; 0: as greedy
  int64_t top_k = 0;              ///< only the k most probable; 0: all
  double top_p = 1;  ///< in (0, 1]: only the most probable that reach this together (Holtzman et al. 2020)
  double min_p =
      0;  ///< in [0, 1]: only those with this share of the greatest probability (Nguyen et al. 2024)
  int64_t seed = 0;  ///< of the draws, which depend on it and on the number of the token alone
};

/// Throws, naming the option, where one is outside its range.
void check_sampling(const SamplingOptions& options);

/// The id chosen from logits (V) as token `number` after `before`.
int64_t choose_token(const Tensor& logits, const std::vector<int64_t>& before, int64_t number,
                     const SamplingOptions& options);

struct GenerateOptions {
  int64_t max_tokens = 100;
  SamplingOptions sampling = {};
  bool use_cache = true;  ///< keep keys and values; the same tokens, but for rounding
};

/// Sees each token as it is made; false ends the text.
using OnToken = std::function<bool(int64_t id)>;

/// The tokens after `prompt`, which must not be empty. The model, in eval mode, reads the last
/// max_length() of them all.
std::vector<int64_t> generate(LanguageModel& model, const std::vector<int64_t>& prompt,
                              const GenerateOptions& options = {}, const OnToken& on_token = {});

}  // namespace lexigrad::nn
