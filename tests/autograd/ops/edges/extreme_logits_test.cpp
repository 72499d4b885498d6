// Losses over classes in float32 against float64 formulas that take the largest logit off first.
#include <cmath>
#include <functional>
#include <string>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/nn/nn.h"

using namespace lexigrad;

namespace {

using Row = std::vector<double>;

// -log p[target], and its slopes p - [target].
struct Reference {
  double loss, lse, max;
  Row slopes;

  Reference(const Row& z, size_t target) {
    size_t best = 0;
    for (size_t c = 1; c < z.size(); ++c)
      if (z[c] > z[best]) best = c;
    double others = 0;
    for (size_t c = 0; c < z.size(); ++c)
      if (c != best) others += std::exp(z[c] - z[best]);
    max = z[best];
    double rest = std::log1p(others);
    lse = max + rest;
    loss = (max - z[target]) + rest;
    for (size_t c = 0; c < z.size(); ++c) {
      double log_p = z[c] - max - rest;
      slopes.push_back(c == target ? std::expm1(log_p) : std::exp(log_p));
    }
  }
  // With label smoothing: the mean of the losses of all classes takes a share of the target's.
  static Reference smoothed(const Row& z, size_t target, double share) {
    Reference out(z, target);
    out.loss *= 1 - share;
    for (double& slope : out.slopes) slope *= 1 - share;
    for (size_t t = 0; t < z.size(); ++t) {
      Reference each(z, t);
      out.loss += share / static_cast<double>(z.size()) * each.loss;
      for (size_t c = 0; c < z.size(); ++c)
        out.slopes[c] += share / static_cast<double>(z.size()) * each.slopes[c];
    }
    return out;
  }
};

std::vector<Row> extreme_logits() {
  std::vector<Row> rows;
  for (double z : {0.0, 1000.0, -1000.0, 1e6, -1e6})
    for (double gap : {10.0, 1.0, 15.0, 60.0}) {
      rows.push_back({z + gap, z});
      rows.push_back({z, z + gap, z, z - gap});
    }
  for (double z : {1e30, -1e30, 3e38}) rows.push_back({z, z, z});
  rows.push_back({88, -88, 0});
  rows.push_back({1e36, -1e36});
  Row many(700, -3.0);  // several tiles of the fused head
  many[650] = 9;
  rows.push_back(many);
  many[3] = 9;
  rows.push_back(many);
  for (double& z : many) z += 1000;
  rows.push_back(many);
  for (Row& row : rows)
    for (double& z : row) z = static_cast<double>(static_cast<float>(z));
  return rows;
}

// A loss of logits (1, classes), of which the gradient is asked, too.
struct Form {
  const char* name;
  std::function<Tensor(const Tensor& z, const Tensor& target)> loss;
};

Tensor head(const Tensor& z, const Tensor& target, const CrossEntropyOptions& options = {}) {
  return linear_cross_entropy_sum(ones({1, 1}), z.t(), {}, target, options);
}

// More rows than the head's skinny products take.
Tensor tall_head(const Tensor& z, const Tensor& target) {
  return linear_cross_entropy_sum(ones({65, 1}), z.t(), {}, expand(target, {65}).contiguous()) / 65;
}

Tensor biased_head(const Tensor& z, const Tensor& target) {
  return linear_cross_entropy_sum(zeros({1, 1}), zeros({z.size(1), 1}), z.reshape({z.size(1)}), target);
}

const std::vector<Form>& forms() {
  static const std::vector<Form> all{
      {"cross_entropy_sum", [](const Tensor& z, const Tensor& t) { return cross_entropy_sum(z, t); }},
      {"nn::cross_entropy", [](const Tensor& z, const Tensor& t) { return nn::cross_entropy(z, t).mean(); }},
      {"log_softmax", [](const Tensor& z, const Tensor& t) { return nn::nll(log_softmax(z), t).sum; }},
      {"log_softmax, columns",
       [](const Tensor& z, const Tensor& t) { return nn::nll(log_softmax(z.t(), 0).t(), t).sum; }},
      {"head", [](const Tensor& z, const Tensor& t) { return head(z, t); }},
      {"head, many rows", tall_head},
      {"head, bias", biased_head},
      {"head by ops", [](const Tensor& z, const Tensor& t) {
         return linear_cross_entropy_sum_composed(ones({1, 1}), z.t(), {}, t);
       }}};
  return all;
}

const std::vector<Form>& smoothed_forms() {
  static const std::vector<Form> all{
      {"cross_entropy_sum",
       [](const Tensor& z, const Tensor& t) { return cross_entropy_sum(z, t, {.label_smoothing = 0.1}); }},
      {"head", [](const Tensor& z, const Tensor& t) { return head(z, t, {.label_smoothing = 0.1}); }}};
  return all;
}

bool near(double a, double b, double scale) {
  return std::abs(a - b) <= 2e-6 * std::abs(b) + 1e-37 + scale * 1e-9;
}

void check_form(const Form& form, const Row& row, size_t target, const Reference& want, double scale) {
  Tensor t = tensor({static_cast<int64_t>(target)});
  for (bool create_graph : {false, true}) {
    INFO(form.name << ", " << row.size() << " logits, the first " << row[0] << " and " << row[1]
                   << ", target " << target << (create_graph ? ", create_graph" : ""));
    Tensor z = tensor(row, float32).reshape({1, -1}).requires_grad_(), loss = form.loss(z, t);
    CHECK(near(loss.item<double>(), want.loss, scale));
    Row slopes = grad(loss, {z}, {.create_graph = create_graph})[0].to_vector<double>();
    double worst = 0;
    for (size_t c = 0; c < row.size(); ++c)
      if (!near(slopes[c], want.slopes[c], scale))
        worst = std::max(worst, std::abs(slopes[c] - want.slopes[c]));
    CHECK(worst == 0);
  }
}

}  // namespace

