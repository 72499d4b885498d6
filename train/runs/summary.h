// What a run prints of itself.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/callbacks/evaluate.h"
#include "lexigrad/train/loop/entropy.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

/// Prints text, model and yardsticks before the first step, the audit after it, and the held-out loss and
/// where the files are at the end.
class Summary final : public Callback {
 public:
  /// `held_out` is null where too few tokens are held out.
  Summary(std::ostream& out, const RunParts& run, const Evaluate* held_out,
          std::optional<Entropies> entropies)
      : out_(out), run_(run), held_out_(held_out), entropies_(entropies) {}

  void begin(RunState& state) override;
  void audited(RunState& state, const Audit& audit) override;
  void end(RunState& state) override;

 private:
  std::string worse_than_chance(double training) const;

  std::ostream& out_;
  const RunParts& run_;
  const Evaluate* held_out_;
  std::optional<Entropies> entropies_;
};

}  // namespace lexigrad::train
