// Fields of a protocol buffer as bytes: the four kinds that TensorBoard's events are made of, and a reader of numbers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lexigrad::train {

/// A message, field by field (protobuf.dev/programming-guides/encoding).
class ProtoMessage {
 public:
  ProtoMessage& whole(int field, uint64_t value);
  ProtoMessage& real(int field, double value);
  ProtoMessage& small_real(int field, float value);
  /// A text, bytes or another message.
  ProtoMessage& bytes(int field, std::string_view value);
  ProtoMessage& reals(int field, const std::vector<double>& values);
  const std::string& text() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void tag(int field, int kind);

  std::string bytes_;
};

/// The whole number in a field of a message; `otherwise` where it has none, or is no message.
uint64_t proto_whole(std::string_view message, int field, uint64_t otherwise);

/// `size` bytes, the lowest first, as all numbers of fixed size are there.
std::string little_endian(uint64_t value, int size);
uint64_t from_little_endian(std::string_view bytes);

}  // namespace lexigrad::train
