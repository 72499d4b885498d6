#include "lexigrad/nn/positions/positions.h"

#include <map>
#include <set>

#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/torch_case.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

nn::PositionsOptions small_options() { return {.max_length = 6, .dim = 8, .heads = 2, .max_distance = 2}; }

// What a model does with queries that are the last of the keys' positions.
Tensor attend(const nn::Positions& positions, const std::vector<Tensor>& x, const AttentionOptions& options) {
  int64_t start = x[1].size(1) - x[0].size(1);
  return positions.attend(positions.turn(x[0], start), positions.turn(x[1]), x[2], options);
}

std::vector<GradcheckInput> with_parameters(nn::Module& module, std::vector<GradcheckInput> out) {
  module.to(float64);
  for (const nn::ParameterRef& p : module.parameters()) out.push_back({p.name, p});
  return out;
}

void expect_ok(const GradcheckResult& result) {
  INFO(result.report());
  CHECK(result.ok);
  CHECK(result.left_out.empty());
}

}  // namespace

TEST_CASE("every position method of attention is PyTorch's") {
  std::set<std::string> seen;
  for (const auto& data : layer_fixture()["positions"]) {
    std::string name = data["name"];
    bool causal = data["causal"];
    seen.insert(name);
    nn::PositionsOptions options = small_options();
    options.scaling = causal ? 4 : 2;
    options.ntk = causal;
    if (causal) options.base = 500;
    auto positions = nn::make_positions(name, options);
    check_case(data, *positions, {"q", "k", "v"},
               [&](const std::vector<Tensor>& x) { return attend(*positions, x, {.causal = causal}); });
  }
  for (const std::string& name : nn::position_methods().names())  // the others act on vectors
    CHECK(seen.contains(name) == (name != "learned" && name != "sinusoidal"));
}

TEST_CASE("positions that are added to vectors are PyTorch's") {
  for (const auto& data : layer_fixture()["embedded"]) {
    auto positions = nn::make_positions(data["name"], {.max_length = 7, .dim = 6});
    int64_t start = data["start"].get<int64_t>();
    check_case(data, *positions, {"x"},
               [&](const std::vector<Tensor>& x) { return positions->embed(x[0], start); });
  }
}

TEST_CASE("ALiBi's slopes and T5's buckets are those of their papers' code") {
  for (const auto& [heads, slopes] : layer_fixture()["alibi_slopes"].items()) {
    nn::AlibiPositions alibi(std::stoll(heads));
    REQUIRE(alibi.slopes().size() == slopes.size());
    for (size_t h = 0; h < slopes.size(); ++h)
      CHECK(alibi.slopes()[h] == Approx(slopes[h].get<double>()).epsilon(1e-12));
  }
  CHECK(nn::AlibiPositions(8).slopes()[0] == 0.5);
  nn::T5Positions t5(2), small(2, {.buckets = 8, .max_distance = 20});
  int64_t distance = -3;
  for (int64_t bucket : layer_fixture()["t5_buckets"]) {
    INFO(distance);
    CHECK(t5.bucket(distance++) == bucket);
  }
  distance = -3;
  for (int64_t bucket : layer_fixture()["t5_buckets_of_8"]) CHECK(small.bucket(distance++) == bucket);
}

TEST_CASE("every position method's gradients, checked by differences, twice") {
  for (const std::string& name : nn::position_methods().names())
    for (bool grouped : {false, true}) {
      INFO(name << " grouped " << grouped);
      manual_seed(41);
      auto positions = nn::make_positions(name, small_options());
      Tensor q = randn({2, 2, 2, 4}, float64), k = randn({2, 3, grouped ? 1 : 2, 4}, float64),
             v = randn({2, 3, grouped ? 1 : 2, 4}, float64), vectors = randn({2, 3, 8}, float64);
      auto inputs = with_parameters(*positions, {{"q", q}, {"k", k}, {"v", v}, {"vectors", vectors}});
      auto f = [&] {
        Tensor attended = attend(*positions, {q, k, v}, {.causal = grouped});
        return cat({flatten(attended), flatten(positions->embed(vectors, 1))});
      };
      expect_ok(gradcheck(f, inputs));
      expect_ok(gradgradcheck(f, inputs));
    }
}

TEST_CASE("position methods come back from their state, and have parameters of their own or none") {
  const std::map<std::string, size_t> parameters = {{"learned", 1},        {"t5", 1},
                                                    {"shaw", 2},           {"relative_key", 1},
                                                    {"transformer_xl", 3}, {"relative_key_query", 1}};
  for (const std::string& name : nn::position_methods().names()) {
    INFO(name);
    manual_seed(42);
    auto first = nn::make_positions(name, small_options()),
         second = nn::make_positions(name, small_options());
    REQUIRE(first->parameters().size() == (parameters.contains(name) ? parameters.at(name) : 0));
    if (first->parameters().empty()) continue;
    Tensor q = randn({1, 3, 2, 4}), x = randn({1, 3, 8});
    check_round_trip<nn::Positions>(*first, *second, [&](const nn::Positions& p) {
      return cat({flatten(attend(p, {q, q, q}, {})), flatten(p.embed(x))});
    });
  }
}

