#include "lexigrad/train/runs/plan/plan_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/nn/models/word_model.h"
#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {
namespace {

constexpr unsigned bit(Moment moment) { return static_cast<unsigned>(moment); }

constexpr unsigned kReading = bit(Moment::reading), kCounting = bit(Moment::counting),
                   kForward = bit(Moment::forward), kBackward = bit(Moment::backward),
                   kUpdate = bit(Moment::update), kEvaluating = bit(Moment::evaluating),
                   kSaving = bit(Moment::saving),
                   kSteps = kForward | kBackward | kUpdate | kEvaluating | kSaving,
                   kAfterBackward = kUpdate | kEvaluating | kSaving;

constexpr double kId = 8;                            // bytes of an id in a tensor
constexpr double kProgram = 16 << 20;                // code, libraries, threads: measured
constexpr double kBlock = data::TextBlocks::kBlock;  // of a text that is tokenized at a time
constexpr double kPairs = 1 << 24;                   // counted at a time
constexpr double kWord = 160;  // of a vocabulary: its letters, its place among the others, its count
constexpr double kStatistics = 4 << 20;       // blocks of table_statistics()
constexpr double kOrders = 2;                 // of the n-grams that a memory looks up
constexpr double kChunk = 512, kGroups = 16;  // of the head: rows of logits at a time, parts of a sum

// G rows of n-grams that are parameters, V vocabulary, C width, T window, N tokens of a batch, L layers, H heads, K numbers that the
// optimizer keeps, S bytes of a number, W of one that a matrix of weights stores.
class Rows {
 public:
  Rows(const TrainConfig& config, const TextSizes& text) : config_(config), text_(text) {
    N = static_cast<double>(std::min(config.batch, std::max<int64_t>(windows_of(config, text), 1))) * T;
  }

  std::vector<PlanRow> all() {
    add_program();
    add_parameters();
    add_gradients();
    add_moments();
    add_step();
    add_watching();
    add_saving();
    return std::move(rows_);
  }

 private:
  void add(std::string name, double bytes, unsigned moments, std::string how) {
    if (bytes > 0) rows_.push_back({std::move(name), bytes, moments, std::move(how)});
  }

  bool softmax() const { return config_.loss == TrainConfig{}.loss; }
  // Two tables, of words and of their contexts, and no more.
  bool pairs() const { return objectives().at(config_.objective).sentences; }
  bool lazy() const { return config_.rows != "dense"; }
  bool catches_up() const { return config_.rows == "lazy_exact"; }
  double encoder() const { return matrices() + norms(); }
  double matrices() const { return attends_ ? L * 12 * C * C : 0; }
  double norms() const { return attends_ ? L * 13 * C + 2 * C : 0; }  // and biases
  // All parameters but n-grams.
  double weight_bytes() const {
    return (V * C + positions() + matrices() + (config_.tied ? 0 : V * C)) * W +
           (norms() + (config_.tied ? 0 : biases())) * S;
  }

  double biases() const { return pairs() ? 0 : V; }
  double head() const { return config_.tied ? 0 : V * C + biases(); }

  double positions() const {
    const std::string& name = config_.positions;
    double d = C / H, each = 0;
    if (pairs()) return 0;
    if (name == "learned") return T * C;
    if (!attends_) return 0;
    if (name.starts_with("relative_key")) each = (2 * T - 1) * d;
    if (name == "shaw") each = 2 * 33 * d;
    if (name == "t5") each = 32 * H;
    if (name == "transformer_xl") each = C * C + 2 * C;
    return each * (name == "t5" ? 1 : L);
  }

  // Different tokens among `seen` of the training tokens, each as probable as it is in all of them.
  double different(double seen) const {
    double share = std::min(1.0, seen / static_cast<double>(std::max<int64_t>(text_.training(), 1))), out = 0;
    for (int64_t times : text_.occurrences)
      if (times > 0) out += 1 - std::pow(1 - share, static_cast<double>(times));
    return out;
  }

  void add_program() {
    double tokens = static_cast<double>(text_.training() + text_.held_out()),
           width = static_cast<double>(text_.width), bytes = static_cast<double>(text_.bytes);
    constexpr unsigned always = kReading | kCounting | kSteps;
    add("program", kProgram, always, "code, libraries, threads");
    add("words", V * kWord, always, fmt::format("{:.0f} words x {:.0f}", V, kWord));
    add("tokens", tokens * width, always, fmt::format("{:.0f} tokens x {:.0f}", tokens, width));
    add("text", static_cast<double>(text_.kept_bytes) + std::min(bytes, kBlock) * 6, kReading,
        "a block and its ids; what a pipe had");
    if (pairs())
      add("ends of sentences", static_cast<double>(text_.sentences) * 2 * kId, always, "copied once");
    if (held_out() && !pairs())
      add("pairs", 4 * std::min(static_cast<double>(text_.training()), kPairs) + 32 * V, kCounting,
          "4 a token, 32 a word");
    add("batches", 4 * 2 * N * kId, kSteps, fmt::format("4 ahead x 2 x {:.0f} ids", N));
  }

