// What --plan says is what a run takes.
#include "lexigrad/train/runs/plan/plan.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/plan/changes.h"
#include "support/peak_memory.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

std::string between(const std::string& all, const std::string& begin, const std::string& end) {
  size_t from = all.find(begin);
  REQUIRE(from != std::string::npos);
  from += begin.size();
  return all.substr(from, all.find(end, from) - from);
}

Words words_of(const std::string& flags) {
  std::istringstream in(flags);
  return {std::istream_iterator<std::string>(in), {}};
}

// Words that each come once, and the first of them again.
std::string wide_text(int64_t words, int64_t count) {
  std::string out;
  for (int64_t i = 0; i < count; ++i)
    out += text("w", i < words ? i : i * 7919 % words, i % 16 == 15 ? "\n" : " ");
  return out;
}

struct Bench {
  Folder folder;
  std::string file = folder / "text";
  Bench(int64_t words, int64_t count) { spill(file, wide_text(words, count)); }

  train::TrainConfig config() const {
    train::TrainConfig out;
    out.text = file;
    return out;
  }
  CommandResult plan(const Words& more) const { return run_command(Words{"train", file, "--plan"} + more); }
};

train::Plan plan_with(const train::RunParts& run, const train::TrainConfig& config) {
  return train::plan_of(config, train::sizes_of(run.text, run.occurrences));
}

double gradient_bytes(const train::RunParts& run, const std::string& of) {
  double sum = 0;
  for (const nn::ParameterRef& p : run.objective->model().parameters()) {
    if (!p.name.starts_with(of) || !p.has_grad()) continue;
    const RowGrad* rows = p.row_grad();
    const Tensor values = rows ? rows->values() : p.grad();
    sum += static_cast<double>(values.numel() * item_size(values.dtype()) + (rows ? 8 * rows->count() : 0));
  }
  return sum;
}

}  // namespace

TEST_CASE("a plan has the model's parameters, batches and steps", "[plan]") {
  Bench bench(60, 1500);
  for (const nn::PositionMethod& method : nn::position_methods())
    for (const char* encoder : {"none", "mean", "attention"}) {
      train::TrainConfig config = bench.config();
      config.positions = method.name, config.encoder = encoder, config.dim = 24, config.batch = 7;
      config.options.at("layers") = int64_t{3};
      config.tied = method.name == "none";
      std::optional<train::RunParts> run;
      try {
        run.emplace(config, "");
      } catch (const std::invalid_argument&) {
        CHECK(std::string(encoder) != "attention");  // positions that act in attention
        continue;
      }
      train::Plan plan = plan_with(*run, config);
      INFO(method.name << " " << encoder);
      CHECK(plan.parameters == static_cast<double>(run->objective->model().num_parameters()));
      CHECK(plan.epoch == run->batches());
      CHECK(plan.config.steps == run->total);
      CHECK(plan.vocabulary == run->text.tokenizer->vocabulary_size());
    }
}

TEST_CASE("a plan has the gradients' bytes", "[plan]") {
  Bench bench(300, 3000);
  for (const char* loss : {"softmax", "sampled-softmax"})
    for (bool tied : {false, true}) {
      if (tied && std::string(loss) != "softmax") continue;
      train::TrainConfig config = bench.config();
      config.loss = loss, config.tied = tied, config.encoder = "attention", config.dtype = "float64";
      train::RunParts run(config, "");
      run.trainer.step();
      train::Plan plan = plan_with(run, config);
      INFO(loss << (tied ? " tied" : ""));
      CHECK(plan.bytes_of("gradients: table") == Approx(gradient_bytes(run, "token")).epsilon(0.1));
      CHECK(plan.bytes_of("gradients: positions") == Approx(gradient_bytes(run, "position")).epsilon(0.1));
      CHECK(plan.bytes_of("gradients: encoder") ==
            gradient_bytes(run, "blocks") + gradient_bytes(run, "norm"));
      if (std::string(loss) == "softmax")
        CHECK(plan.bytes_of("gradients: head") == gradient_bytes(run, "head"));
    }
}

