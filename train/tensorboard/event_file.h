// A file of TensorBoard's events: scalars and histograms by step, in records that a kill cannot make unreadable.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

/// How often values lie in each of 30 ranges of equal width.
struct Histogram {
  double least = 0, most = 0, count = 0, sum = 0, squares = 0;  ///< of finite values
  std::vector<double> ends = {}, counts = {};                   ///< of each range: its upper end, its values
};
/// The finite values of a tensor; without ranges where there are none.
Histogram histogram(const Tensor& x);

/// What an event is to show under each name; a slash puts names into a group.
struct Summaries {
  std::map<std::string, double> scalars = {};  ///< shown in float
  std::map<std::string, Histogram> histograms = {};
};

/// The file that a run writes.
inline constexpr const char* kEventsFile = "events.out.tfevents.0.lexigrad";

/// Appends events, one record each: TFRecord's frame (length, masked CRC-32C of it, bytes, masked CRC-32C of them)
/// around an Event of tensorboard/compat/proto/event.proto. TensorBoard finds a file whose name begins with
/// events.out.tfevents.
class EventFile {
 public:
  /// Begins the file anew.
  static EventFile make(const std::string& path);
  /// Goes on with it behind the events up to `step`, those later and what a kill has cut short being cut off; anew
  /// where there is none.
  static EventFile go_on(const std::string& path, int64_t step);

  /// Throws FileError where the disk is full.
  void add(int64_t step, const Summaries& summaries) const;

 private:
  explicit EventFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// One record of the file with these bytes.
std::string tf_record(std::string_view bytes);

}  // namespace lexigrad::train
