#include "lexigrad/train/loop/callbacks/strict.h"

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {

void Strict::audited(RunState&, const Audit& audit) {
  std::string found = to_string(audit);
  if (!found.empty()) fail_training(found.substr(found.find(' ') + 1));  // its own bracket stands before it
}

}  // namespace lexigrad::train
