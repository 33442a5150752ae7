# SPDX-License-Identifier: BSL-1.0
#
# Compiles each header of a room alone, included twice, with warnings as errors, and sees that the
# object asks for nothing: a header that brings in a symbol by itself has a static constructor.
#
#   COMPILER  the compiler; FLAGS its flags in one string
#   ROOM      a folder under include/rmap, or `.`: the headers outside the rooms
#   EXCLUDE   with ROOM `.`: the rooms whose umbrellas are left out, with commas
#   ROOT      the source tree; WORK  a folder for its files

cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE headers RELATIVE "${ROOT}/include" "${ROOT}/include/rmap/${ROOM}/*.hpp")
if(ROOM STREQUAL ".")
    file(GLOB headers RELATIVE "${ROOT}/include" "${ROOT}/include/rmap/*.hpp")
    string(REPLACE "," ";" hosted_rooms "${EXCLUDE}")
    foreach(room IN LISTS hosted_rooms)
        list(REMOVE_ITEM headers "rmap/${room}.hpp")
    endforeach()
endif()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")

set(failed 0)
set(count 0)
foreach(header IN LISTS headers)
    math(EXPR count "${count} + 1")
    string(MAKE_C_IDENTIFIER "${header}" name)
    file(WRITE "${WORK}/${name}.cpp" "#include <${header}>\n#include <${header}>\n")
    execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} -Werror "-I${ROOT}/include"
        -c "${WORK}/${name}.cpp" -o "${WORK}/${name}.o"
        RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT code EQUAL 0)
        math(EXPR failed "${failed} + 1")
        message("${header} does not compile alone:\n${output}")
    endif()
endforeach()
if(failed)
    message(FATAL_ERROR "${failed} of ${count} headers")
endif()
message("${count} headers")