#if !LEXIGRAD_ADDRESS_SANITIZER  // which takes memory of its own
TEST_CASE("a run's peak is the plan's", "[plan]") {
  Bench bench(20000, 60000);
  for (const Words& flags :
       {Words{"--dim", "128"}, Words{"--dim", "128", "--rows", "lazy", "--batch", "64"},
        Words{"--dim", "128", "--loss", "negative-sampling", "--rows", "lazy"},
        Words{"--dim", "64", "--encoder", "mean", "--optimizer", "sgd"},
        Words{"--objective", "skipgram", "--min-count", "1"},
        Words{"--objective", "skipgram", "--min-count", "1", "--optimizer", "adam"},
        Words{"--dim", "128", "--ema", "0.9"}, Words{"--dim", "128", "--accumulate", "2"},
        Words{"--dim", "64", "--encoder", "attention", "--layers", "2", "--context", "64", "--batch", "4"},
        Words{"--dim", "64", "--encoder", "attention", "--layers", "4", "--context", "256", "--batch", "8",
              "--recompute"}}) {
    Words all = flags + Words{"--steps", "3", "--validation", "0.01", "--threads", "2"};
    double planned = planned_peak(bench.plan(all).out);
    double peak = peak_memory(in_build("bin/lexigrad"),
                              Words{"train", bench.file, "--out", bench.folder / "run"} + all);
    std::filesystem::remove_all(bench.folder / "run");
    std::string shown;
    for (const std::string& each : flags) shown += each + " ";
    INFO(shown << ": planned " << planned / 1e6 << " MB, measured " << peak / 1e6);
    REQUIRE(peak > 0);
    CHECK(std::abs(peak - planned) <= plan_tolerance(planned));
  }
}
#endif

