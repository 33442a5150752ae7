# SPDX-License-Identifier: BSL-1.0
#
# Builds and runs the project in this folder against rmap: HOW is installed, subdirectory, fetch or
# pkg_config (which needs no CMake project). Its program must print VERSION.

cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/prefix")
set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig")
set(generator -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}")

function(run)
    execute_process(COMMAND ${ARGN}
        RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT code EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

if(HOW MATCHES "^(installed|pkg_config)$")
    run("${CMAKE_COMMAND}" ${generator} -S "${ROOT}" -B "${WORK}/rmap" -DRMAP_BUILD_TESTS=OFF
        -DRMAP_BUILD_EXAMPLES=OFF -DRMAP_BUILD_BENCH=OFF)
    run("${CMAKE_COMMAND}" --install "${WORK}/rmap" --prefix "${prefix}")
    # The installed tree stands alone: moved, it still works.
    file(RENAME "${prefix}" "${prefix}.moved")
    set(prefix "${prefix}.moved")
    set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig")
endif()

if(HOW STREQUAL "pkg_config")
    run("${PKG_CONFIG}" --exact-version ${VERSION} rmap)
    run("${PKG_CONFIG}" --cflags rmap)
    string(STRIP "${output}" flags)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run("${COMPILER}" -std=c++20 ${flags} "${CMAKE_CURRENT_LIST_DIR}/main.cpp"
        -o "${WORK}/consumer")
else()
    run("${CMAKE_COMMAND}" ${generator} -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}"
        "-DHOW=${HOW}" "-DROOT=${ROOT}" "-DVERSION=${VERSION}" "-DCMAKE_PREFIX_PATH=${prefix}")
    run("${CMAKE_COMMAND}" --build "${WORK}")
endif()

run("${WORK}/consumer")
if(NOT output STREQUAL "rmap ${VERSION}\n")
    message(FATAL_ERROR "expected `rmap ${VERSION}`, got `${output}`")
endif()
message("${output}")
