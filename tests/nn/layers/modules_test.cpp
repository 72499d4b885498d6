// Recurrent layers, convolution, normalisation and activations against PyTorch: fixtures/modules.json.
#include <map>
#include <memory>

#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "nn/torch_case.h"
#include "support/fixture.h"

using namespace lexigrad;
using nlohmann::json;
using Inputs = std::vector<Tensor>;

namespace {

const json& fixtures() { return lexigrad::test::fixture("modules.json"); }

struct Made {
  std::shared_ptr<nn::Module> module;
  std::function<Tensor(const Inputs&)> call;
};

template <class M>
Made plain(M module) {
  auto own = std::make_shared<M>(std::move(module));
  return {own, [own](const Inputs& in) { return (*own)(in[0]); }};
}

Tensor joined(const Inputs& parts) {
  Inputs out;
  for (const Tensor& p : parts) out.push_back(flatten(p));
  return cat(out);
}

template <class M>
Made recurrent(M module) {
  auto own = std::make_shared<M>(std::move(module));
  return {own, [own](const Inputs& in) {
            auto [y, h] = (*own)(in[0], in.size() > 1 ? in[1] : Tensor());
            return joined({y, h});
          }};
}

Made lstm(nn::LSTM module) {
  auto own = std::make_shared<nn::LSTM>(std::move(module));
  return {own, [own](const Inputs& in) {
            auto [y, state] = in.size() > 1 ? (*own)(in[0], LstmState{in[1], in[2]}) : (*own)(in[0]);
            return joined({y, state.h, state.c});
          }};
}

template <class M>
Made cell(M module) {
  auto own = std::make_shared<M>(std::move(module));
  return {own, [own](const Inputs& in) { return (*own)(in[0], in[1]); }};
}

Made lstm_cell_of(nn::LSTMCell module) {
  auto own = std::make_shared<nn::LSTMCell>(std::move(module));
  return {own, [own](const Inputs& in) {
            LstmState next = (*own)(in[0], LstmState{in[1], in[2]});
            return joined({next.h, next.c});
          }};
}

nn::RecurrentOptions recurrent_options(const json& o) {
  return {.num_layers = o.value("num_layers", 1),
          .batch_first = o.value("batch_first", false),
          .bidirectional = o.value("bidirectional", false),
          .bias = o.value("bias", true)};
}

nn::Conv1dOptions conv_options(const json& o) {
  return {.stride = o.value("stride", 1),
          .padding = o.value("padding", 0),
          .dilation = o.value("dilation", 1),
          .groups = o.value("groups", 1),
          .bias = o.value("bias", true)};
}

using Maker = std::function<Made(const json&)>;
const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all = {
      {"RNN",
       [](const json& o) {
         auto of = o.value("relu", false) ? nn::Nonlinearity::relu : nn::Nonlinearity::tanh;
         return recurrent(nn::RNN(4, 3, recurrent_options(o), of));
       }},
      {"GRU", [](const json& o) { return recurrent(nn::GRU(4, 3, recurrent_options(o))); }},
      {"LSTM", [](const json& o) { return lstm(nn::LSTM(4, 3, recurrent_options(o))); }},
      {"RNNCell", [](const json& o) { return cell(nn::RNNCell(4, 3, o["bias"])); }},
      {"GRUCell", [](const json& o) { return cell(nn::GRUCell(4, 3, o["bias"])); }},
      {"LSTMCell", [](const json& o) { return lstm_cell_of(nn::LSTMCell(4, 3, o["bias"])); }},
      {"Conv1d", [](const json& o) { return plain(nn::Conv1d(4, 6, 3, conv_options(o))); }},
      {"LayerNorm",
       [](const json& o) {
         return plain(
             nn::LayerNorm(Shape(o["shape"].get<std::vector<int64_t>>()), {.eps = o.value("eps", 1e-5)}));
       }},
      {"GroupNorm", [](const json& o) { return plain(nn::GroupNorm(o["groups"], 4)); }},
      {"BatchNorm1d", [](const json&) { return plain(nn::BatchNorm1d(3, {.track_running_stats = false})); }},
      {"Tanh", [](const json&) { return plain(nn::Tanh()); }},
      {"ReLU", [](const json&) { return plain(nn::ReLU()); }},
      {"SiLU", [](const json&) { return plain(nn::SiLU()); }},
      {"Sigmoid", [](const json&) { return plain(nn::Sigmoid()); }},
      {"LogSigmoid", [](const json&) { return plain(nn::LogSigmoid()); }},
      {"Softsign", [](const json&) { return plain(nn::Softsign()); }},
      {"Hardtanh", [](const json&) { return plain(nn::Hardtanh()); }},
      {"GELU", [](const json&) { return plain(nn::GELU()); }},
      {"LeakyReLU", [](const json&) { return plain(nn::LeakyReLU()); }},
      {"ELU", [](const json&) { return plain(nn::ELU(1.5)); }},
      {"ReLU6", [](const json&) { return plain(nn::ReLU6()); }},
      {"Softplus", [](const json&) { return plain(nn::Softplus()); }},
      {"Mish", [](const json&) { return plain(nn::Mish()); }},
      {"PReLU", [](const json& o) { return plain(nn::PReLU(o.value("num_parameters", 1))); }},
      {"Identity", [](const json&) { return plain(nn::Identity()); }},
      {"Softmax", [](const json& o) { return plain(nn::Softmax(o.value("dim", -1))); }},
      {"LogSoftmax", [](const json& o) { return plain(nn::LogSoftmax(o.value("dim", -1))); }},
      {"Flatten", [](const json&) { return plain(nn::Flatten()); }},
  };
  return all;
}

}  // namespace

