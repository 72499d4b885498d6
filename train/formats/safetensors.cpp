#include "lexigrad/train/formats/safetensors.h"

#include <algorithm>
#include <cstring>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/formats/safetensors_header.h"
#include "lexigrad/train/formats/words.h"

namespace lexigrad::train {
namespace {

constexpr size_t kChunk = size_t{1} << 20;

void read_summed(const InputFile& file, int64_t offset, char* out, int64_t size, Xxh64& sum) {
  for (int64_t done = 0; done < size;) {
    size_t part = std::min(kChunk, static_cast<size_t>(size - done));
    file.read(offset + done, out + done, part);
    sum.update(out + done, part);
    done += static_cast<int64_t>(part);
  }
}

Tensor read_bytes(const InputFile& file, const SafetensorsEntry& entry, int64_t offset, Xxh64& sum) {
  std::string bytes(static_cast<size_t>(entry.end - entry.begin), '\0');
  read_summed(file, offset, bytes.data(), entry.end - entry.begin, sum);
  Tensor out = detail::new_tensor(entry.shape, int64);
  for (size_t i = 0; i < bytes.size(); ++i)
    detail::pointer<int64_t>(out)[i] = static_cast<unsigned char>(bytes[i]);
  return out;
}

Tensor read_tensor(const InputFile& file, const SafetensorsEntry& entry, int64_t offset, Xxh64& sum) {
  if (entry.item_bytes != item_size(entry.dtype)) return read_bytes(file, entry, offset, sum);
  Tensor out = detail::new_tensor(entry.shape, entry.dtype);
  auto* data = detail::pointer<char>(out);
  int64_t size = entry.end - entry.begin;
  read_summed(file, offset, data, size, sum);
  if (entry.dtype == boolean) {
    auto* wrong = std::find_if(data, data + size, [](char c) { return c != 0 && c != 1; });
    if (wrong != data + size)
      fail_file(
          "safetensors",
          text("Tensor \"", entry.name,
               "\" is BOOL and has a byte other than 0 and 1. Hint: the file was damaged; copy it anew"),
          file.path(), offset + (wrong - data));
  }
  return out;
}

}  // namespace

const Tensor* SafetensorsFile::find(const std::string& name) const {
  auto it =
      std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
  return it == tensors.end() ? nullptr : &it->tensor;
}

SafetensorsFile load_safetensors(const std::string& path) {
  InputFile file(path);
  std::string raw;
  SafetensorsHeader header = formats::read_header(file, raw);
  if (!header.checksum.empty())
    raw.replace(formats::kChecksumAt, formats::kNoChecksum.size(), formats::kNoChecksum);
  Xxh64 sum;
  sum.update(raw);
  SafetensorsFile out{std::move(header.metadata), std::vector<NamedTensor>(header.entries.size())};
  for (size_t i : formats::by_place(header.entries)) {
    const SafetensorsEntry& entry = header.entries[i];
    out.tensors[i] = {entry.name, read_tensor(file, entry, header.data_begin + entry.begin, sum)};
  }
  if (!header.checksum.empty() && sum.hex() != header.checksum)
    fail_file("safetensors",
              text("The checksum is ", sum.hex(), ", the file says ", header.checksum,
                   ". Hint: the file was altered or damaged; copy it anew or use the one before"),
              path, formats::kChecksumAt);
  for (const auto& [name, target] : header.alias) out.tensors.push_back({name, *out.find(target)});
  return out;
}

SafetensorsHeader read_safetensors_header(const std::string& path) {
  std::string raw;
  return formats::read_header(InputFile(path), raw);
}

}  // namespace lexigrad::train
