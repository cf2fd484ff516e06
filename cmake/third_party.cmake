# Third-party libraries, built from the source that scripts/setup.sh unpacked below .toolchain: by setup.sh once for every checkout that
# has this toolchain, or here where the options or this file have changed since. Include paths are SYSTEM: their warnings are not ours.
set(source_root "${SHAPSLICE_TOOLCHAIN}/src")
set(package_root "${SHAPSLICE_TOOLCHAIN}/packages/usr")
if(NOT EXISTS "${source_root}/nifticlib")
  message(FATAL_ERROR "Third-party source is missing: run scripts/setup.sh first.")
endif()

# Where setup.sh leaves what it built: by everything that decides how.
file(SHA256 "${CMAKE_CURRENT_LIST_FILE}" third_party_key)
file(SHA256 "${CMAKE_CURRENT_LIST_DIR}/options.cmake" options_key)
string(SHA256 third_party_key
  "${third_party_key} ${options_key} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${SHAPSLICE_SANITIZE} ${EMSCRIPTEN}")
string(SUBSTRING "${third_party_key}" 0 16 third_party_key)
set(third_party_built "${SHAPSLICE_TOOLCHAIN}/libraries/${third_party_key}")
if(SHAPSLICE_THIRD_PARTY_ONLY)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${third_party_built}")
endif()

# third_party_library(NAME SOURCES...): third_party::NAME. Sets `interface` to the keyword for what its users need, and `built_here`.
macro(third_party_library name)
  if(EXISTS "${third_party_built}/complete" AND NOT SHAPSLICE_THIRD_PARTY_ONLY)
    add_library(third_party_${name} STATIC IMPORTED)
    set_target_properties(third_party_${name} PROPERTIES IMPORTED_LOCATION "${third_party_built}/libthird_party_${name}.a")
    set(interface INTERFACE)
    set(built_here FALSE)
  else()
    add_library(third_party_${name} STATIC ${ARGN})
    set(interface PUBLIC)
    set(built_here TRUE)
  endif()
  add_library(third_party::${name} ALIAS third_party_${name})
endmacro()
# How the library is compiled, where it is.
macro(third_party_options name)
  if(built_here)
    target_compile_options(third_party_${name} PRIVATE ${ARGN})
  endif()
endmacro()

# Header-only packages are reached through links in a folder of their own: the package folder itself also holds other systems' headers.
set(header_root "${CMAKE_BINARY_DIR}/third_party_headers")
file(MAKE_DIRECTORY "${header_root}")
foreach(pair "Eigen=eigen3/Eigen" "nlohmann=nlohmann" "tl=tl")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 link)
  list(GET pair 1 target)
  file(CREATE_LINK "${package_root}/include/${target}" "${header_root}/${link}" SYMBOLIC)
endforeach()
foreach(name eigen json expected)
  add_library(third_party_${name} INTERFACE)
  add_library(third_party::${name} ALIAS third_party_${name})
  target_include_directories(third_party_${name} SYSTEM INTERFACE "${header_root}")
endforeach()

third_party_library(libdeflate
  "${source_root}/libdeflate/lib/adler32.c" "${source_root}/libdeflate/lib/crc32.c"
  "${source_root}/libdeflate/lib/deflate_compress.c" "${source_root}/libdeflate/lib/deflate_decompress.c"
  "${source_root}/libdeflate/lib/gzip_compress.c" "${source_root}/libdeflate/lib/gzip_decompress.c"
  "${source_root}/libdeflate/lib/utils.c"
  "${source_root}/libdeflate/lib/x86/cpu_features.c" "${source_root}/libdeflate/lib/arm/cpu_features.c")
target_include_directories(third_party_libdeflate SYSTEM ${interface} "${source_root}/libdeflate")
third_party_options(libdeflate -w -O3)

# nifti_clib: header structures, byte swapping, quaternions; compressed files are inflated by libdeflate before it sees them.
third_party_library(nifti "${source_root}/nifticlib/nifti2/nifti2_io.c" "${source_root}/nifticlib/znzlib/znzlib.c")
target_include_directories(third_party_nifti SYSTEM ${interface} "${source_root}/nifticlib/nifti2" "${source_root}/nifticlib/niftilib" "${source_root}/nifticlib/znzlib")
third_party_options(nifti -w)

