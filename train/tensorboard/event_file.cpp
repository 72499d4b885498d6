#include "lexigrad/train/tensorboard/event_file.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/train/tensorboard/crc32c.h"
#include "lexigrad/train/tensorboard/protobuf.h"
#include "lexigrad/train/vectors/statistics.h"

namespace lexigrad::train {
namespace {

constexpr size_t kHead = 12, kTail = 4;  // length and its checksum; the bytes' checksum
constexpr const char* kVersion = "brain.Event:2";
// Numbers of fields in event.proto, summary.proto and histogram.proto.
namespace event {
constexpr int wall_time = 1, step = 2, file_version = 3, summary = 5;
}
namespace value {
constexpr int tag = 1, simple_value = 2, histo = 5;
}
namespace histo {
constexpr int min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7;
}

std::string checksum(std::string_view bytes) {
  uint32_t crc = crc32c(bytes);
  return little_endian((crc >> 15 | crc << 17) + 0xa282ead8u, 4);  // masked, as TFRecord has it
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string first_event() {
  return ProtoMessage().real(event::wall_time, now()).bytes(event::file_version, kVersion).text();
}

std::string named(const std::string& name, ProtoMessage message) {
  return message.bytes(value::tag, name).text();
}

std::string message_of(const Histogram& h) {
  return ProtoMessage()
      .real(histo::min, h.least)
      .real(histo::max, h.most)
      .real(histo::num, h.count)
      .real(histo::sum, h.sum)
      .real(histo::sum_squares, h.squares)
      .reals(histo::bucket_limit, h.ends)
      .reals(histo::bucket, h.counts)
      .text();
}

// Bytes of the whole record at the front; 0 where it is cut short or damaged.
size_t whole_record(std::string_view file) {
  if (file.size() < kHead + kTail || checksum(file.substr(0, 8)) != file.substr(8, 4)) return 0;
  uint64_t length = from_little_endian(file.substr(0, 8));
  if (length > file.size() - kHead - kTail) return 0;
  return checksum(file.substr(kHead, length)) == file.substr(kHead + length, kTail) ? kHead + length + kTail
                                                                                    : 0;
}

// Bytes of the records, from the first on, that are whole and not past the step.
size_t end_of_events(std::string_view file, int64_t step) {
  size_t end = 0;
  while (size_t size = whole_record(file.substr(end))) {
    std::string_view message = file.substr(end + kHead, size - kHead - kTail);
    if (static_cast<int64_t>(proto_whole(message, event::step, 0)) > step) break;
    end += size;
  }
  return end;
}

template <class T>
Histogram histogram_of(const T* x, int64_t size, const Statistics& s) {
  constexpr int64_t ranges = 30;
  Histogram out{.least = s.min, .most = s.max, .count = static_cast<double>(s.count)};
  double width = (s.max - s.min) / ranges;
  out.counts.assign(ranges, 0);
  for (int64_t i = 1; i < ranges; ++i) out.ends.push_back(s.min + width * static_cast<double>(i));
  out.ends.push_back(s.max);
  for (int64_t i = 0; i < size; ++i) {
    auto value = static_cast<double>(x[i]);
    if (!std::isfinite(value)) continue;
    out.sum += value;
    out.squares += value * value;
    double range = width > 0 ? std::floor((value - s.min) / width) : 0;
    ++out.counts[static_cast<size_t>(std::clamp(range, 0.0, double{ranges - 1}))];
  }
  return out;
}

}  // namespace

Histogram histogram(const Tensor& x) {
  Statistics s = statistics(x);
  if (s.count == 0) return {};
  Tensor held = x.detach().to(arithmetic_dtype(x.dtype())).contiguous();
  return dispatch_floating("histogram", held.dtype(),
                           [&]<class T>(T) { return histogram_of(held.data<T>(), held.numel(), s); });
}

std::string tf_record(std::string_view bytes) {
  std::string length = little_endian(bytes.size(), 8);
  return text(length, checksum(length), bytes, checksum(bytes));
}

EventFile EventFile::make(const std::string& path) {
  write_file_atomically(path, tf_record(first_event()));
  return EventFile(path);
}

EventFile EventFile::go_on(const std::string& path, int64_t step) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0 || error) return make(path);
  std::string file = read_file(path);
  size_t end = end_of_events(file, step);
  if (end == 0) return make(path);
  if (end < file.size()) std::filesystem::resize_file(path, end, error);
  if (error)
    fail_file("tensorboard", text("Cannot cut what is past step ", step, ": ", error.message()), path);
  return EventFile(path);
}

void EventFile::add(int64_t step, const Summaries& summaries) const {
  ProtoMessage summary, message;
  for (const auto& [name, scalar] : summaries.scalars)
    summary.bytes(1, named(name, ProtoMessage().small_real(value::simple_value, static_cast<float>(scalar))));
  for (const auto& [name, h] : summaries.histograms)
    if (h.count > 0) summary.bytes(1, named(name, ProtoMessage().bytes(value::histo, message_of(h))));
  message.real(event::wall_time, now()).whole(event::step, static_cast<uint64_t>(step));
  std::ofstream file(path_, std::ios::app | std::ios::binary);
  if (!(file << tf_record(message.bytes(event::summary, summary.text()).text()) << std::flush))
    fail_file("tensorboard",
              "Cannot write. Hint: is the disk full? --resume goes on from the last checkpoint", path_);
}

}  // namespace lexigrad::train
