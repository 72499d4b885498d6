// Runs whose matrices are bfloat16.
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/evaluate.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/runs/objectives/next_token.h"
#include "lexigrad/train/runs/run.h"
#include "support/throws.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

struct Stored : SmallRuns {
  train::TrainConfig config() const {
    train::TrainConfig config = SmallRuns::config();
    config.dtype = "bfloat16";
    config.steps = 24;
    config.save_every = 1000;
    return config;
  }
  std::string checkpoint(const std::string& run) const { return slurp(run + "/checkpoint.safetensors"); }
};

// The loss of a model of pairs after so many steps of Adam, in float32, in bfloat16 rounded at random, or in
// bfloat16 rounded to the nearest.
enum class How { wide, at_random, to_nearest };
double loss_after(How how, double lr, int steps) {
  manual_seed(21);
  nn::NextTokenModel model({.vocabulary = 30, .dim = 16, .max_length = 1, .positions = "none"});
  if (how == How::at_random) model.to(bfloat16);
  optim::Adam adam(model.parameters(), {.lr = lr});
  Tensor ids = arange(30).reshape({30, 1}), targets = remainder(ids * 7 + 3, tensor(30));
  double loss = 0;
  for (int step = 0; step < steps; ++step) {
    model.zero_grad();
    Tensor y = model.loss(ids, targets).mean();
    y.backward();
    loss = y.item<double>();
    adam.step();
    if (how != How::to_nearest) continue;
    for (const nn::ParameterRef& p : model.parameters())
      if (p.rank() >= 2) p.detach().copy_(p.detach().to(bfloat16));
  }
  return loss;
}

}  // namespace

TEST_CASE("rounded at random, bfloat16 reaches the loss of float32; rounded to the nearest it stands still",
          "[bfloat16]") {
  double start = loss_after(How::wide, 2e-4, 1), wide = loss_after(How::wide, 2e-4, 1500),
         random = loss_after(How::at_random, 2e-4, 1500), nearest = loss_after(How::to_nearest, 2e-4, 1500);
  INFO("from " << start << ": float32 " << wide << ", at random " << random << ", to the nearest "
               << nearest);
  CHECK(wide < start / 2);
  CHECK(std::abs(random - wide) < 0.03 * (start - wide));
  CHECK(nearest - wide > 0.5 * (start - wide));
}

TEST_CASE("a bfloat16 run stores matrices so, vectors of numbers as float32, from the float32 run's start",
          "[bfloat16]") {
  Stored small;
  train::TrainConfig config = small.config();
  config.dtype = "float32";
  nn::NextTokenModel wide = train::make_model(config, 40);
  config.dtype = "bfloat16";
  nn::NextTokenModel stored = train::make_model(config, 40);
  auto a = wide.parameters(), b = stored.parameters();
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    INFO(a[i].name);
    CHECK(b[i].dtype() == (b[i].rank() >= 2 ? bfloat16 : float32));
    CHECK(equal(b[i], a[i].to(b[i].dtype())));
  }
  std::string run = small.run("run", config);
  int64_t matrices = 0;
  for (const auto& [name, tensor] : train::load_safetensors(run + "/checkpoint.safetensors").tensors) {
    INFO(name);
    if (name.starts_with("model."))
      CHECK(tensor.dtype() == (tensor.rank() >= 2 ? bfloat16 : float32));
    else
      CHECK(tensor.dtype() != bfloat16);
    matrices += tensor.dtype() == bfloat16;
    if (name == "model.token.weight")
      CHECK(equal(train::load_vectors(run + "/vectors.safetensors").rows, tensor.to(float32)));
    if (name == "optimizer.adam.rounding") CHECK(tensor.item<int64_t>() == config.seed);
  }
  CHECK(matrices == 3);
}

