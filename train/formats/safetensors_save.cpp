#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/formats/safetensors_header.h"
#include "lexigrad/train/formats/words.h"

namespace lexigrad::train {
namespace {

using formats::kAlias, formats::kNoChecksum;
constexpr const char* kWhere = "safetensors";

bool same_elements(const Tensor& a, const Tensor& b) {
  return a.shares_storage(b) && a.address() == b.address() && a.dtype() == b.dtype() &&
         a.shape() == b.shape() && a.strides() == b.strides();
}

// Who is written and who is an alias. Wide elements come first, so that each tensor is aligned in the file.
struct Plan {
  SafetensorsHeader header;
  std::vector<Tensor> data;  // in the entries' order

  explicit Plan(const std::vector<NamedTensor>& tensors) {
    std::set<std::string_view> names{"__metadata__"};
    for (const auto& [name, tensor] : tensors) {
      check(names.insert(name).second, kWhere, "The name \"", shown(name),
            "\" is reserved or occurs twice. Hint: name each tensor differently");
      check(tensor.defined(), kWhere, "The tensor \"", shown(name), "\" is undefined");
      add(name, tensor);
    }
    place();
  }

 private:
  void add(const std::string& name, const Tensor& tensor) {
    for (size_t i = 0; i < data.size(); ++i)
      if (same_elements(tensor, data[i])) {
        header.alias[name] = header.entries[i].name;
        return;
      }
    header.entries.push_back({name, tensor.dtype(), item_size(tensor.dtype()), tensor.shape(), 0, 0});
    data.push_back(tensor);
  }
  void place() {
    int64_t next = 0;
    for (int64_t bytes : {8, 4, 2, 1})
      for (SafetensorsEntry& entry : header.entries)
        if (entry.item_bytes == bytes) {
          entry.begin = next;
          next = entry.end = next + entry.shape.numel() * bytes;
        }
  }
};

// As a JSON string.
std::string quoted(const std::string& value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::exception&) {
    fail(kWhere, "A name or a metadata text is not UTF-8. Hint: escape it, for instance with escape_word()");
  }
}

std::string_view code_of(Dtype dtype) {
  return std::find_if(std::begin(formats::kCodes), std::end(formats::kCodes),
                      [&](const formats::Code& c) { return c.dtype == dtype; })
      ->text;
}

std::string described(const SafetensorsEntry& entry) {
  std::string dims;
  for (int64_t d : entry.shape) dims += text(dims.empty() ? "" : ",", d);
  return text(quoted(entry.name), ":{\"dtype\":\"", code_of(entry.dtype), "\",\"shape\":[", dims,
              "],\"data_offsets\":[", entry.begin, ",", entry.end, "]}");
}

void check_key(const std::string& key) {
  check(key != "checksum" && key != "lexigrad" && !key.starts_with(kAlias), kWhere, "Metadata key \"",
        shown(key), "\" is our own. Hint: choose another");
}

// The first bytes of a file, length and padding included, with kNoChecksum for the digits.
std::string write_header(const SafetensorsHeader& header) {
  std::string json(formats::kChecksumStart);
  json += text(kNoChecksum, "\",\"lexigrad\":\"", formats::kVersion, "\"");
  for (const auto& [name, target] : header.alias)
    json += text(",", quoted(text(kAlias, name)), ":", quoted(target));
  for (const auto& [key, value] : header.metadata) {
    check_key(key);
    json += text(",", quoted(key), ":", quoted(value));
  }
  json += "}";
  for (const SafetensorsEntry& entry : header.entries) json += "," + described(entry);
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  check(json.size() <= formats::kLargestHeader, kWhere, "Names and metadata take ", json.size(),
        " bytes (at most ", formats::kLargestHeader, "). Hint: store long texts as tensors");
  uint64_t length = json.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + json;
}

}  // namespace

void save_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                      const Metadata& metadata) {
  NoGrad off;
  Plan plan(tensors);
  plan.header.metadata = metadata;
  std::string head = write_header(plan.header);
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(head);
    for (size_t i : formats::by_place(plan.header.entries)) {
      Tensor dense = plan.data[i].contiguous();
      out.write(detail::pointer<char>(dense), static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
    }
    out.patch(formats::kChecksumAt, out.checksum());
  });
}

}  // namespace lexigrad::train
