// The three reductions, .each(), .sum and .mean(), of every loss; and arithmetic with losses.
#include <map>
#include <set>

#include "lexigrad/autograd/tensor/random.h"
#include "nn/losses/support.h"
#include "support/fixture.h"

using namespace lexigrad;
using nlohmann::json;
using Inputs = std::vector<Tensor>;

namespace {

const json& fixtures() { return lexigrad::test::fixture("elementwise_losses.json"); }

nn::Loss loss_in(const json& c, const Inputs& in) {
  static const std::map<std::string, std::function<nn::Loss(const json&, const Inputs&)>> losses = {
      {"mse", [](const json&, const Inputs& in) { return nn::mse(in[0], in[1]); }},
      {"l1", [](const json&, const Inputs& in) { return nn::l1(in[0], in[1]); }},
      {"huber",
       [](const json& c, const Inputs& in) { return nn::huber(in[0], in[1], {.delta = c["delta"]}); }},
      {"smooth_l1",
       [](const json& c, const Inputs& in) { return nn::smooth_l1(in[0], in[1], {.beta = c["beta"]}); }},
      {"kl_div", [](const json&, const Inputs& in) { return nn::kl_div(in[0], in[1]); }},
      {"kl_div_log",
       [](const json&, const Inputs& in) { return nn::kl_div(in[0], in[1], {.log_target = true}); }},
      {"bce", [](const json&, const Inputs& in) { return nn::bce(in[0], in[1]); }},
      {"bce_with_logits", [](const json&, const Inputs& in) { return nn::bce_with_logits(in[0], in[1]); }},
      {"pos_weight",
       [](const json&, const Inputs& in) {
         return nn::bce_with_logits(in[0], in[1], {.pos_weight = in[2]});
       }},
      {"margin_ranking",
       [](const json& c, const Inputs& in) {
         return nn::margin_ranking(in[0], in[1], in[2], {.margin = c["margin"]});
       }},
      {"gaussian_nll",
       [](const json& c, const Inputs& in) {
         return nn::gaussian_nll(in[0], in[1], in[2], {.full = c["full"]});
       }},
      {"soft_margin", [](const json&, const Inputs& in) { return nn::soft_margin(in[0], in[1]); }},
      {"probabilities",
       [](const json& c, const Inputs& in) {
         CrossEntropyOptions options{.label_smoothing = c["smoothing"]};
         if (!c["weight"].is_null()) options.class_weight = doubles(c["weight"], {4}).to(in[0].dtype());
         return nn::cross_entropy(in[0], in[1], options);
       }},
  };
  return losses.at(c["name"])(c, in);
}

// The largest difference from `expected`, relative to the largest of those.
void check_near(const std::vector<double>& found, const json& expected, double tolerance) {
  auto list = expected.get<std::vector<double>>();
  REQUIRE(found.size() == list.size());
  double scale = 1e-300, worst = 0;
  for (double v : list) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < list.size(); ++i) worst = std::fmax(worst, std::abs(found[i] - list[i]));
  CHECK(worst <= tolerance * scale);
}

struct Case {
  Inputs inputs, leaves;
};
Case inputs_of(const json& c, Dtype dtype) {
  Case out;
  for (const json& x : c["inputs"]) {
    out.inputs.push_back(doubles(x["values"], Shape(x["shape"].get<std::vector<int64_t>>())).to(dtype));
    if (x["leaf"]) out.leaves.push_back(out.inputs.back().requires_grad_());
  }
  return out;
}

void check_grads(const Tensor& scalar, const Case& in, const json& expected, double tolerance) {
  for (const Tensor& leaf : in.leaves) leaf.zero_grad();
  scalar.backward();
  for (size_t i = 0; i < in.leaves.size(); ++i)
    check_near(in.leaves[i].grad().to_vector<double>(), expected[i], tolerance);
}

}  // namespace

