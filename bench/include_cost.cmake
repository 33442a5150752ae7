# SPDX-License-Identifier: BSL-1.0
#
# What a translation unit pays for including rmap: seconds of `-fsyntax-only` (median of 5) and
# preprocessed lines that are not blank, each less those of an empty file.
#
#   cmake -DCOMPILER=g++ -DINCLUDE=include -DWORK=/some/folder -P bench/include_cost.cmake

cmake_minimum_required(VERSION 3.25)

set(headers rmap/fwd.hpp rmap/core/version.hpp rmap/rmap.hpp rmap/hosted.hpp rmap/mm.hpp
    rmap/replay.hpp rmap/verify.hpp)

# Microseconds of one run of the compiler over `file`, the median of five.
function(median_time file result)
    set(times)
    foreach(run RANGE 4)
        string(TIMESTAMP begin "%s%f")
        execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only "-I${INCLUDE}" "${file}"
            RESULT_VARIABLE code ERROR_VARIABLE errors)
        string(TIMESTAMP end "%s%f")
        if(NOT code EQUAL 0)
            message(FATAL_ERROR "${file} does not compile:\n${errors}")
        endif()
        math(EXPR time "${end} - ${begin}")
        list(APPEND times ${time})
    endforeach()
    list(SORT times COMPARE NATURAL)
    list(GET times 2 median)
    set(${result} ${median} PARENT_SCOPE)
endfunction()

function(preprocessed_lines file result)
    execute_process(COMMAND "${COMPILER}" -std=c++20 -E -P "-I${INCLUDE}" "${file}"
        OUTPUT_VARIABLE text ERROR_QUIET)
    string(REGEX REPLACE "[^\n]" "" newlines "${text}")
    string(LENGTH "${newlines}" lines)
    set(${result} ${lines} PARENT_SCOPE)
endfunction()

# 123456 -> 0.123
function(seconds microseconds result)
    if(microseconds LESS 0)
        set(microseconds 0)
    endif()
    math(EXPR whole "${microseconds} / 1000000")
    math(EXPR thousandths "${microseconds} % 1000000 / 1000 + 1000")
    string(SUBSTRING ${thousandths} 1 3 thousandths)
    set(${result} "${whole}.${thousandths}" PARENT_SCOPE)
endfunction()

file(WRITE "${WORK}/empty.cpp" "\n")
median_time("${WORK}/empty.cpp" empty_time)
preprocessed_lines("${WORK}/empty.cpp" empty_lines)
seconds(${empty_time} empty_seconds)
message("cost of including over an empty file (${empty_seconds} s): ${COMPILER} -fsyntax-only")
message("   seconds     lines  header")
foreach(header IN LISTS headers)
    if(NOT EXISTS "${INCLUDE}/${header}")
        continue()
    endif()
    string(MAKE_C_IDENTIFIER "${header}" name)
    file(WRITE "${WORK}/${name}.cpp" "#include <${header}>\n")
    median_time("${WORK}/${name}.cpp" time)
    preprocessed_lines("${WORK}/${name}.cpp" lines)
    math(EXPR time "${time} - ${empty_time}")
    math(EXPR lines "${lines} - ${empty_lines}")
    seconds(${time} time)
    string(LENGTH "${lines}" width)
    math(EXPR padding "9 - ${width}")
    string(REPEAT " " ${padding} padding)
    message("     ${time} ${padding}${lines}  ${header}")
endforeach()
