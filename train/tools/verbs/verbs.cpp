// The verbs of the lexigrad command: one file each, and here its declaration and its row.
#include "lexigrad/train/tools/command_line.h"

namespace lexigrad::tools {

void add_train(CLI::App& verb, int& exit_code);
void add_generate(CLI::App& verb, int& exit_code);
void add_tokenize(CLI::App& verb, int& exit_code);
void add_neighbors(CLI::App& verb, int& exit_code);
void add_analogy(CLI::App& verb, int& exit_code);
void add_why(CLI::App& verb, int& exit_code);
void add_eval(CLI::App& verb, int& exit_code);
void add_convert(CLI::App& verb, int& exit_code);
void add_inspect(CLI::App& verb, int& exit_code);
void add_gradcheck(CLI::App& verb, int& exit_code);
void add_graph(CLI::App& verb, int& exit_code);
void add_corpus(CLI::App& verb, int& exit_code);

Table<Verb>& verbs() {
  static Table<Verb> table(
      "verb",
      {
          {"train", "Trains token embeddings on a text", add_train},
          {"generate", "Goes on with a text", add_generate},
          {"tokenize", "Turn texts into ids, or ids into text; learn byte pairs", add_tokenize},
          {"neighbors", "Print the words whose vectors are nearest to those of words", add_neighbors},
          {"analogy", "Print the words that are to C as B is to A", add_analogy},
          {"why", "Print the contexts in the text that pulled two words together", add_why},
          {"eval", "Measure vectors by word pairs, analogies, classes and sentences", add_eval},
          {"convert", "Write vectors in another format, which the ending names", add_convert},
          {"inspect", "Print what is in a file or run: names, shapes, parameters, bytes, statistics",
           add_inspect},
          {"gradcheck", "Check the gradients of ops and layers against central differences", add_gradcheck},
          {"graph", "Draw the ops of a run's step as one HTML page", add_graph},
          {"corpus", "Write a generated text in which the words of a class must converge", add_corpus},
      });
  return table;
}

}  // namespace lexigrad::tools
