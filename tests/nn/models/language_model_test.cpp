// What holds for every model and every position method: order, causality, caches.
#include "lexigrad/nn/models/language_model.h"

#include <functional>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"
#include "support/tiny_gpt2.h"

using namespace lexigrad;

namespace {

// Weights of the size 1: those of a new model are small, and hide differences.
void enlarge(nn::Module& module, double size = 0.5) {
  for (const nn::ParameterRef& p : module.parameters()) nn::init::normal_(p.detach(), 0, size);
}

Tensor encoded(const nn::LanguageModel& model, const Tensor& ids) {
  NoGrad off;
  return model.encode(ids);
}

constexpr int64_t kVocabulary = 11, kLength = 8;

// Every model: each encoder with each position method that fits it, and Gpt2 with each method.
void for_each_model(const std::function<void(const nn::LanguageModel&)>& see) {
  for (const std::string& positions : nn::position_methods().names()) {
    for (const std::string& encoder : nn::encoders().names()) {
      manual_seed(81);
      nn::NextTokenModelOptions options{.vocabulary = kVocabulary,
                                        .dim = 8,
                                        .max_length = kLength,
                                        .encoder = encoder,
                                        .positions = positions,
                                        .position = {.max_distance = 2},
                                        .layers = 2,
                                        .heads = 2};
      if (positions != "transformer_xl") options.block.kv_heads = 1;
      bool fits = encoder == "attention" ||
                  !nn::make_positions(positions, {.max_length = 8, .dim = 8, .heads = 2})->in_attention();
      if (!fits) {
        CHECK(message_of([&] { nn::NextTokenModel model(options); }) ==
              text("[NextTokenModel] The positions \"", positions,
                   "\" act in attention, which this model does not have. Hint: give it the encoder "
                   "attention, or "
                   "learned or sinusoidal positions"));
        continue;
      }
      nn::NextTokenModel model(options);
      enlarge(model);
      INFO("NextTokenModel " << positions << " encoder " << encoder);
      see(model);
    }
    manual_seed(82);
    nn::Gpt2 model({.vocabulary = kVocabulary,
                    .max_length = kLength,
                    .dim = 8,
                    .layers = 2,
                    .heads = 2,
                    .positions = positions});
    enlarge(model);
    model.eval();
    INFO("Gpt2 " << positions);
    see(model);
  }
}

}  // namespace

TEST_CASE(
    "the cat sat on the mat: attention without positions does not see the order, with each method it does") {
  Tensor cat_mat = tensor({0, 1, 2, 3, 0, 4}), mat_cat = tensor({0, 4, 2, 3, 0, 1});
  std::vector<int64_t> place = {0, 5, 2, 3, 4, 1};  // where the words of the first are in the second
  for (const std::string& name : nn::position_methods().names())
    for (int64_t kv_heads : {2, 1}) {
      INFO(name << " kv_heads " << kv_heads);
      manual_seed(83);
      std::shared_ptr<nn::Positions> positions =
          nn::make_positions(name, {.max_length = 6, .dim = 8, .heads = 2, .max_distance = 4});
      nn::MultiHeadAttention attention(8, 2, {.kv_heads = kv_heads, .causal = false, .positions = positions});
      enlarge(attention);
      Tensor words = randn({5, 8});
      auto read = [&](const Tensor& ids) {
        return attention(positions->embed(unsqueeze(embedding(words, ids), 0)))[0].detach();
      };
      Tensor first = read(cat_mat), second = index_select(read(mat_cat), 0, from_values<int64_t>(place, {6}));
      // One word may not notice: the swapped ones are equally far from the fourth.
      double change = max(abs(first - second)).item<double>();
      CHECK((name == "none" ? change < 1e-6 : change > 1e-2));
    }
}

