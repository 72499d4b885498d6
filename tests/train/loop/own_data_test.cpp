// The trainer, evaluation and checkpoints with batches and losses of one's own, and callbacks.
#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/data.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/train.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;

namespace {

// Points on a plane, one output, trained by squared error.
struct Plane {
  Tensor x = (manual_seed(4), randn({40, 3})), y = sum(x, {1}, true) * 0.5 + 1.0;
  data::DataLoader<data::TensorDataset<2>> loader{data::TensorDataset(x, y),
                                                  {.batch_size = 7, .shuffle = true, .seed = 2}};
  nn::Linear model{3, 1};
  optim::Adam adam{model.parameters(), {.lr = 0.05}};

  nn::Loss loss(const Tensor& a, const Tensor& b) const { return nn::mse(model(a), b); }
  auto by_parts() {
    return [this](const Tensor& a, const Tensor& b) { return loss(a, b); };
  }
  auto by_batch() {
    return [this](const std::array<Tensor, 2>& batch) { return loss(batch[0], batch[1]); };
  }
  std::vector<float> values() const { return model.weight().to_vector<float>(); }
};

}  // namespace

TEST_CASE("a loss takes the batch or its parts, and both are one", "[trainer]") {
  Plane parts, whole;
  Trainer a(parts.by_parts(), parts.adam, parts.loader), b(whole.by_batch(), whole.adam, whole.loader);
  for (int i = 0; i < 9; ++i) a.step(), b.step();
  CHECK(parts.values() == whole.values());
  CHECK((a.position().epoch == 1 && a.position().batch == 3));
  double before = evaluate(parts.by_parts(), parts.loader);
  CHECK(before == Approx(nn::mse(parts.model(parts.x), parts.y).mean().item<double>()).epsilon(1e-5));
  for (int i = 0; i < 200; ++i) a.step();
  CHECK(evaluate(parts.by_batch(), parts.loader) < 0.01 * before);
}

TEST_CASE("a run of one's own data goes on from its checkpoint as if never stopped", "[trainer]") {
  Folder folder;
  Plane straight, stopped, resumed;
  Trainer whole(straight.by_parts(), straight.adam, straight.loader);
  for (int i = 0; i < 17; ++i) whole.step();
  Trainer first(stopped.by_parts(), stopped.adam, stopped.loader);
  for (int i = 0; i < 8; ++i) first.step();  // in the second epoch
  save_checkpoint(
      folder.path,
      {.position = first.position(), .since_log = {}, .config = {}, .text_sum = {}, .machine = {}},
      stopped.model, stopped.adam);
  Trainer second(resumed.by_parts(), resumed.adam, resumed.loader);
  second.restore(load_checkpoint(folder.path, resumed.model, resumed.adam).position, {});
  for (int i = 8; i < 17; ++i) second.step();
  CHECK(resumed.values() == straight.values());
}

namespace {

class Recorder final : public Callback {
 public:
  Recorder(std::string name, std::ostream& out) : name_(std::move(name)), out_(out) {}
  void begin(RunState& state) override { out_ << name_ << "b" << state.step() << " "; }
  void audited(RunState&, const Audit& audit) override { out_ << name_ << (audit.clean() ? "a " : "! "); }
  void after_step(RunState& state) override {
    out_ << name_ << state.step() << (state.validation ? "v " : " ");
  }
  void end(RunState& state) override { out_ << name_ << "e" << state.step() << " "; }

 private:
  std::string name_;
  std::ostream& out_;
};

}  // namespace

TEST_CASE("callbacks are called in order, end in reverse, and see what those before them measured",
          "[trainer]") {
  Plane plane;
  std::ostringstream out;
  Recorder x("x", out), y("y", out);
  Evaluate evaluate(plane.by_parts(), plane.loader, plane.model, 2);
  data::DataLoader<data::TensorDataset<2>> training = plane.loader;
  Trainer trainer(plane.by_parts(), plane.adam, training);
  train_to(trainer, 3, {&x, &evaluate, &y});
  CHECK(out.str() == "xb0 yb0 xa ya x1 y1 x2 y2v x3 y3v ye3 xe3 ");
  out.str("");
  train_to(trainer, 4, {&y});  // goes on
  CHECK(out.str() == "yb3 y4 ye4 ");
  CHECK(evaluate.last() > 0);
}

TEST_CASE("a norm that is no number is refused", "[trainer]") {
  Plane plane;
  for (double norm : {-1.0, std::nan("")})
    CHECK_THROWS_WITH(Trainer(plane.by_parts(), plane.adam, plane.loader, {.clip_norm = norm}),
                      Catch::Contains("clip_norm is "));
}

TEST_CASE("a callback stops the run after a step; no end is called, and the run goes on as if never stopped",
          "[trainer]") {
  struct StopAt final : Callback {
    int64_t at;
    explicit StopAt(int64_t step) : at(step) {}
    void after_step(RunState& state) override { state.stop = state.step() == at; }
  };
  Folder folder;
  auto run = [&](Plane& plane, std::vector<int64_t> stops, std::ostream& out) {
    Recorder recorder("x", out);
    Save save(folder.path, 100, plane.model, plane.adam, {});
    Trainer trainer(plane.by_parts(), plane.adam, plane.loader);
    for (int64_t at : stops) {
      StopAt stop(at);
      CHECK(train_to(trainer, 5, {&stop, &recorder, &save}) == (at == 5));
      CHECK(read_checkpoint(folder.path).position.step == at);
    }
    return plane.values();
  };
  Plane straight, stopped;
  std::ostringstream out, all;
  CHECK(run(stopped, {2, 3, 5}, out) == run(straight, {5}, all));
  CHECK(out.str() == "xb0 xa x1 x2 xb2 x3 xb3 x4 x5 xe5 ");
}
