#include "lexigrad/train/optim/optimizers.h"

#include <map>

#include "lexigrad/train/optim/methods/adadelta.h"
#include "lexigrad/train/optim/methods/adagrad.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/adamw.h"
#include "lexigrad/train/optim/methods/lion.h"
#include "lexigrad/train/optim/methods/nadam.h"
#include "lexigrad/train/optim/methods/radam.h"
#include "lexigrad/train/optim/methods/rmsprop.h"
#include "lexigrad/train/optim/methods/sgd.h"

namespace lexigrad::optim {

Table<OptimizerKind>& optimizers() {
  static Table<OptimizerKind> all(
      "optimizer", {SGD::kind(), Adam::kind(), AdamW::kind(), NAdam::kind(), RAdam::kind(), Adagrad::kind(),
                    RMSprop::kind(), Adadelta::kind(), Lion::kind()});
  return all;
}

std::string standard_rates() {
  std::map<double, std::vector<std::string>> by_rate;
  for (const OptimizerKind& kind : optimizers()) by_rate[kind.lr].push_back(kind.name);
  std::string out;
  for (const auto& [lr, names] : by_rate) {
    out += text(out.empty() ? "" : ", ", lr, " for ");
    for (size_t i = 0; i < names.size(); ++i)
      out += text(i == 0 ? "" : i + 1 < names.size() ? ", " : " and ", names[i]);
  }
  for (const OptimizerKind& kind : optimizers())
    if (kind.careful_lr > 0)
      out += text(", ", kind.careful_lr, " for ", kind.name, " with attention or a loss other than softmax");
  return out;
}

}  // namespace lexigrad::optim
