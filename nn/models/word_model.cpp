#include "lexigrad/nn/models/word_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/init.h"

namespace lexigrad::nn {
namespace {

std::vector<double> kept_shares(const std::vector<int64_t>& occurrences, double subsample) {
  std::vector<double> out(occurrences.size(), 1);
  if (subsample == 0) return out;
  const double total = std::accumulate(occurrences.begin(), occurrences.end(), 0.0);
  for (size_t i = 0; i < out.size(); ++i)
    if (double share = static_cast<double>(occurrences[i]) / total; share > 0)
      out[i] = (std::sqrt(share / subsample) + 1) * subsample / share;
  return out;
}

// Words stand in pairs with probability p and are drawn as noise with q; s = log(p / (negatives q)) is the best score.
double least_loss(const std::vector<int64_t>& occurrences, const std::vector<double>& kept,
                  const Sampler& noise, double negatives) {
  const auto size = static_cast<int64_t>(kept.size());
  const Tensor log_noise = noise.log_probability(arange(size), float64);
  std::vector<double> p;
  for (size_t i = 0; i < kept.size(); ++i)
    p.push_back(static_cast<double>(occurrences[i]) * std::min(kept[i], 1.0));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  double loss = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double of_pairs = p[i] / total, of_noise = negatives * std::exp(log_noise.data<double>()[i]);
    if (of_pairs == 0 || of_noise == 0) continue;
    loss += of_pairs * std::log1p(of_noise / of_pairs) + of_noise * std::log1p(of_pairs / of_noise);
  }
  return loss;
}

// Words that stay, each with how many before and behind it are in its window.
struct Kept {
  struct Word {
    int64_t id, before, behind;
  };
  std::vector<Word> words;

  Kept(const Tensor& sentences, const std::vector<double>& shares, int64_t window) {
    const int64_t* ids = sentences.data<int64_t>();
    const Draw draw = next_draw();
    CounterRng::Block bits{};  // of four words; of each, one half says whether it stays, one how far it looks
    int64_t begin = 0;
    auto end_sentence = [&] {
      const auto end = static_cast<int64_t>(words.size());
      for (int64_t i = begin; i < end; ++i) {
        Word& word = words[static_cast<size_t>(i)];
        word.before = std::min(word.before, i - begin), word.behind = std::min(word.behind, end - 1 - i);
      }
      begin = end;
    };
    for (int64_t i = 0; i < sentences.numel(); ++i) {
      if (i % 4 == 0) bits = draw.block(static_cast<uint64_t>(i / 4));
      const uint64_t own = bits[static_cast<size_t>(i % 4)];
      if (ids[i] < 0) {
        end_sentence();
      } else if (static_cast<double>(own & UINT32_MAX) < shares[static_cast<size_t>(ids[i])] * 0x1p32) {
        const auto reach = 1 + static_cast<int64_t>((own >> 32) * static_cast<uint64_t>(window) >> 32);
        words.push_back({ids[i], reach, reach});
      }
    }
    end_sentence();
  }
};

// One block's rows of the tensors: the words around the targets lie in a row, from `window` before the first on.
template <class T>
struct Block {
  int64_t *targets, *words;
  T *weights, *mixes;  // mixes: null where each word predicts alone
  int64_t shared, drawn, window;

  int64_t size() const { return shared + 2 * window; }
  int64_t columns() const { return mixes ? shared : size(); }

  // Fills it with the targets first..last-1, beside noise words that are there already; returns its pairs.
  int64_t fill(const std::vector<Kept::Word>& kept, int64_t first, int64_t last, T noise) const {
    std::fill(targets, targets + shared, int64_t{-1});
    std::fill(words, words + size(), int64_t{-1});
    std::fill(weights, weights + shared * columns(), T{0});
    if (mixes) std::fill(mixes, mixes + shared * size(), T{0});
    T* of_noise = weights + shared * columns();
    const int64_t *noises = targets + shared, *end = noises + drawn;
    std::vector<T> meets(static_cast<size_t>(columns()), 0);  // how many targets each column is near to
    int64_t pairs = 0;
    for (int64_t t = first; t < last; ++t) {
      const Kept::Word& target = kept[static_cast<size_t>(t)];
      targets[t - first] = target.id;
      for_window(target, t, [&](int64_t c) { words[c - first + window] = kept[static_cast<size_t>(c)].id; });
      pairs += for_columns(target, t, first, [&](int64_t column) {
        weights[(t - first) * columns() + column] += T{1};
        meets[static_cast<size_t>(column)] += noise;
      });
      if (const int64_t around = target.before + target.behind; mixes && around > 0)
        for_window(target, t, [&](int64_t c) {
          mixes[(t - first) * size() + c - first + window] = T{1} / static_cast<T>(around);
        });
    }
    for (int64_t n = 0; n < drawn; ++n)
      std::transform(meets.begin(), meets.end(), of_noise + n * columns(), std::negate<T>());
    for (int64_t t = first; t < last; ++t)  // a noise word is none to itself
      for (const int64_t* n = std::find(noises, end, targets[t - first]); n < end;
           n = std::find(n + 1, end, targets[t - first]))
        for_columns(kept[static_cast<size_t>(t)], t, first,
                    [&](int64_t column) { of_noise[(n - noises) * columns() + column] += noise; });
    return pairs;
  }