TEST_CASE("no model sees the future, whatever tells it the order") {
  for_each_model([](const nn::LanguageModel& model) {
    Tensor ids = randint(0, kVocabulary, {2, kLength}), before = encoded(model, ids);
    for (int64_t t = 1; t < kLength; ++t) {
      Tensor changed = ids.clone();
      for (int64_t b : {0, 1}) {
        Tensor id = changed[b][t];
        id.fill_(static_cast<double>((id.item<int64_t>() + 1) % kVocabulary));
      }
      Tensor after = encoded(model, changed);
      CHECK(equal(narrow(after, 1, 0, t), narrow(before, 1, 0, t)));
      CHECK_FALSE(equal(select(after, 1, t), select(before, 1, t)));
    }
  });
}

TEST_CASE("a prefix gives what the whole gives there") {
  for_each_model([](const nn::LanguageModel& model) {
    Tensor ids = randint(0, kVocabulary, {2, kLength}), whole = encoded(model, ids);
    for (int64_t length : {1, 3, 7})
      CHECK(allclose(encoded(model, narrow(ids, 1, 0, length)), narrow(whole, 1, 0, length), 1e-5, 1e-5));
  });
}

TEST_CASE("logits with a cache are those without") {
  for_each_model([](const nn::LanguageModel& model) {
    NoGrad off;
    Tensor ids = randint(0, kVocabulary, {3, kLength}), all = model(ids);
    for (int64_t prefill : {1, 2, 5}) {
      nn::ModelCache cache = model.make_cache();
      for (int64_t at = 0; at < kLength;) {
        int64_t count = at == 0 ? prefill : 1;
        Tensor logits = model.next(narrow(ids, 1, at, count), cache);
        at += count;
        CHECK(cache.length == at);
        REQUIRE(logits.shape() == Shape{3, kVocabulary});
        CHECK(allclose(logits, select(all, 1, at - 1), 0, 1e-4));
      }
    }
    nn::ModelCache cache = model.make_cache();  // several pieces of several tokens
    CHECK(allclose(model.next(narrow(ids, 1, 0, 3), cache), select(all, 1, 2), 0, 1e-4));
    CHECK(allclose(model.next(narrow(ids, 1, 3, 4), cache), select(all, 1, 6), 0, 1e-4));
  });
}

TEST_CASE("models come back from their state, and their losses have gradients of all parameters") {
  for_each_model([](const nn::LanguageModel& model) {
    Tensor ids = randint(0, kVocabulary, {2, kLength}), targets = randint(0, kVocabulary, {2, kLength});
    model.zero_grad();
    nn::Loss loss = model.loss(ids, targets);
    CHECK(loss.item() == Approx(nn::cross_entropy(model(ids), targets).item()).epsilon(1e-5));
    loss.backward();
    for (const nn::ParameterRef& p : model.parameters()) {
      INFO(p.name);
      CHECK(p.has_grad());
    }
  });
  for (const std::string& positions : nn::position_methods().names()) {
    INFO(positions);
    nn::Gpt2 first = tiny_gpt2(1, positions), second = tiny_gpt2(2, positions);
    Tensor ids = tensor({{4, 0, 1}});
    CHECK_FALSE(equal(encoded(first, ids), encoded(second, ids)));
    second.load_state(first.state());
    CHECK(equal(encoded(first, ids), encoded(second, ids)));
  }
}

TEST_CASE("gradients of whole models, checked by differences") {
  for (const std::string& positions : nn::position_methods().names()) {
    INFO(positions);
    nn::Gpt2 model = tiny_gpt2(84, positions);
    enlarge(model);
    GradcheckResult result = gradcheck(model, tensor({{1, 3, 1}}));
    INFO(result.report());
    CHECK(result.ok);
  }
}

TEST_CASE("models pass the options of their positions on, to every layer") {
  const std::string shaw = "shaw";
  nn::Gpt2 gpt2({.vocabulary = 5,
                 .max_length = 9,
                 .dim = 4,
                 .layers = 2,
                 .heads = 2,
                 .positions = shaw,
                 .position = {.max_distance = 3}});
  nn::NextTokenModel next({.vocabulary = 5,
                           .dim = 4,
                           .max_length = 9,
                           .encoder = "attention",
                           .positions = shaw,
                           .position = {.max_distance = 3},
                           .layers = 2,
                           .heads = 2});
  for (const nn::Module* model : {static_cast<nn::Module*>(&gpt2), static_cast<nn::Module*>(&next)}) {
    int tables = 0;  // of keys and values, (2 * 3 + 1, head's width)
    for (const auto& [name, value] : model->named_parameters()) tables += value.shape() == Shape{7, 2};
    CHECK(tables == 4);
  }
}

