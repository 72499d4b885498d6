#include "lexigrad/train/formats/module_file.h"

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/optim/methods/adamw.h"
#include "support/throws.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::train;
using namespace lexigrad::test;

namespace {

class Model : public nn::Module {
 public:
  nn::Embedding token_{5, 3, {.count_rows = true}};
  nn::Linear head_{3, 5};
  explicit Model(bool tied) {
    if (tied) head_.tie_weight(token_.weight());
  }
  LEXIGRAD_MODULE(Model, token_, head_)
};

}  // namespace

TEST_CASE("a module goes through a file, ties and counts too", "[formats]") {
  Folder folder;
  std::string path = folder.path + "/model.safetensors";
  Model from(true), to(true);
  from.token_(tensor({1, 1, 4}));
  save_module(path, from, {{"note", "a"}});
  SafetensorsHeader header = read_safetensors_header(path);
  CHECK(header.alias == std::map<std::string, std::string>{{"head.weight", "token.weight"}});
  CHECK(header.entries.size() == 3);
  CHECK(load_module(path, to) == Metadata{{"note", "a"}});
  for (size_t i = 0; i < 4; ++i) CHECK(equal(from.state()[i].second, to.state()[i].second));
  CHECK(to.head_.weight().id() == to.token_.weight().id());
  CHECK(to.token_.row_counts().to_vector<int64_t>() == std::vector<int64_t>{0, 2, 0, 0, 1});
  Model wide(true);
  wide.to(float64);
  load_module(path, wide);
  CHECK(equal(wide.head_.weight().detach(), from.head_.weight().detach().to(float64)));
}

TEST_CASE("a file that ties what the module has apart is refused with both names", "[formats]") {
  Folder folder;
  std::string path = folder.path + "/model.safetensors";
  Model tied(true), apart(false);
  save_module(path, tied);
  CHECK(message_of<FileError>([&] { load_module(path, apart); }) ==
        "[load_module] Its tensors are not those of this module: [load_state] The state does not fit Model: "
        "token.weight and head.weight are one tensor in the state and two in the module (tie() makes them "
        "one, clone() of the state's makes them two). Hint: build the module with the options with which it "
        "was saved (" +
            path + ")");
}

TEST_CASE("a file without a tied name loads into a tied model", "[formats]") {
  Folder folder;
  std::string path = folder.path + "/model.safetensors";
  Model from(true), to(true);
  std::vector<NamedTensor> few;
  for (const auto& [name, tensor] : from.state())
    if (name != "token.weight") few.push_back({name, tensor});
  save_safetensors(path, few);
  load_module(path, to);
  CHECK(equal(to.token_.weight().detach(), from.token_.weight().detach()));
}

TEST_CASE("missing, unexpected and misshapen tensors are named at once", "[formats]") {
  Folder folder;
  std::string path = folder.path + "/model.safetensors";
  save_safetensors(path, {{"token.weight", ones({5, 2})}, {"head.wait", ones({1})}});
  Model model(false);
  Tensor before = model.head_.weight().detach().clone();
  CHECK(message_of<FileError>([&] { load_module(path, model); }) ==
        "[load_module] Its tensors are not those of this module: [load_state] The state does not fit Model: "
        "token.weight is [5, 2], the module's [5, 3]; head.weight is missing; head.bias is missing; "
        "token.row_counts is missing; head.wait is unexpected. Hint: build the module with the options with "
        "which "
        "it was saved (" +
            path + ")");
  CHECK(equal(model.head_.weight().detach(), before));
}

TEST_CASE("a checkpoint keeps ties, counts and moments", "[formats]") {
  Folder folder;
  auto step = [](Model& model, optim::Optimizer& optimizer) {
    optimizer.zero_grad();
    sum(square(model.head_(model.token_(tensor({0, 2, 2}))))).backward();
    optimizer.step();
  };
  Model a(true), b(true);
  optim::AdamW of_a(a.parameters()), of_b(b.parameters());
  step(a, of_a);
  save_checkpoint(folder.path, {{}, {}, "{}", "", ""}, a, of_a);
  load_checkpoint(folder.path, b, of_b);
  step(a, of_a);
  step(b, of_b);
  nn::NamedTensors x = a.state(), y = b.state();
  for (size_t i = 0; i < x.size(); ++i) CHECK(equal(x[i].second, y[i].second));
  CHECK(b.token_.row_counts().to_vector<int64_t>()[2] == 4);
}
