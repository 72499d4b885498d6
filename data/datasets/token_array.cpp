#include "lexigrad/data/datasets/token_array.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {

// One more than the largest id; where one is negative, more than 32 bits hold.
int64_t vocabulary_of(std::span<const int64_t> ids) {
  int64_t most = -1;
  for (int64_t id : ids) most = std::max(most, id < 0 ? std::numeric_limits<int64_t>::max() - 1 : id);
  return most + 1;
}

}  // namespace

TokenArray::TokenArray(std::span<const int64_t> ids) {
  TokenArrayBuilder builder(vocabulary_of(ids), static_cast<int64_t>(ids.size()));
  builder.append(ids);
  *this = std::move(builder).finish();
}

TokenArray::TokenArray(std::shared_ptr<const InputFile> file, int64_t offset, int64_t size, int64_t width)
    : size_(size) {
  if (width == 2)
    ids_ = InFile<uint16_t>{std::move(file), offset};
  else
    ids_ = InFile<uint32_t>{std::move(file), offset};
}

int64_t TokenArray::operator[](int64_t place) const {
  int64_t id = 0;
  copy(place, 1, &id);
  return id;
}

TokenArray TokenArray::slice(int64_t begin, int64_t end) const {
  check(0 <= begin && begin <= end && end <= size_, "tokens", "The slice ", begin, "..", end,
        " is not within 0..", size_);
  TokenArray out = *this;
  out.begin_ += begin;
  out.size_ = end - begin;
  return out;
}

void TokenArray::copy(int64_t begin, int64_t count, int64_t* out) const {
  visit_parts(begin, count, [&](auto ids) { out = std::copy(ids.begin(), ids.end(), out); });
}

int64_t TokenArray::width() const {
  constexpr int64_t widths[] = {2, 4, 8, 2, 4};
  return widths[ids_.index()];
}

int64_t TokenArray::bytes() const { return ids_.index() < 3 ? size_ * width() : 0; }

TokenArrayBuilder::TokenArrayBuilder(int64_t vocabulary, int64_t most) {
  if (vocabulary > int64_t{1} << 32)
    ids_ = std::vector<int64_t>();
  else if (!has_narrow_ids(vocabulary))
    ids_ = std::vector<uint32_t>();
  std::visit([&](auto& ids) { ids.reserve(static_cast<size_t>(most)); }, ids_);
}

void TokenArrayBuilder::append(std::span<const int64_t> more) {
  std::visit(
      [&]<class T>(std::vector<T>& ids) {
        for (int64_t id : more) ids.push_back(static_cast<T>(id));
      },
      ids_);
}

void TokenArrayBuilder::append(const Tokenizer& tokenizer, std::string_view text) {
  std::visit(
      [&]<class T>(std::vector<T>& ids) {
        size_t before = ids.size();
        ids.resize(before + text.size());
        ids.resize(before + tokenizer.encode_to(text, std::span(ids).subspan(before)));
      },
      ids_);
}

TokenArray TokenArrayBuilder::finish() && {
  TokenArray out;
  std::visit(
      [&]<class T>(std::vector<T>& ids) {
        out.size_ = static_cast<int64_t>(ids.size());
        out.ids_ = std::make_shared<const std::vector<T>>(std::move(ids));
      },
      ids_);
  return out;
}

}  // namespace lexigrad::data
