// The patterns by which texts are cut into the pieces within which byte pairs are merged.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lexigrad::data {

/// Each is an expression of tiktoken_ext/openai_public.py in tiktoken 0.14, llama3 of Llama 3's tokenizer.json: the
/// one that tiktoken had for cl100k before, which parts spaces behind the last line's end of a text. Phrases are our own,
/// for tokens with blanks in them; each ends where a piece of GPT-2's pattern does.
enum class Pattern : uint8_t { gpt2, cl100k, llama3, o200k, phrases };

/// "gpt2", "r50k" and "p50k" are one pattern. Nothing where there is none of that name.
std::optional<Pattern> pattern_named(std::string_view name);
/// The name that pattern_named() takes.
std::string_view name_of(Pattern pattern);
/// The names, for a message: "gpt2, r50k, ...".
std::string pattern_names();
/// The pattern that a regular expression of a tokenizer.json says, which Oniguruma reads; nothing for any other text.
std::optional<Pattern> pattern_of_regex(std::string_view regex);
/// A regular expression that pattern_of_regex() takes as this pattern; empty for cl100k, which Oniguruma cannot say.
std::string_view regex_of(Pattern pattern);

/// The first place at or after `from`, which is 1 or more, where a text may be cut without changing its pieces,
/// whatever comes behind it; the text's size where there is none.
size_t safe_cut(Pattern pattern, std::string_view text, size_t from);

}  // namespace lexigrad::data
