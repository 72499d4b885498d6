#include "lexigrad/train/tensorboard/protobuf.h"

#include <bit>

namespace lexigrad::train {
namespace {

constexpr int kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

// Takes a varint off the front; false where there is none.
bool take_varint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

std::string little_endian(uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

uint64_t from_little_endian(std::string_view bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < bytes.size(); ++i) out |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return out;
}

void ProtoMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void ProtoMessage::tag(int field, int kind) { varint(static_cast<uint64_t>(field << 3 | kind)); }

ProtoMessage& ProtoMessage::whole(int field, uint64_t value) {
  tag(field, kVarint);
  varint(value);
  return *this;
}

ProtoMessage& ProtoMessage::real(int field, double value) {
  tag(field, kFixed64);
  bytes_ += little_endian(std::bit_cast<uint64_t>(value), 8);
  return *this;
}

ProtoMessage& ProtoMessage::small_real(int field, float value) {
  tag(field, kFixed32);
  bytes_ += little_endian(std::bit_cast<uint32_t>(value), 4);
  return *this;
}

ProtoMessage& ProtoMessage::bytes(int field, std::string_view value) {
  tag(field, kBytes);
  varint(value.size());
  bytes_ += value;
  return *this;
}

ProtoMessage& ProtoMessage::reals(int field, const std::vector<double>& values) {
  std::string packed;
  for (double value : values) packed += little_endian(std::bit_cast<uint64_t>(value), 8);
  return bytes(field, packed);
}

uint64_t proto_whole(std::string_view message, int field, uint64_t otherwise) {
  for (uint64_t tag = 0, value = 0; take_varint(message, tag);) {
    int kind = static_cast<int>(tag & 7);
    if (kind == kVarint || kind == kBytes) {
      if (!take_varint(message, value)) return otherwise;
      if (kind == kVarint && tag >> 3 == static_cast<uint64_t>(field)) return value;
    }
    uint64_t skipped = kind == kBytes ? value : kind == kFixed64 ? 8 : kind == kFixed32 ? 4 : 0;
    if (skipped > message.size()) return otherwise;
    message.remove_prefix(skipped);
  }
  return otherwise;
}

}  // namespace lexigrad::train