 private:
  template <class Use>
  static void for_window(const Kept::Word& target, int64_t t, const Use& use) {
    for (int64_t c = t - target.before; c <= t + target.behind; ++c)
      if (c != t) use(c);
  }
  // The columns by which a target is predicted: each word of its window, or the mean of them all. Returns how many.
  template <class Use>
  int64_t for_columns(const Kept::Word& target, int64_t t, int64_t first, const Use& use) const {
    const int64_t around = target.before + target.behind;
    if (!mixes) {
      for_window(target, t, [&](int64_t c) { use(c - first + window); });
      return around;
    }
    if (around > 0) use(t - first);
    return around > 0 ? 1 : 0;
  }
};

}  // namespace

WordModel::WordModel(const char* name, Predicts predicts, const std::vector<int64_t>& occurrences,
                     const WordModelOptions& options)
    : name_(name),
      predicts_(predicts),
      options_(options),
      kept_(kept_shares(occurrences, options.subsample)),
      noise_(Sampler::unigram(occurrences, options.power)),
      loss_of_counts_(least_loss(occurrences, kept_, noise_, options.negatives)),
      token_(static_cast<int64_t>(occurrences.size()), options.dim, {.name = "token.weight"}),
      context_(static_cast<int64_t>(occurrences.size()), options.dim, {.name = "context.weight"}) {
  check(options.window >= 1 && options.shared >= 1 && options.drawn >= 1, name,
        "Needs window, shared and drawn of at least 1, got ", options.window, ", ", options.shared, " and ",
        options.drawn);
  check(options.negatives > 0 && options.subsample >= 0, name,
        "Needs negatives above 0 and subsample of 0 or more, got ", options.negatives, " and ",
        options.subsample);
  if (options.dtype != float32) token_.to(options.dtype), context_.to(options.dtype);
  const double width = 0.5 / static_cast<double>(options.dim);
  init::uniform_(token_.weight(), -width, width);
  for (size_t i = 0; i < occurrences.size(); ++i)  // none will move them
    if (occurrences[i] == 0) token_.weight().detach().narrow(0, static_cast<int64_t>(i), 1).zero_();
  init::zeros_(context_.weight());
}

WordBlocks WordModel::blocks(const Tensor& sentences) const {
  check(sentences.dtype() == int64 && sentences.rank() == 1, name_, "Sentences must be int64 (n), got ",
        name(sentences.dtype()), " ", sentences.shape());
  const Tensor ids = sentences.contiguous();
  const auto classes = static_cast<int64_t>(kept_.size());
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (int64_t id = ids.data<int64_t>()[i]; id < -1 || id >= classes) [[unlikely]]
      fail(name_, text("Id ", id, " at position ", i, " is outside the vocabulary (valid ids are 0..",
                       classes - 1, ", and -1 between sentences)"));
  const Kept kept(ids, kept_, options_.window);
  const auto size = static_cast<int64_t>(kept.words.size()), shared = options_.shared, drawn = options_.drawn;
  const int64_t count = (size + shared - 1) / shared, near = shared + 2 * options_.window;
  const bool mixed = predicts_ == Predicts::mean;
  const int64_t columns = mixed ? shared : near;
  WordBlocks out{empty({count, shared + drawn}, int64), empty({count, near}, int64),
                 empty({count, shared + drawn, columns}, options_.dtype),
                 mixed ? empty({count, shared, near}, options_.dtype) : Tensor()};
  const Tensor noise = noise_.draw({count, drawn});
  std::vector<int64_t> pairs(static_cast<size_t>(count));
  dispatch_floating(name_, options_.dtype, [&]<class T>(T) {
    const T weight = static_cast<T>(options_.negatives / static_cast<double>(drawn));
    parallel_ranges(count, 4, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const Block<T> block{out.targets.data<int64_t>() + b * (shared + drawn),
                             out.words.data<int64_t>() + b * near,
                             out.weights.data<T>() + b * (shared + drawn) * columns,
                             mixed ? out.mixes.data<T>() + b * shared * near : nullptr,
                             shared,
                             drawn,
                             options_.window};
        std::copy_n(noise.data<int64_t>() + b * drawn, drawn, block.targets + shared);
        pairs[static_cast<size_t>(b)] =
            block.fill(kept.words, b * shared, std::min((b + 1) * shared, size), weight);
      }
    });
  });
  out.pairs = std::accumulate(pairs.begin(), pairs.end(), int64_t{0});
  return out;
}

Loss WordModel::forward(const Tensor& sentences) const {
  WordBlocks all = blocks(sentences);
  return {
      logistic_pairs_sum(context_.weight(), token_.weight(), all.targets, all.words, all.weights, all.mixes),
      all.pairs};
}

}  // namespace lexigrad::nn
