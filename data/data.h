// The menu: text, tokens, windows, batches.
#pragma once
#include "lexigrad/data/gpt2_tokenizer.h"      // GPT-2's byte pairs
#include "lexigrad/data/loader.h"              // batches, shuffled and assembled ahead
#include "lexigrad/data/next_token_dataset.h"  // windows and their next-token targets
#include "lexigrad/data/planted_corpus.h"      // generated text with known answers
#include "lexigrad/data/text.h"                // reading files
#include "lexigrad/data/word_tokenizer.h"      // words and punctuation