TEST_CASE("a plan fits a terminal, takes no folder and leaves nothing", "[plan]") {
  Bench bench(200, 3000);
  CommandResult result = bench.plan({"--encoder", "attention", "--schedule", "cosine"});
  REQUIRE(result.exit == 0);
  CHECK(bench.folder.files() == 1);
  for (const char* part :
       {"text ", "tokens ", "windows ", "steps ", "optimizer ", "parameters: table", "gradients: head",
        "moments: encoder", "activations", "logits", "peak", "the run fits", "tokens/s", "in step 0"})
    CHECK_THAT(result.out, Contains(part));
  std::istringstream lines(result.out.substr(result.out.find("class ")));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

TEST_CASE("a run above its limit is refused before it begins, and what is named fits", "[plan]") {
  Bench bench(5000, 20000);
  const Words large = {"--dim", "512", "--memory-limit", "70MB"};
  CommandResult planned = bench.plan(large);
  CHECK(planned.exit == 1);
  CHECK_THAT(planned.out, Contains("the run does not fit") && Contains("no probe"));
  std::string error = failed_command(1, Words{"train", bench.file, "--out", bench.folder / "run"} + large);
  CHECK_THAT(error,
             Contains("[memory]") && Contains("--dim 512") && Contains("moments: ") && Contains("MiB"));
  CHECK(bench.folder.files() == 1);
  for (const Words& mode : {Words{"--plan"}, Words{"--out", bench.folder / "run"}})
    CHECK_THAT(failed_command(1, Words{"train", bench.file, "--memory-limit", "9kB"} + mode),
               Contains("[memory]") && Contains("The text alone") && Contains("9000 are there"));
  std::string least = between(error, "Hint: ", " would fit ("),
              alone = between(error, "any of these: ", " (");
  for (const std::string& flags : {least, alone}) {
    INFO(flags);
    const Words dim = flags.find("--dim") == std::string::npos ? Words{"--dim", "512"} : Words{};
    CommandResult fits = bench.plan(dim + words_of(flags) + Words{"--memory-limit", "70MB"});
    CHECK(fits.exit == 0);
    CHECK_THAT(fits.out, Contains("the run fits"));
  }
  CHECK_THAT(planned.out, Contains("would fit  " + least + ": "));
  CHECK_THAT(failed_command(1, {"train", bench.file, "--plan", "--memory-limit", "1MB"}),
             Contains("no change of the options fits; a smaller vocabulary may"));
}

TEST_CASE("a run that fits with --recompute alone takes it, says so and has the same bytes", "[plan]") {
  Bench bench(50, 6000);
  const Words flags = {"--encoder", "attention", "--layers",     "6",    "--context", "64", "--batch", "64",
                       "--dim",     "32",        "--validation", "0.05", "--steps",   "2",  "--heads", "2"};
  double without = planned_peak(bench.plan(flags).out),
         with = planned_peak(bench.plan(flags + Words{"--recompute"}).out);
  REQUIRE(with < without - 8e6);
  const Words limit = {"--memory-limit", text(static_cast<int64_t>((with + without) / 2), "B")};
  CommandResult planned = bench.plan(flags + limit);
  CHECK(planned.exit == 0);
  CHECK(planned_peak(planned.out) == with);
  for (const char* part : {"a block again", "--recompute is taken to fit", "the run fits", "tokens/s"})
    CHECK_THAT(planned.out, Contains(part));
  const std::string picked = bench.folder / "picked", plain = bench.folder / "plain";
  CommandResult run = run_command(Words{"train", bench.file, "--out", picked} + flags + limit);
  CHECK(run.exit == 0);
  CHECK_THAT(run.out, Contains("--recompute is taken to fit"));
  CHECK_THAT(slurp(picked + "/config.json"), Contains("\"recompute\": true"));
  train_run(Words{bench.file, "--out", plain} + flags);
  CHECK_THAT(slurp(plain + "/config.json"), Contains("\"recompute\": false"));
  CHECK(slurp(picked + "/checkpoint.safetensors") == slurp(plain + "/checkpoint.safetensors"));
}

// Against all combinations, one by one.
TEST_CASE("the change that is named is the least of all that fit", "[plan]") {
  train::TrainConfig asked;
  asked.text = "text", asked.encoder = "attention", asked.dim = 32, asked.batch = 4, asked.context = 16;
  asked.dtype = "float64", asked.epochs = 1;
  asked.options.set("layers", int64_t{8}), asked.options.set("heads", int64_t{8});
  asked.options.set("weight-decay", 0.1);
  const train::TextSizes sizes{.bytes = 100000,
                               .corpora = {{.training = 20000, .held_out = 2000}},
                               .occurrences = std::vector<int64_t>(3000, 6)};
  // Settings of dim, layers, context, optimizer, dtype, rows, batch and recompute, the least change first.
  using Settings = std::array<int64_t, 8>;
  constexpr Settings counts{3, 4, 5, 2, 3, 2, 3, 2};
  std::map<Settings, double> peaks;
  for (int64_t n = 0, all = 3 * 4 * 5 * 2 * 3 * 2 * 3 * 2; n < all; ++n) {
    Settings s{};
    for (int64_t i = 8, rest = n; i-- > 0; rest /= counts[static_cast<size_t>(i)])
      s[static_cast<size_t>(i)] = rest % counts[static_cast<size_t>(i)];
    train::TrainConfig c = asked;
    c.dim >>= s[0], c.context >>= s[2], c.batch >>= s[6], c.accumulate <<= s[6];
    c.options.set("layers", 8 >> s[1]);
    if (s[3] == 1) c.optimizer = "sgd";
    if (s[4] > 0) c.dtype = s[4] == 1 ? "float32" : "bfloat16";
    if (s[5] == 1) c.rows = "lazy";
    c.recompute = s[7] == 1;
    peaks[s] = train::plan_of(c, sizes).peak();
  }
  const double first = peaks.begin()->second;
  std::set<std::string> named;
  for (double share = 0.99; share > 0.2; share -= 0.01) {
    auto least =
        std::find_if(peaks.begin(), peaks.end(), [&](auto& each) { return each.second <= share * first; });
    auto found = train::least_change_that_fits(asked, sizes, share * first);
    INFO(share << (found ? ": " + found->flags : std::string(": none")));
    REQUIRE(found.has_value() == (least != peaks.end()));
    if (!found) continue;
    CHECK(found->peak == least->second);
    named.insert(found->flags);
  }
  CHECK(named.size() > 5);
  CHECK(named.contains("--recompute"));
  train::TrainConfig picked = train::fitted(asked, sizes, peaks.at({0, 0, 0, 0, 0, 0, 0, 1}));
  CHECK(picked.recompute);
  CHECK_FALSE(train::fitted(asked, sizes, first).recompute);
  CHECK_FALSE(train::fitted(asked, sizes, first / 100).recompute);
}

TEST_CASE("sizes have a number and a unit", "[plan]") {
  Bench bench(50, 1000);
  for (auto [size, bytes] : {std::pair("900000000B", "900000000"),
                             {"900000kB", "900000000"},
                             {"900MB", "900000000"},
                             {"0.9GB", "900000000"},
                             {"1048576KiB", "1073741824"},
                             {"512 MiB", "536870912"},
                             {"1.5GiB", "1610612736"}})
    CHECK_THAT(bench.plan({"--memory-limit", size}).out, Contains(text(' ', bytes, "  the run fits")));
  for (const char* size : {"3x", "3", "", "GiB", "-1GB", "0MB", "1e3MB", "nanGB", "1 2MB", "99999999999GiB"})
    CHECK_THAT(failed_command(2, {"train", bench.file, "--plan", "--memory-limit", size}),
               Contains("--memory-limit") && Contains("Hint: "));
  CHECK_THAT(failed_command(2, {"train", bench.file, "--plan", "--resume"}),
             Contains("--resume") && Contains("Hint: "));
}