# Protobuf's lite runtime, and ONNX's format as C++ classes on it. protoc (Debian's protobuf-compiler) is of the same version.
set(protobuf "${source_root}/protobuf/src/google/protobuf")
set(protobuf_sources
  any_lite arena arenastring arenaz_sampler extension_set generated_enum_util generated_message_tctable_lite
  generated_message_util implicit_weak_message inlined_string_field map message_lite parse_context repeated_field
  repeated_ptr_field wire_format_lite
  io/coded_stream io/io_win32 io/strtod io/zero_copy_stream io/zero_copy_stream_impl io/zero_copy_stream_impl_lite
  stubs/bytestream stubs/common stubs/int128 stubs/status stubs/statusor stubs/stringpiece stubs/stringprintf
  stubs/structurally_valid stubs/strutil stubs/time)
list(TRANSFORM protobuf_sources PREPEND "${protobuf}/")
list(TRANSFORM protobuf_sources APPEND ".cc")
find_program(SHAPSLICE_PROTOC protoc REQUIRED)
if(SHAPSLICE_THIRD_PARTY_ONLY OR EXISTS "${third_party_built}/complete")
  set(onnx_proto "${third_party_built}/protos")
else()
  set(onnx_proto "${CMAKE_BINARY_DIR}/third_party_protos")
endif()
file(MAKE_DIRECTORY "${onnx_proto}")
add_custom_command(
  OUTPUT "${onnx_proto}/onnx/onnx.pb.cc" "${onnx_proto}/onnx/onnx.pb.h"
  COMMAND "${SHAPSLICE_PROTOC}" "--proto_path=${package_root}/include" "--cpp_out=${onnx_proto}" onnx/onnx.proto
  DEPENDS "${package_root}/include/onnx/onnx.proto" VERBATIM)
third_party_library(onnx ${protobuf_sources} "${onnx_proto}/onnx/onnx.pb.cc" "${onnx_proto}/onnx/onnx.pb.h")
target_include_directories(third_party_onnx SYSTEM ${interface} "${source_root}/protobuf/src" "${onnx_proto}")
third_party_options(onnx -w)
# Its headers are most of what compiling it takes: read for many files at once.
set_target_properties(third_party_onnx PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 17
  # Some leave their macros defined, for which the next file's header would stop.
  UNITY_BUILD_CODE_AFTER_INCLUDE "#ifdef PROTOBUF_NAMESPACE\n#include <google/protobuf/port_undef.inc>\n#endif")
if(SHAPSLICE_SANITIZE)
  # Protobuf appends nothing from nowhere: memcpy of 0 bytes from null.
  third_party_options(onnx -fno-sanitize=nonnull-attribute)
endif()

third_party_library(gtest "${package_root}/src/googletest/googletest/src/gtest-all.cc")
target_include_directories(third_party_gtest SYSTEM ${interface} "${package_root}/src/googletest/googletest/include")
third_party_options(gtest -w -O0 "-I${package_root}/src/googletest/googletest")
if(SHAPSLICE_SANITIZE)
  third_party_options(gtest -fno-sanitize=undefined,fuzzer-no-link)  # not what is tested
endif()
if(EMSCRIPTEN)
  target_compile_definitions(third_party_gtest ${interface} GTEST_HAS_PTHREAD=0)
endif()

if(EMSCRIPTEN)
  set(imgui "${source_root}/imgui")
  third_party_library(imgui
    "${imgui}/imgui.cpp" "${imgui}/imgui_draw.cpp" "${imgui}/imgui_tables.cpp" "${imgui}/imgui_widgets.cpp"
    "${imgui}/misc/cpp/imgui_stdlib.cpp" "${imgui}/backends/imgui_impl_glfw.cpp" "${imgui}/backends/imgui_impl_opengl3.cpp")
  # Answered by src/ui/gl_state.cpp, which says why.
  set_source_files_properties("${imgui}/backends/imgui_impl_opengl3.cpp" PROPERTIES
    COMPILE_DEFINITIONS glGetIntegerv=shapslice_gl_get_integer)
  target_include_directories(third_party_imgui SYSTEM ${interface} "${imgui}" "${imgui}/backends" "${imgui}/misc/cpp")
  target_compile_definitions(third_party_imgui ${interface} IMGUI_DISABLE_OBSOLETE_FUNCTIONS IMGUI_IMPL_OPENGL_ES3)
  third_party_options(imgui -w)
endif()

# Found again only once all are there.
if(SHAPSLICE_THIRD_PARTY_ONLY)
  set(libraries third_party_libdeflate third_party_nifti third_party_onnx third_party_gtest)
  if(EMSCRIPTEN)
    list(APPEND libraries third_party_imgui)
  endif()
  add_custom_target(third_party ALL COMMAND "${CMAKE_COMMAND}" -E touch "${third_party_built}/complete" DEPENDS ${libraries})
endif()
