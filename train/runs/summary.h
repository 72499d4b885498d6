// What a run prints of itself.
#pragma once
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/callbacks/evaluate.h"
#include "lexigrad/train/loop/yardstick.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

/// What a run's held-out loss is to beat.
struct Yardsticks {
  explicit Yardsticks(const Objective& objective);

  std::vector<std::vector<Yardstick>>
      each;                         ///< of each of the held-out parts, by its own corpus, chance first
  std::vector<Yardstick> all = {};  ///< their means by shares; none where nothing is held out
};

/// Prints text, model and yardsticks before the first step, the audit after it, and the held-out loss and
/// where the files are at the end; of a mix how often each corpus was gone through, too.
class Summary final : public Callback {
 public:
  /// `held_out` is null where too few tokens are held out.
  Summary(std::ostream& out, const RunParts& run, const Evaluate* held_out, Yardsticks yardsticks)
      : out_(out), run_(run), held_out_(held_out), yardsticks_(std::move(yardsticks)) {}

  void begin(RunState& state) override;
  void audited(RunState& state, const Audit& audit) override;
  void end(RunState& state) override;

 private:
  std::string mix() const;
  std::string mix_gone_through(const Position& at) const;
  std::string worse_than_chance(double training) const;

  std::ostream& out_;
  const RunParts& run_;
  const Evaluate* held_out_;
  Yardsticks yardsticks_;
};

}  // namespace lexigrad::train
