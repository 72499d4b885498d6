// Embedding's options: against PyTorch, and what PyTorch lacks.
#include "lexigrad/nn/layers/embedding.h"

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/fixture.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

// tests/fixtures/make_embedding_fixtures.py
const nlohmann::json& expected() { return lexigrad::test::fixture("embedding.json"); }
Tensor table() { return doubles(expected()["table"], {9, 4}); }

std::vector<int64_t> counts(const nn::Embedding& embedding) {
  return embedding.row_counts().to_vector<int64_t>();
}

}  // namespace

TEST_CASE("scale_grad_by_freq divides a row's gradient by how often its id occurs, as in PyTorch") {
  Tensor ids = whole(expected()["ids"], {3, 4});
  for (const auto& each : expected()["by_freq"]) {
    auto layer = nn::Embedding::from_pretrained(
        table(), {.freeze = false, .padding_idx = each["padding_idx"], .scale_grad_by_freq = true});
    Tensor y = layer(ids), dy = doubles(each["dy"], {3, 4, 4});
    CHECK(equal(y.detach(), doubles(each["y"], {3, 4, 4})));
    y.backward(dy);
    REQUIRE(layer.weight().row_grad());
    CHECK(allclose(layer.weight().grad(), doubles(each["grad"], {9, 4}), 1e-12, 1e-15));
    // The same where the gradient goes on the tape, and its own gradient: dy's, divided alike.
    Tensor seed = dy.clone().requires_grad_();
    Tensor g = grad({layer(ids)}, {layer.weight()}, {.grad_outputs = {seed}, .create_graph = true})[0];
    CHECK(allclose(g.detach(), doubles(each["grad"], {9, 4}), 1e-12, 1e-15));
    sum(g).backward();
    double of_two = each["padding_idx"] == 2 ? 0 : 0.25;  // id 2 is there four times
    CHECK(seed.grad()[0][0].to_vector<double>() == std::vector<double>(4, of_two));
    CHECK(seed.grad()[1][0].to_vector<double>() == std::vector<double>(4, 0.5));
  }
}

TEST_CASE("options print as in PyTorch, and bad ones are errors") {
  CHECK(to_string(nn::Embedding(
            3, 2, {.padding_idx = 0, .max_norm = 1, .norm_type = 1, .scale_grad_by_freq = true})) ==
        "Embedding(3, 2, padding_idx=0, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)");
  CHECK(to_string(nn::Embedding(3, 2, {.max_norm = 2.5})) == "Embedding(3, 2, max_norm=2.5)");
  CHECK(message([] { nn::Embedding(3, 2, {.max_norm = -1}); }) ==
        "[Embedding] max_norm is -1 (valid: finite, > 0, and 0 for none)");
  CHECK(message([] { nn::Embedding(3, 2, {.max_norm = 1, .norm_type = 0}); }) ==
        "[Embedding] norm_type is 0 (valid: > 0, infinity for the largest value)");
  nn::Embedding embedding(3, 2);
  CHECK(message([&] { embedding.set_row_rates(ones({2})); }) ==
        "[set_row_rates] Needs a rate for each row of a table [3, 2], got [2]");
  CHECK(message([&] {
          embedding.set_row_rates(tensor({1.0, -0.5, 1.0}));
        }) == "[set_row_rates] The rate of row 1 is -0.5 (valid: finite, >= 0; 0 freezes the row)");
  CHECK(message([&] {
          embedding.freeze_rows({0, 3});
        }) == "[freeze_rows] Row 3 is outside the table (valid are 0..2)");
  CHECK_FALSE(embedding.weight().rules->rates.defined());  // nothing was changed
  CHECK(message([&] { embedding.row_counts(); }) ==
        "[row_counts] Rows of this embedding are not counted. Hint: {.count_rows = true}");
  CHECK(message([&] { embedding.grow_vocab(2); }) ==
        "[grow_vocab] The table has 3 rows, asked for 2 (valid are 3 and more). Hint: rows are only added");
}

TEST_CASE("forward never changes the table, whatever its options") {
  nn::Embedding embedding(5, 3, {.padding_idx = 1, .max_norm = 0.1, .count_rows = true});
  Tensor before = embedding.weight().detach().clone();
  embedding(tensor({0, 1, 4, 4}));
  CHECK(equal(embedding.weight().detach(), before));
  CHECK(gradcheck(embedding, tensor({{0, 1}, {4, 4}})));
  CHECK(gradgradcheck(embedding, tensor({{0, 1}, {4, 4}})));
  CHECK(counts(embedding) == std::vector<int64_t>{1, 1, 0, 0, 2});  // checks leave the module as it was
}