TEST_CASE("recurrent, convolutional, normalising and activating layers are PyTorch's, with all gradients",
          "[layers]") {
  std::map<std::string, int> seen;
  for (const json& data : fixtures()["cases"]) {
    const std::string name = data["name"];
    INFO(data["options"].dump());
    Made made = makers().at(name)(data["options"]);
    check_case(data, *made.module, data["inputs"].get<std::vector<std::string>>(), made.call);
    ++seen[name];
  }
  CHECK(seen.size() == makers().size());
  CHECK(fixtures()["cases"].size() == 63);
}

TEST_CASE("the layers start from PyTorch's numbers, under its names in its order", "[layers]") {
  std::map<std::string, std::function<nn::NamedTensors()>> states = {
      {"RNN", [] { return nn::RNN(4, 3, {.num_layers = 2}).state(); }},
      {"GRU", [] { return nn::GRU(4, 3, {.bidirectional = true}).state(); }},
      {"LSTM", [] { return nn::LSTM(4, 3, {.num_layers = 2, .bidirectional = true}).state(); }},
      {"RNNCell", [] { return nn::RNNCell(4, 3).state(); }},
      {"GRUCell", [] { return nn::GRUCell(4, 3).state(); }},
      {"LSTMCell", [] { return nn::LSTMCell(4, 3).state(); }},
      {"Conv1d", [] { return nn::Conv1d(4, 6, 3, {.groups = 2}).state(); }},
      {"PReLU", [] { return nn::PReLU(3).state(); }},
      {"GroupNorm", [] { return nn::GroupNorm(2, 4).state(); }},
      {"BatchNorm1d", [] { return nn::BatchNorm1d(3).state(); }}};
  CHECK(fixtures()["starts"].size() == states.size());
  for (const auto& [kind, expected] : fixtures()["starts"].items()) {
    INFO(kind);
    manual_seed(42);
    nn::NamedTensors state = states.at(kind)();
    REQUIRE(state.size() == expected.size());
    for (size_t i = 0; i < state.size(); ++i) {
      CHECK(state[i].first == expected[i][0]);
      CHECK(state[i].second.shape() == tensor_of(expected[i][1]).shape());
      CHECK(allclose(state[i].second.to(float64), tensor_of(expected[i][1]), 1e-12, 0));
    }
  }
}

TEST_CASE("inits are PyTorch's from the same seed", "[layers]") {
  std::map<std::string, std::function<void(const Tensor&)>> inits = {
      {"xavier_normal_", [](const Tensor& w) { nn::init::xavier_normal_(w); }},
      {"kaiming_normal_", [](const Tensor& w) { nn::init::kaiming_normal_(w); }},
      {"orthogonal_tall", [](const Tensor& w) { nn::init::orthogonal_(w); }},
      {"orthogonal_wide", [](const Tensor& w) { nn::init::orthogonal_(w); }},
      {"orthogonal_square", [](const Tensor& w) { nn::init::orthogonal_(w, 2); }}};
  CHECK(fixtures()["inits"].size() == inits.size());
  for (const auto& [name, expected] : fixtures()["inits"].items()) {
    INFO(name);
    Tensor values = tensor_of(expected), w = nn::Parameter(zeros(values.shape()));
    manual_seed(7);
    inits.at(name)(w);
    CHECK(allclose(w.detach().to(float64), values, 0, 2e-6));
    CHECK(w.requires_grad());
  }
  Tensor w = empty({40, 7}, float64);
  nn::init::orthogonal_(w, 3);
  CHECK(allclose(matmul(w.t(), w), eye(7, 7, float64) * 9, 0, 1e-13));
  nn::init::ones_(w);
  CHECK(equal(w, ones({40, 7}, float64)));
  nn::init::zeros_(w);
  CHECK(equal(w, zeros({40, 7}, float64)));
  nn::init::constant_(w, 0.5);
  CHECK(equal(w, full({40, 7}, 0.5, float64)));
  CHECK(message([] { nn::init::orthogonal_(ones({3})); }) ==
        "[orthogonal_] Needs a weight (out, in, ...), got [3]");
}

