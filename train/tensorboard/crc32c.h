// The checksum of TensorBoard's records.
#pragma once
#include <cstdint>
#include <string_view>

namespace lexigrad::train {

/// CRC-32C (Castagnoli), as in RFC 3720, B.4.
uint32_t crc32c(std::string_view bytes);

}  // namespace lexigrad::train