TEST_CASE("reads are counted in training, by any number of threads, and are part of the state") {
  int before = num_threads();
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    nn::Embedding embedding(5, 3, {.padding_idx = 0, .count_rows = true});
    embedding(tensor({{0, 3}, {3, 4}}));
    embedding(3);
    std::vector<int64_t> many(30000, 2);
    embedding(tensor(many));
    embedding.eval();
    embedding(tensor({1, 3}));
    embedding.train();
    CHECK_THROWS(embedding(tensor({1, 5})));  // an error counts nothing
    CHECK(counts(embedding) == std::vector<int64_t>{1, 0, 30000, 3, 1});
    CHECK(embedding.parameters().size() == 1);
    CHECK(embedding.num_parameters() == 15);
    embedding.to(float64);
    nn::NamedTensors state = embedding.state();
    REQUIRE(state.size() == 2);
    CHECK(state[1].first == "row_counts");
    nn::Embedding other(5, 3, {.count_rows = true});
    other.load_state(state);
    CHECK(counts(other) == counts(embedding));
    embedding.grow_vocab(7);
    CHECK(counts(embedding) == std::vector<int64_t>{1, 0, 30000, 3, 1, 0, 0});
  }
  set_num_threads(before);
}

TEST_CASE("a pretrained table takes every option") {
  auto layer = nn::Embedding::from_pretrained(
      table(), {.freeze = false, .padding_idx = 2, .max_norm = 1.5, .norm_type = 1, .count_rows = true});
  layer(tensor({2, 2}));
  CHECK(counts(layer)[2] == 2);
  CHECK(layer.weight().rules->max_norm == 1.5);
  CHECK(layer.weight().rules->norm_type == 1);
  CHECK(equal(layer.weight().detach(), table()));
}

TEST_CASE("a table grows in place, under every handle") {
  nn::Embedding embedding(4, 3, {.padding_idx = 1, .count_rows = true});
  nn::Linear head(3, 4);
  head.tie_weight(embedding.weight());
  embedding.freeze_rows({2});
  nn::ParameterRef handle = embedding.parameters()[0];
  Tensor old = embedding.weight().detach(), values = old.clone();
  sum(embedding(tensor({0, 3}))).backward();
  manual_seed(3);
  embedding.grow_vocab(6, {.std = 0.5});
  manual_seed(3);
  CHECK(equal(narrow(handle.detach(), 0, 4, 2), randn({2, 3}) * 0.5));
  CHECK(handle.shape() == Shape{6, 3});
  CHECK(head.weight().id() == handle.id());
  CHECK_FALSE(handle.has_grad());
  CHECK(handle.is_leaf());
  CHECK(equal(narrow(handle.detach(), 0, 0, 4), values));
  CHECK(equal(old, values));  // a handle off the tape keeps what it had
  CHECK(handle.rules->rates.to_vector<double>() == std::vector<double>{1, 1, 0, 1, 1, 1});
  CHECK(embedding.padding_idx() == 1);
  CHECK(to_string(embedding) == "Embedding(6, 3, padding_idx=1)");
  head.grow_out_features(6, {.rows = nn::NewRows::mean});
  CHECK(allclose(head.bias().detach()[5], mean(narrow(head.bias().detach(), 0, 0, 4))));
  Tensor y = head(embedding(tensor({5})));
  CHECK(y.shape() == Shape{1, 6});
  sum(y).backward();
  CHECK(handle.grad().shape() == Shape{6, 3});
  CHECK(gradcheck(embedding, tensor({5, 0, 5})));

  nn::Embedding means = nn::Embedding::from_pretrained(table(), {.freeze = false});
  means.grow_vocab(10, {.rows = nn::NewRows::mean});
  CHECK(allclose(means.weight().detach()[9], mean(table(), {0}), 1e-14));
  CHECK(means.weight().dtype() == float64);
  means.grow_vocab(10);
  CHECK(means.weight().size(0) == 10);
}

TEST_CASE("a graph from before the growth says so") {
  nn::Linear linear(2, 3);
  Tensor y = sum(square(linear(ones({1, 2}).requires_grad_())));
  linear.grow_out_features(4);
  CHECK_THAT(message([&] { y.backward(); }),
             Contains("changed in place by append_rows") || Contains("[4, 2]"));
}

TEST_CASE("rows are counted where a tied weight has grown the table") {
  nn::Embedding embedding(2, 3, {.count_rows = true});
  nn::Linear head(3, 2);
  head.tie_weight(embedding.weight());
  head.grow_out_features(4);
  embedding(tensor({3}));
  CHECK(counts(embedding) == std::vector<int64_t>{0, 0, 0, 1});
}