TEST_CASE("Every loss over classes agrees with float64 at extreme logits", "[edges]") {
  for (const Row& row : extreme_logits())
    for (size_t target : {size_t{0}, size_t{1}, row.size() - 1})
      for (const Form& form : forms()) check_form(form, row, target, Reference(row, target), 0);
}

TEST_CASE("Smoothed losses agree with float64 at extreme logits", "[edges]") {
  for (const Row& row : extreme_logits())
    for (size_t target : {size_t{0}, row.size() - 1})
      for (const Form& form : smoothed_forms())
        check_form(form, row, target, Reference::smoothed(row, target, 0.1), 100);
}

TEST_CASE("A well-learnt target costs what it does whatever its logit", "[edges]") {
  for (float z : {0.f, 1000.f, 1e6f})
    CHECK(std::abs(nn::cross_entropy(tensor({{z + 10.f, z}}), tensor({0})).mean().item<double>() -
                   4.53989e-5) < 1e-10);
  CHECK(nn::cross_entropy(full({1, 5}, 1e30), tensor({3})).mean().item<float>() == Approx(std::log(5)));
}

TEST_CASE("logsumexp keeps the small part of a sum that one logit rules", "[edges]") {
  for (const Row& row : extreme_logits()) {
    Tensor z = tensor(row, float32);
    double want = Reference(row, 0).lse;
    CHECK(std::abs(logsumexp(z, {0}).item<double>() - want) <= 1e-6 * std::abs(want));
  }
  CHECK(logsumexp(tensor({0.0, -10.0}), {0}).item<double>() ==
        Approx(std::log1p(std::exp(-10))).epsilon(1e-6));
}

TEST_CASE("Logistic losses agree with float64 at extreme logits", "[edges]") {
  for (double z : {0.0, 10.0, -10.0, 30.0, -30.0, 1000.0, -1000.0, 1e6, 1e30, -1e30})
    for (double target : {0.0, 1.0}) {
      INFO("logit " << z << ", target " << target);
      double signed_z = target == 1 ? -z : z;  // log(1 + e^this)
      double want = std::max(signed_z, 0.0) + std::log1p(std::exp(-std::abs(signed_z)));
      double slope = (target == 1 ? -1 : 1) / (1 + std::exp(-signed_z));
      Tensor x = tensor(Row{z}, float32).requires_grad_();
      Tensor loss = nn::bce_with_logits(x, tensor(Row{target}, float32)).sum;
      CHECK(near(loss.item<double>(), want, 0));
      for (bool create_graph : {false, true})
        CHECK(near(grad(loss, {x}, {.retain_graph = true, .create_graph = create_graph})[0].item<double>(),
                   slope, z > 20 ? 10 : 0));
    }
}

TEST_CASE("A tile of classes that are all masked out leaves the head's loss as it is", "[edges]") {
  constexpr int64_t classes = 700;
  Row bias(classes, -INFINITY);
  bias[600] = 1, bias[690] = 2;
  Tensor z = tensor(bias, float32), x = zeros({1, 2}).requires_grad_(),
         w = ones({classes, 2}).requires_grad_();
  Tensor loss = linear_cross_entropy_sum(x, w, z, tensor({690}));
  CHECK(loss.item<double>() == Approx(std::log1p(std::exp(-1))));
  for (const Tensor& g : grad(loss, {x, w})) CHECK(allclose(g, zeros(g.shape()), 0, 1e-6));
}
