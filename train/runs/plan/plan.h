// What a run will take before it starts: its memory by class, from shapes alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/run_text.h"

namespace lexigrad::train {

/// Moments of a run between which its memory differs.
enum class Moment : unsigned {
  reading = 1,      ///< the text is tokenized
  counting = 2,     ///< pairs of tokens are counted, for the entropy to beat
  forward = 4,      ///< of a step, in the head
  backward = 8,     ///< of a step, before activations are gone
  update = 16,      ///< the optimizer moves the parameters
  evaluating = 32,  ///< the held-out loss
  saving = 64,      ///< a checkpoint
};
inline constexpr Moment kMoments[] = {Moment::reading, Moment::counting,   Moment::forward, Moment::backward,
                                      Moment::update,  Moment::evaluating, Moment::saving};
/// "in a step's forward pass".
std::string to_string(Moment moment);

/// "12.5 MiB"
std::string size_text(double bytes);

/// A class of memory; bytes are doubles, as nobody can overflow them.
struct PlanRow {
  std::string name;  ///< "moments: head"
  double bytes = 0;
  unsigned moments = 0;  ///< bits of those in which it is there
  std::string how;       ///< "2 slots x 20000 x 64"
};

/// Sizes of a run's texts.
struct TextSizes {
  struct Part {
    int64_t training = 0, held_out = 0;       ///< tokens
    std::vector<int64_t> training_ends = {};  ///< of documents, where windows respect them
  };
  int64_t bytes = 0;                      ///< of the texts
  std::vector<Part> corpora;              ///< one, or those of a mix
  int64_t sentences = 0;                  ///< whose ends are known
  int64_t kept_bytes = 0;                 ///< of the texts in memory while they are read
  int64_t width = 2;                      ///< bytes of a token in memory; 0: they are in a file
  std::vector<int64_t> occurrences = {};  ///< of each token of the vocabulary

  /// Tokens of all corpora.
  int64_t training() const;
  int64_t held_out() const;
};
/// Windows of the training texts in a run as `config` says; of sentences the passages, about.
int64_t windows_of(const TrainConfig& config, const TextSizes& text);
/// `occurrences` are those of text.occurrences().
TextSizes sizes_of(const RunText& text, std::vector<int64_t> occurrences);

struct Plan {
  TrainConfig config;                                             ///< with the values that are used
  int64_t vocabulary = 0, training = 0, held_out = 0, epoch = 0;  ///< epoch: its batches
  double parameters = 0;                                          ///< numbers
  std::vector<PlanRow> rows = {};

  double bytes_in(Moment moment) const;
  Moment peak_moment() const;
  double peak() const { return bytes_in(peak_moment()); }
  /// The sum of the rows whose names begin with `name`.
  double bytes_of(const std::string& name) const;
};

/// Computed, not tried: nothing of the run's size is allocated.
Plan plan_of(const TrainConfig& config, const TextSizes& text);

/// Bytes that a run may take in all: `given`, or for 0 what is available now beside the tokens, which are there.
double memory_limit(const Plan& plan, int64_t given);
/// Throws MemoryError naming the largest classes and what would fit, where a run's peak is above the limit.
void check_plan(const TrainConfig& config, const TextSizes& text, double limit);

}  // namespace lexigrad::train
