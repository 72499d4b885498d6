// All objectives by name.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/autograd/base/table.h"

namespace lexigrad::train {

class Objective;
class PagedTable;
struct RunText;
struct TrainConfig;

/// What is wrong with an option, as the end of a sentence that begins with its flag; both empty where nothing is.
struct OptionFault {
  std::string flag, what;
};

struct ObjectiveKind {
  std::string name, help;
  std::vector<Option> options;
  bool sums = false;  ///< gradients are those of the sum of a batch's losses, not of the mean
  double sgd_lr = 0;  ///< SGD's learning rate where none is given; 0: the optimizer's own
  int64_t fewest_epochs = 3, most_epochs = 10;  ///< where none are given
  bool sentences = false;  ///< the texts' lines are sentences, of which it needs the ends
  /// Options that have another default under it.
  std::function<void(TrainConfig&)> set_defaults;
  /// The first option that does not go with it.
  std::function<OptionFault(const TrainConfig&)> fault;
  /// Throws where the texts are too short, as make() does.
  std::function<void(const TrainConfig&, const RunText&)> check_text;
  /// `occurrences` of the tokens in the training texts; `ngrams` is null, or a table in a file (--ngram-memory).
  std::function<std::unique_ptr<Objective>(const TrainConfig&, const RunText&,
                                           const std::vector<int64_t>& occurrences,
                                           std::shared_ptr<PagedTable> ngrams)>
      make;
};

/// "next-token, each token from those before it; skipgram, ...".
std::string described_objectives();

/// "next-token", "skipgram", "cbow".
Table<ObjectiveKind>& objectives();

}  // namespace lexigrad::train
