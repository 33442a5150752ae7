# SPDX-License-Identifier: BSL-1.0
#
# The libFuzzer targets, each tests/fuzz/NAME_fuzz.cpp a program fuzz.NAME. They need clang.

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "RMAP_BUILD_FUZZ needs clang++: use the preset `fuzz`")
endif()
file(GLOB targets CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.cpp")
foreach(source IN LISTS targets)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name "${name}")
    rmap_add_program(fuzz.${name} "${source}")
    target_link_libraries(fuzz.${name} PRIVATE rmap_test)
    target_compile_options(fuzz.${name} PRIVATE -fsanitize=fuzzer,address,undefined
        -fno-sanitize-recover=all -O1)
    target_link_options(fuzz.${name} PRIVATE -fsanitize=fuzzer,address,undefined)
endforeach()
