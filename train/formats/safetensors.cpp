#include "lexigrad/train/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/bytes.h"

namespace lexigrad::train {
namespace {

using namespace safetensors;
constexpr const char* kWhere = "safetensors";
constexpr size_t kChunk = size_t{1} << 20;

void read_summed(const InputFile& file, int64_t offset, char* out, int64_t size, Xxh64& sum) {
  for (int64_t done = 0; done < size;) {
    size_t part = std::min(kChunk, static_cast<size_t>(size - done));
    file.read(offset + done, out + done, part);
    sum.update(out + done, part);
    done += static_cast<int64_t>(part);
  }
}

Tensor read_tensor(const InputFile& file, const SafetensorsEntry& entry, int64_t offset, Xxh64& sum) {
  int64_t size = entry.end - entry.begin;
  if (!is_as_stored(*entry.element)) {
    std::string bytes(static_cast<size_t>(size), '\0');
    read_summed(file, offset, bytes.data(), size, sum);
    return decode(*entry.element, bytes, entry.shape);
  }
  Tensor out = empty(entry.shape, entry.element->dtype);
  char* data = element_bytes(out);
  read_summed(file, offset, data, size, sum);
  if (out.dtype() == boolean) {
    auto* wrong = std::find_if(data, data + size, [](char c) { return c != 0 && c != 1; });
    if (wrong != data + size)
      fail_file(
          kWhere,
          text("Tensor \"", entry.name,
               "\" is BOOL and has a byte other than 0 and 1. Hint: the file was damaged; copy it anew"),
          file.path(), offset + (wrong - data));
  }
  return out;
}

bool same_elements(const Tensor& a, const Tensor& b) {
  return a.shares_storage(b) && element_bytes(a) == element_bytes(b) && a.dtype() == b.dtype() &&
         a.shape() == b.shape() && a.strides() == b.strides();
}

const Element* element_of(Dtype dtype) {
  return &*std::find_if(elements().begin(), elements().end(),
                        [&](const Element& each) { return each.dtype == dtype; });
}

const Element* element_named(std::string_view name) {
  return &*std::find_if(elements().begin(), elements().end(),
                        [&](const Element& each) { return each.name == name; });
}

// Which tensors are written and which are aliases. Wide elements come first, so that each
// tensor is aligned in the file.
struct Plan {
  SafetensorsHeader header;
  std::vector<Tensor> data;  // in the entries' order; bytes come behind

  Plan(const std::vector<NamedTensor>& tensors, const std::vector<SafetensorsBytes>& bytes) {
    std::set<std::string_view> names{"__metadata__"};
    for (const auto& [name, tensor] : tensors) {
      check(names.insert(name).second, kWhere, "The name \"", data::shown(name),
            "\" is reserved or occurs twice. Hint: name each tensor differently");
      check(tensor.defined(), kWhere, "The tensor \"", data::shown(name), "\" is undefined");
      add(name, tensor);
    }
    for (const SafetensorsBytes& each : bytes)
      header.entries.push_back({each.name, element_named(each.dtype), each.shape, 0, 0});
    place();
  }

 private:
  void add(const std::string& name, const Tensor& tensor) {
    for (size_t i = 0; i < data.size(); ++i)
      if (same_elements(tensor, data[i])) {
        header.alias[name] = header.entries[i].name;
        return;
      }
    header.entries.push_back({name, element_of(tensor.dtype()), tensor.shape(), 0, 0});
    data.push_back(tensor);
  }
  void place() {
    int64_t next = 0;
    for (int64_t bytes : {8, 4, 2, 1})
      for (SafetensorsEntry& entry : header.entries)
        if (entry.element->bytes == bytes) {
          entry.begin = next;
          next = entry.end = next + entry.shape.numel() * bytes;
        }
  }
};

// The text as a JSON string.
std::string quoted(const std::string& value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::exception&) {
    fail(kWhere, "A name or a metadata text is not UTF-8. Hint: escape it, for instance with escape_word()");
  }
}

std::string described(const SafetensorsEntry& entry) {
  std::string dims;
  for (int64_t d : entry.shape) dims += text(dims.empty() ? "" : ",", d);
  return text(quoted(entry.name), ":{\"dtype\":\"", entry.element->name, "\",\"shape\":[", dims,
              "],\"data_offsets\":[", entry.begin, ",", entry.end, "]}");
}

void check_key(const std::string& key) {
  check(!is_own(key), kWhere, "Metadata key \"", data::shown(key), "\" is our own. Hint: choose another");
}

// The first bytes of a file, length and padding included, with kNoChecksum for the digits.
std::string write_header(const SafetensorsHeader& header) {
  std::string json(kChecksumStart);
  json += text(kNoChecksum, "\",\"lexigrad\":\"", kVersion, "\"");
  for (const auto& [name, target] : header.alias)
    json += text(",", quoted(text(kAlias, name)), ":", quoted(target));
  for (const auto& [key, value] : header.metadata) {
    check_key(key);
    json += text(",", quoted(key), ":", quoted(value));
  }
  json += "}";
  for (const SafetensorsEntry& entry : header.entries) json.append(1, ',').append(described(entry));
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  check(json.size() <= kLargestHeader, kWhere, "Names and metadata take ", json.size(), " bytes (at most ",
        kLargestHeader, "). Hint: store long texts as tensors");
  uint64_t length = json.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + json;
}

}  // namespace

