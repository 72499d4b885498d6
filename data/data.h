// The menu: text, tokens, windows, batches.
#pragma once
#include "lexigrad/data/corpora/cooccurrence.h"       // how often tokens stand near each other
#include "lexigrad/data/corpora/corpus_statistics.h"  // what a corpus is like
#include "lexigrad/data/corpora/phrases.h"            // words that become one, as new_york
#include "lexigrad/data/corpora/planted_corpus.h"     // generated text with known answers
#include "lexigrad/data/datasets/collated.h"          // samples of any kind, and a function that joins them
#include "lexigrad/data/datasets/counted_pairs.h"     // pairs with how often they occur
#include "lexigrad/data/datasets/mixed_dataset.h"     // several corpora, mixed by weights
#include "lexigrad/data/datasets/next_token.h"        // windows and their next-token targets
#include "lexigrad/data/datasets/sentences.h"         // runs of whole sentences
#include "lexigrad/data/datasets/subset.h"            // random_split
#include "lexigrad/data/datasets/tensor_dataset.h"    // rows of tensors
#include "lexigrad/data/datasets/token_file.h"        // ids of a corpus in a file
#include "lexigrad/data/datasets/word_pairs.h"        // each token with its neighbours
#include "lexigrad/data/loader.h"                     // batches, shuffled and assembled ahead
#include "lexigrad/data/text/documents.h"             // files, folders and JSON lines as texts
#include "lexigrad/data/text/escape.h"                // any bytes as one line or one field
#include "lexigrad/data/text/text.h"                  // reading files
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"   // byte pairs learnt from a text
#include "lexigrad/data/tokenizers/char_tokenizer.h"  // each character a token
#include "lexigrad/data/tokenizers/file_tokenizer.h"  // byte pairs of another program's file
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"  // GPT-2's byte pairs
#include "lexigrad/data/tokenizers/stream_decoder.h"  // text of ids one by one
#include "lexigrad/data/tokenizers/text_blocks.h"     // a text by parts that are encoded alone
#include "lexigrad/data/tokenizers/tokenizers.h"      // one of them by its name, or from its file
#include "lexigrad/data/tokenizers/word_tokenizer.h"  // words and punctuation
