#include "lexigrad/train/runs/mix_weights.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/mix.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/runs/run_text.h"

namespace lexigrad::train {

std::vector<double> mix_weights(const TrainConfig& config) {
  const std::string& mix = config.mix;
  std::vector<double> out;
  for (size_t at = 0; !mix.empty() && at <= mix.size();) {
    const size_t end = std::min(mix.find(',', at), mix.size());
    double weight = 0;
    auto [stop, error] = std::from_chars(mix.data() + at, mix.data() + end, weight);
    const bool is_number = error == std::errc() && stop == mix.data() + end;
    out.push_back(is_number ? weight : std::numeric_limits<double>::quiet_NaN());
    at = end + 1;
  }
  return out;
}

std::string wrong_mix(const TrainConfig& config) {
  const std::vector<double> weights = mix_weights(config);
  if (weights.empty()) return {};
  const std::string shown = text(" is \"", data::escape(config.mix), "\": ");
  if (std::string why = data::Mix::wrong(weights); !why.empty())
    return shown + why +
           (std::all_of(weights.begin(), weights.end(), [](double w) { return w == w; })
                ? ""
                : ". Hint: a number for each corpus, as 0.7,0.3");
  const size_t texts = text_paths(config).size();
  if (config.text.empty() || texts == weights.size()) return {};
  return text(shown, weights.size(), weights.size() == 1 ? " weight" : " weights", " for ", texts,
              texts == 1 ? " corpus" : " corpora", ". Hint: one for each TEXT, in their order");
}

}  // namespace lexigrad::train
