#include "lexigrad/train/loop/evaluate.h"

#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::train {

Tally detail::tally_rest(Feed& feed) {
  NoGrad off;
  Tally tally;
  for (; !feed.done(); feed.advance()) {
    nn::Loss loss = feed.loss();
    tally.sum += loss.sum.item<double>();
    tally.weight += loss.weight;
  }
  return tally;
}

}  // namespace lexigrad::train
