# SPDX-License-Identifier: BSL-1.0
#
# Compiles each header of a room alone, included twice, with warnings as errors. With -nostdlib the
# object must also ask for nothing: what a header brings in by itself is a static constructor.
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
execute_process(COMMAND "${COMPILER}" -print-prog-name=nm OUTPUT_VARIABLE nm
    OUTPUT_STRIP_TRAILING_WHITESPACE)

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
        continue()
    endif()
    if("-nostdlib" IN_LIST flags)
        execute_process(COMMAND "${nm}" "${WORK}/${name}.o" OUTPUT_VARIABLE symbols)
        if(symbols MATCHES "[^\n]* U [^\n]*|[^\n]*(_GLOBAL__sub_I|__cxx_global_var_init)[^\n]*")
            math(EXPR failed "${failed} + 1")
            message("${header} by itself asks for a symbol or starts up:\n${CMAKE_MATCH_0}")
        endif()
    endif()
endforeach()
if(failed)
    message(FATAL_ERROR "${failed} of ${count} headers")
endif()
message("${count} headers")