TEST_CASE("losses over numbers, probabilities and margins are PyTorch's by each reduction", "[losses]") {
  for (const json& c : fixtures()["cases"])
    for (Dtype dtype : {float64, float32}) {
      INFO(c["name"] << " in " << name(dtype));
      double tolerance = dtype == float64 ? 1e-12 : 1e-5;
      Case in = inputs_of(c, dtype);
      nn::Loss loss = loss_in(c, in.inputs);
      Tensor each = loss.each();
      CHECK(each.shape() == Shape(c["shape"].get<std::vector<int64_t>>()));
      check_near(each.to_vector<double>(), c["each"], tolerance);
      check_near({loss.sum.item<double>()}, json::array({c["sum"]}), tolerance);
      check_near({loss.item()}, json::array({c["mean"]}), tolerance);
      check_grads(loss.mean(), in, c["mean_grads"], tolerance);
      Tensor pull = arange(1.0, static_cast<double>(each.numel()) + 1).to(dtype).reshape(each.shape());
      check_grads(sum(loss_in(c, in.inputs).each() * pull), in, c["each_grads"], tolerance);
    }
  CHECK(fixtures()["cases"].size() == 35);
}

TEST_CASE("new losses have the gradients of differences, and theirs", "[losses]") {
  int seen = 0;
  for (const json& c : fixtures()["cases"]) {
    const std::string name = c["name"];
    bool kinks =
        c["inputs"][0]["values"].size() == 4 || (name == "gaussian_nll" && c["inputs"][2]["values"][0] == 0);
    if (kinks) continue;  // values at an end, where there are no differences
    INFO(name);
    Case in = inputs_of(c, float64);
    auto loss = [&](const Inputs& leaves) {
      Inputs all = in.inputs;
      std::copy(leaves.begin(), leaves.end(), all.begin());
      return loss_in(c, all).mean();
    };
    bool smooth = std::set<std::string>{"l1", "huber", "smooth_l1", "margin_ranking"}.count(name) == 0;
    check_gradients(loss, in.leaves, smooth);
    ++seen;
  }
  CHECK(seen == 32);
}

namespace {

struct ClassCase {
  std::string name;
  std::function<nn::Loss(const Tensor& x, const Tensor& weight, const Tensor& targets)> loss;
};

// Losses of x (2, 3, 4) over 5 classes.
std::vector<ClassCase> class_losses() {
  std::vector<ClassCase> out;
  for (double smoothing : {0.0, 0.3})
    for (double z : {0.0, 0.01})
      for (bool weighted : {false, true}) {
        CrossEntropyOptions o{.label_smoothing = smoothing, .z_loss = z};
        if (weighted) o.class_weight = tensor({0.5, 1.0, 2.0, 0.25, 1.5}, float64);
        out.push_back({"cross_entropy", [o](const Tensor& x, const Tensor& w, const Tensor& t) {
                         return nn::cross_entropy(linear(x, w), t, o);
                       }});
        out.push_back({"linear_cross_entropy", [o](const Tensor& x, const Tensor& w, const Tensor& t) {
                         return nn::linear_cross_entropy(x, w, {}, t, o);
                       }});
      }
  out.push_back({"nll", [](const Tensor& x, const Tensor& w, const Tensor& t) {
                   return nn::nll(log_softmax(linear(x, w)), t);
                 }});
  auto sampled = [&](const char* name, auto loss) {
    out.push_back({name, [loss](const Tensor& x, const Tensor& w, const Tensor& t) {
                     return loss(x, w, Tensor(), t, nn::Sampler::uniform(5),
                                 nn::SampledOptions{.negatives = 3});
                   }});
  };
  sampled("negative_sampling", nn::negative_sampling);
  sampled("nce", nn::nce);
  sampled("sampled_softmax", nn::sampled_softmax);
  out.push_back(
      {"hierarchical_softmax", [](const Tensor& x, const Tensor& w, const Tensor& t) {
         return nn::hierarchical_softmax(x, slice(w, 0, 0, 4), {}, t, nn::HuffmanTree({5, 4, 3, 2, 1}));
       }});
  out.push_back({"adaptive_softmax", [](const Tensor& x, const Tensor& w, const Tensor& t) {
                   manual_seed(5);
                   nn::AdaptiveSoftmax layer(4, 5, {2}, {.div_value = 2});
                   layer.to(float64);
                   return layer(x * sum(w), t);  // each() outlives the module
                 }});
  return out;
}

}  // namespace

