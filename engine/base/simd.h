// Run-time dispatch of hot loops: MP_CLONES compiles a function for several instruction sets and picks one at load.
// Sanitizers start after the picker runs, so their builds take the plain version.
#pragma once

#if defined(MP_SANITIZED) || !defined(__x86_64__) || !defined(__GNUC__) || defined(__clang__)
#define MP_CLONES
#else
#define MP_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
