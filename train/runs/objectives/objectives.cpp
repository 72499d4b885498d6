#include "lexigrad/train/runs/objectives/objectives.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/train/runs/objectives/next_token.h"
#include "lexigrad/train/runs/objectives/words.h"

namespace lexigrad::train {

Table<ObjectiveKind>& objectives() {
  return lexigrad::detail::made_once([] {
    return Table<ObjectiveKind>("objective",
                                {next_token_objective(), skip_gram_objective(), cbow_objective()});
  });
}

std::string described_objectives() {
  std::string out = "what is learnt: ";
  for (const ObjectiveKind& each : objectives())
    out += text(&each == &*objectives().begin() ? "" : "; ", each.name, ", ", each.help);
  return out;
}

}  // namespace lexigrad::train
