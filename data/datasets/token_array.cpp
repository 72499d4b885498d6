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

int64_t TokenArray::operator[](int64_t place) const {
  return visit([&](auto ids) { return static_cast<int64_t>(ids[static_cast<size_t>(place)]); });
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
  visit([&](auto ids) { std::copy_n(ids.begin() + begin, count, out); });
}

int64_t TokenArray::width() const {
  return visit([](auto ids) { return static_cast<int64_t>(sizeof(ids[0])); });
}

TokenArrayBuilder::TokenArrayBuilder(int64_t vocabulary, int64_t most) {
  if (vocabulary > int64_t{1} << 32)
    ids_ = std::vector<int64_t>();
  else if (vocabulary > int64_t{1} << 16)
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
