#include "lexigrad/nn/layers/embedding_bag.h"

#include <cstring>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/fixture.h"

using namespace lexigrad;

namespace {

const nlohmann::json& expected() { return lexigrad::test::fixture("embedding.json"); }

Bag mode_of(const nlohmann::json& each) {
  return each["mode"] == "sum" ? Bag::sum : each["mode"] == "mean" ? Bag::mean : Bag::max;
}

struct Case {
  Tensor ids, offsets, weights;
  nn::EmbeddingBagOptions options;

  explicit Case(const nlohmann::json& each) {
    if (each["square"]) {
      ids = whole(expected()["square"], {4, 3});
    } else {
      ids = whole(expected()["bag_ids"], {13});
      auto list = expected()["offsets"].get<std::vector<int64_t>>();
      if (each["last"]) list.push_back(13);
      offsets = tensor(list);
    }
    if (!each["weights"].is_null()) weights = doubles(each["weights"], ids.shape()).requires_grad_();
    options = {.scale_grad_by_freq = each["by_freq"],
               .mode = mode_of(each),
               .include_last_offset = each["last"],
               .padding_idx = each["padding_idx"]};
  }
};

}  // namespace

TEST_CASE("bags have PyTorch's values and gradients in every form") {
  int64_t cases = 0;
  for (const auto& each : expected()["bags"]) {
    INFO(each["mode"] << " padding " << each["padding_idx"] << " square " << each["square"] << " last "
                      << each["last"] << " by_freq " << each["by_freq"]);
    Case c(each);
    for (bool composed : {false, true}) {
      Tensor table = doubles(expected()["table"], {9, 4}).requires_grad_();
      if (c.weights.defined()) c.weights.zero_grad();
      BagLookupOptions lookup{.mode = c.options.mode,
                              .padding_idx = c.options.padding_idx,
                              .include_last_offset = c.options.include_last_offset,
                              .scale_grad_by_freq = c.options.scale_grad_by_freq};
      Tensor y = composed ? embedding_bag_composed(table, c.ids, c.offsets, c.weights, lookup)
                          : embedding_bag(table, c.ids, c.offsets, c.weights, lookup);
      int64_t bags = c.offsets.defined() ? 5 : 4;
      REQUIRE(y.shape() == Shape{bags, 4});
      CHECK(allclose(y.detach(), doubles(each["y"], {bags, 4}), 1e-12, 1e-15));
      y.backward(doubles(each["dy"], {bags, 4}));
      CHECK((table.row_grad() != nullptr));
      CHECK(allclose(table.grad(), doubles(each["grad"], {9, 4}), 1e-12, 1e-15));
      if (c.weights.defined())
        CHECK(allclose(c.weights.grad(), doubles(each["weights_grad"], c.ids.shape()), 1e-12, 1e-15));
    }
    ++cases;
  }
  CHECK(cases == 42);
}

TEST_CASE("the layer passes its options on, and gradients agree with differences") {
  for (const auto& each : expected()["bags"]) {
    Case c(each);
    nn::EmbeddingBag bag(9, 4, c.options);
    Tensor start = bag.weight().detach();
    start.copy_(doubles(expected()["table"], {9, 4}));
    Tensor y = c.weights.defined() ? Tensor() : bag(c.ids, c.offsets).detach();
    if (y.defined()) CHECK(allclose(y.to(float64), doubles(each["y"], y.shape()), 1e-5, 1e-6));
    if (c.weights.defined() || c.offsets.defined() || each["by_freq"]) continue;
    CHECK(gradcheck(bag, c.ids));
    CHECK(gradgradcheck(bag, c.ids));
  }
  manual_seed(4);
  nn::EmbeddingBag bag(4, 2, {.padding_idx = 1});
  manual_seed(4);
  CHECK(equal(bag.weight().detach(), nn::Embedding(4, 2, {.padding_idx = 1}).weight().detach()));
  CHECK(bag.parameters()[0].constant_row() == 1);
  CHECK(to_string(bag) == "EmbeddingBag(4, 2, mode='mean', padding_idx=1)");
  CHECK(to_string(nn::EmbeddingBag(3, 2, {.max_norm = 2, .mode = Bag::max})) ==
        "EmbeddingBag(3, 2, max_norm=2.0, mode='max')");
}

TEST_CASE("a bag over a pretrained table shares it, frozen unless told otherwise") {
  Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  auto frozen = nn::EmbeddingBag::from_pretrained(table, {.mode = Bag::sum});
  CHECK(frozen.weight().shares_storage(table));
  CHECK(equal(frozen(tensor({{0, 1}})), tensor({{4.0, 6.0}})));
  auto trained = nn::EmbeddingBag::from_pretrained(table, {.padding_idx = 0}, false);
  CHECK(trained(tensor({{0, 1}})).requires_grad());
  trained.weight().freeze_rows({1});
  CHECK(trained.parameters()[0].rules->rate(1) == 0);
  CHECK(message([] { nn::EmbeddingBag::from_pretrained(ones({3})); }) ==
        "[from_pretrained] The table must have shape (num_embeddings, embedding_dim), got [3]");
}

