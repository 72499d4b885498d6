// The lexigrad command.
#include "lexigrad/train/tools/command_line.h"

int main(int argc, char** argv) { return lexigrad::tools::run_command_line(argc, argv); }