TEST_CASE("BatchNorm1d's running numbers are PyTorch's; they do not train, and come back with the state",
          "[layers]") {
  for (const json& c : fixtures()["running"]) {
    INFO("momentum " << c["momentum"].dump());
    std::optional<double> momentum;
    if (!c["momentum"].is_null()) momentum = c["momentum"].get<double>();
    nn::BatchNorm1d norm(3, {.momentum = momentum}), other(3, {.momentum = momentum});
    norm.to(float64);
    CHECK(norm.parameters().size() == 2);
    nn::NamedTensors start;
    for (const auto& [name, value] : norm.state())
      start.emplace_back(name,
                         name == "weight" || name == "bias" ? tensor_of(c["state"][name]) : value.clone());
    norm.load_state(start);
    for (size_t i = 0; i < c["batches"].size(); ++i)
      check_close(norm(tensor_of(c["batches"][i])), tensor_of(c["outputs"][i]), 1e-11);
    nn::NamedTensors state = norm.state();
    REQUIRE(state.size() == c["names"].size());
    for (size_t i = 0; i < state.size(); ++i) {
      CHECK(state[i].first == c["names"][i]);
      check_close(state[i].second, tensor_of(c["state"][state[i].first]), 1e-12);
    }
    other.to(float64);
    other.load_state(state);
    norm.eval();
    other.eval();
    Tensor x = tensor_of(c["batches"][0]).requires_grad_();
    check_close(norm(x), tensor_of(c["eval"]), 1e-11);
    CHECK(equal(norm(x).detach(), other(x).detach()));
    CHECK(norm.num_batches_tracked().item<int64_t>() == 3);  // not in eval mode
  }
  nn::BatchNorm1d norm(3);
  Tensor before = norm.weight().clone();
  norm(randn({4, 3}));
  CHECK(equal(norm.weight().detach(), before.detach()));
  CHECK_FALSE(norm.running_mean().requires_grad());
}

TEST_CASE("dropout between recurrent layers: in training, between layers, and there only", "[layers]") {
  manual_seed(1);
  nn::GRU gru(4, 3, {.num_layers = 2, .dropout = 0.5});
  Tensor x = randn({3, 2, 4});
  auto [a, ha] = gru(x);
  auto [b, hb] = gru(x);
  CHECK_FALSE(equal(a.detach(), b.detach()));
  CHECK(equal(select(ha, 0, 0).detach(), select(hb, 0, 0).detach()));  // the first layer sees all
  gru.eval();
  auto [c, hc] = gru(x);
  auto [d, hd] = gru(x);
  CHECK(equal(c.detach(), d.detach()));
}

TEST_CASE("hooks see the output and the states of recurrent layers", "[layers]") {
  nn::LSTM lstm(4, 3);
  std::vector<Shape> seen;
  lstm.register_forward_hook([&](const nn::Module&, const Tensor&, const Tensor& y) {
    seen.push_back(y.shape());
    return Tensor();
  });
  lstm(randn({5, 2, 4}));
  CHECK(seen == std::vector<Shape>{{5, 2, 3}, {1, 2, 3}, {1, 2, 3}});
}