TEST_CASE("gradients of bags with weights agree with differences") {
  manual_seed(2);
  Tensor ids = tensor({2, 0, 2, 4, 1, 3, 1}), offsets = tensor({0, 3, 3, 5});
  for (Bag mode : {Bag::sum, Bag::mean, Bag::max}) {
    std::vector<Tensor> inputs{randn({5, 3}, float64)};
    if (mode == Bag::sum) inputs.push_back(randn({7}, float64));
    auto f = [&](const std::vector<Tensor>& in) {
      return embedding_bag(in[0], ids, offsets, in.size() > 1 ? in[1] : Tensor(),
                           {.mode = mode, .padding_idx = mode == Bag::sum ? -1 : 3});
    };
    CHECK(gradcheck(f, inputs));
    CHECK(gradgradcheck(f, inputs));
  }
}

TEST_CASE("bags give the same bits for 1, 2, 3 and 8 threads") {
  int before = num_threads();
  manual_seed(8);
  Tensor table = randn({500, 33}), ids = randint(0, 500, {400, 7}), dy = randn({400, 33});
  for (Bag mode : {Bag::sum, Bag::mean, Bag::max}) {
    Tensor first, first_grad;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      Tensor leaf = table.clone().requires_grad_();
      Tensor y = embedding_bag(leaf, ids, {}, {}, {.mode = mode});
      y.backward(dy);
      if (!first.defined()) {
        first = y.detach();
        first_grad = leaf.grad();
      }
      CHECK(equal(first, y.detach()));
      CHECK(equal(first_grad, leaf.grad()));
    }
  }
  set_num_threads(before);
}

TEST_CASE("no bags and no ids are results, too") {
  Tensor table = ones({3, 2}).requires_grad_(), none = zeros({0}, int64);
  for (Bag mode : {Bag::sum, Bag::mean, Bag::max}) {
    Tensor y = embedding_bag(table, none, tensor({0, 0}), {}, {.mode = mode});
    CHECK(equal(y.detach(), zeros({2, 2})));
    sum(y).backward();
    CHECK(table.row_grad()->count() == 0);
    table.zero_grad();
    CHECK(embedding_bag(table, none, none, {}, {.mode = mode}).shape() == Shape{0, 2});
    CHECK(embedding_bag(table, none, tensor({0}), {}, {.mode = mode, .include_last_offset = true}).shape() ==
          Shape{0, 2});
    CHECK(equal(embedding_bag(table, zeros({2, 0}, int64), {}, {}, {.mode = mode}).detach(), zeros({2, 2})));
  }
}

TEST_CASE("bad bags are errors") {
  nn::EmbeddingBag bag(5, 2, {.name = "pieces"});
  CHECK(message([&] {
          bag(tensor({{0, 1}}), tensor({0}));
        }) ==
        "[embedding_bag] Ids [1, 2] have a bag in each row and take no offsets. Hint: ids.reshape({-1}) is a "
        "list");
  CHECK(message([&] {
          bag(tensor({0, 1}), tensor({1}));
        }) == "[embedding_bag] The first offset is 1, it must be 0");
  CHECK(message([&] {
          bag(tensor({0, 1}), tensor({0, 3}));
        }) == "[embedding_bag] Offset 3 of bag 1 is past the number of ids, 2. Hint: offsets never fall");
  CHECK(
      message([&] {
        bag(tensor({0, 1}), ones({1}));
      }) ==
      "[embedding_bag] A list of ids needs int64 offsets (bags), got float32 [1]. Hint: they say where each "
      "bag begins; ids (bags, n) need none");
  CHECK(message([&] {
          bag(tensor({0, 1}), tensor({0}), ones({2}));
        }) == "[embedding_bag] per_sample_weights are for mode sum");
  CHECK(message([&] { bag(tensor({{{0}}})); }) ==
        "[embedding_bag] Ids must be (bags, n), or (N) with offsets, got [1, 1, 1]");
  CHECK(message([&] {
          bag(tensor({{0, 7}}));
        }) ==
        "[embedding_bag] Id 7 at batch 0, position 1 is outside table \"pieces\" (valid ids are 0..4). Hint: "
        "the table needs a row for every id of the tokenizer; ids start at 0");
  nn::EmbeddingBag sums(5, 2, {.mode = Bag::sum});
  CHECK(message([&] {
          sums(tensor({{0, 1}}), Tensor(), ones({2}));
        }) ==
        "[embedding_bag] per_sample_weights are float32 [2], expected float32 [1, 2], as weight and ids");
  nn::EmbeddingBag last(5, 2, {.include_last_offset = true});
  CHECK(message([&] {
          last(tensor({0, 1}), tensor({0, 1}));
        }) ==
        "[embedding_bag] The last offset is 1, with include_last_offset it must be the number of ids, 2");
  CHECK(message([&] {
          last(tensor({0, 1}), zeros({0}, int64));
        }) ==
        "[embedding_bag] The last offset is missing, with include_last_offset it must be the number of ids, "
        "2");
  CHECK(message([] { nn::EmbeddingBag(5, 2, {.scale_grad_by_freq = true, .mode = Bag::max}); }) ==
        "[EmbeddingBag] scale_grad_by_freq is for sum and mean");
  CHECK(message([] { nn::EmbeddingBag(0, 2); }) ==
        "[EmbeddingBag] Needs at least one row and one column, got 0 and 2");
}

TEST_CASE("a bag's state goes from one layer to another") {
  nn::EmbeddingBag a(5, 2), b(5, 2);
  b.load_state(a.state());
  CHECK(equal(a.weight().detach(), b.weight().detach()));
}