  bool held_out() const {
    const int64_t least = pairs() ? 0 : config_.context;
    return std::any_of(text_.corpora.begin(), text_.corpora.end(),
                       [least](const auto& each) { return each.held_out > least; });
  }

  void add_parameters() {
    constexpr unsigned there = kCounting | kSteps;
    add("parameters: table", V * C * W, there, fmt::format("{:.0f} x {:.0f} x {:.0f}", V, C, W));
    add("parameters: n-grams", G * C * W, there, fmt::format("{:.0f} x {:.0f} x {:.0f}", G, C, W));
    add("n-grams in memory", paged_, there, "--ngram-memory");
    add("parameters: positions", positions() * W, there, fmt::format("{:.0f} x {:.0f}", positions(), W));
    add("parameters: encoder", matrices() * W + norms() * S, there,
        fmt::format("({:.0f} x (12 C + 13) + 2) x C, C = {:.0f}", L, C));
    if (pairs())
      add("parameters: contexts", V * C * W, there, "as the table");
    else if (!config_.tied)
      add("parameters: head", V * C * W + V * S, there,
          fmt::format("{0:.0f} x {1:.0f} x {2:.0f} + {0:.0f} x {3:.0f}", V, C, W, S));
    if (config_.ema > 0 || config_.swa > 0)
      add("averages", (V * C + G * C + positions() + encoder() + head()) * S, kSteps,
          "of all parameters, for --ema or --swa");
    if (stored() && (config_.ema > 0 || config_.swa > 0))
      add("weights that wait", weight_bytes() + G * C * W, kEvaluating, "while averages are in their place");
  }

  // Different classes in so many draws of a sampled loss.
  double drawn(double draws) const {
    const auto& sampler = config_.options.get<std::string>("sampler");
    double power = sampler == "unigram" ? config_.options.get<double>("power") : 0, total = 0, out = 0;
    auto weight = [&](size_t id) {
      double rank = static_cast<double>(id) + 1;
      return sampler == "log-uniform" ? std::log1p(1 / rank)
                                      : std::pow(static_cast<double>(text_.occurrences[id]), power);
    };
    for (size_t id = 0; id < text_.occurrences.size(); ++id) total += weight(id);
    for (size_t id = 0; id < text_.occurrences.size(); ++id)
      out -= std::expm1(draws * std::log1p(-std::min(weight(id) / total, 1 - 1e-9)));
    return out;
  }
  // Rows of the head that a sampled loss has given gradients to after so many steps.
  double head_rows(double steps) const {
    auto each = static_cast<double>(config_.options.get<int64_t>("negatives"));
    double draws = steps * (config_.loss == "sampled-softmax" ? each : N * each);
    return std::min(V, different(steps * N) + drawn(draws));
  }
  // N words in blocks: the rows of each block before they are added to others, and each row of a table once.
  void add_pairs() {
    const nn::WordModelOptions standard;
    const auto shared = static_cast<double>(standard.shared), drawn = static_cast<double>(standard.drawn),
               window = static_cast<double>(config_.options.get<int64_t>("window"));
    const double blocks = std::ceil(N / shared), targets = shared + drawn, words = shared + 2 * window;
    const double rows = blocks * (targets + words);
    add("pairs of a batch", blocks * (targets * words * S + (targets + words) * kId),
        kForward | kBackward | kEvaluating,
        fmt::format("{:.0f} blocks of {:.0f} x {:.0f} pairs", blocks, targets, words));
    add("gradients: rows", rows * C * S, kForward | kBackward,
        fmt::format("{:.0f} rows before they are added", rows));
    add("gradients: tables", std::min(rows, 2 * V) * (C * S + kId), kBackward | kAfterBackward,
        "each row once, at most");
  }
  void add_gradients() {
    if (pairs()) return add_pairs();
    double rows = different(N * static_cast<double>(config_.accumulate));
    if (config_.tied && softmax())
      add("gradients: table", V * C * S, kForward | kBackward | kAfterBackward, "tied: as the table");
    else
      add("gradients: table", rows * (C * S + kId), kAfterBackward,
          fmt::format("some {:.0f} rows of a step", rows));
    double read = std::min(static_cast<double>(config_.ngram_rows), kOrders * N);
    if (paged_ > 0)
      add("n-grams of a batch", read * C * S, kForward | kBackward | kAfterBackward, "as its gradient");
    add("gradients: n-grams", read * (C * S + kId), kAfterBackward,
        fmt::format("{:.0f} rows of a batch at most", read));
    add("gradients: positions", positions() * S, kAfterBackward, "as the positions");
    add("gradients: encoder", encoder() * S, kAfterBackward | (ends_higher() ? kBackward : 0),
        "as the encoder");
    if (!softmax())
      add("gradients: head", head_rows(1) * (C * S + S + 2 * kId), kAfterBackward,
          fmt::format("some {:.0f} rows that are drawn", head_rows(1)));
    else if (!config_.tied)
      add("gradients: head", (V * C + V) * S, kForward | kBackward | kAfterBackward, "as the head");
  }