TEST_CASE("a bfloat16 run that was stopped and resumed ends in the same bytes", "[bfloat16]") {
  Stored small;  // every optimizer: rounding_test.cpp
  int number = 0;
  for (const char* optimizer : {"adam", "rowwise-adagrad", "muon"}) {
    train::TrainConfig config = small.config();
    config.optimizer = optimizer;
    config.steps = 12;
    config.rows = number % 2 ? "lazy" : "dense";
    config.loss = number % 2 ? "negative-sampling" : "softmax";
    config.encoder = number % 2 ? "none" : "attention";
    config.ema = number % 2 ? 0.9 : 0;
    config.clip_norm = number == 2 ? 0.1 : 0;
    INFO(optimizer);
    std::string straight = small.run(std::to_string(++number).c_str(), config), stopped = straight + "b";
    config.steps = 5;
    train::train(config, stopped, small.out, small.out);
    manual_seed(77);
    config.steps = 12;
    train::resume(config, stopped, small.out, small.out);
    CHECK((small.checkpoint(stopped) == small.checkpoint(straight)));
  }
}

TEST_CASE("a bfloat16 run has the same bytes on any number of threads, and others of another seed",
          "[bfloat16]") {
  struct Keep {
    int before = num_threads();
    ~Keep() { set_num_threads(before); }
  } keep;
  Stored small;
  spill(small.text, random_text(1100, 3000));
  train::TrainConfig config = small.config();
  config.encoder = "attention";
  config.dim = 24;
  config.context = 16;
  config.steps = 3;
  std::vector<std::string> sums;
  for (int64_t threads : {1, 2, 3, 8}) {
    config.threads = threads;
    std::string run = small.run("run", config);
    sums.push_back(sha256(small.checkpoint(run)));
    std::filesystem::remove_all(run);
  }
  CHECK(sums == std::vector<std::string>(4, sums[0]));
  config.seed = 5;
  CHECK(sha256(small.checkpoint(small.run("other", config))) != sums[0]);
}

TEST_CASE("the command reads what a bfloat16 run leaves: vectors, losses, texts, statistics", "[bfloat16]") {
  Stored small;
  std::string run = small.folder / "run";
  train_run({small.text,
             "--out",
             run,
             "--dim",
             "8",
             "--context",
             "8",
             "--batch",
             "8",
             "--steps",
             "24",
             "--dtype",
             "bfloat16",
             "--log-norms",
             "--table-stats",
             "--tensorboard",
             "--keep-best",
             "--ema",
             "0.9",
             "--strict",
             "--watch",
             "w0:w3",
             "--check-numerics"});
  for (const Words& verb :
       {Words{"neighbors", run, "w0"}, Words{"analogy", run, "w0", "w1", "w2"},
        Words{"generate", run, "--prompt", "w0"}, Words{"inspect", run},
        Words{"inspect", run + "/checkpoint.safetensors"}, Words{"convert", run, small.folder / "v.npy"},
        Words{"train", "--out", run, "--replay", "20"},
        Words{"train", small.text, "--out", small.folder / "next", "--vectors", run, "--dim", "8",
              "--context", "8", "--steps", "3", "--dtype", "bfloat16"}}) {
    CommandResult result = run_command(verb);
    INFO(verb[0] << ": " << result.err << result.out);
    CHECK(result.exit == 0);
  }
}

TEST_CASE("what a bfloat16 run cannot do is refused where it begins", "[bfloat16]") {
  Stored small;
  train::TrainConfig config = small.config();
  config.rows = "lazy_exact";
  CHECK(
      message_of([&] { config.check(); }) ==
      "[train] --rows lazy_exact needs weights of float32 or float64, --dtype is bfloat16: steps that a row "
      "missed would have been rounded each. Hint: --rows lazy, or --rows dense");
  config.rows = "dense";
  config.ngram_rows = 100;
  config.ngram_memory = 1;
  CHECK(
      message_of([&] { config.check(); }) ==
      "[train] --dtype bfloat16 does not go with --ngram-memory: rows in a file are float32. Hint: --dtype float32, or --ngram-memory 0");
}
