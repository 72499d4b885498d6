#include "lexigrad/train/runs/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <sstream>

#include "lexigrad/autograd/base/allocator.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/loop/entropy.h"
#include "lexigrad/train/loop/progress.h"
#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/loop/run_picture.h"
#include "lexigrad/train/optim/methods/adamw.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/pictures/graph.h"
#include "lexigrad/train/runs/make.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kLogLines = 200, kEvaluations = 20, kSaves = 10, kPlainLines = 20;  // in a whole run

std::string path_in(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

int64_t every(int64_t total, int64_t times) { return std::max<int64_t>(1, total / times); }

std::unique_ptr<data::Tokenizer> make_tokenizer(const TrainConfig& config, const std::string& text) {
  OptionValues options;
  options.set("min-count", config.min_count);
  options.set("gpt2-dir", config.gpt2_dir);
  return data::make_tokenizer(config.tokenizer, text, options);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::NextTokenModel& model) {
  bool sgd = config.optimizer == "sgd";
  double lr = config.lr > 0 ? config.lr : sgd ? 1 : 0.003;
  optim::Rows rows = config.row_mode == "lazy" ? optim::Rows::lazy : optim::Rows::dense;
  if (sgd)
    return std::make_unique<optim::SGD>(
        model.parameters(),
        optim::SGDOptions{
            .lr = lr, .momentum = config.momentum, .weight_decay = config.weight_decay, .rows = rows});
  if (config.optimizer == "adamw")
    return std::make_unique<optim::AdamW>(
        model.parameters(), optim::AdamWOptions{.lr = lr, .weight_decay = config.weight_decay, .rows = rows});
  return std::make_unique<optim::Adam>(
      model.parameters(), optim::AdamOptions{.lr = lr, .weight_decay = config.weight_decay, .rows = rows});
}

Schedule make_schedule(const TrainConfig& config, int64_t steps) {
  using Kind = Schedule::Kind;
  Kind kind = config.schedule == "linear"   ? Kind::linear
              : config.schedule == "cosine" ? Kind::cosine
                                            : Kind::constant;
  return {.kind = kind, .warmup = config.warmup, .total = steps, .end = config.lr_end};
}

// A short text is passed over more often, but not until the model knows it by heart.
int64_t total_steps(const TrainConfig& config, int64_t epoch) {
  constexpr int64_t enough_steps = 1500, fewest_epochs = 3, most_epochs = 10;
  int64_t epochs = config.epochs > 0
                       ? config.epochs
                       : std::clamp((enough_steps + epoch - 1) / epoch, fewest_epochs, most_epochs);
  return config.steps > 0 ? config.steps : epochs * epoch;
}

// Tokens for training and, from the end, those held out.
struct Split {
  std::vector<int64_t> training, held_out;
};

Split split_tokens(std::vector<int64_t> ids, double share) {
  auto cut = ids.end() - static_cast<int64_t>(static_cast<double>(ids.size()) * share);
  Split split{std::move(ids), {}};
  auto at = split.training.begin() + (cut - split.training.begin());
  split.held_out.assign(at, split.training.end());
  split.training.erase(at, split.training.end());
  return split;
}

std::string checksum(const std::string& text) {
  Xxh64 sum;
  sum.update(text);
  return sum.hex();
}

class Run {
 public:
  Run(const TrainConfig& config, std::string folder, std::ostream& out, std::ostream& progress)
      : config_(config),
        folder_(std::move(folder)),
        out_(out),
        progress_out_(progress),
        text_(data::read_text(config.text)),
        text_sum_(checksum(text_)),
        tokenizer_(make_tokenizer(config, text_)),
        tokens_(split_tokens(tokenizer_->encode(text_), config.validation)),
        loader_(loader_of(tokens_.training, true)),
        model_(make_model(config, tokenizer_->vocabulary_size())),
        optimizer_(make_optimizer(config, model_)),
        loss_([this](const Tensor& inputs, const Tensor& targets) { return model_.loss(inputs, targets); }),
        total_(total_steps(config, loader_.size())),
        trainer_(loss_, *optimizer_, loader_,
                 {config.check_numerics, numerics(), config.clip_norm, make_schedule(config, total_)}) {
    if (static_cast<int64_t>(tokens_.held_out.size()) > config.context)
      held_out_.emplace(loader_of(tokens_.held_out, false));
    for (const std::string& pair : config.watch) {
      size_t colon = pair.find(':');
      watched_.push_back(
          {pair, tokenizer_->id_of(pair.substr(0, colon)), tokenizer_->id_of(pair.substr(colon + 1))});
    }
  }

  void start() {
    write_config();
    tokenizer_->save(path_in(folder_, "tokenizer.txt"));
    save_vectors(path_in(folder_, "vectors_start.safetensors"), vectors());
    cut_log(log_path(), -1);
    introduce();
    log(evaluate_held_out());
    loop();
  }

  void go_on() {
    Checkpoint checkpoint =
        load_checkpoint(folder_, model_, *optimizer_, [this](const Checkpoint& c) { check_same_run(c); });
    if (checkpoint.position.step >= total_) {
      out_ << "The run in " << folder_ << " is complete: " << checkpoint.position.step << " steps.\n";
      return;
    }
    trainer_.restore(checkpoint.position, checkpoint.since_log);
    if (checkpoint.machine != machine_name())
      out_ << "note: the checkpoint was made with " << checkpoint.machine << ", this is " << machine_name()
           << ": last bits may differ\n";
    cut_log(log_path(), checkpoint.position.step);
    if (auto log = read_log(log_path()); !log.empty()) seconds_before_ = log.back().seconds;
    if (config_json(read_config(folder_)) != config_json(config_))
      write_config();  // a longer run, other threads
    introduce();
    out_ << "resuming at step " << checkpoint.position.step << "\n";
    loop();
  }

  void draw_graph(const std::string& file) {
    int64_t step = 0;
    if (has_checkpoint(folder_))
      step = load_checkpoint(folder_, model_, *optimizer_, [this](const Checkpoint& c) {
               check_same_run(c);
             }).position.step;
    loader_.seek(0, 0);
    auto [inputs, targets] = *loader_.begin();
    GraphTrace trace;
    write_graph_html(
        model_.loss(inputs, targets).mean(), file,
        {.title = text(folder_, " at step ", step), .parameters = model_.parameters(), .trace = &trace});
  }

 private:
  struct Watched {
    std::string name;
    int64_t a, b;
  };

  void write_config() const { write_file_atomically(path_in(folder_, "config.json"), config_json(config_)); }

  void check_same_run(const Checkpoint& checkpoint) const {
    std::string path = path_in(folder_, "config.json");
    if (checkpoint.text_sum != text_sum_)
      fail_file("train",
                "This text is not the one that the run was trained on. Hint: put the old text back, or give "
                "a new --out",
                config_.text);
    TrainConfig begun = parse_config(checkpoint.config, path_in(folder_, "checkpoint.safetensors"));
    begun.text = config_.text;  // may have moved
    if (std::string differing = contradictions(config_, begun); !differing.empty())
      fail_file("train",
                text("The checkpoint was made with other options: ", differing, ". Hint: put them back"),
                path);
  }

  std::string log_path() const { return path_in(folder_, "log.jsonl"); }

  data::DataLoader loader_of(const std::vector<int64_t>& ids, bool training) const {
    data::NextTokenDataset dataset(ids,
                                   {.max_length = config_.context, .stride = training ? config_.stride : 0});
    return {dataset,
            {.batch_size = config_.batch, .shuffle = training && config_.shuffle, .seed = config_.seed}};
  }

  WordVectors vectors() const {
    WordVectors out;
    for (int64_t id = 0; id < tokenizer_->vocabulary_size(); ++id)
      out.words.emplace_back(tokenizer_->vocabulary().token(id));
    out.rows = model_.token().weight().detach().to(float32);
    return out;
  }

  void introduce() {
    out_ << fmt::format("text    {}: {} tokens for training, {} held out; vocabulary {} ({})\n", config_.text,
                        tokens_.training.size(), tokens_.held_out.size(), tokenizer_->vocabulary_size(),
                        tokenizer_->kind());
    out_ << fmt::format(
        "model   {} parameters, dim {}, context {}, encoder {}, positions {}; {} steps of {} windows, {} "
        "threads, {}\n",
        model_.num_parameters(), config_.dim, config_.context, config_.encoder, config_.positions, total_,
        config_.batch, num_threads(), machine_name());
    if (!held_out_) {
      out_ << "held out nothing: the share of --validation does not fill one window of --context\n";
      return;
    }
    entropies_ = entropies(tokens_.training, tokens_.held_out, tokenizer_->vocabulary_size());
    out_ << fmt::format(
        "to beat {:.4f} nats a held-out token by chance (ln V), {:.4f} by unigram counts, {:.4f} by bigram "
        "counts\n",
        entropies_->uniform, entropies_->unigram, entropies_->bigram);
  }

  std::optional<double> evaluate_held_out() {
    if (!held_out_) return {};
    held_out_->seek(0, 0);
    model_.eval();
    validation_ = evaluate(loss_, *held_out_);
    model_.train();
    if (!std::isfinite(validation_))
      fail_not_finite(
          text("The held-out loss is ", std::abs(validation_), " after step ", trainer_.position().step),
          *optimizer_, numerics(), [this] {
            held_out_->seek(0, 0);
            evaluate(loss_, *held_out_);
          });
    return validation_;
  }

  void log(std::optional<double> validation) {
    LogEntry entry{.step = trainer_.position().step,
                   .epoch = trainer_.position().epoch,
                   .tokens = trainer_.position().tokens,
                   .loss = {},
                   .validation = validation,
                   .lr = optimizer_->lr(),
                   .seconds = seconds(),
                   .cosines = {}};
    if (trainer_.tally().weight > 0) entry.loss = loss_now_ = trainer_.take_tally().mean();
    for (const Watched& w : watched_) entry.cosines[w.name] = cosine(model_.token().weight(), w.a, w.b);
    append_log(log_path(), entry);
  }

  void save() {
    if (std::string names = not_finite(*optimizer_); !names.empty())
      fail_numerics(text("Not finite after step ", trainer_.position().step, ": ", names,
                         ". Hint: --check-numerics names the op"));
    save_checkpoint(
        folder_,
        {trainer_.position(), trainer_.tally(), config_json(numbers_of(config_)), text_sum_, machine_name()},
        model_, *optimizer_);
  }

  CheckNumericsOptions numerics() const {
    return {.token_text = [this](int64_t id) { return tokenizer_->token_text(id); }};
  }

  // What was saved last is there, whatever this run came to.
  [[noreturn]] void fail_with_checkpoint(const NumericsError& error) const {
    std::string kept = has_checkpoint(folder_)
                           ? text("The last checkpoint, ", path_in(folder_, "checkpoint.safetensors"),
                                  " of step ", read_checkpoint(folder_).position.step, ", is intact")
                           : "There is no checkpoint yet";
    fail_training(text(error.message(), ". ", kept, "; start again with a smaller --lr and another --out"));
  }

  void loop() {
    try {
      steps();
    } catch (const NumericsError& error) { fail_with_checkpoint(error); }
    finish();
  }

  void steps() {
    Progress progress(progress_out_, trainer_.position().step, trainer_.position().tokens, total_);
    int64_t save_every = config_.save_every > 0 ? config_.save_every : every(total_, kSaves);
    while (trainer_.position().step < total_) {
      if (trainer_.position().step == 0)
        report(trainer_.audited_step());
      else
        trainer_.step();
      int64_t step = trainer_.position().step;
      auto due = [&](int64_t interval) { return step % interval == 0 || step == total_; };
      bool evaluates = due(every(total_, kEvaluations));
      if (due(every(total_, kLogLines)) || evaluates) log(evaluates ? evaluate_held_out() : std::nullopt);
      if (step == total_) save_results();
      if (due(save_every)) save();
      progress.show(step, trainer_.position().tokens,
                    trainer_.tally().weight > 0 ? trainer_.tally().mean() : loss_now_,
                    due(every(total_, kPlainLines)));
    }
  }

  void report(const Audit& audit) {
    if (!audit.clean()) out_ << "warning: " << to_string(audit) << "\n";
  }

  // Before the last checkpoint: where that is there, the run is complete.
  void save_results() {
    save_vectors(path_in(folder_, "vectors.safetensors"), vectors());
    draw_run(path_in(folder_, "loss.svg"), read_log(log_path()), entropies_);
  }

  void finish() {
    if (held_out_)
      out_ << fmt::format(
          "\nheld-out loss {:.4f} nats a token: {} the unigram's {:.4f}, {} the bigram's {:.4f}\n",
          validation_, validation_ < entropies_->unigram ? "below" : "above", entropies_->unigram,
          validation_ < entropies_->bigram ? "below" : "above", entropies_->bigram);
    show_neighbors();
    out_ << fmt::format(
        "\nIn {}: vectors.safetensors, loss.svg (the picture), log.jsonl, checkpoint.safetensors, "
        "config.json\n",
        folder_);
    out_ << fmt::format("Next:  lexigrad neighbors {} WORD      lexigrad convert {} vectors.vec\n", folder_,
                        folder_);
  }

  // What a person looks at first: some words' nearest, before and after.
  void show_neighbors() {
    WordVectors before = load_vectors(path_in(folder_, "vectors_start.safetensors")), after = vectors();
    out_ << "\nnearest words, before -> after\n";
    for (int64_t id : shown_words())
      out_ << fmt::format("  {:<12} {} -> {}\n", tokenizer_->token_text(id), nearest(before.rows, id),
                          nearest(after.rows, id));
    for (const Watched& w : watched_)
      out_ << fmt::format("  cosine {}   {:+.3f} -> {:+.3f}\n", w.name, cosine(before.rows, w.a, w.b),
                          cosine(after.rows, w.a, w.b));
  }

  std::string nearest(const Tensor& rows, int64_t id) const {
    std::string out;
    for (const NearRow& near : nearest_rows(rows, id, 4))
      out += (out.empty() ? "" : " ") + tokenizer_->token_text(near.id);
    return out;
  }

  // The watched words, or the four most frequent words of five letters or more.
  std::vector<int64_t> shown_words() const {
    std::vector<int64_t> ids;
    for (const Watched& w : watched_)
      for (int64_t id : {w.a, w.b})
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    if (!ids.empty()) return ids;
    std::vector<std::pair<int64_t, int64_t>> count(static_cast<size_t>(tokenizer_->vocabulary_size()));
    for (size_t id = 0; id < count.size(); ++id) count[id].second = static_cast<int64_t>(id);
    for (int64_t id : tokens_.training) --count[id].first;
    std::sort(count.begin(), count.end());
    for (auto [n, id] : count)
      if (ids.size() < 4 && n < 0 && tokenizer_->vocabulary().token(id).size() >= 5) ids.push_back(id);
    return ids;
  }

  double seconds() const {
    return seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  TrainConfig config_;
  std::string folder_;
  std::ostream &out_, &progress_out_;
  std::string text_, text_sum_;
  std::unique_ptr<data::Tokenizer> tokenizer_;
  Split tokens_;
  data::DataLoader loader_;
  nn::NextTokenModel model_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  LossFunction loss_;
  int64_t total_;
  Trainer trainer_;
  std::optional<data::DataLoader> held_out_;
  std::vector<Watched> watched_;
  std::optional<Entropies> entropies_;
  double validation_ = 0, loss_now_ = 0, seconds_before_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void use_threads(const TrainConfig& config) {
  config.check();
  if (config.threads > 0) set_num_threads(static_cast<int>(config.threads));
}

// True where a run may begin: nothing is there, or what a run leaves that was killed before its first file
// was whole.
bool is_free(const std::string& folder) {
  std::error_code error;
  fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return true;
  fs::directory_iterator files(folder, error);
  if (error) return false;
  return std::all_of(begin(files), end(files), [](const fs::directory_entry& file) {
    return file.path().filename() == "config.json.tmp";
  });
}

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail_file("train", text("Cannot make the run folder: ", error.message(), ". Hint: give another --out"),
              folder);
}

}  // namespace

void draw_graph(const std::string& folder, const std::string& file) {
  std::ostringstream nowhere;
  Run(read_config(folder), folder, nowhere, nowhere).draw_graph(file);
}

bool is_run(const std::string& folder) {
  std::error_code error;
  return fs::exists(path_in(folder, "config.json"), error);
}

TrainConfig read_config(const std::string& folder) {
  std::string path = path_in(folder, "config.json");
  return parse_config(data::read_text(path), path);
}

void train(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress) {
  use_threads(config);
  if (is_run(folder))
    fail_file("train", "There is a run already. Hint: --resume goes on with it; or give another --out",
              folder);
  if (!is_free(folder))
    fail_file("train", "The run folder exists and is not empty. Hint: give another --out", folder);
  Run run(config, folder, out, progress);
  make_folder(folder);
  run.start();
}

void resume(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress) {
  use_threads(config);
  if (!is_run(folder)) {
    if (!is_free(folder))
      fail_file("train", "This is not a run folder: it has no config.json. Hint: give another --out", folder);
    return train(config, folder, out, progress);
  }
  std::string differing = contradictions(config, read_config(folder));
  check(differing.empty(), "train", "This contradicts the run in ", folder, ": ", differing,
        ". Hint: leave it out to resume, or give a new --out");
  Run run(config, folder, out, progress);
  if (has_checkpoint(folder))
    run.go_on();
  else
    run.start();
}

}  // namespace lexigrad::train