TEST_CASE("dropout and masks reach every position method") {
  for (const std::string& name : nn::position_methods().names()) {
    INFO(name);
    manual_seed(43);
    auto positions = nn::make_positions(name, small_options());
    std::vector<Tensor> x{randn({2, 5, 2, 4}), randn({2, 5, 1, 4}), randn({2, 5, 1, 4})};
    auto at_step = [&](uint64_t step, const AttentionOptions& options) {
      DrawStep now(step);
      return attend(*positions, x, options).detach();
    };
    CHECK(equal(at_step(1, {.dropout = 0.5}), at_step(1, {.dropout = 0.5})));
    CHECK_FALSE(equal(at_step(1, {.dropout = 0.5}), at_step(2, {.dropout = 0.5})));
    // With the last key hidden from all, changing its value changes nothing.
    Tensor mask = lt(arange(5), 4);
    Tensor before = at_step(1, {.mask = mask});
    Tensor other = x[2].clone();
    select(other, 1, 4).fill_(9);
    x[2] = other;
    CHECK(equal(at_step(1, {.mask = mask}), before));
    CHECK_FALSE(equal(at_step(1, {}), before));
  }
}

TEST_CASE("rotary scores depend on distances, and the layouts differ") {
  manual_seed(44);
  Tensor q = randn({1, 4, 1, 8}, float64), k = randn({1, 4, 1, 8}, float64);
  Tensor other;
  for (RopeLayout layout : {RopeLayout::interleaved, RopeLayout::half_split}) {
    nn::RotaryPositions rotary(layout);
    auto scores = [&](int64_t start) {
      return attention_weights(rotary.turn(q, start), rotary.turn(k, start));
    };
    CHECK(allclose(scores(0), scores(57), 0, 1e-12));
    CHECK(allclose(norm(rotary.turn(q, 5), 2, {-1}), norm(q, 2, {-1}), 0, 1e-12));
    if (other.defined()) CHECK_FALSE(allclose(scores(0), other, 0, 1e-3));
    other = scores(0);
  }
  CHECK(to_string(nn::RotaryPositions(RopeLayout::half_split)) == "RotaryPositions(half_split, base=10000)");
}

TEST_CASE("position methods refuse what does not fit") {
  CHECK(message_of([] { nn::make_positions("rope", small_options()); }) ==
        "[positions] There is no method \"rope\" (valid are alibi, learned, none, relative_key, "
        "relative_key_query, rope-half-split, rope-interleaved, shaw, sinusoidal, t5, transformer_xl)");
  CHECK(message_of([] { nn::make_positions("learned", {.max_length = 0, .dim = 8, .heads = 2}); }) ==
        "[positions] Needs max_length, dim and heads of at least 1, got 0, 8 and 2");
  Tensor long_x = ones({1, 7, 2, 4}), odd = ones({1, 3, 2, 5});
  for (const char* name : {"relative_key", "relative_key_query"}) {
    auto positions = nn::make_positions(name, small_options());
    CHECK(message_of([&] {
            attend(*positions, {long_x, long_x, long_x}, {});
          }) ==
          "[BertRelativePositions] The input has 7 positions, the table 6. Hint: cut the input into windows, "
          "or "
          "make the model with a larger max_length");
  }
  auto learned = nn::make_positions("learned", small_options());
  CHECK(message_of([&] {
          learned->embed(ones({1, 3, 8}), 4);
        }) ==
        "[LearnedPositions] The input has 7 positions, the table 6. Hint: cut the input into windows, or "
        "make the "
        "model with a larger max_length");
  for (const char* name : {"rope-interleaved", "rope-half-split"})
    CHECK(message_of([&] { nn::make_positions(name, small_options())->turn(odd); }) ==
          "[rope] Needs x (..., T, H, D) with an even D, got [1, 3, 2, 5]");
  nn::PositionsOptions wrong = small_options();
  wrong.scaling = 0;
  CHECK(message_of([&] { nn::make_positions("rope-interleaved", wrong); }) ==
        "[RotaryPositions] Needs base and scaling above 0, got 10000 and 0");
  CHECK(message_of([] { nn::ShawPositions(4, 0); }) ==
        "[ShawPositions] Needs head_dim and max_distance of at least 1, got 4 and 0");
  CHECK(message_of([] { nn::AlibiPositions(0); }) == "[AlibiPositions] Needs at least one head, got 0");
  CHECK(message_of([] { nn::BertRelativePositions(nn::BertRelative::key, 0, 4); }) ==
        "[BertRelativePositions] Needs max_length and head_dim of at least 1, got 0 and 4");
  CHECK(message_of([] { nn::T5Positions(2, {.buckets = 8, .max_distance = 4}); }) ==
        "[T5Positions] Needs heads, 2 buckets, and max_distance above half of them, got 2, 8 and 4");
  CHECK(message_of([] { nn::SinusoidalPositions()(ones({3})); }) ==
        "[SinusoidalPositions] Needs x (..., T, dim), got [3]");
}