TEST_CASE("Gpt2: published sizes, start, errors") {
  // Counted by hand: V C + T C + layers (12 C^2 + 13 C) + 2 C.
  for (const auto& [size, dim, layers, heads] :
       {std::tuple<const char*, int64_t, int64_t, int64_t>{"124M", 768, 12, 12},
        {"355M", 1024, 24, 16},
        {"774M", 1280, 36, 20},
        {"1.5B", 1600, 48, 25}}) {
    nn::Gpt2Options o = nn::Gpt2Options::of_size(size);
    CHECK(o.vocabulary == 50257);
    CHECK(o.max_length == 1024);
    CHECK(o.dim == dim);
    CHECK(o.layers == layers);
    CHECK(o.heads == heads);
  }
  CHECK(message_of([] { nn::Gpt2Options::of_size("117M"); }) ==
        "[Gpt2] There is no size \"117M\" (valid are 124M, 355M, 774M, 1.5B)");
  manual_seed(85);
  nn::Gpt2 model({.vocabulary = 300, .max_length = 40, .dim = 64, .layers = 8, .heads = 4});
  for (const auto& [name, value] : model.named_parameters()) {
    INFO(name);
    double deviation = lexigrad::std(value.detach()).item<double>();
    if (name.ends_with("norm1.weight") || name.ends_with("norm2.weight") || name == "norm.weight")
      CHECK(equal(value.detach(), ones({64})));
    else if (name.ends_with("bias"))
      CHECK(deviation == 0);
    else
      CHECK(deviation == Approx(name.ends_with("project.weight") ? 0.02 / 4 : 0.02).epsilon(0.06));
  }
  Tensor ids = tensor({{1, 2}});
  CHECK_FALSE(equal(encoded(model, ids), encoded(model, ids)));  // dropout of 0.1
  model.eval();
  CHECK(equal(encoded(model, ids), encoded(model, ids)));
  CHECK(
      message_of([] { nn::Gpt2({.vocabulary = 4, .max_length = 2, .dim = 10, .layers = 1, .heads = 4}); }) ==
      "[Gpt2] Needs vocabulary, max_length, layers, and heads that divide the width, got 4, 2, 1, 4 heads "
      "and a "
      "width of 10");
  CHECK(message_of([&] { model(tensor({1, 2})); }) == "[Gpt2] Needs ids (B, T), got [2]");
  CHECK(message_of([&] {
          model(zeros({1, 41}, int64));
        }) ==
        "[LearnedPositions] The input has 41 positions, the table 40. Hint: cut the input into windows, or "
        "make the "
        "model with a larger max_length");
  CHECK(message_of([&] { model(tensor({{1, 300}})); }).find("Id 300") != std::string::npos);
  CHECK(message_of([] {
          nn::Gpt2(
              {.vocabulary = 4, .max_length = 2, .dim = 4, .layers = 1, .heads = 1, .positions = "rotary"});
        }).starts_with("[positions] There is no method \"rotary\" (valid are alibi, "));
}

TEST_CASE("a model says at once what does not fit: heads, odd rotations, methods without attention") {
  nn::NextTokenModelOptions options{
      .vocabulary = 4, .dim = 6, .max_length = 4, .encoder = "attention", .heads = 4};
  CHECK(message_of([&] { nn::NextTokenModel model(options); }) ==
        "[NextTokenModel] The attention encoder needs layers, and heads that divide the width, got 1 layers, "
        "4 heads "
        "and a width of 6");
  options.heads = 2;
  options.positions = "rope-half-split";
  CHECK(message_of([&] { nn::NextTokenModel model(options); }) ==
        "[RotaryPositions] Turns pairs of a head's numbers, and 2 heads of a width of 6 have 3 each. Hint: "
        "take an even number");
}
