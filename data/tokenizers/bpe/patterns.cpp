#include "lexigrad/data/tokenizers/bpe/patterns.h"

#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"

namespace lexigrad::data {
namespace {

struct Name {
  std::string_view name;
  Pattern pattern;
};
// A pattern's own name is its first.
constexpr Name kNames[] = {{"gpt2", Pattern::gpt2},      {"r50k", Pattern::gpt2},
                           {"p50k", Pattern::gpt2},      {"cl100k", Pattern::cl100k},
                           {"llama3", Pattern::llama3},  {"o200k", Pattern::o200k},
                           {"phrases", Pattern::phrases}};

// What tiktoken writes for GPT-2 and cl100k now is something else to Oniguruma: $ ends a line, {1,3}+ repeats.
constexpr Name kRegexes[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", Pattern::gpt2},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", Pattern::gpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
     R"(|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::llama3},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
     R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
     R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Pattern::o200k},
    {R"( ?\p{N}+|(?:(?! ?\p{N})\s)++)"
     R"((?:[^\s\p{N}]|(?<![.!?\s])(?:(?! \p{N})[^\S\r\n])++(?=\S| \p{N}))*+)"
     R"(|(?:[^\s\p{N}]|(?<![.!?\s])(?:(?! \p{N})[^\S\r\n])++(?=\S| \p{N}))++)",
     Pattern::phrases}};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_blank(char c) { return is_space(c) && c != '\r' && c != '\n'; }

// False where a space of several bytes may begin.
bool is_no_space(char c) {
  auto byte = static_cast<unsigned char>(c);
  return !is_space(c) && byte != 0xC2 && !(byte >= 0xE1 && byte <= 0xE3);
}

}  // namespace

std::optional<Pattern> pattern_named(std::string_view name) {
  for (const Name& each : kNames)
    if (each.name == name) return each.pattern;
  return std::nullopt;
}

std::string_view name_of(Pattern pattern) {
  for (const Name& each : kNames)
    if (each.pattern == pattern) return each.name;
  return "";
}

std::string pattern_names() {
  std::string out;
  for (const Name& each : kNames) out.append(out.empty() ? "" : ", ").append(each.name);
  return out;
}

std::optional<Pattern> pattern_of_regex(std::string_view regex) {
  for (const Name& each : kRegexes)
    if (each.name == regex) return each.pattern;
  return std::nullopt;
}

std::string_view regex_of(Pattern pattern) {
  for (const Name& each : kRegexes)
    if (each.pattern == pattern) return each.name;
  return "";
}

namespace {

// A phrase ends before a line's end that no space stands before.
size_t phrase_cut(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); ++at)
    if ((text[at] == '\n' || text[at] == '\r') && !is_behind_space(text, at)) return at;
  return text.size();
}

}  // namespace

// No piece goes on from something other than a space into a blank, nor its look ahead past that. A line's end ends
// one, whatever stands before it, but o200k's signs go on into slashes.
size_t safe_cut(Pattern pattern, std::string_view text, size_t from) {
  if (pattern == Pattern::gpt2) return gpt2_safe_cut(text, from);
  if (pattern == Pattern::phrases) return phrase_cut(text, from);
  for (size_t at = from; at < text.size(); ++at)
    if (text[at - 1] == '\n' ? is_no_space(text[at]) && text[at] != '/'
                             : is_blank(text[at]) && !is_behind_space(text, at))
      return at;
  return text.size();
}

}  // namespace lexigrad::data