  // Rows of a table whose moments are kept, where not all are.
  bool keeps_all() const { return !lazy() && config_.options.get<double>("weight-decay") != 0; }
  double seen() const {
    return static_cast<double>(config_.steps) * N * static_cast<double>(config_.stride) / T;
  }
  // Each pair and triple that the steps see has a row of its own, at most.
  double kept_ngrams() const {
    return keeps_all() ? G : std::min({G, kOrders * seen(), kOrders * static_cast<double>(text_.training())});
  }
  // Moments of a table of which `met` rows have had a gradient by rows.
  void add_table_moments(const std::string& name, double numbers, double met) {
    bool all = keeps_all();
    double rows = all ? V : std::min(met, V);
    add("moments: " + name, K * (numbers / V) * rows * S + (all ? 0 : V * kId), kSteps,
        fmt::format("{:.3g} x {}{:.0f} rows", K, all ? "" : "some ", rows));
  }
  void add_moments() {
    if (K == 0) return;
    add("moments: n-grams", kept_ngrams() * K * C * S + (keeps_all() ? 0 : G * kId), kSteps,
        fmt::format("{:.0f} x {:.0f} rows at most", K, kept_ngrams()));
    if (config_.tied && softmax())
      add("moments: table", K * V * C * S, kSteps, fmt::format("{:.3g} x the table", K));
    else
      add_table_moments("table", V * C, different(seen()));
    add("moments: positions", K * positions() * S, kSteps, fmt::format("{:.0f} x the positions", K));
    double kept = attends_ ? L * slots_of_layer(config_) + K * norms() : 0;
    add("moments: encoder", kept * S, kSteps,
        fmt::format("{:.3g} x the encoder", kept / std::max(encoder(), 1.0)));
    if (config_.tied) return;
    if (pairs())
      add_table_moments("contexts", V * C, V);
    else if (softmax())
      add("moments: head", K * (V * C + V) * S, kSteps, fmt::format("{:.0f} x the head", K));
    else
      add_table_moments("head", V * C + V, head_rows(static_cast<double>(config_.steps)));
  }

  // Numbers a token that a block keeps for its gradient: input, two norms and what follows them, queries, keys
  // and values, the attention's output and, four times as wide, two layers of the perceptron.
  double scores() const {
    const std::string& name = config_.positions;
    double each = name.starts_with("relative_key") || name == "shaw" || name == "transformer_xl" ? 4 : 0;
    return each * H * T;
  }
  double of_block() const {
    double turned = config_.positions.starts_with("rope") ? 2 * C : 0;
    return 16 * C + 4 + H + turned + scores();
  }
  // Kept from the forward pass; of a block that is computed again its input.
  double activations() const {
    double memory = config_.ngram_rows > 0 ? 2 * C + kOrders * 4 : 0;
    return N * (memory + (attends_ ? L * (config_.recompute ? C : of_block()) + 2 * C + 2 : C));
  }

  // Where blocks are computed again a walk back gives up an input and makes a gradient with each: backward's peak is
  // at its end where the gradients are larger.
  bool ends_higher() const { return config_.recompute && N * C < encoder() / L; }

  double tile_width() const { return N <= static_cast<double>(kernels::kSkinnyRows) ? 256 : 1024; }
  double logits() const {
    double n = std::min(N, kChunk), tiles = std::ceil(V / tile_width());
    return n * V + 2 * tiles * n;
  }
  // The gradient of what the head reads: its parts and their sum.
  double head_sums() const {
    double n = std::min(N, kChunk), tiles = std::ceil(V / tile_width());
    return std::min(kGroups, tiles) * n * C + N * C;
  }
  // A sampled loss looks at so many classes for each token; ids and probabilities stand beside the logits.
  double sampled_bytes() const {
    double drawn = config_.options.get<int64_t>("negatives");
    double each = N * (1 + drawn);
    return config_.loss == "sampled-softmax" ? each * (6 * S + 2 * kId) : each * (6 * S + 4 * kId);
  }

