// The loss over a whole loader.
#pragma once
#include <utility>

#include "lexigrad/train/loop/feed.h"
#include "lexigrad/train/loop/tally.h"

namespace lexigrad::train {

namespace detail {
/// What is left of the epoch where the feed stands, off the tape.
Tally tally_rest(Feed& feed);
}  // namespace detail

/// Mean loss over one pass of the loader (what is left of it after seek()), off the tape. The loss takes a
/// batch or its parts, as the Trainer's does.
template <class Loss, data::Dataset D>
double evaluate(Loss loss, data::DataLoader<D>& loader) {
  LoaderFeed<Loss, D> feed(std::move(loss), loader);
  feed.start();
  return detail::tally_rest(feed).mean();
}

}  // namespace lexigrad::train