const Tensor* SafetensorsFile::find(const std::string& name) const {
  auto it =
      std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
  return it == tensors.end() ? nullptr : &it->tensor;
}

SafetensorsFile load_safetensors(const std::string& path, std::string_view as_bytes) {
  InputFile file(path);
  SafetensorsHeader header = read_safetensors_header(file, true);
  std::string raw(static_cast<size_t>(header.data_begin), '\0');
  file.read(0, raw.data(), raw.size());
  if (!header.checksum.empty()) raw.replace(kChecksumAt, kNoChecksum.size(), kNoChecksum);
  Xxh64 sum;
  sum.update(raw);
  SafetensorsFile out{std::move(header.metadata), std::vector<NamedTensor>(header.entries.size())};
  for (size_t i : by_place(header.entries)) {
    const SafetensorsEntry& entry = header.entries[i];
    if (entry.name == as_bytes && (entry.element->name == "I8" || entry.element->name == "U8")) {
      std::string bytes(static_cast<size_t>(entry.end - entry.begin), '\0');
      read_summed(file, header.data_begin + entry.begin, bytes.data(), entry.end - entry.begin, sum);
      out.bytes.push_back({entry.name, entry.element->name, entry.shape, std::move(bytes)});
      continue;
    }
    out.tensors[i] = {entry.name, read_tensor(file, entry, header.data_begin + entry.begin, sum)};
    if (!is_as_stored(*entry.element))
      out.stored[entry.name] = {std::string(entry.element->name), entry.shape, entry.end - entry.begin};
  }
  if (!header.checksum.empty() && sum.hex() != header.checksum)
    fail_file(kWhere,
              text("The checksum is ", sum.hex(), ", the file says ", header.checksum,
                   ". Hint: the file was altered or damaged; copy it anew or use the one before"),
              path, kChecksumAt);
  std::erase_if(out.tensors, [](const NamedTensor& each) { return !each.tensor.defined(); });
  for (const auto& [name, target] : header.alias) out.tensors.push_back({name, *out.find(target)});
  return out;
}

Tensor load_safetensors_rows(const std::string& path, const std::string& name, int64_t begin, int64_t end) {
  InputFile file(path);
  SafetensorsHeader header = read_safetensors_header(file, false);
  auto alias = header.alias.find(name);
  const std::string& stored = alias == header.alias.end() ? name : alias->second;
  auto found = std::find_if(header.entries.begin(), header.entries.end(),
                            [&](const SafetensorsEntry& entry) { return entry.name == stored; });
  check(found != header.entries.end(), kWhere, "There is no tensor \"", data::shown(name), "\" in ", path,
        ". Hint: `lexigrad inspect` lists what is in it");
  SafetensorsEntry rows = *found;
  std::vector<int64_t> sizes(rows.shape.begin(), rows.shape.end());
  check(!sizes.empty() && 0 <= begin && begin <= end && end <= sizes[0], kWhere, "Rows ", begin, "..", end,
        " are not in the tensor \"", data::shown(name), "\" of shape ", to_string(rows.shape));
  const int64_t row = sizes[0] == 0 ? 0 : (rows.end - rows.begin) / sizes[0];
  sizes[0] = end - begin;
  rows.shape = Shape(sizes);
  rows.end = rows.begin + end * row;
  rows.begin += begin * row;
  Xxh64 unused;
  return read_tensor(file, rows, header.data_begin + rows.begin, unused);
}

void save_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                      const Metadata& metadata, const std::vector<SafetensorsBytes>& bytes) {
  NoGrad off;
  Plan plan(tensors, bytes);
  plan.header.metadata = metadata;
  std::string head = write_header(plan.header);
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(head);
    for (size_t i : by_place(plan.header.entries)) {
      if (i >= plan.data.size()) {
        out.write(bytes[i - plan.data.size()].bytes);
        continue;
      }
      Tensor dense = plan.data[i].contiguous();
      out.write(element_bytes(dense), static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
    }
    out.patch(kChecksumAt, out.checksum());
  });
}

}  // namespace lexigrad::train
