#include "lexigrad/data/tokenizers/bpe/patterns.h"

#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"

namespace lexigrad::data {
namespace {

struct Name {
  std::string_view name;
  Pattern pattern;
};
// A pattern's own name is its first.
constexpr Name kNames[] = {{"gpt2", Pattern::gpt2},     {"r50k", Pattern::gpt2},
                           {"p50k", Pattern::gpt2},     {"cl100k", Pattern::cl100k},
                           {"llama3", Pattern::llama3}, {"o200k", Pattern::o200k}};

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
     Pattern::o200k}};

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_blank(char c) { return is_space(c) && c != '\r' && c != '\n'; }
bool is_visible(char c) { return c > ' ' && c < 0x7F; }

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

// With GPT-2's a line's end between visible characters is a piece. With the others one ends whatever stands before
// it, but o200k's signs go on into slashes.
bool parts_behind_line(Pattern pattern, const char* p) {
  if (pattern == Pattern::gpt2) return is_visible(p[-1]) && is_visible(p[1]);
  return is_no_space(p[1]) && p[1] != '/';
}

const char* safe_cut(Pattern pattern, const char* p, const char* end) {
  if (pattern == Pattern::gpt2) return gpt2_safe_cut(p, end);
  // No piece goes on from something other than a space into a blank, nor its look ahead past that.
  for (; p < end; ++p)
    if (p[-1] == '\n' ? is_no_space(*p) && *p != '/' : is_blank(*p) && is_ascii(p[-1]) && !is_space(p[-1]))
      return p;
  return end;
}

}  // namespace lexigrad::data