TEST_CASE("layers print as in PyTorch", "[layers]") {
  CHECK(to_string(
            nn::LSTM(4, 3, {.num_layers = 2, .batch_first = true, .bidirectional = true, .dropout = 0.5})) ==
        "LSTM(4, 3, num_layers=2, batch_first=True, dropout=0.5, bidirectional=True)");
  CHECK(to_string(nn::GRUCell(4, 3, false)) == "GRUCell(4, 3, bias=False)");
  CHECK(to_string(nn::Conv1d(4, 6, 3, {.stride = 2, .padding = 1})) ==
        "Conv1d(4, 6, kernel_size=(3,), stride=(2,), padding=(1,))");
  CHECK(to_string(nn::BatchNorm1d(3)) ==
        "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  CHECK(to_string(nn::GroupNorm(2, 4)) == "GroupNorm(2, 4, eps=1e-05, affine=True)");
  CHECK(to_string(nn::LayerNorm({3, 4})) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)");
  CHECK(to_string(nn::Sequential(nn::Identity(), nn::Softmax(-1), nn::ELU(1.5), nn::Flatten())) ==
        "Sequential(\n  (0): Identity()\n  (1): Softmax(dim=-1)\n  (2): ELU(alpha=1.5)\n  (3): "
        "Flatten(start_dim=1, end_dim=-1)\n)");
}

TEST_CASE("layers say what they need", "[layers]") {
  auto says = [](const std::function<void()>& f, const std::string& begin) {
    std::string found = message(f);
    INFO(found);
    CHECK(found.find(begin) == 0);
  };
  nn::LSTM lstm(4, 3);
  says([&] { lstm(ones({2, 4})); }, "[LSTM] Needs an input of three dimensions, got [2, 4]");
  says(
      [&] {
        lstm(ones({3, 2, 5}));
      },
      "[LSTM] Needs an input (T, N, 4), got [3, 2, 5]. Hint: the option batch_first");
  says(
      [&] {
        lstm(ones({3, 2, 4}), LstmState{ones({1, 3, 3}), ones({1, 3, 3})});
      },
      "[LSTM] The state is [1, 3, 3], expected [1, 2, 3] (layers and ways, N, hidden_size)");
  says([&] { lstm(ones({0, 2, 4})); }, "[LSTM] There is no time in an input of [0, 2, 4]");
  says([] { nn::GRU(4, 0); }, "[GRU] input_size, hidden_size and num_layers are 4, 0 and 1");
  says([] { nn::GRU(4, 3, {.dropout = 0.5}); }, "[GRU] dropout is of what one layer gives the next");
  says([] { nn::RNN(4, 3, {.num_layers = 2, .dropout = 2}); }, "[RNN] dropout is 2 (valid are 0..1)");
  says([] { nn::GRUCell(4, 3)(ones({2, 5})); }, "[GRUCell] Needs an input (N, 4), got [2, 5]");
  says(
      [] {
        nn::RNNCell(4, 3)(ones({2, 4}), ones({2, 2}));
      },
      "[RNNCell] The state is [2, 2], expected [2, 3]");
  says(
      [] {
        nn::Conv1d(4, 6, 3)(ones({2, 5, 9}));
      },
      "[Conv1d] Needs an input (N, 4, ...), got [2, 5, 9]. Hint: channels");
  says(
      [] {
        nn::Conv1d(4, 6, 3)(ones({2, 4, 2}));
      },
      "[Conv1d] A kernel that covers 3 places does not fit into 2");
  says([] { nn::Conv1d(4, 6, 3, {.groups = 4}); }, "[Conv1d] 4 groups do not divide 4 channels in and 6 out");
  says([] { nn::Conv1d(4, 6, 0); }, "[Conv1d] Channels in, channels out and kernel_size are 4, 6 and 0");
  says([] { nn::Conv1d(4, 6, 3, {.stride = 0}); }, "[Conv1d] stride, dilation and padding are 0, 1 and 0");
  says(
      [] {
        nn::BatchNorm1d(3)(ones({1, 3}));
      },
      "[BatchNorm1d] A batch of 1 value for each channel has no variance");
  says([] { nn::BatchNorm1d(3)(ones({2, 4})); }, "[BatchNorm1d] Needs an input (N, 3, ...), got [2, 4]");
  says([] { nn::BatchNorm1d(3, {.momentum = 2}); }, "[BatchNorm1d] momentum is 2 (valid are 0..1)");
  says([] { nn::GroupNorm(3, 4); }, "[GroupNorm] 4 channels do not make 3 groups");
  says(
      [] {
        nn::LayerNorm(Shape{3, 4})(ones({3, 5}));
      },
      "[LayerNorm] The input's last dimensions are those of [3, 5], the layer's [3, 4]");
  says([] { nn::PReLU(3)(ones({2, 4})); }, "[PReLU] There are 3 slopes");
  says([] { nn::Hardtanh(1, 1); }, "[Hardtanh] The bounds are 1 and 1");
}
