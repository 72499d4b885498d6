// Files of flags for --config: a run writes its own as RUN/config, so that it can be trained again.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// A flag of a file, without its dashes, and its values as on the command line.
struct FlagLine {
  std::string name;
  std::vector<std::string> values;
};

/// Every option as one line each: dim = 64, encoder = "none", watch = ["cat:dog", "cat:sun"]. Texts are those of JSON.
std::string flags_text(const TrainConfig& config);

/// The flags of such a file, in their order; a config.json is one, too. Lines are of INI or TOML: blank, # comment,
/// NAME, which is NAME = true, or NAME = VALUE, where a value is a text of JSON, a 'text as it is', words up to the
/// line's end or to a # behind a blank, or a [list, of, those], over several lines where need be. Words that blanks
/// or commas part are several values. Throws FileError, naming the line, where it is none of those. `path` is for errors.
std::vector<FlagLine> parse_flags(const std::string& file, const std::string& path);

}  // namespace lexigrad::train
