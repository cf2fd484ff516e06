# The two WebAssembly programs (docs/ARCHITECTURE.md): engine (module worker and Node) and app (main thread, Dear ImGui).
# Neither needs eval (the page's content security policy forbids it) nor threads of its own.
# Linked at -O2: the optimiser's last round over the whole program at -O3 takes twice as long, for 1 % of size.
set(common_link_options
  -O2
  -lembind -sMODULARIZE=1 -sEXPORT_ES6=1 -sDYNAMIC_EXECUTION=0 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB
  -sSTACK_SIZE=1MB -sINCOMING_MODULE_JS_API=canvas,wasmBinary,locateFile,print,printErr)

add_executable(engine src/app/engine_main.cpp)
target_link_libraries(engine PRIVATE shapslice_core)
target_link_options(engine PRIVATE ${common_link_options} -sENVIRONMENT=web,worker,node -sEXPORT_NAME=createEngine)
set_target_properties(engine PROPERTIES SUFFIX ".mjs")

if(EXISTS "${CMAKE_SOURCE_DIR}/src/app/app_main.cpp")
  file(GLOB ui_sources CONFIGURE_DEPENDS src/ui/*.cpp)
  add_executable(app src/app/app_main.cpp ${ui_sources})
  target_link_libraries(app PRIVATE shapslice_results third_party::imgui)
  target_precompile_headers(app PRIVATE <imgui.h> <nlohmann/json.hpp> <tl/expected.hpp> <Eigen/Core>
    <algorithm> <array> <cmath> <functional> <map> <set> <span> <string> <vector>)
  target_link_options(app PRIVATE ${common_link_options} -sENVIRONMENT=web -sEXPORT_NAME=createApp
    -sUSE_GLFW=3 -sMIN_WEBGL_VERSION=2 -sMAX_WEBGL_VERSION=2)
  set_target_properties(app PROPERTIES SUFFIX ".mjs")
endif()

# The engine for convolutional networks (docs/ENGINE.md), without and with relaxed SIMD. The page has the first; the second is for bench/.
foreach(program convnet convnet_relaxed)
  add_executable(${program} src/app/convnet_main.cpp)
  target_link_libraries(${program} PRIVATE shapslice_${program})
  target_link_options(${program} PRIVATE ${common_link_options} -sENVIRONMENT=web,worker,node -sEXPORT_NAME=createConvnet)
  set_target_properties(${program} PROPERTIES SUFFIX ".mjs")
endforeach()
target_link_options(convnet_relaxed PRIVATE -mrelaxed-simd)
set_target_properties(convnet_relaxed PROPERTIES EXCLUDE_FROM_ALL TRUE)