  bool stored() const { return W < S; }
  // The matrix of a layer's perceptron, and tiles of the head, one a thread.
  double widened() const {
    return stored() ? (attends_ ? 4 * C * C : 0) + (softmax() ? 2 * tile_width() * C : 0) : 0;
  }

  void add_step() {
    if (pairs()) return;
    add("weights widened", widened() * S, kForward | kBackward, "of a layer, and of two tiles of the head");
    add("activations", activations() * S, kForward | (ends_higher() ? 0 : kBackward),
        attends_ ? fmt::format("{:.0f} tokens x {:.0f} layers x {}C", N, L, config_.recompute ? "" : "16 ")
                 : fmt::format("{:.0f} x {:.0f}", N, C));
    if (config_.recompute) {
      add("a block again", N * (of_block() + (ends_higher() ? C : 0)) * S, kBackward,
          fmt::format("{:.0f} tokens x {} C, for --recompute", N, ends_higher() ? 17 : 16));
      add("gaps", N * of_block() * S, kSteps, "pages between the inputs: measured");
    }
    if (softmax())
      add("logits", logits() * S, kForward,
          fmt::format("chunk of {:.0f} x {:.0f} x {:.0f}", std::min(N, kChunk), V, S));
    else
      add("logits", sampled_bytes(), kForward | kBackward, "of the classes drawn, and their ids");
    if (softmax()) add("head's sums", head_sums() * S, kForward, "its input's gradient, in parts");
    add("on the way back", N * C * S * (attends_ ? 7 : 3), kBackward, "gradients of activations");
    if (held_out())
      add("logits held out", logits() * S + N * C * S, kEvaluating,
          fmt::format("chunk of {:.0f} x {:.0f} x {:.0f}", std::min(N, kChunk), V, S));
  }

  // What --log-norms and --table-stats hold.
  void add_watching() {
    if (config_.log_norms) {
      add("weights before a step", weight_bytes(), kForward | kBackward | kUpdate,
          "of all parameters, for --log-norms");
      add("change of a weight", V * C * S * (stored() ? 3 : 1), kUpdate, "the table's");
    }
    if (config_.table_stats && held_out())
      add("statistics of the table", V * 16 + kStatistics, kEvaluating, "for --table-stats");
  }

  // A checkpoint has whole tables: moments that are kept by rows are copied.
  void add_saving() {
    bool tables = K > 0 && !keeps_all();
    double copies = 0;
    if (tables) copies += K * G * C * S;
    if (tables && !(config_.tied && softmax())) copies += K * V * C * S;
    if (tables && !softmax() && !config_.tied) copies += K * head() * S;
    if (catches_up()) {
      add("rows behind", V * kId + static_cast<double>(config_.steps) * 32, kSteps,
          "the last step of each row");
      add("rows caught up", V * C * S, kSaving | kEvaluating, "a copy of the table");
    }
    if (optim::optimizers().at(config_.optimizer).averages)
      add("weights set aside", (V * C + G * C + positions() + encoder() + head()) * S, kSaving | kEvaluating,
          "of all parameters, while their average is in their place");
    if (stored() && config_.ema == 0 && config_.swa == 0) copies += V * C * S;
    add("copies to save", copies, kSaving,
        stored() ? "moments by rows as whole tables, vectors as float32" : "moments by rows as whole tables");
    // The allocator keeps what a step gave back.
    double step = pairs() ? 0 : softmax() ? (logits() + head_sums() + activations()) * S : logits() * S;
    if (copies > 0) add("kept for reuse", step, kSaving, "what a step gave back");
  }

  const TrainConfig& config_;
  const TextSizes& text_;
  std::vector<PlanRow> rows_ = {};
  bool attends_ = nn::encoders().at(config_.encoder).attends;
  double paged_ = config_.ngram_rows > 0 ? static_cast<double>(config_.ngram_memory) * (1 << 20)
                                         : 0;  // bytes
  double G = paged_ > 0 ? 0 : static_cast<double>(config_.ngram_rows),
         V = static_cast<double>(text_.occurrences.size()), C = static_cast<double>(config_.dim),
         T = static_cast<double>(config_.context),
         L = static_cast<double>(config_.options.get<int64_t>("layers")),
         H = static_cast<double>(config_.options.get<int64_t>("heads")),
         K = static_cast<double>(
                 optim::numbers_of(optim::optimizers().at(config_.optimizer).slots(config_.options),
                                   {static_cast<int64_t>(V), config_.dim})) /
             (V * C),
         S = config_.dtype == "float64" ? 8 : 4, W = config_.dtype == "bfloat16" ? 2 : S, N = 0;
};

}  // namespace

std::vector<PlanRow> plan_rows(const TrainConfig& config, const TextSizes& text) {
  return Rows(config, text).all();
}

}  // namespace lexigrad::train
