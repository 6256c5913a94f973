# Included by llama-cpp-python's CMake project right after its project() line. Builds the one library that its Python side
# loads, and neither llama.cpp's programs nor what only they share: half the work. LLAMA_BUILD and LLAVA_BUILD are off, so
# that nothing is added twice.
set(BUILD_SHARED_LIBS ON)
set(LLAMA_BUILD_COMMON OFF)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN")
add_subdirectory(vendor/llama.cpp EXCLUDE_FROM_ALL)
add_custom_target(server_libraries ALL DEPENDS llama ggml)
install(TARGETS llama ggml ggml-base ggml-cpu LIBRARY DESTINATION ${SKBUILD_PLATLIB_DIR}/llama_cpp/lib)
