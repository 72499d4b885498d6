// LEXIGRAD_ADDRESS_SANITIZER: 1 where AddressSanitizer looks on, by g++'s macro or clang's, else 0.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define LEXIGRAD_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEXIGRAD_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef LEXIGRAD_ADDRESS_SANITIZER
#define LEXIGRAD_ADDRESS_SANITIZER 0
#endif
