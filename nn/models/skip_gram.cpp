#include "lexigrad/nn/models/skip_gram.h"

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
  T* weights;
  int64_t shared, drawn, window;

  int64_t size() const { return shared + 2 * window; }

  // Fills it with the targets first..last-1, beside noise words that are there already; returns its pairs.
  int64_t fill(const std::vector<Kept::Word>& kept, int64_t first, int64_t last, T noise) const {
    std::fill(targets, targets + shared, int64_t{-1});
    std::fill(words, words + size(), int64_t{-1});
    std::fill(weights, weights + shared * size(), T{0});
    T* of_noise = weights + shared * size();
    const int64_t *noises = targets + shared, *end = noises + drawn;
    std::vector<T> meets(static_cast<size_t>(size()), 0);  // how many targets each word is near to
    const auto add = [&](int64_t c, T* row, T much) { row[c - first + window] += much; };
    int64_t pairs = 0;
    for (int64_t t = first; t < last; ++t) {
      const Kept::Word& target = kept[static_cast<size_t>(t)];
      targets[t - first] = target.id;
      for (int64_t c = t - target.before; c <= t + target.behind; ++c) {
        if (c == t) continue;
        words[c - first + window] = kept[static_cast<size_t>(c)].id;
        add(c, weights + (t - first) * size(), T{1});
        add(c, meets.data(), noise);
        ++pairs;
      }
    }
    for (int64_t n = 0; n < drawn; ++n)
      std::transform(meets.begin(), meets.end(), of_noise + n * size(), std::negate<T>());
    for (int64_t t = first; t < last; ++t)  // a noise word is none to itself
      for (const int64_t* n = std::find(noises, end, targets[t - first]); n < end;
           n = std::find(n + 1, end, targets[t - first]))
        for (int64_t c = t - kept[static_cast<size_t>(t)].before;
             c <= t + kept[static_cast<size_t>(t)].behind; ++c)
          if (c != t) add(c, of_noise + (n - noises) * size(), noise);
    return pairs;
  }
};

}  // namespace

SkipGram::SkipGram(const std::vector<int64_t>& occurrences, const SkipGramOptions& options)
    : options_(options),
      kept_(kept_shares(occurrences, options.subsample)),
      noise_(Sampler::unigram(occurrences, options.power)),
      loss_of_counts_(least_loss(occurrences, kept_, noise_, options.negatives)),
      token_(static_cast<int64_t>(occurrences.size()), options.dim, {.name = "token.weight"}),
      context_(static_cast<int64_t>(occurrences.size()), options.dim, {.name = "context.weight"}) {
  check(options.window >= 1 && options.shared >= 1 && options.drawn >= 1, "SkipGram",
        "Needs window, shared and drawn of at least 1, got ", options.window, ", ", options.shared, " and ",
        options.drawn);
  check(options.negatives > 0 && options.subsample >= 0, "SkipGram",
        "Needs negatives above 0 and subsample of 0 or more, got ", options.negatives, " and ",
        options.subsample);
  if (options.dtype != float32) to(options.dtype);
  const double width = 0.5 / static_cast<double>(options.dim);
  init::uniform_(token_.weight(), -width, width);
  for (size_t i = 0; i < occurrences.size(); ++i)  // none will move them
    if (occurrences[i] == 0) token_.weight().detach().narrow(0, static_cast<int64_t>(i), 1).zero_();
  init::zeros_(context_.weight());
}

SkipGramBlocks SkipGram::blocks(const Tensor& sentences) const {
  check(sentences.dtype() == int64 && sentences.rank() == 1, "SkipGram", "Sentences must be int64 (n), got ",
        name(sentences.dtype()), " ", sentences.shape());
  const Tensor ids = sentences.contiguous();
  const auto classes = static_cast<int64_t>(kept_.size());
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (int64_t id = ids.data<int64_t>()[i]; id < -1 || id >= classes) [[unlikely]]
      fail("SkipGram", text("Id ", id, " at position ", i, " is outside the vocabulary (valid ids are 0..",
                            classes - 1, ", and -1 between sentences)"));
  const Kept kept(ids, kept_, options_.window);
  const auto size = static_cast<int64_t>(kept.words.size()), shared = options_.shared, drawn = options_.drawn;
  const int64_t count = (size + shared - 1) / shared, near = shared + 2 * options_.window;
  SkipGramBlocks out{empty({count, shared + drawn}, int64), empty({count, near}, int64),
                     empty({count, shared + drawn, near}, options_.dtype)};
  const Tensor noise = noise_.draw({count, drawn});
  std::vector<int64_t> pairs(static_cast<size_t>(count));
  dispatch_floating("SkipGram", options_.dtype, [&]<class T>(T) {
    const T weight = static_cast<T>(options_.negatives / static_cast<double>(drawn));
    parallel_ranges(count, 4, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const Block<T> block{out.targets.data<int64_t>() + b * (shared + drawn),
                             out.words.data<int64_t>() + b * near,
                             out.weights.data<T>() + b * (shared + drawn) * near,
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

Loss SkipGram::forward(const Tensor& sentences) const {
  SkipGramBlocks all = blocks(sentences);
  return {logistic_pairs_sum(context_.weight(), token_.weight(), all.targets, all.words, all.weights),
          all.pairs};
}

}  // namespace lexigrad::nn
