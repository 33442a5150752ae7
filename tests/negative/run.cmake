# SPDX-License-Identifier: BSL-1.0
#
# Compiles CASE, which must fail, and whose first line with the word `error` must match the regular
# expression of the case's first line, `// expect: REGEX` (CMake's: no \d, no lazy quantifiers).
#
#   COMPILER  the compiler     CASE  a file name in tests/negative     ROOT  the source tree

cmake_minimum_required(VERSION 3.25)

set(case "${ROOT}/tests/negative/${CASE}")
file(STRINGS "${case}" first LIMIT_COUNT 1)
if(NOT first MATCHES "^// expect: (.+)$")
    message(FATAL_ERROR "${CASE}:1: the first line must be `// expect: REGEX`")
endif()
set(expected "${CMAKE_MATCH_1}")

# g++ wraps, colours and quotes by the terminal and the locale; this is neither.
set(ENV{LC_ALL} C)
execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only "-I${ROOT}/include"
    "-I${ROOT}/tests" "${case}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(code EQUAL 0)
    message(FATAL_ERROR "${CASE} compiles; expected an error that matches: ${expected}")
endif()
string(REGEX MATCH "[^\n]*error[^\n]*" first_error "${output}")
if(NOT first_error MATCHES "${expected}")
    message(FATAL_ERROR "${CASE}\nexpected: ${expected}\nfirst error: ${first_error}\n${output}")
endif()
message("${first_error}")