TEST_CASE("each() of a loss over classes: the targets' shape, 0 where ignored, sums and gradients of .sum",
          "[losses]") {
  manual_seed(4);
  Tensor targets = tensor({{1, -100, 4}, {0, 2, -100}});
  for (const ClassCase& c : class_losses()) {
    INFO(c.name);
    Tensor x = randn({2, 3, 4}, float64).requires_grad_(), w = randn({5, 4}, float64).requires_grad_();
    nn::Loss loss = c.loss(x, w, targets);
    Tensor each = loss.each();
    CHECK(each.shape() == targets.shape());
    CHECK(loss.count == 4);
    for (size_t i : {1, 5}) CHECK(each.to_vector<double>()[i] == 0);
    CHECK(sum(each).item<double>() == Approx(loss.sum.item<double>()).epsilon(1e-13));
    Tensor alone = c.loss(narrow(x, 0, 1, 1), w, narrow(targets, 0, 1, 1)).each();
    bool draws = c.name.find("sampl") != std::string::npos || c.name == "nce";
    if (!draws) CHECK(allclose(alone, narrow(each, 0, 1, 1), 1e-13));
    loss.sum.backward({.retain_graph = true});
    Tensor dx = x.grad().clone(), dw = w.grad().clone();
    x.zero_grad();
    w.zero_grad();
    sum(each).backward();
    CHECK(allclose(x.grad(), dx, 1e-11, 1e-14));
    CHECK(allclose(w.grad(), dw, 1e-11, 1e-14));
  }
}

TEST_CASE("each() of losses over vectors sums to .sum, a term for each row", "[losses]") {
  manual_seed(6);
  Tensor a = randn({4, 3}), b = randn({4, 3}), c = randn({4, 3}), ids = tensor({0, 1, 2, 3});
  std::vector<nn::Loss> losses = {nn::glove({a, b, ones({4, 1}), ones({4, 1})}, ids, ids, ones({4})),
                                  nn::info_nce(a, b), nn::cosine_embedding(a, b, tensor({1, -1, 1, -1})),
                                  nn::triplet(a, b, c)};
  for (const nn::Loss& loss : losses) {
    CHECK(loss.each().shape() == Shape{4});
    CHECK(loss.count == 4);
    CHECK(sum(loss.each()).item<double>() == Approx(loss.sum.item<double>()).epsilon(1e-6));
  }
}

TEST_CASE("every loss of the menu has its terms looked at", "[losses]") {
  std::ifstream menu(lexigrad::test::in_source("nn/nn.h")),
      tests(lexigrad::test::in_source("tests/nn/losses/reductions_test.cpp"));
  std::string own(std::istreambuf_iterator<char>(tests), {});
  const std::string folder = "lexigrad/nn/losses/";
  const std::map<std::string, std::string> functions = {{"sampled", "nn::nce"},
                                                        {"adaptive_softmax", "AdaptiveSoftmax"}};
  int losses = 0;
  for (std::string line; std::getline(menu, line);) {
    size_t at = line.find(folder);
    if (at == std::string::npos) continue;
    std::string header = line.substr(at + folder.size(), line.find(".h\"") - at - folder.size());
    if (header == "loss" || header == "sampler" || header == "head_losses") continue;
    INFO(header);
    CHECK(own.find(functions.contains(header) ? functions.at(header) : "nn::" + header + "(") !=
          std::string::npos);
    ++losses;
  }
  CHECK(losses == 18);
}

