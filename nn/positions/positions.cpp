#include "lexigrad/nn/positions/positions.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/positions/alibi.h"
#include "lexigrad/nn/positions/bert_relative.h"
#include "lexigrad/nn/positions/learned.h"
#include "lexigrad/nn/positions/none.h"
#include "lexigrad/nn/positions/rope.h"
#include "lexigrad/nn/positions/shaw.h"
#include "lexigrad/nn/positions/sinusoidal.h"
#include "lexigrad/nn/positions/t5.h"
#include "lexigrad/nn/positions/transformer_xl.h"

namespace lexigrad::nn {
namespace {

using Options = const PositionsOptions&;

MakePositions rotary(RopeLayout layout) {
  return [layout](Options o) {
    check(o.dim / o.heads % 2 == 0, "RotaryPositions", "Turns pairs of a head's numbers, and ", o.heads,
          " heads of a width of ", o.dim, " have ", o.dim / o.heads, " each. Hint: take an even number");
    return std::make_unique<RotaryPositions>(
        layout, RotaryOptions{.base = o.base, .scaling = o.scaling, .ntk = o.ntk});
  };
}

MakePositions bert(BertRelative kind) {
  return [kind](Options o) {
    return std::make_unique<BertRelativePositions>(kind, o.max_length, o.dim / o.heads);
  };
}

// A line for each method.
std::map<std::string, MakePositions>& methods() {
  static std::map<std::string, MakePositions> all = {
      {"alibi", [](Options o) { return std::make_unique<AlibiPositions>(o.heads); }},
      {"learned", [](Options o) { return std::make_unique<LearnedPositions>(o.max_length, o.dim); }},
      {"none", [](Options) { return std::make_unique<NoPositions>(); }},
      {"relative_key", bert(BertRelative::key)},
      {"relative_key_query", bert(BertRelative::key_query)},
      {"rope-half-split", rotary(RopeLayout::half_split)},
      {"rope-interleaved", rotary(RopeLayout::interleaved)},
      {"shaw", [](Options o) { return std::make_unique<ShawPositions>(o.dim / o.heads, o.max_distance); }},
      {"sinusoidal", [](Options) { return std::make_unique<SinusoidalPositions>(); }},
      {"t5", [](Options o) { return std::make_unique<T5Positions>(o.heads); }},
      {"transformer_xl", [](Options o) { return std::make_unique<TransformerXLPositions>(o.dim, o.heads); }},
  };
  return all;
}

}  // namespace

PositionsEntry::PositionsEntry(const std::string& name, MakePositions make) {
  methods().emplace(name, std::move(make));
}

std::unique_ptr<Positions> make_positions(const std::string& name, const PositionsOptions& options) {
  auto found = methods().find(name);
  std::string known;
  for (const std::string& each : positions_names()) known += (known.empty() ? "" : ", ") + each;
  check(found != methods().end(), "positions", "There is no method \"", name, "\" (valid are ", known, ")");
  check(options.dim > 0 && options.heads > 0 && options.max_length > 0, "positions",
        "Needs max_length, dim and heads of at least 1, got ", options.max_length, ", ", options.dim, " and ",
        options.heads);
  return found->second(options);
}

std::vector<std::string> positions_names() {
  std::vector<std::string> out;
  for (const auto& [name, make] : methods()) out.push_back(name);
  return out;
}

Tensor detail::distance_rows(int64_t length, int64_t keys, int64_t limit) {
  Tensor out = empty({length, keys}, int64);
  int64_t* to = out.data<int64_t>();
  for (int64_t t = 0; t < length; ++t)
    for (int64_t s = 0; s < keys; ++s)
      *to++ = std::clamp<int64_t>(t + keys - length - s, -limit, limit) + limit;
  return out;
}

Tensor detail::scores_by_distance(const Tensor& x, const Tensor& table, const Tensor& index) {
  Tensor all = transpose(matmul(x, transpose(table, 0, 1)), 1, 2);  // (B, H, T, rows)
  return gather(all, 3, expand(index, {all.size(0), all.size(1), index.size(0), index.size(1)}));
}

}  // namespace lexigrad::nn
