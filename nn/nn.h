// THE MENU: one line per layer, position method, loss and model. A new one is a new header and
// a line here.
#pragma once
// First, so that errors show a short way to them.
#include "lexigrad/nn/layers/linear.h"  ///< Linear: x W^T + b
#include "lexigrad/nn/module.h"         ///< Module, Layer, LEXIGRAD_MODULE

#include "lexigrad/nn/gradcheck.h"  ///< gradcheck(module, input)
#include "lexigrad/nn/init.h"       ///< init::normal_, xavier_uniform_, kaiming_normal_, orthogonal_, ...
#include "lexigrad/nn/layers/activations/activation.h"  ///< Tanh, ReLU, GELU, SiLU, Sigmoid, Hardtanh, ...
#include "lexigrad/nn/layers/activations/rectifiers.h"  ///< LeakyReLU, PReLU, ELU, ReLU6, Softplus, Mish
#include "lexigrad/nn/layers/activations/softmax.h"     ///< Softmax, LogSoftmax
#include "lexigrad/nn/layers/attention.h"               ///< MultiHeadAttention, KeyValueCache
#include "lexigrad/nn/layers/channels/batch_norm.h"     ///< BatchNorm1d: by a batch's mean and variance
#include "lexigrad/nn/layers/channels/conv1d.h"         ///< Conv1d: convolution along a sequence
#include "lexigrad/nn/layers/channels/group_norm.h"     ///< GroupNorm: channels in groups
#include "lexigrad/nn/layers/dropout.h"                 ///< Dropout: elements put to 0 while training
#include "lexigrad/nn/layers/embedding.h"               ///< Embedding: a table looked up by id
#include "lexigrad/nn/layers/embedding_bag.h"           ///< EmbeddingBag: sum, mean or max of a bag of rows
#include "lexigrad/nn/layers/flatten.h"                 ///< Flatten: several dimensions as one
#include "lexigrad/nn/layers/grow.h"                    ///< GrowOptions: what new rows start from
#include "lexigrad/nn/layers/identity.h"                ///< Identity: x itself
#include "lexigrad/nn/layers/layer_norm.h"              ///< LayerNorm: by mean and variance
#include "lexigrad/nn/layers/mlp.h"                     ///< MLP: two Linear with an activation between
#include "lexigrad/nn/layers/module_dict.h"             ///< ModuleDict: modules by name
#include "lexigrad/nn/layers/module_list.h"             ///< ModuleList: modules by number
#include "lexigrad/nn/layers/ngram_memory.h"       ///< NgramMemory: vectors of the last ids together, hashed
#include "lexigrad/nn/layers/recurrent/gru.h"      ///< GRU, GRUCell: gated recurrent units
#include "lexigrad/nn/layers/recurrent/lstm.h"     ///< LSTM, LSTMCell: long short-term memory
#include "lexigrad/nn/layers/recurrent/rnn.h"      ///< RNN, RNNCell: plain recurrence
#include "lexigrad/nn/layers/rms_norm.h"           ///< RMSNorm: by the root mean square
#include "lexigrad/nn/layers/sequential.h"         ///< Sequential: layers one after another
#include "lexigrad/nn/layers/subword_embedding.h"  ///< SubwordEmbedding: words by their character n-grams
#include "lexigrad/nn/layers/swiglu.h"             ///< SwiGLU: a gated MLP
#include "lexigrad/nn/layers/transformer_block.h"  ///< TransformerBlock: attention and a feed-forward layer
#include "lexigrad/nn/layers/transformer_stack.h"  ///< TransformerStack: blocks one after another
#include "lexigrad/nn/losses/adaptive_softmax.h"   ///< AdaptiveSoftmax: clusters by frequency
#include "lexigrad/nn/losses/bce.h"                ///< bce: yes or no, of probabilities
#include "lexigrad/nn/losses/bce_with_logits.h"    ///< bce_with_logits: yes or no
#include "lexigrad/nn/losses/cosine_embedding.h"   ///< cosine_embedding: pairs that belong together or not
#include "lexigrad/nn/losses/cross_entropy.h"      ///< cross_entropy, linear_cross_entropy
#include "lexigrad/nn/losses/gaussian_nll.h"       ///< gaussian_nll: numbers with a spread
#include "lexigrad/nn/losses/glove.h"              ///< glove: vectors from co-occurrence counts
#include "lexigrad/nn/losses/head_losses.h"        ///< head_losses: what a model can train by, by name
#include "lexigrad/nn/losses/hierarchical_softmax.h"  ///< hierarchical_softmax, HuffmanTree
#include "lexigrad/nn/losses/huber.h"                 ///< huber, smooth_l1: squared near, absolute far
#include "lexigrad/nn/losses/info_nce.h"              ///< info_nce: each pair against the batch
#include "lexigrad/nn/losses/kl_div.h"                ///< kl_div: from one distribution to another
#include "lexigrad/nn/losses/l1.h"                    ///< l1: absolute differences
#include "lexigrad/nn/losses/loss.h"                  ///< Loss: a sum and its count
#include "lexigrad/nn/losses/margin_ranking.h"        ///< margin_ranking: which of two is the larger
#include "lexigrad/nn/losses/mse.h"                   ///< mse: squared differences
#include "lexigrad/nn/losses/nll.h"                   ///< nll: of log-probabilities
#include "lexigrad/nn/losses/sampled.h"  ///< negative_sampling, nce, sampled_softmax: some classes for all
#include "lexigrad/nn/losses/sampler.h"  ///< Sampler: classes at random
#include "lexigrad/nn/losses/soft_margin.h"       ///< soft_margin: 1 or -1
#include "lexigrad/nn/losses/triplet.h"           ///< triplet: nearer to one than to another
#include "lexigrad/nn/models/cbow.h"              ///< Cbow: words that together predict the one between them
#include "lexigrad/nn/models/encoders.h"          ///< encoders: what mixes positions, by name
#include "lexigrad/nn/models/generate.h"          ///< generate: text from a model, token by token
#include "lexigrad/nn/models/gpt2.h"              ///< Gpt2
#include "lexigrad/nn/models/language_model.h"    ///< LanguageModel: what models of the next token share
#include "lexigrad/nn/models/next_token_model.h"  ///< NextTokenModel: token + position -> encoder -> Linear
#include "lexigrad/nn/models/skip_gram.h"         ///< SkipGram: words that predict the words around them
#include "lexigrad/nn/parameter.h"                ///< Parameter, Buffer, RowRules
#include "lexigrad/nn/parameter_lists.h"          ///< join, named, not_named: lists of parameters
#include "lexigrad/nn/positions/alibi.h"          ///< AlibiPositions: linear biases on the scores
#include "lexigrad/nn/positions/bert_relative.h"  ///< BertRelativePositions: relative_key and relative_key_query
#include "lexigrad/nn/positions/learned.h"        ///< LearnedPositions: a vector for each position
#include "lexigrad/nn/positions/methods.h"        ///< position_methods: the methods by name
#include "lexigrad/nn/positions/positions.h"      ///< Positions: the interface, and NoPositions
#include "lexigrad/nn/positions/rope.h"           ///< RotaryPositions: queries and keys turned
#include "lexigrad/nn/positions/shaw.h"           ///< ShawPositions: relative vectors in keys and values
#include "lexigrad/nn/positions/sinusoidal.h"     ///< SinusoidalPositions: sines and cosines
#include "lexigrad/nn/positions/t5.h"             ///< T5Positions: biases by buckets of distance
#include "lexigrad/nn/positions/transformer_xl.h"  ///< TransformerXLPositions
