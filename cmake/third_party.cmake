# Third-party libraries, built from the source that scripts/setup.sh unpacked below .toolchain. Include paths are SYSTEM: their warnings are not ours.
set(source_root "${SHAPSLICE_TOOLCHAIN}/src")
set(package_root "${SHAPSLICE_TOOLCHAIN}/packages/usr")
if(NOT EXISTS "${source_root}/nifticlib")
  message(FATAL_ERROR "Third-party source is missing: run scripts/setup.sh first.")
endif()

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

add_library(third_party_libdeflate STATIC
  "${source_root}/libdeflate/lib/adler32.c" "${source_root}/libdeflate/lib/crc32.c"
  "${source_root}/libdeflate/lib/deflate_compress.c" "${source_root}/libdeflate/lib/deflate_decompress.c"
  "${source_root}/libdeflate/lib/gzip_compress.c" "${source_root}/libdeflate/lib/gzip_decompress.c"
  "${source_root}/libdeflate/lib/utils.c"
  "${source_root}/libdeflate/lib/x86/cpu_features.c" "${source_root}/libdeflate/lib/arm/cpu_features.c")
add_library(third_party::libdeflate ALIAS third_party_libdeflate)
target_include_directories(third_party_libdeflate SYSTEM PUBLIC "${source_root}/libdeflate")
target_compile_options(third_party_libdeflate PRIVATE -w -O3)

# nifti_clib: header structures, byte swapping, quaternions; compressed files are inflated by libdeflate before it sees them.
add_library(third_party_nifti STATIC "${source_root}/nifticlib/nifti2/nifti2_io.c" "${source_root}/nifticlib/znzlib/znzlib.c")
add_library(third_party::nifti ALIAS third_party_nifti)
target_include_directories(third_party_nifti SYSTEM PUBLIC "${source_root}/nifticlib/nifti2" "${source_root}/nifticlib/niftilib" "${source_root}/nifticlib/znzlib")
target_compile_options(third_party_nifti PRIVATE -w)

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
set(onnx_proto "${CMAKE_BINARY_DIR}/third_party_protos")
file(MAKE_DIRECTORY "${onnx_proto}")
add_custom_command(
  OUTPUT "${onnx_proto}/onnx/onnx.pb.cc" "${onnx_proto}/onnx/onnx.pb.h"
  COMMAND "${SHAPSLICE_PROTOC}" "--proto_path=${package_root}/include" "--cpp_out=${onnx_proto}" onnx/onnx.proto
  DEPENDS "${package_root}/include/onnx/onnx.proto" VERBATIM)
add_library(third_party_onnx STATIC ${protobuf_sources} "${onnx_proto}/onnx/onnx.pb.cc" "${onnx_proto}/onnx/onnx.pb.h")
add_library(third_party::onnx ALIAS third_party_onnx)
target_include_directories(third_party_onnx SYSTEM PUBLIC "${source_root}/protobuf/src" "${onnx_proto}")
target_compile_options(third_party_onnx PRIVATE -w)
# Its headers are most of what compiling it takes: read for many files at once.
set_target_properties(third_party_onnx PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 17
  # Some leave their macros defined, for which the next file's header would stop.
  UNITY_BUILD_CODE_AFTER_INCLUDE "#ifdef PROTOBUF_NAMESPACE\n#include <google/protobuf/port_undef.inc>\n#endif")
if(SHAPSLICE_SANITIZE)
  # Protobuf appends nothing from nowhere: memcpy of 0 bytes from null.
  target_compile_options(third_party_onnx PRIVATE -fno-sanitize=nonnull-attribute)
endif()

add_library(third_party_gtest STATIC "${package_root}/src/googletest/googletest/src/gtest-all.cc")
add_library(third_party::gtest ALIAS third_party_gtest)
target_include_directories(third_party_gtest SYSTEM PUBLIC "${package_root}/src/googletest/googletest/include" PRIVATE "${package_root}/src/googletest/googletest")
target_compile_options(third_party_gtest PRIVATE -w -O0)
if(SHAPSLICE_SANITIZE)
  target_compile_options(third_party_gtest PRIVATE -fno-sanitize=undefined,fuzzer-no-link)  # not what is tested
endif()
if(EMSCRIPTEN)
  target_compile_definitions(third_party_gtest PUBLIC GTEST_HAS_PTHREAD=0)
endif()

if(EMSCRIPTEN)
  set(imgui "${source_root}/imgui")
  add_library(third_party_imgui STATIC
    "${imgui}/imgui.cpp" "${imgui}/imgui_draw.cpp" "${imgui}/imgui_tables.cpp" "${imgui}/imgui_widgets.cpp"
    "${imgui}/misc/cpp/imgui_stdlib.cpp" "${imgui}/backends/imgui_impl_glfw.cpp" "${imgui}/backends/imgui_impl_opengl3.cpp")
  # Answered by src/ui/gl_state.cpp, which says why.
  set_source_files_properties("${imgui}/backends/imgui_impl_opengl3.cpp" PROPERTIES
    COMPILE_DEFINITIONS glGetIntegerv=shapslice_gl_get_integer)
  add_library(third_party::imgui ALIAS third_party_imgui)
  target_include_directories(third_party_imgui SYSTEM PUBLIC "${imgui}" "${imgui}/backends" "${imgui}/misc/cpp")
  target_compile_definitions(third_party_imgui PUBLIC IMGUI_DISABLE_OBSOLETE_FUNCTIONS IMGUI_IMPL_OPENGL_ES3)
  target_compile_options(third_party_imgui PRIVATE -w)
endif()
