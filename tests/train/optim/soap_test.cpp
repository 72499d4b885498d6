// What SOAP does that a comparison of 200 steps does not show.
#include "catch.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

double from_identity(const Tensor& rows) {
  Tensor product = matmul(rows, transpose(rows, 0, 1));
  return largest(product - diag_embed(ones({rows.size(0)}, rows.dtype())));
}

Tensor of(const optim::State& state, const std::string& key) {
  for (const auto& [name, value] : state)
    if (name == key) return value;
  return {};
}

}  // namespace

TEST_CASE("rows are made orthonormal in their order, close ones too", "[optim]") {
  manual_seed(7);
  for (int64_t n : {1, 2, 7, 64, 97}) {
    Tensor x = randn({n, 97}, float64), q = optim::orthonormal_rows(x), along = matmul(x, transpose(q, 0, 1));
    CHECK(from_identity(q) <= 1e-14);
    // Row i lies in the first i directions: what x keeps beyond them is nothing.
    CHECK(largest(triu(along, 1)) <= 1e-13 * largest(x));
  }
  Tensor close =
      cat({pattern(31, 7, {1, 9}, 97), pattern(31, 7, {1, 9}, 97) + pattern(29, 3, {1, 9}, 89) * 1e-7});
  CHECK(from_identity(optim::orthonormal_rows(close)) <= 1e-14);
}

TEST_CASE("SOAP's directions become the eigenvectors of its gradients' products", "[optim]") {
  Tensor w = zeros({5, 4}, float64).requires_grad_();
  optim::Soap soap({{w, "w"}}, {.every = 2});
  Tensor g = pattern(37, 5, {5, 4}, 101);
  for (int step = 0; step < 400; ++step) {
    w.set_grad(g);
    soap.step();
  }
  Tensor q = of(soap.state(), "soap.q.w"), r = of(soap.state(), "soap.r.w");
  Tensor turned = matmul(matmul(q, r), transpose(q, 0, 1));
  CHECK(from_identity(q) <= 1e-12);
  CHECK(largest(turned - diag_embed(diagonal(turned))) <= 1e-10 * largest(turned));
}

TEST_CASE("SOAP moves rows that a table has got, and long sides along rows and columns", "[optim]") {
  nn::Embedding table(4, 3);
  optim::Soap soap(table.parameters(), {.adam = {}});
  auto step = [&] {
    soap.zero_grad();
    square(table(arange(table.weight().size(0)))).sum().backward();
    soap.step();
  };
  step(), step();
  table.grow_vocab(6);
  Tensor before = table.weight().detach().clone();
  step();
  Tensor moved = abs(table.weight().detach() - before);
  for (int64_t row = 0; row < 6; ++row) CHECK(largest(moved[row]) > 0);
  CHECK(from_identity(of(soap.state(), "soap.p.weight")) <= 1e-6);

  Tensor wide = zeros({2, 1025}).requires_grad_();
  optim::Soap along({{wide, "w"}});
  wide.set_grad(ones({2, 1025}));
  along.step();
  CHECK_FALSE(of(along.state(), "soap.q.w").defined());
  CHECK(of(along.state(), "soap.p.w").shape() == Shape{2, 2});
}

TEST_CASE("SOAP without a gradient that is not 0 stands still, and goes on from the next", "[optim]") {
  Tensor w = ones({3, 2}, float64).requires_grad_();
  optim::Soap soap({{w, "w"}});
  for (int step = 0; step < 12; ++step) {
    w.set_grad(zeros({3, 2}, float64));
    soap.step();
  }
  CHECK(equal(w.detach(), ones({3, 2}, float64)));
  w.set_grad(ones({3, 2}, float64));
  soap.step();
  CHECK(all(w.detach() < 1).item<bool>());
}