TEST_CASE("arithmetic: a penalty joins the mean, factors scale, parts add up", "[losses]") {
  Tensor x = tensor({1.0, 2.0, 5.0}).requires_grad_(), t = zeros({3}), w = tensor(3.0).requires_grad_();
  nn::Loss loss = nn::mse(x, t);  // mean 10
  nn::Loss with = loss + 0.01 * (w * w), other = 0.01 * (w * w) + loss;
  CHECK(with.item() == Approx(10.09));
  CHECK(other.item() == with.item());
  CHECK(with.count == 3);
  CHECK((loss - w).item() == Approx(7));
  with.backward();
  CHECK(w.grad().item<double>() == Approx(0.06));
  CHECK(x.grad().to_vector<double>()[2] == Approx(10.0 / 3));
  CHECK((0.5 * loss).item() == 5);
  CHECK((loss / 4).item() == 2.5);
  CHECK((loss * 2).each().to_vector<double>() == std::vector<double>{2, 8, 50});
  CHECK((loss + nn::l1(x, t).mean() * 0.5).item() == Approx(10 + 4.0 / 3));
  nn::Loss total = loss;
  total += nn::mse(tensor({4.0}), tensor({0.0}));
  CHECK(total.count == 4);
  CHECK(total.item() == Approx(46.0 / 4));
  // Halves with a penalty each weigh as the whole with one.
  nn::Loss halves =
      (nn::mse(slice(x, 0, 0, 1), slice(t, 0, 0, 1)) + w) + (nn::mse(slice(x, 0, 1), slice(t, 0, 1)) + w);
  CHECK(halves.item() == Approx(13));
  Tensor ignored = tensor({-100});
  CHECK((nn::cross_entropy(zeros({1, 2}), ignored) + w).item() == 3);
  CHECK(message([&] { loss + ones({2}); }) ==
        "[loss] What is added to a loss is one number, got [2]. Hint: take its sum() or mean()");
  CHECK(message([&] { total.each(); }).find("[each] This loss is a sum alone") == 0);
  CHECK(nn::loss_of(x * 2).each().to_vector<double>() == std::vector<double>{2, 4, 10});
}

TEST_CASE("losses refuse what does not fit", "[losses]") {
  Tensor x = ones({2, 3}), y = ones({3});
  using Two = std::function<void(const Tensor&, const Tensor&)>;
  std::map<std::string, Two> two = {{"mse", [](auto& a, auto& b) { nn::mse(a, b); }},
                                    {"l1", [](auto& a, auto& b) { nn::l1(a, b); }},
                                    {"huber", [](auto& a, auto& b) { nn::huber(a, b); }},
                                    {"smooth_l1", [](auto& a, auto& b) { nn::smooth_l1(a, b); }},
                                    {"kl_div", [](auto& a, auto& b) { nn::kl_div(a, b); }},
                                    {"bce", [](auto& a, auto& b) { nn::bce(a, b); }},
                                    {"soft_margin", [](auto& a, auto& b) { nn::soft_margin(a, b); }},
                                    {"gaussian_nll", [](auto& a, auto& b) { nn::gaussian_nll(a, b, a); }}};
  for (const auto& [name, loss] : two)
    CHECK(message([&, &f = loss] { f(x, y); }).find("[" + name + "] The input is [2, 3], the target [3]") ==
          0);
  CHECK(message([&] { nn::margin_ranking(x, x, y); }).find("[margin_ranking] Needs scores and targets") == 0);
  CHECK(message([&] { nn::gaussian_nll(x, x, y); }).find("[gaussian_nll] The variances are [3]") == 0);
  CHECK(message([&] { nn::gaussian_nll(x, x, -x); }).find("[gaussian_nll] A variance is below 0") == 0);
  CHECK(message([&] { nn::huber(x, x, {.delta = 0}); }) == "[huber] delta is 0 (valid are numbers above 0)");
  CHECK(message([&] { nn::smooth_l1(x, x, {.beta = -1}); }) ==
        "[smooth_l1] beta is -1 (valid are 0 and more)");
  for (double p : {1.5, -0.1, static_cast<double>(NAN)})
    CHECK(message([&] { nn::bce(full({2}, p), ones({2})); }).find("[bce] An input is outside 0..1") == 0);
  CHECK(message([&] { nn::cross_entropy(x, x, {.label_smoothing = 2}); }) ==
        "[cross_entropy] label_smoothing is 2 (valid are 0..1)");
  Tensor masked = tensor({{0.0f, -INFINITY}}).requires_grad_();
  nn::Loss sure = nn::cross_entropy(masked, tensor({{1.0f, 0.0f}}));  // 0 log 0 is 0
  CHECK(sure.item() == 0);
  sure.backward();
  CHECK(masked.grad().to_vector<double>() == std::vector<double>{0, 0});
}
