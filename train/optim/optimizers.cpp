#include "lexigrad/train/optim/optimizers.h"

#include <map>

#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/train/optim/methods/adadelta.h"
#include "lexigrad/train/optim/methods/adafactor.h"
#include "lexigrad/train/optim/methods/adagrad.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/adamw.h"
#include "lexigrad/train/optim/methods/lion.h"
#include "lexigrad/train/optim/methods/muon.h"
#include "lexigrad/train/optim/methods/nadam.h"
#include "lexigrad/train/optim/methods/radam.h"
#include "lexigrad/train/optim/methods/rmsprop.h"
#include "lexigrad/train/optim/methods/rowwise_adagrad.h"
#include "lexigrad/train/optim/methods/rowwise_adam.h"
#include "lexigrad/train/optim/methods/schedule_free_adamw.h"
#include "lexigrad/train/optim/methods/schedule_free_sgd.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/optim/methods/soap.h"

namespace lexigrad::optim {
namespace {

// "0.003 for adam and adamw, 1 for sgd"
std::string listed(const std::map<double, std::vector<std::string>>& by_rate) {
  std::string out;
  for (const auto& [lr, names] : by_rate) {
    out += text(out.empty() ? "" : ", ", lr, " for ");
    for (size_t i = 0; i < names.size(); ++i)
      out += text(i == 0 ? "" : i + 1 < names.size() ? ", " : " and ", names[i]);
  }
  return out;
}

}  // namespace

Table<OptimizerKind>& optimizers() {
  return lexigrad::detail::made_once([] {
    return Table<OptimizerKind>(
        "optimizer",
        {SGD::kind(), Adam::kind(), AdamW::kind(), NAdam::kind(), RAdam::kind(), Adagrad::kind(),
         RMSprop::kind(), Adadelta::kind(), Lion::kind(), RowwiseAdagrad::kind(), RowwiseAdam::kind(),
         Adafactor::kind(), Muon::kind(), Soap::kind(), ScheduleFreeAdamW::kind(), ScheduleFreeSGD::kind()});
  });
}

std::string standard_rates() {
  std::map<double, std::vector<std::string>> by_rate, careful;
  for (const OptimizerKind& kind : optimizers()) {
    by_rate[kind.lr].push_back(kind.name);
    if (kind.careful_lr > 0) careful[kind.careful_lr].push_back(kind.name);
  }
  std::string out = listed(by_rate);
  for (const auto& each : careful)
    out += ", " + listed({each}) + " with attention or a loss other than softmax";
  return out;
}

}  // namespace lexigrad::optim
