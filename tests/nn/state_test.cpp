// What is one tensor stays one: ties and buffers in a module's state.
#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;

namespace {

class Model : public nn::Module {
 public:
  nn::Embedding token_{4, 2};
  nn::Linear head_{2, 4}, second_{2, 4, {.bias = false}};
  explicit Model(bool tied) {
    if (!tied) return;
    head_.tie_weight(token_.weight());
    second_.tie_weight(head_.weight());
  }
  LEXIGRAD_MODULE(Model, token_, head_, second_)
};

class Counter : public nn::Module {
 public:
  nn::Parameter weight_{ones({2})};
  nn::Buffer seen_{zeros({3}, int64)}, scale_{ones({1})}, absent_;
  std::vector<nn::Buffer> list_;
  Counter() { list_.emplace_back(zeros({1})); }
  LEXIGRAD_MODULE(Counter, weight_, seen_, scale_, absent_, list_)
};
class ForgetsBuffer : public nn::Module {
 public:
  nn::Buffer forgotten_{ones({1})};
  LEXIGRAD_MODULE(ForgetsBuffer)
};

std::vector<std::string> names(const nn::NamedTensors& state) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : state) out.push_back(name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a state has a tied weight under each name, parameters once") {
  Model tied(true);
  CHECK(names(tied.named_parameters()) == Names{"token.weight", "head.bias"});
  CHECK(tied.num_parameters() == 12);
  nn::NamedTensors state = tied.state();
  CHECK(names(state) == Names{"token.weight", "head.weight", "head.bias", "second.weight"});
  CHECK(state[1].second.shares_storage(state[0].second));
}

TEST_CASE("one name of a tied weight is enough") {
  Model from(true), to(true);
  for (size_t kept : {0, 1, 3}) {
    from.token_.weight().fill_(static_cast<double>(kept) + 5);
    nn::NamedTensors state = from.state(), few{state[2], state[kept]};
    to.load_state(few);
    CHECK(equal(to.token_.weight().detach(), from.token_.weight().detach()));
  }
  CHECK(to.head_.weight().id() == to.token_.weight().id());
  CHECK(message([&] { to.load_state({from.state()[2]}); }).find("fit Model: token.weight is missing. Hint") !=
        std::string::npos);
}

TEST_CASE("a state that is tied otherwise than the module is an error that names both") {
  Model tied(true), apart(false);
  Tensor before = apart.head_.weight().detach().clone();
  CHECK(message([&] { apart.load_state(tied.state()); }) ==
        "[load_state] The state does not fit Model: token.weight and head.weight are one tensor in the state "
        "and two in the module (tie() makes them one, clone() of the state's makes them two); token.weight "
        "and second.weight are one tensor in the state and two in the module (tie() makes them one, clone() "
        "of the state's makes them two). Hint: build the module with the options with which it was saved");
  CHECK(equal(apart.head_.weight().detach(), before));
  nn::NamedTensors copies = tied.state();
  for (auto& [name, tensor] : copies) tensor = tensor.clone();
  apart.load_state(copies);
  CHECK(equal(apart.second_.weight().detach(), tied.token_.weight().detach()));
  tied.load_state(apart.state());  // three tensors of the same values
  apart.head_.weight().fill_(3);
  CHECK(
      message([&] { tied.load_state(apart.state()); }) ==
      "[load_state] The state does not fit Model: token.weight and head.weight are one tensor in the module "
      "and two in the state. Hint: build the module with the options with which it was saved");
}

TEST_CASE("ties share the rules of the rows, and two sets of rules are an error") {
  nn::Embedding plain(4, 2), padded(4, 2, {.padding_idx = 1}), other(4, 2, {.padding_idx = 2});
  nn::Parameter a(ones({4, 2}));
  a.tie(padded.weight());
  CHECK(a.rules == padded.weight().rules);
  nn::Parameter b(ones({4, 2}));
  b.rules = std::make_shared<nn::RowRules>(nn::RowRules{.constant_row = 3});
  CHECK(message([&] { b.tie(other.weight()); }) ==
        "[tie] Both tables have rules for their rows (padding_idx, row rates or max_norm), and tied they can "
        "have one set. Hint: give them to one of the two");
  b.tie(plain.weight());
  CHECK(message([] { nn::ParameterRef(ones({2})).freeze_rows({1}); }) ==
        "[set_row_rates] This handle on a tensor has no rules for its rows. Hint: those of an nn::Parameter "
        "have");
  CHECK(plain.padding_idx() == 3);
  CHECK(plain.parameters()[0].constant_row() == 3);
}

TEST_CASE("buffers are state, and nothing else") {
  Counter a, b;
  CHECK(names(a.named_parameters()) == Names{"weight"});
  CHECK(names(a.state()) == Names{"weight", "seen", "scale", "list.0"});
  a.seen_.fill_(7);
  a.to(float64);
  CHECK(a.seen_.dtype() == int64);
  CHECK(a.scale_.dtype() == float64);
  b.load_state(a.state());
  CHECK(b.seen_.to_vector<int64_t>() == std::vector<int64_t>{7, 7, 7});
  CHECK_FALSE(b.seen_.shares_storage(a.seen_));
  Counter moved = std::move(a);
  CHECK(moved.state().size() == 4);
  CHECK(message([] { ForgetsBuffer().parameters(); }).find("would never train: Buffer at byte ") !=
        std::string::npos);
}
