#include "lexigrad/nn/positions/methods.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/nn/positions/alibi.h"
#include "lexigrad/nn/positions/bert_relative.h"
#include "lexigrad/nn/positions/learned.h"
#include "lexigrad/nn/positions/rope.h"
#include "lexigrad/nn/positions/shaw.h"
#include "lexigrad/nn/positions/sinusoidal.h"
#include "lexigrad/nn/positions/t5.h"
#include "lexigrad/nn/positions/transformer_xl.h"

namespace lexigrad::nn {
namespace {

using Options = const PositionsOptions&;

auto rotary(RopeLayout layout) {
  return [layout](Options o) {
    check(o.dim / o.heads % 2 == 0, "RotaryPositions", "Turns pairs of a head's numbers, and ", o.heads,
          " heads of a width of ", o.dim, " have ", o.dim / o.heads, " each. Hint: take an even number");
    return std::make_unique<RotaryPositions>(
        layout, RotaryOptions{.base = o.base, .scaling = o.scaling, .ntk = o.ntk});
  };
}

auto bert(BertRelative kind) {
  return [kind](Options o) {
    return std::make_unique<BertRelativePositions>(kind, o.max_length, o.dim / o.heads);
  };
}

}  // namespace

Table<PositionMethod>& position_methods() {
  return lexigrad::detail::made_once([] {
    return Table<PositionMethod>(
        "position method",
        {{"alibi", "a slope times the distance is taken from each score",
          [](Options o) { return std::make_unique<AlibiPositions>(o.heads); }},
         {"learned", "a vector for each position is added to the token's",
          [](Options o) { return std::make_unique<LearnedPositions>(o.max_length, o.dim); }},
         {"none", "nothing tells the order", [](Options) { return std::make_unique<NoPositions>(); }},
         {"relative_key", "each query meets a vector for the distance (BERT's)", bert(BertRelative::key)},
         {"relative_key_query", "each query and each key meets a vector for the distance (BERT's)",
          bert(BertRelative::key_query)},
         {"rope-half-split", "queries and keys are turned by the position, in pairs of halves",
          rotary(RopeLayout::half_split)},
         {"rope-interleaved", "queries and keys are turned by the position, in pairs of neighbours",
          rotary(RopeLayout::interleaved)},
         {"shaw", "a vector for the distance is added to keys and to values",
          [](Options o) { return std::make_unique<ShawPositions>(o.dim / o.heads, o.max_distance); }},
         {"sinusoidal", "sines and cosines of the position are added to the token's vector",
          [](Options) { return std::make_unique<SinusoidalPositions>(); }},
         {"t5", "a number for the head and the distance's bucket is added to each score",
          [](Options o) { return std::make_unique<T5Positions>(o.heads); }},
         {"transformer_xl", "content and position have products of their own with the query",
          [](Options o) { return std::make_unique<TransformerXLPositions>(o.dim, o.heads); }}});
  });
}

std::unique_ptr<Positions> make_positions(const std::string& name, const PositionsOptions& options) {
  const PositionMethod* method = position_methods().find(name);
  check(method != nullptr, "positions", "There is no method \"", name, "\" (valid are ",
        position_methods().listed(), ")");
  check(options.dim > 0 && options.heads > 0 && options.max_length > 0, "positions",
        "Needs max_length, dim and heads of at least 1, got ", options.max_length, ", ", options.dim, " and ",
        options.heads);
  return method->make(options);
}

}  // namespace lexigrad::nn
