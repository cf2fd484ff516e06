# Compile options of the project's own code; third-party code is built without its warnings.
add_library(shapslice_options INTERFACE)
target_compile_options(shapslice_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)

# No fused multiply-add: native and WebAssembly builds must give the same numbers (WebAssembly has none outside relaxed SIMD).
add_compile_options(-ffp-contract=off)

if(EMSCRIPTEN)
  add_compile_options(-msimd128 -fwasm-exceptions)
  add_link_options(-msimd128 -fwasm-exceptions)
else()
  # The same standard library as Emscripten's.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-stdlib=libc++>)
  add_link_options(-stdlib=libc++ -fuse-ld=lld)
endif()

# One build for tests under sanitizers and for fuzzing (tests/fuzz): every library is instrumented; only the targets bring
# libFuzzer's main. Checked containers, and assertions of Eigen and the JSON library, turn silent mistakes into crashes.
if(SHAPSLICE_SANITIZE)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -O1 -gline-tables-only $<$<COMPILE_LANGUAGE:CXX>:-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE>)
  add_link_options(-fsanitize=address,undefined)
endif()
