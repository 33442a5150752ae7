# SPDX-License-Identifier: BSL-1.0
#
# -DRMAP_BENCH_PEER=FILE, as docs/choosing.md has it: the bench is configured with a contestant from
# outside, which is then in the list of contestants and a source of its own that compiles.
#
#   cmake -DROOT=/the/tree -DWORK=/some/folder -DCOMPILER=c++ -DGENERATOR=Ninja
#         -P bench/peer_test.cmake

cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${ROOT}" -B "${WORK}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DRMAP_BENCH_PEER=${ROOT}/bench/outside/one_vector.hpp"
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    -DRMAP_BUILD_TESTS=OFF -DRMAP_BUILD_EXAMPLES=OFF -DRMAP_BUILD_BENCH=ON
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(READ "${WORK}/compile_commands.json" json)
string(JSON count LENGTH "${json}")
math(EXPR last "${count} - 1")
set(told)
foreach(i RANGE ${last})
    string(JSON file GET "${json}" ${i} file)
    string(JSON command GET "${json}" ${i} command)
    if(command MATCHES "RMAP_BENCH_PEER=[^ ]*one_vector.hpp")
        file(RELATIVE_PATH file "${ROOT}/bench" "${file}")
        list(APPEND told "${file}")
        if(file STREQUAL "peers/outside.cpp")
            set(compile "${command}")
        endif()
    endif()
endforeach()
list(SORT told)
if(NOT told STREQUAL "peers/outside.cpp;policies.cpp")
    message(FATAL_ERROR "RMAP_BENCH_PEER is told to: ${told}")
endif()
execute_process(COMMAND sh -c "mkdir -p bench/CMakeFiles/rmap-bench.dir/peers && ${compile}"
    WORKING_DIRECTORY "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
